"""Shape arithmetic against PyTorch's own modules, and which networks and batches can be trained."""

from typing import Any

import pytest
import torch
from pydantic import TypeAdapter
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from playground.errors import SpecError
from playground.experiment import (
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Data,
    Experiment,
    Flatten,
    Layer,
    Linear,
    Network,
    Optimizer,
    ReLU,
    Training,
)
from playground.network.build import build
from playground.network.shapes import can_train, check_batch, needs_batches_of_two, trace
from playground.presets import TEMPLATES
from playground.training.trainer import Trainer
from tests.plain_layers import Shuffled, Unshared

Row = tuple[tuple[int, ...], dict[str, Any], nn.Module]


def conv(channels: int, kernel: int, stride: int = 1, padding: int = 0) -> dict[str, Any]:
    return {"kind": "Conv2d", "channels": channels, "kernel": kernel, "stride": stride, "padding": padding}


def local(channels: int, kernel: int, stride: int = 1, padding: int = 0) -> dict[str, Any]:
    return {**conv(channels, kernel, stride, padding), "kind": "LocallyConnected2d"}


def pool(kind: str, kernel: int, stride: int) -> dict[str, Any]:
    return {"kind": kind, "kernel": kernel, "stride": stride}


# What the layer receives, the layer as plain data, the module PyTorch has for it.
CONTRACT: list[Row] = [
    ((784,), {"kind": "Linear", "units": 1}, nn.Linear(784, 1)),
    ((784,), {"kind": "Linear", "units": 128}, nn.Linear(784, 128)),
    ((1,), {"kind": "Linear", "units": 16}, nn.Linear(1, 16)),
    ((16,), {"kind": "Linear", "units": 16}, nn.Linear(16, 16)),
    ((84,), {"kind": "Linear", "units": 1000}, nn.Linear(84, 1000)),
    ((1, 28, 28), conv(16, 3), nn.Conv2d(1, 16, 3)),
    ((1, 28, 28), conv(32, 3, padding=1), nn.Conv2d(1, 32, 3, padding=1)),
    ((1, 28, 28), conv(6, 5, padding=2), nn.Conv2d(1, 6, 5, padding=2)),
    ((1, 28, 28), conv(1, 1), nn.Conv2d(1, 1, 1)),
    ((1, 28, 28), conv(2, 28), nn.Conv2d(1, 2, 28)),
    ((1, 28, 28), conv(2, 28, padding=14), nn.Conv2d(1, 2, 28, padding=14)),
    ((1, 28, 28), conv(4, 2, stride=2), nn.Conv2d(1, 4, 2, stride=2)),
    ((1, 28, 28), conv(4, 3, stride=2, padding=1), nn.Conv2d(1, 4, 3, stride=2, padding=1)),
    ((1, 28, 28), conv(4, 4, stride=3), nn.Conv2d(1, 4, 4, stride=3)),
    ((1, 28, 28), conv(4, 3, stride=28), nn.Conv2d(1, 4, 3, stride=28)),
    ((1, 28, 28), conv(2, 1, padding=3), nn.Conv2d(1, 2, 1, padding=3)),
    ((1, 28, 28), conv(2, 3, padding=2), nn.Conv2d(1, 2, 3, padding=2)),
    ((6, 14, 14), conv(16, 5), nn.Conv2d(6, 16, 5)),
    ((16, 13, 13), conv(32, 3), nn.Conv2d(16, 32, 3)),
    ((3, 1, 1), conv(5, 1), nn.Conv2d(3, 5, 1)),
    ((3, 1, 1), conv(5, 3, padding=1), nn.Conv2d(3, 5, 3, padding=1)),
    ((3, 3, 3), conv(5, 5, padding=1), nn.Conv2d(3, 5, 5, padding=1)),
    ((1, 28, 28), local(16, 3), Unshared(1, 16, 26 * 26, 3)),
    ((1, 28, 28), local(2, 5, padding=2), Unshared(1, 2, 28 * 28, 5, padding=2)),
    ((1, 28, 28), local(2, 28), Unshared(1, 2, 1, 28)),
    ((1, 28, 28), local(3, 4, stride=3), Unshared(1, 3, 9 * 9, 4, stride=3)),
    ((6, 9, 9), local(4, 3, stride=2, padding=1), Unshared(6, 4, 5 * 5, 3, stride=2, padding=1)),
    ((3, 1, 1), local(5, 1), Unshared(3, 5, 1, 1)),
    ((1, 28, 28), pool("MaxPool2d", 2, 2), nn.MaxPool2d(2, 2)),
    ((1, 28, 28), pool("MaxPool2d", 3, 2), nn.MaxPool2d(3, 2)),
    ((1, 28, 28), pool("MaxPool2d", 3, 1), nn.MaxPool2d(3, 1)),
    ((1, 28, 28), pool("MaxPool2d", 2, 5), nn.MaxPool2d(2, 5)),
    ((1, 28, 28), pool("MaxPool2d", 28, 1), nn.MaxPool2d(28, 1)),
    ((4, 13, 13), pool("MaxPool2d", 2, 2), nn.MaxPool2d(2, 2)),
    ((4, 7, 7), pool("MaxPool2d", 7, 7), nn.MaxPool2d(7, 7)),
    ((4, 1, 1), pool("MaxPool2d", 1, 1), nn.MaxPool2d(1, 1)),
    ((1, 28, 28), pool("AvgPool2d", 2, 2), nn.AvgPool2d(2, 2)),
    ((1, 28, 28), pool("AvgPool2d", 3, 2), nn.AvgPool2d(3, 2)),
    ((1, 28, 28), pool("AvgPool2d", 3, 1), nn.AvgPool2d(3, 1)),
    ((1, 28, 28), pool("AvgPool2d", 28, 28), nn.AvgPool2d(28, 28)),
    ((6, 13, 13), pool("AvgPool2d", 2, 2), nn.AvgPool2d(2, 2)),
    ((4, 1, 1), pool("AvgPool2d", 1, 1), nn.AvgPool2d(1, 1)),
    ((1, 28, 28), {"kind": "PermutePixels"}, Shuffled()),
    ((5, 3, 3), {"kind": "PermutePixels"}, Shuffled()),
    ((1, 28, 28), {"kind": "Flatten"}, nn.Flatten()),
    ((5, 3, 3), {"kind": "Flatten"}, nn.Flatten()),
    ((784,), {"kind": "Flatten"}, nn.Flatten()),
    ((1, 28, 28), {"kind": "Dropout", "p": 0.0}, nn.Dropout(0.0)),
    ((12,), {"kind": "Dropout"}, nn.Dropout(0.0)),
    ((784,), {"kind": "BatchNorm1d"}, nn.BatchNorm1d(784)),
    ((12,), {"kind": "BatchNorm1d"}, nn.BatchNorm1d(12)),
    ((1,), {"kind": "BatchNorm1d"}, nn.BatchNorm1d(1)),
    ((1, 28, 28), {"kind": "BatchNorm2d"}, nn.BatchNorm2d(1)),
    ((8, 5, 5), {"kind": "BatchNorm2d"}, nn.BatchNorm2d(8)),
    ((8, 1, 1), {"kind": "BatchNorm2d"}, nn.BatchNorm2d(8)),
    ((1, 28, 28), {"kind": "ReLU"}, nn.ReLU()),
    ((12,), {"kind": "ReLU"}, nn.ReLU()),
    ((1, 28, 28), {"kind": "LeakyReLU"}, nn.LeakyReLU()),
    ((12,), {"kind": "LeakyReLU", "negative_slope": 0.2}, nn.LeakyReLU(0.2)),
    ((12,), {"kind": "LeakyReLU", "negative_slope": 1.0}, nn.LeakyReLU(1.0)),
    ((1, 28, 28), {"kind": "GELU"}, nn.GELU()),
    ((12,), {"kind": "GELU"}, nn.GELU()),
    ((1, 28, 28), {"kind": "SiLU"}, nn.SiLU()),
    ((12,), {"kind": "SiLU"}, nn.SiLU()),
    ((1, 28, 28), {"kind": "Tanh"}, nn.Tanh()),
    ((12,), {"kind": "Tanh"}, nn.Tanh()),
    ((1, 28, 28), {"kind": "Sigmoid"}, nn.Sigmoid()),
    ((12,), {"kind": "Sigmoid"}, nn.Sigmoid()),
]


def leading_to(shape: tuple[int, ...]) -> tuple[Layer, ...]:
    """Layers that turn a digit into this shape."""
    if len(shape) == 3:
        return () if shape == (1, 28, 28) else (Conv2d(channels=shape[0], kernel=29 - shape[1]),)
    return (Flatten(),) if shape == (784,) else (Flatten(), Linear(units=shape[0]))


@pytest.mark.parametrize(("shape", "layer", "module"), CONTRACT, ids=lambda value: str(value))
def test_a_layer_is_what_pytorch_has_for_it(shape: tuple[int, ...], layer: dict[str, Any], module: nn.Module) -> None:
    before = leading_to(shape)
    spec: Layer = TypeAdapter(Layer).validate_python(layer)
    network = Network(layers=(*before, spec, Flatten()))
    facts = trace(network).rows[len(before)]

    def run(module: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
        y = module(x)
        (gradient,) = torch.autograd.grad(y.square().sum(), x)
        return y, gradient

    ours = build(network, seed=0).layers[len(before)]
    module.load_state_dict(ours.state_dict())
    x = torch.randn(3, *shape, generator=torch.Generator().manual_seed(1), requires_grad=True)
    y, gradient = run(ours, x)
    expected, expected_gradient = run(module, x)

    if type(module).__module__.startswith("torch"):
        assert repr(ours) == repr(module)
    torch.testing.assert_close(y, expected)
    torch.testing.assert_close(gradient, expected_gradient)
    assert facts.input_shape == shape
    assert facts.output_shape == tuple(expected.shape[1:])
    assert facts.parameters == sum(weights.numel() for weights in module.parameters())
    assert eval_formula(facts.formula) == facts.parameters


def eval_formula(formula: str) -> int:
    """The left side of "a·b + c = d", after checking that it gives the right side."""
    if not formula:
        return 0
    left, right = formula.split(" = ")
    total = sum(torch.tensor([int(n) for n in term.split("·")]).prod().item() for term in left.split(" + "))
    assert f"{total:,}" == right
    return int(total)


def test_the_contract_has_a_row_for_every_kind() -> None:
    schema = TypeAdapter(Layer).json_schema()
    assert {layer["kind"] for _, layer, _ in CONTRACT} == set(schema["discriminator"]["mapping"])


@pytest.mark.parametrize("name", TEMPLATES)
def test_totals_are_what_pytorch_counts(name: str) -> None:
    network = TEMPLATES[name].network
    found, net = trace(network), build(network, seed=0)
    with FlopCounterMode(display=False) as flops, torch.no_grad():
        outputs = net.eval().forward_all(torch.zeros(1, 1, 28, 28))
    by_hand = [y for name, y in zip((*net.names, "Head"), outputs, strict=True) if "auto" not in name]
    assert found.parameters == sum(weights.numel() for weights in net.parameters())
    assert found.multiply_adds == flops.get_total_flops() / 2  # PyTorch counts a multiply-add as two
    assert found.values == sum(y.numel() for y in by_hand)
    assert found.memory_bytes == 16 * found.parameters + 4 * found.values


def test_the_table_says_what_the_issue_asks_for() -> None:
    found = trace(TEMPLATES["MLP"].network)
    assert [row.name for row in found.rows] == ["Flatten #1", "Linear #1", "ReLU #1"]
    assert [row.formula for row in found.rows] == ["", "784·128 + 128 = 100,480", ""]
    assert found.head is not None
    assert (found.head.name, found.head.formula) == ("Head", "128·10 + 10 = 1,290")
    fields = [(row.receptive_field, row.jump) for row in trace(TEMPLATES["CNN 16-32"].network).rows]
    assert fields == [(3, 1), (3, 1), (4, 2), (8, 2), (8, 2), (10, 4), (10, 4)], "Flatten mixes nothing"


# --- batches --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layers", "needs"),
    [
        ([Flatten(), Linear(units=4), BatchNorm1d()], True),
        ([BatchNorm2d(), Flatten()], False),
        ([Conv2d(kernel=28), BatchNorm2d(), Flatten()], True),
        ([Flatten(), ReLU()], False),
    ],
)
def test_a_batch_of_one_is_refused_where_pytorch_refuses_it(layers: list[Layer], needs: bool) -> None:
    network = Network(layers=tuple(layers))
    experiment = Experiment(network=network, training=Training(batch_size=1))
    assert needs_batches_of_two(layers) == needs
    net = build(network, seed=0).train()
    if needs:
        with pytest.raises(ValueError, match="more than 1 value per channel"):
            net(torch.zeros(1, 1, 28, 28))
        with pytest.raises(SpecError, match="make it 2 or more") as raised:
            check_batch(experiment)
        assert raised.value.field == "training.batch_size"
    else:
        net(torch.zeros(1, 1, 28, 28))
        check_batch(experiment)
    check_batch(experiment.but(training=Training(batch_size=2)))


def test_a_batch_that_would_fill_the_memory_is_refused_with_the_largest_that_fits() -> None:
    wide = Experiment(network=Network(layers=(Conv2d(channels=512, padding=1), Flatten())))
    with pytest.raises(SpecError, match=r"10,000 digits would take 29\.9 GiB .* lower it to 1,337") as raised:
        check_batch(wide.but(training=Training(batch_size=10_000)))
    assert raised.value.field == "training.batch_size"
    check_batch(wide.but(training=Training(batch_size=1337)))


REFUSED = {
    "a network that can't work": Experiment(network=Network(layers=(Linear(),))),
    "a batch of one to normalize": Experiment(
        network=Network(layers=(Flatten(), Linear(units=4), BatchNorm1d())), training=Training(batch_size=1)
    ),
    "Nesterov without momentum": Experiment(
        network=Network(layers=(Flatten(),)), optimizer=Optimizer(kind="Nesterov", momentum=0.0)
    ),
    "more training digits than the split has": Experiment(
        network=Network(layers=(Flatten(),)), data=Data(training_digits=3501)
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_trainer_refuses_can_not_be_trained(name: str) -> None:
    with pytest.raises(SpecError):
        Trainer(REFUSED[name], device="cpu")
    assert not can_train(REFUSED[name])


@pytest.mark.parametrize(
    "experiment",
    [
        *TEMPLATES.values(),
        TEMPLATES["MLP"].but(optimizer=Optimizer(kind="Nesterov", momentum=0.1)),
        TEMPLATES["MLP"].but(optimizer=Optimizer(kind="Momentum", momentum=0.0)),
        TEMPLATES["MLP"].but(data=Data(training_digits=3500)),
    ],
    ids=str,
)
def test_what_the_trainer_takes_can_be_trained(experiment: Experiment) -> None:
    Trainer(experiment, device="cpu")
    assert can_train(experiment)
