"""What one layer does to a shape and what it costs, in plain arithmetic.

A shape is one digit's, without the batch: (channels, height, width) for a map, (features,) when flat. The functions
take a layer that fits; `playground.network.walk` says whether it does.
"""

from math import prod

from playground.experiment import (
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Flatten,
    Layer,
    Linear,
    LocallyConnected2d,
    MaxPool2d,
    PermutePixels,
)
from playground.network.receptive_field import Window, window

Shape = tuple[int, ...]
FILTERS = (Conv2d, LocallyConnected2d)
WINDOWED = (*FILTERS, MaxPool2d, AvgPool2d)
WEIGHTED = (Linear, *FILTERS)
NEEDS_MAP = (*WINDOWED, BatchNorm2d, PermutePixels)
NEEDS_FLAT = (Linear, BatchNorm1d)


def output_shape(layer: Layer, shape: Shape) -> Shape:
    """The shape that leaves the layer.

    >>> output_shape(Conv2d(channels=16, kernel=5, padding=2), (1, 28, 28))
    (16, 28, 28)
    """
    slid = window(layer)
    if slid is not None:
        channels = layer.channels if isinstance(layer, FILTERS) else shape[0]
        return (channels, *(positions(side, slid) for side in shape[1:]))
    match layer:
        case Linear(units=units):
            return (units,)
        case Flatten():
            return (prod(shape),)
    return shape


def positions(side: int, window: Window) -> int:
    """How many places the window has along a side: floor((side + 2 padding - kernel) / stride) + 1.

    >>> positions(28, Window(kernel=2, stride=2))
    14
    """
    return (side + 2 * window.padding - window.kernel) // window.stride + 1


def parameters(layer: Layer, shape: Shape) -> tuple[int, str]:
    """How many numbers the layer learns, and the formula with its numbers filled in ("" where it learns nothing).

    >>> parameters(Conv2d(channels=16), (3, 28, 28))
    (448, '3·3·3·16 + 16 = 448')
    """
    match layer:
        case Linear(units=units):
            count, formula = shape[0] * units + units, f"{shape[0]}·{units} + {units}"
        case Conv2d(channels=channels, kernel=k):
            count, formula = k * k * shape[0] * channels + channels, f"{k}·{k}·{shape[0]}·{channels} + {channels}"
        case LocallyConnected2d(channels=channels, kernel=k):
            _, height, width = output_shape(layer, shape)
            count = height * width * channels * (k * k * shape[0] + 1)
            formula = f"{height}·{width}·{k}·{k}·{shape[0]}·{channels} + {height}·{width}·{channels}"
        case BatchNorm1d() | BatchNorm2d():
            count, formula = 2 * shape[0], f"2·{shape[0]}"
        case _:
            return 0, ""
    return count, f"{formula} = {count:,}"


def multiply_adds(layer: Layer, shape: Shape) -> int:
    """How often the layer multiplies by a weight and adds, for one digit; biases and layers without a matrix count 0.

    Linear: in·out. Conv2d and LocallyConnected2d: kernel²·channels in, once for every value that leaves.
    """
    match layer:
        case Linear(units=units):
            return shape[0] * units
        case Conv2d(kernel=kernel) | LocallyConnected2d(kernel=kernel):
            return kernel * kernel * shape[0] * prod(output_shape(layer, shape))
    return 0


def shape_text(shape: Shape) -> str:
    """A shape as pages show it.

    >>> shape_text((16, 14, 14))
    '16 × 14 × 14'
    """
    return " × ".join(f"{size:,}" for size in shape)
