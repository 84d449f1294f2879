"""What each kind of layer is in ONNX, in eval mode."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, helper

from playground.experiment import (
    GELU,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    LeakyReLU,
    Linear,
    LocallyConnected2d,
    MaxPool2d,
    PermutePixels,
    ReLU,
    Sigmoid,
    SiLU,
    Tanh,
)
from playground.network.facts import Shape, output_shape
from playground.network.permutation import pixel_order


class Chain:
    """Nodes in a chain; what leaves the last one is called `value`."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, NDArray] = {}
        self.value = "digits"

    def add(self, kind: str, *others: str, output: str | None = None, **attributes: Any) -> None:
        """A node that receives `value`, and the tensors called `others`."""
        leaves = output or f"{kind} {len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, [self.value, *others], [leaves], **attributes))
        self.value = leaves

    def constant(self, array: NDArray) -> str:
        """The name of a tensor that isn't learned."""
        name = f"constant {len(self.constants)}"
        self.constants[name] = array
        return name

    def reshape(self, *shape: int) -> None:
        """0 leaves an axis as it is."""
        self.add("Reshape", self.constant(np.array(shape, np.int64)))


def linear(chain: Chain, layer: Linear, shape: Shape, names: list[str]) -> None:
    chain.add("Gemm", *names, transB=1)


def convolution(chain: Chain, layer: Conv2d, shape: Shape, names: list[str]) -> None:
    chain.add("Conv", *names, strides=[layer.stride] * 2, pads=[layer.padding] * 4)


def unshared(chain: Chain, layer: LocallyConnected2d, shape: Shape, names: list[str]) -> None:
    """Gather each place's window, then one product a place: [B, places, inputs] → [B, channels, places]."""
    channels, height, width = output_shape(layer, shape)
    side = layer.padding
    chain.add("Pad", chain.constant(np.array([0, 0, side, side, 0, 0, side, side], np.int64)))
    windows = window_places(layer, shape)
    chain.reshape(0, -1)
    chain.add("Gather", chain.constant(windows), axis=1)
    weight, bias = names
    chain.add("Einsum", weight, equation="bpi,pci->bpc")
    chain.reshape(0, -1)
    chain.add("Add", bias)
    chain.reshape(0, height * width, channels)
    chain.add("Transpose", perm=[0, 2, 1])
    chain.reshape(0, channels, height, width)


def window_places(layer: LocallyConnected2d, shape: Shape) -> NDArray[np.int64]:
    """Where in the padded map, flattened, each place's window lies: [places, inputs · kernel²]."""
    inputs, height, width = shape[0], shape[1] + 2 * layer.padding, shape[2] + 2 * layer.padding
    places = np.arange(inputs * height * width, dtype=np.int64).reshape(inputs, height, width)
    kernel, stride = layer.kernel, layer.stride
    windows = np.lib.stride_tricks.sliding_window_view(places, (kernel, kernel), (1, 2))[:, ::stride, ::stride]
    return windows.transpose(1, 2, 0, 3, 4).reshape(-1, inputs * kernel**2)


def permutation(chain: Chain, layer: PermutePixels, shape: Shape, names: list[str]) -> None:
    channels, height, width = shape
    chain.reshape(0, channels, height * width)
    chain.add("Gather", chain.constant(pixel_order(height, width).astype(np.int64)), axis=2)
    chain.reshape(0, channels, height, width)


def pooling(kind: str) -> Callable[..., None]:
    def add(chain: Chain, layer: MaxPool2d | AvgPool2d, shape: Shape, names: list[str]) -> None:
        chain.add(kind, kernel_shape=[layer.kernel] * 2, strides=[layer.stride] * 2)

    return add


def normalization(chain: Chain, layer: BatchNorm1d | BatchNorm2d, shape: Shape, names: list[str]) -> None:
    chain.add("BatchNormalization", *names[:4], epsilon=1e-5)


def silu(chain: Chain, layer: SiLU, shape: Shape, names: list[str]) -> None:
    before = chain.value
    chain.add("Sigmoid")
    chain.add("Mul", before)


# One entry a kind, as in `build.MODULES`: adds the nodes for a layer that receives a shape, and has tensors so named.
NODES: dict[type, Callable[..., None]] = {
    Linear: linear,
    Conv2d: convolution,
    LocallyConnected2d: unshared,
    MaxPool2d: pooling("MaxPool"),
    AvgPool2d: pooling("AveragePool"),
    PermutePixels: permutation,
    Flatten: lambda chain, layer, shape, names: chain.add("Flatten"),
    Dropout: lambda chain, layer, shape, names: None,  # nothing in eval mode
    BatchNorm1d: normalization,
    BatchNorm2d: normalization,
    ReLU: lambda chain, layer, shape, names: chain.add("Relu"),
    LeakyReLU: lambda chain, layer, shape, names: chain.add("LeakyRelu", alpha=layer.negative_slope),
    GELU: lambda chain, layer, shape, names: chain.add("Gelu"),
    SiLU: silu,
    Tanh: lambda chain, layer, shape, names: chain.add("Tanh"),
    Sigmoid: lambda chain, layer, shape, names: chain.add("Sigmoid"),
}
