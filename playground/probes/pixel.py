"""How one value that leaves a layer was made: the sum, the window or the function behind it, with its numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from playground.data.scaling import Scale
from playground.errors import SpecError
from playground.experiment import Loss
from playground.network.build import Net
from playground.network.fields import unraveled
from playground.network.modules import LocallyConnected2d, PermutePixels
from playground.network.receptive_field import Window
from playground.probes.activations import INPUT, OUTPUT, answer_kind, eval_mode, layers_of
from playground.training.losses import probabilities

# What a layer that looks at each value alone does to it, z.
FORMULAS: dict[str, str] = {
    "ReLU": "max(0, z)",
    "GELU": "z · Φ(z)",
    "SiLU": "z · σ(z)",
    "Tanh": "tanh(z)",
    "Sigmoid": "1 / (1 + e^−z)",
}
POINTWISE = (*FORMULAS, "LeakyReLU", "BatchNorm1d", "BatchNorm2d", "Dropout")
NORMALIZATION = "(z − mean) / √(variance + ε) · γ + β"


class Unit(NamedTuple):
    """A value that leaves a layer; of a flat one `channel` is the feature, and y and x are 0."""

    layer: str
    channel: int
    y: int = 0
    x: int = 0


@dataclass(frozen=True)
class Scaled:
    """A pixel as the network takes it: (pixel - center) / divisor."""

    pixel: float
    center: float
    divisor: float


@dataclass(frozen=True)
class Weighted:
    """Σ inputs · weights + bias: float32 [channels, kernel, kernel] of a filter, with its padding zeros; [inputs] of a
    Linear. `total` is the sum alone, in float64; `top` and `left` are where the patch begins in the map below, -1 for
    one place into the padding."""

    inputs: np.ndarray
    weights: np.ndarray
    bias: float
    total: float
    top: int = 0
    left: int = 0


@dataclass(frozen=True)
class Pooled:
    """The window float32 [kernel, kernel] of a pooling, and where it begins in the map below; `taken` is the place
    (y, x) in it of the largest value, the first one where several are, and None for a mean."""

    window: np.ndarray
    taken: tuple[int, int] | None
    top: int
    left: int


@dataclass(frozen=True)
class Normalized:
    """(z - mean) / sqrt(variance + epsilon) · gamma + beta, with the running mean and variance, as in eval mode."""

    z: float
    mean: float
    variance: float
    epsilon: float
    gamma: float
    beta: float


@dataclass(frozen=True)
class Mapped:
    """A function of one value z below."""

    z: float
    formula: str


@dataclass(frozen=True)
class Passed:
    """The very value at another place: `origin` is its (channel, y, x) in the map below."""

    origin: tuple[int, int, int]


How = Scaled | Weighted | Pooled | Normalized | Mapped | Passed


@dataclass(frozen=True)
class After:
    """What a layer right above makes of the value."""

    layer: str
    formula: str
    value: float


@dataclass(frozen=True)
class PixelSum:
    """One value, how it came about from what leaves layer `below`, and what the layers right above make of it.

    `map` is the whole map it lies in, float32 [height, width]; of a flat layer all features, [1, features].
    """

    unit: Unit
    kind: str
    value: float
    map: np.ndarray
    below: str | None
    how: How
    then: tuple[After, ...]


class Step(NamedTuple):
    """A layer and what leaves it."""

    name: str
    kind: str
    module: nn.Module | None
    output: Tensor


@torch.inference_mode()
def explain(net: Net, x: Tensor, unit: Unit, scale: Scale | None = None, loss: Loss | None = None) -> PixelSum:
    """How the network makes one value of digit x [1, 1, 28, 28], in eval mode; its mode is put back.

    "Input" is a layer too, whose pixels `scale` has made. Raises `SpecError` for a layer or a place that isn't there.
    """
    steps = [Step(INPUT, INPUT, None, x)]
    with eval_mode(net):
        for name, kind, module in layers_of(net):
            steps.append(Step(name, kind, module, module(steps[-1].output)))
    at = index_of(unit.layer, steps)
    step, below = steps[at], steps[at - 1] if at else None
    values = step.output[0]
    check_place(unit, step.name, tuple(values.shape))
    return PixelSum(
        unit=unit,
        kind=step.kind,
        value=value_at(step.output, unit),
        map=array(values[unit.channel] if values.ndim == 3 else values[None]),
        below=below and below.name,
        how=scaled(x, unit, scale or Scale(0.0, 1.0)) if below is None else how(step.module, below.output, unit),
        then=(*afters(steps[at + 1 :], unit), *answers(steps, at, unit, loss)),
    )


# --- what made it ---------------------------------------------------------------------------------------------------


def scaled(x: Tensor, unit: Unit, scale: Scale) -> Scaled:
    pixel = value_at(x, unit) * scale.divisor + scale.center
    return Scaled(float(round(pixel)), scale.center, scale.divisor)  # pixels are whole numbers


def how(module: nn.Module | None, below: Tensor, unit: Unit) -> How:
    """What the layer does to the values below it, [1, channels, height, width] or [1, features], for one of its own."""
    match module:
        case nn.Conv2d():
            window = Window(module.kernel_size[0], module.stride[0], int(module.padding[0]))
            return convolved(window, module.weight[unit.channel], module.bias, below, unit)
        case LocallyConnected2d():
            place = unit.y * module.width + unit.x
            bias = module.bias.view(module.weight.shape[:2])[place]
            return convolved(module.window, module.kernels(place)[unit.channel], bias, below, unit)
        case nn.Linear():
            return weighted(below[0], module.weight[unit.channel], module.bias[unit.channel])
        case nn.MaxPool2d() | nn.AvgPool2d():
            return pooled(module, below, unit)
        case nn.BatchNorm1d() | nn.BatchNorm2d():
            return normalized(module, value_at(below, unit), unit.channel)
        case nn.Flatten():
            return Passed(origin(unit, tuple(below.shape[1:])))
        case PermutePixels():
            return Passed((unit.channel, *divmod(int(module.order[unit.y * below.shape[3] + unit.x]), below.shape[3])))
        case nn.Dropout():
            return Passed((unit.channel, unit.y, unit.x))
    return Mapped(value_at(below, unit), formula(module))


def convolved(window: Window, kernel: Tensor, biases: Tensor | None, below: Tensor, unit: Unit) -> Weighted:
    size, stride, padding = window
    top, left = unit.y * stride, unit.x * stride
    patch = F.pad(below[0], 4 * [padding])[:, top : top + size, left : left + size]
    bias = None if biases is None else biases[unit.channel]
    return weighted(patch, kernel, bias, top - padding, left - padding)


def weighted(inputs: Tensor, weights: Tensor, bias: Tensor | None, top: int = 0, left: int = 0) -> Weighted:
    total = (inputs.double() * weights.double()).sum().item()
    return Weighted(array(inputs), array(weights), 0.0 if bias is None else bias.item(), total, top, left)


def origin(unit: Unit, shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Where in maps of this shape a feature comes from that a Flatten laid in a row.

    >>> origin(Unit("Flatten #1", 11), (2, 3, 3))
    (1, 0, 2)
    """
    if len(shape) == 1:
        return unit.channel, 0, 0
    return unraveled(unit.channel, shape)


def pooled(module: nn.MaxPool2d | nn.AvgPool2d, below: Tensor, unit: Unit) -> Pooled:
    size, stride = whole(module.kernel_size), whole(module.stride)
    top, left = unit.y * stride, unit.x * stride
    window = array(below[0, unit.channel, top : top + size, left : left + size])
    taken = divmod(int(window.argmax()), size) if isinstance(module, nn.MaxPool2d) else None
    return Pooled(window, taken, top, left)


def normalized(module: nn.BatchNorm1d | nn.BatchNorm2d, z: float, channel: int) -> Normalized:
    mean, variance = module.get_buffer("running_mean"), module.get_buffer("running_var")
    gamma, beta = module.weight[channel].item(), module.bias[channel].item()
    return Normalized(z, mean[channel].item(), variance[channel].item(), module.eps, gamma, beta)


# --- what becomes of it ---------------------------------------------------------------------------------------------


def afters(above: Sequence[Step], unit: Unit) -> Iterator[After]:
    """The layers right above that look at this value alone."""
    for step in takewhile(lambda step: step.kind in POINTWISE, above):
        if step.kind != "Dropout":  # passes it on, in eval mode
            yield After(step.name, formula(step.module), value_at(step.output, unit))


def answers(steps: Sequence[Step], at: int, unit: Unit, loss: Loss | None) -> Iterator[After]:
    """A logit's probability."""
    if at == len(steps) - 1:
        answer = "1 / (1 + e^−z)" if answer_kind(loss) == "Sigmoid" else "e^z / Σ e^z"
        yield After(OUTPUT, answer, value_at(probabilities(steps[at].output, loss or Loss()), unit))


def formula(module: nn.Module | None) -> str:
    if isinstance(module, nn.LeakyReLU):
        return f"z above 0, {module.negative_slope:g} · z below"
    if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
        return NORMALIZATION
    return FORMULAS[type(module).__name__]


# --- places ---------------------------------------------------------------------------------------------------------


def index_of(layer: str, steps: Sequence[Step]) -> int:
    names = [step.name for step in steps]
    if layer not in names:
        raise SpecError("layer", f"there is no layer {layer!r} in this network: choose one of {', '.join(names)}")
    return names.index(layer)


def check_place(unit: Unit, layer: str, shape: tuple[int, ...]) -> None:
    """Raise `SpecError` for a channel or unit, row or column that the layer's output, of this shape, doesn't have."""
    sizes = shape if len(shape) == 3 else (*shape, 1, 1)
    fields = (("channel", "channel" if len(shape) == 3 else "unit"), ("y", "row"), ("x", "column"))
    for (field, word), place, size in zip(fields, unit[1:], sizes, strict=True):
        if not 0 <= place < size:
            only = f"they go from 0 to {size - 1:,}" if size > 1 else "only 0"
            raise SpecError(field, f"{layer} has no {word} {place:,}: {only}")


def value_at(output: Tensor, unit: Unit) -> float:
    """One value of an output [1, channels, height, width] or [1, features]."""
    of_digit = output[0]
    return (of_digit[unit.channel, unit.y, unit.x] if of_digit.ndim == 3 else of_digit[unit.channel]).item()


def whole(size: int | tuple[int, ...]) -> int:
    """A pooling's size, which the builder gives as one number for both axes."""
    assert isinstance(size, int)
    return size


def array(values: Tensor) -> np.ndarray:
    return values.float().contiguous().cpu().numpy()
