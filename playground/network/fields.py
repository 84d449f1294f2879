"""What every unit of a network sees of the image, in theory: which box, and which pixels in it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypedDict

from playground.errors import SpecError
from playground.experiment import IMAGE_SHAPE, Layer, Linear, Network, PermutePixels
from playground.network.facts import Shape, positions, shape_text
from playground.network.receptive_field import ReceptiveField, Window, receptive_field, window
from playground.network.shapes import trace

SIDE = IMAGE_SHAPE[1]


@dataclass(frozen=True)
class Span:
    """A field along one axis of the image: pixels `start` to `stop` - 1 by the closed form, the padding among them.

    `seen` are the pixels that can change the unit, all of them within the part that lies in the image.
    """

    start: int
    stop: int
    seen: tuple[int, ...]

    @property
    def size(self) -> int:
        return self.stop - self.start

    @property
    def inside(self) -> range:
        """The part that lies in the image; empty where all of it is padding."""
        return range(max(self.start, 0), min(self.stop, SIDE))

    @property
    def centre(self) -> float:
        return (self.start + self.stop - 1) / 2


@dataclass(frozen=True)
class UnitField:
    """The theoretical field of one unit: `rows` and `columns` of the image; `place` is (channel, y, x) on a map.

    `place` is None behind a fully connected layer, whose units see the whole image at a `jump` of 0. A unit behind a
    Flatten, but before any Linear, is still one place of the map. `is_scattered` behind a PermutePixels, where a unit's
    pixels lie all over the image and have no window: the box is then all of what reaches the permutation.
    """

    layer: str
    shape: Shape
    place: tuple[int, int, int] | None
    jump: int
    rows: Span
    columns: Span
    is_scattered: bool = False

    @property
    def is_whole_image(self) -> bool:
        return self.place is None

    @property
    def in_padding(self) -> float:
        """The share of the field that lies outside of the image."""
        inside = len(self.rows.inside) * len(self.columns.inside)
        return 1 - inside / (self.rows.size * self.columns.size)

    @property
    def centre(self) -> tuple[float, float]:
        return self.rows.centre, self.columns.centre


class FieldRow(TypedDict):
    """One row of the table of all layers, for JSON. `field` is None for the whole image, where `jump` is 0; it is
    `scattered` over it behind a PermutePixels.

    `before`: pixels by which the first unit's field starts outside of the image; `corner`: share of that unit's field
    that is padding; `touched`: share of the layer's places whose field reaches out of the image; `unseen`: rows of the
    image, and as many columns, that no unit of the layer sees.
    """

    layer: str
    kind: str
    shape: list[int]
    field: int | None
    jump: int
    before: int
    corner: float
    touched: float
    unseen: int
    scattered: bool


@dataclass(frozen=True)
class Stage:
    """A layer with all windows up to it. `map_shape` is the last map's; `is_mixed` from the first Linear on.

    From a PermutePixels on `is_mixed` too, and both are those of what the permutation receives: windows further on
    slide over pixels that have no order.
    """

    name: str
    kind: str
    shape: Shape
    windows: tuple[Window, ...]
    map_shape: Shape
    is_mixed: bool
    is_scattered: bool

    @property
    def field(self) -> ReceptiveField:
        return receptive_field(self.windows)


def stages(network: Network) -> Iterator[Stage]:
    """The layers of the builder, then the head; where a layer can't work, those before it."""
    found = trace(network)
    rows = found.rows if found.head is None else (*found.rows, found.head)
    windows: tuple[Window, ...] = ()
    map_shape, is_mixed = IMAGE_SHAPE, False
    layers: tuple[Layer, ...] = (*network.layers, Linear())
    for facts, layer in zip(rows, layers, strict=False):
        is_mixed = is_mixed or isinstance(layer, Linear | PermutePixels)
        slid = window(layer)
        if not is_mixed:
            windows = windows if slid is None else (*windows, slid)
            map_shape = facts.output_shape if len(facts.output_shape) == 3 else map_shape
        yield Stage(facts.name, facts.kind, facts.output_shape, windows, map_shape, is_mixed, facts.is_scattered)


def unit_field(network: Network, layer: str, channel: int, y: int = 0, x: int = 0) -> UnitField:
    """The field of the unit of `layer` at `channel`, `y`, `x`; of a flat layer `channel` is the unit, `y` = `x` = 0.

    Raises `SpecError` where there is no such layer or unit.

    >>> from playground.experiment import Conv2d
    >>> field = unit_field(Network(layers=(Conv2d(padding=1),)), "Conv2d #1", 0, 0, 5)
    >>> field.rows.start, field.rows.inside, field.columns.inside
    (-1, range(0, 2), range(4, 7))
    """
    stage = next((one for one in stages(network) if one.name == layer), None)
    if stage is None:
        raise SpecError("layer", f"there is no layer {layer}: choose one of the network's")
    full = (*stage.shape, *(3 - len(stage.shape)) * (1,))
    for name, value, count in zip(("channel", "y", "x"), (channel, y, x), full, strict=True):
        if not 0 <= value < count:
            size = shape_text(stage.shape)
            raise SpecError(name, f"{layer} is {size}, so {name} {value} lies outside: choose 0 to {count - 1}")
    if stage.is_mixed:
        rows, columns = (whole(stage.windows, side) for side in stage.map_shape[1:])
        return UnitField(layer, stage.shape, None, 0, rows, columns, stage.is_scattered)
    if len(stage.shape) == 1:
        channel, y, x = unraveled(channel, stage.map_shape)
    rows, columns = (span(stage.windows, position) for position in (y, x))
    return UnitField(layer, stage.shape, (channel, y, x), stage.field.jump, rows, columns)


def field_table(network: Network) -> list[FieldRow]:
    """One row a layer, in order, the head last.

    >>> from playground.experiment import Conv2d
    >>> [(row["field"], row["jump"]) for row in field_table(Network(layers=(Conv2d(kernel=5), Conv2d(stride=2))))]
    [(5, 1), (7, 2)]
    """
    return [row(stage) for stage in stages(network)]


def row(stage: Stage) -> FieldRow:
    field, side = stage.field, stage.map_shape[1]
    corner = span(stage.windows, 0)
    within = sum(len(field.pixels(position, SIDE)) == field.size for position in range(side))
    return FieldRow(
        layer=stage.name,
        kind=stage.kind,
        shape=[*stage.shape],
        field=None if stage.is_mixed else field.size,
        jump=0 if stage.is_mixed else field.jump,
        before=0 if stage.is_mixed else field.before,
        corner=0.0 if stage.is_mixed else 1 - (len(corner.inside) / corner.size) ** 2,
        touched=0.0 if stage.is_mixed else 1 - (within / side) ** 2,
        unseen=SIDE - len(seen_pixels(stage.windows, range(side))),
        scattered=stage.is_scattered,
    )


def span(windows: Sequence[Window], position: int) -> Span:
    """The field of the map's `position` along one axis."""
    field = receptive_field(windows)
    start = position * field.jump - field.before
    return Span(start, start + field.size, seen_pixels(windows, [position]))


def whole(windows: Sequence[Window], side: int) -> Span:
    """The field of a unit that all `side` positions of the last map lead to."""
    return Span(0, SIDE, seen_pixels(windows, range(side)))


def seen_pixels(windows: Sequence[Window], places: Iterable[int]) -> tuple[int, ...]:
    """The pixels along one axis that can change the values at `places` of the map after all windows.

    Found by going back window by window and leaving out the padding of every map on the way. The closed form's box,
    cut at the image's border, holds all of them; and nothing else where no stride exceeds its kernel, each padding is
    smaller than its kernel, and no window leaves pixels over at the far end.

    >>> seen_pixels([Window(kernel=1, stride=2), Window(kernel=2, stride=1)], [3])
    (6, 8)
    """
    sides = [*accumulate(windows, positions, initial=SIDE)]
    seen = set(places)
    for (kernel, stride, padding), side in zip(reversed(windows), reversed(sides[:-1]), strict=True):
        reached = {place * stride - padding + offset for place in seen for offset in range(kernel)}
        seen = reached & {*range(side)}
    return tuple(sorted(seen))


def unraveled(unit: int, shape: Shape) -> tuple[int, int, int]:
    """Where the unit of a flattened map stands on the map: (channel, y, x).

    >>> unraveled(13, (2, 3, 4))
    (1, 0, 1)
    """
    _, height, width = shape
    return unit // (height * width), unit // width % height, unit % width
