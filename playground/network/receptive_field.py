"""How much of the input one value sees: closed-form arithmetic (Araujo, Norris and Sim, "Computing Receptive Fields of
Convolutional Neural Networks", Distill 2019)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from playground.experiment import AvgPool2d, Conv2d, Layer, LocallyConnected2d, MaxPool2d


class Window(NamedTuple):
    """What a layer's window does along one axis, in pixels of its own input."""

    kernel: int
    stride: int
    padding: int = 0


@dataclass(frozen=True)
class ReceptiveField:
    """What one value of a map sees of the image, in pixels along one axis.

    `size` counts the padding too, so it can exceed the image; `jump` is the step between neighbouring values;
    `before` is how far the first value's field starts outside of the image.
    """

    size: int = 1
    jump: int = 1
    before: int = 0

    def then(self, window: Window) -> "ReceptiveField":
        """The field after one more layer.

        >>> ReceptiveField().then(Window(3, 1)).then(Window(2, 2)).then(Window(3, 1))
        ReceptiveField(size=8, jump=2, before=0)
        """
        return ReceptiveField(
            size=self.size + (window.kernel - 1) * self.jump,
            jump=self.jump * window.stride,
            before=self.before + window.padding * self.jump,
        )

    def pixels(self, position: int, extent: int) -> range:
        """The pixels of an image `extent` wide that the value at `position` of the map sees; empty if only padding.

        Strides above the kernel and padding of maps in between can leave some of them out.

        >>> ReceptiveField(size=3, jump=1, before=1).pixels(0, 28)
        range(0, 2)
        """
        start = position * self.jump - self.before
        return range(max(start, 0), min(start + self.size, extent))


def receptive_field(windows: Iterable[Window]) -> ReceptiveField:
    """The field of one value after all windows in order.

    With stride s_i, kernel k_i and padding p_i of layer i, and S_i = s_1 ... s_(i-1):
    size = 1 + sum (k_i - 1) S_i, jump = s_1 ... s_L, before = sum p_i S_i (Araujo et al. 2019, equations 2 to 4).
    """
    field = ReceptiveField()
    for window in windows:
        field = field.then(window)
    return field


def window(layer: Layer) -> Window | None:
    """The window a layer slides over its input; None where it looks at each value alone.

    >>> window(Conv2d(kernel=5, padding=2))
    Window(kernel=5, stride=1, padding=2)
    """
    match layer:
        case Conv2d() | LocallyConnected2d():
            return Window(layer.kernel, layer.stride, layer.padding)
        case MaxPool2d(kernel=kernel, stride=stride) | AvgPool2d(kernel=kernel, stride=stride):
            return Window(kernel, stride)
    return None
