"""The fields of each kind of layer, and the kinds by what they do."""

from typing import Any, NamedTuple

from playground.experiment import (
    GELU,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Layer,
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
from playground.ui.help import HELP
from playground.ui.session import Draft
from playground.ui.widgets import number


class Shown(NamedTuple):
    """How a field of a layer is shown; `width` in pixels holds its label and the largest value that makes sense."""

    label: str
    step: float = 1
    width: int = 76


GROUPS: dict[str, tuple[type[Any], ...]] = {
    "weights": (Linear, Conv2d, LocallyConnected2d),
    "pooling": (MaxPool2d, AvgPool2d),
    "shape": (Flatten, PermutePixels),
    "activation": (ReLU, LeakyReLU, GELU, SiLU, Tanh, Sigmoid),
    "regularization": (Dropout, BatchNorm1d, BatchNorm2d),
}
KINDS: dict[str, type[Any]] = {kind.__name__: kind for group in GROUPS.values() for kind in group}
GROUP_OF = {kind.__name__: group for group, kinds in GROUPS.items() for kind in kinds}

FILTER = {
    "channels": Shown("channels", width=100),
    "kernel": Shown("kernel"),
    "stride": Shown("stride"),
    "padding": Shown("padding", width=84),
}
FIELDS: dict[str, dict[str, Shown]] = {
    "Linear": {"units": Shown("units", width=88)},
    "Conv2d": FILTER,
    "LocallyConnected2d": FILTER,
    "MaxPool2d": {"kernel": Shown("kernel"), "stride": Shown("stride")},
    "AvgPool2d": {"kernel": Shown("kernel"), "stride": Shown("stride")},
    "Dropout": {"p": Shown("p", 0.05, 76)},
    "LeakyReLU": {"negative_slope": Shown("slope", 0.01, 100)},
}


def layer_fields(draft: Draft, layer_id: int, layer: Layer, rate: float) -> Layer:
    """The controls of a layer's fields; an empty p of a Dropout shows the network's `rate`, which it follows."""
    for name, shown in FIELDS.get(layer.kind, {}).items():
        layer = number(
            draft,
            f"network.layers.{layer_id}.{name}",
            layer,
            shown.label,
            step=shown.step,
            width=shown.width,
            help=HELP[f"{layer.kind}.{name}"],
            placeholder=f"{rate:g}" if name == "p" else None,
        )
    return layer
