"""Ways out of a flaw, each as the network it leads to."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from playground.experiment import BatchNorm1d, BatchNorm2d, Conv2d, Flatten, Layer, Linear, MaxPool2d, Network
from playground.network.facts import FILTERS, WEIGHTED, WINDOWED, Shape
from playground.network.names import layer_names
from playground.network.receptive_field import window
from playground.network.walk import Flaw, walk

Layers = tuple[Layer, ...]
MOST_LAYERS = next(rule.max_length for rule in Network.model_fields["layers"].metadata if hasattr(rule, "max_length"))
MOST_PADDING = next(rule.le for rule in Conv2d.model_fields["padding"].metadata if hasattr(rule, "le"))
MOST_FIXES = 3


@dataclass(frozen=True)
class Fix:
    """A button: what it says, and the layers it leads to."""

    label: str
    layers: Layers


def fixes(layers: Layers, flaw: Flaw) -> tuple[Fix, ...]:
    """At least one fix, at most `MOST_FIXES`, the best first; with any of them the flaw is gone.

    To press the first one again and again ends at a network that works: each brings the flaw nearer to the head, or
    ends it. The last resorts (`removed`, `cut`) always do.
    """
    kept: dict[Layers, Fix] = {}
    for fix in candidates(layers, flaw):
        if len(fix.layers) <= MOST_LAYERS and mends(fix.layers, layers, flaw):
            kept.setdefault(fix.layers, fix)
        if len(kept) == MOST_FIXES:
            break
    return tuple(kept.values())


def mends(new: Layers, old: Layers, flaw: Flaw) -> bool:
    """Whether the new layers work, or fail nearer to the head than the old; at the head, a map is mended first."""
    _, left = walk(new)
    return left is None or (
        (len(new) - left.index, left.kind == "map at head") < (len(old) - flaw.index, flaw.kind == "map at head")
    )


def broken(layers: Layers) -> int:
    """How many do not work, from the first with a flaw to the head."""
    _, flaw = walk(layers)
    return 0 if flaw is None else len(layers) + 1 - flaw.index


def candidates(layers: Layers, flaw: Flaw) -> Iterator[Fix]:
    """What may mend the flaw, from the mildest to the last resort."""
    i = flaw.index
    if flaw.kind == "map into flat":
        if isinstance(layers[i], BatchNorm1d):
            yield replaced(layers, i, BatchNorm2d())
        yield Fix(f"Add Flatten before {layer_names(layers)[i]}", (*layers[:i], Flatten(), *layers[i:]))
    elif flaw.kind == "flat into map":
        yield from to_map(layers, i)
    elif flaw.kind == "kernel":
        yield from fitted(layers, i, flaw.shape)
    elif flaw.kind == "map at head":
        yield Fix("Add Flatten at the end", (*layers, Flatten()))
    else:
        yield from smaller(layers, flaw)
    if i < len(layers):
        yield removed(layers, i)
    else:
        yield cut(layers)


def replaced(layers: Layers, i: int, layer: Layer) -> Fix:
    """Another layer in the place of one."""
    return Fix(f"Use {layer.kind} instead of {layer_names(layers)[i]}", (*layers[:i], layer, *layers[i + 1 :]))


def removed(layers: Layers, i: int) -> Fix:
    """The layers without one. What comes before it works, and what follows is one layer nearer to the head."""
    return Fix(f"Remove {layer_names(layers)[i]}", layers[:i] + layers[i + 1 :])


def to_map(layers: Layers, i: int) -> Iterator[Fix]:
    """For a layer that needs a map and receives flat values."""
    names = layer_names(layers)
    if isinstance(layers[i], BatchNorm2d):
        yield replaced(layers, i, BatchNorm1d())
    # The digit enters as a map and Linear refuses maps, so a Flatten comes first; those after it do nothing.
    j = next(j for j, layer in enumerate(layers) if isinstance(layer, Flatten))
    moved = (*layers[:j], layers[i], *layers[j:i], *layers[i + 1 :])
    yield Fix(f"Move {names[i]} before {names[j]}", moved)
    yield removed(layers, j)


def fitted(layers: Layers, i: int, shape: Shape) -> Iterator[Fix]:
    """For a window larger than the map it receives: the mildest change with which as much as can be of the rest works.

    The largest kernel that fits leaves a map of 1 × 1, which the next window may not fit.
    """
    layer = layers[i]
    slid = window(layer)
    assert isinstance(layer, WINDOWED)
    assert slid is not None
    name = layer_names(layers)[i]

    def changed(field: str, value: int) -> Layers:
        return (*layers[:i], layer.but(**{field: value}), *layers[i + 1 :])

    side = shape[1] + 2 * slid.padding
    kernel = min(range(side, 0, -1), key=lambda kernel: broken(changed("kernel", kernel)))
    yield Fix(f"Lower the kernel of {name} to {kernel}", changed("kernel", kernel))
    if isinstance(layer, FILTERS):
        least = -(-(layer.kernel - shape[1]) // 2)
        padding = min(range(least, MOST_PADDING + 1), key=lambda padding: broken(changed("padding", padding)))
        yield Fix(f"Pad {name} by {padding}", changed("padding", padding))


def smaller(layers: Layers, flaw: Flaw) -> Iterator[Fix]:
    """For layers that are too much: make one of the last two with a size smaller, or the map."""
    i = flaw.index
    sized = (j for j in range(min(i, len(layers) - 1), -1, -1) if isinstance(layers[j], WEIGHTED))
    lowered = (fix for j in islice(sized, 2) if (fix := halved(layers, j, flaw)))
    yield from islice(lowered, 1)
    at = next((k for k, layer in enumerate(layers[:i]) if isinstance(layer, Flatten)), i)
    yield Fix(f"Add MaxPool2d before {layer_names(layers)[at]}", (*layers[:at], MaxPool2d(), *layers[at:]))
    yield from lowered


def halved(layers: Layers, j: int, flaw: Flaw) -> Fix | None:
    """The layers with the units or channels of one halved as often as it takes; None where 1 is still too many."""
    layer = layers[j]
    field = "units" if isinstance(layer, Linear) else "channels"
    size = getattr(layer, field)
    while (size := size // 2) > 0:
        new = (*layers[:j], layer.but(**{field: size}), *layers[j + 1 :])
        if mends(new, layers, flaw):
            return Fix(f"Lower the {field} of {layer_names(layers)[j]} to {size:,}", new)
    return None


def cut(layers: Layers) -> Fix:
    """As many of the first layers as work with a Flatten at the end; none at all always do."""
    for k in range(min(len(layers), MOST_LAYERS - 1), -1, -1):
        kept = (*layers[:k], Flatten())
        if walk(kept)[1] is None:
            break
    return Fix(f"Remove all from {layer_names(layers)[k]} on and add Flatten", kept)
