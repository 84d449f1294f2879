"""From the spec and trained weights to an ONNX model: digits [B, 1, 28, 28] → logits [B, 10], any B, in eval mode.

Written down rather than traced: PyTorch's exporter takes seconds for the first network of a process, and fixes the
number of digits of a batch where a LocallyConnected2d reads it. Tests hold every kind of layer against PyTorch.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper

from playground.experiment import CLASSES, IMAGE_SHAPE, Linear, Network
from playground.network.names import layer_names
from playground.network.onnx_nodes import NODES, Chain
from playground.network.shapes import trace
from playground.network.state import COUNTER, entries

OPSET, IR_VERSION = 20, 9  # of 2023, the first with Gelu


def onnx_model(network: Network, weights: Mapping[str, NDArray], metadata: Mapping[str, str]) -> bytes:
    """The model as a file; `weights` by the names of `Entry.name`, which the model's initializers have too.

    Raises `SpecError` where the network can't be built.
    """
    used = [entry for entry in entries(network) if entry.tensor != COUNTER]
    found = trace(network)
    assert found.head is not None
    layers = (*network.layers, Linear(units=CLASSES))
    inputs = (*(row.input_shape for row in found.rows), found.head.input_shape)
    chain = Chain()
    for layer, shape, title in zip(layers, inputs, layer_names(network.layers), strict=True):
        tensors = [entry.name for entry in used if entry.layer == title]
        NODES[type(layer)](chain, layer, shape, tensors)
    chain.add("Identity", output="logits")
    return checked(chain, {entry.name: weights[entry.name] for entry in used}, metadata).SerializeToString()


def checked(chain: Chain, weights: Mapping[str, NDArray], metadata: Mapping[str, str]) -> ModelProto:
    """The chain as a model, with the tensors it needs, held against ONNX's own rules."""
    tensors = {**weights, **chain.constants}
    model = helper.make_model(
        helper.make_graph(
            chain.nodes,
            "network",
            [helper.make_tensor_value_info("digits", TensorProto.FLOAT, ["batch", *IMAGE_SHAPE])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", CLASSES])],
            [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in tensors.items()],
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="deep learning playground",
    )
    helper.set_model_props(model, dict(metadata))
    checker.check_model(model, full_check=True)
    return model
