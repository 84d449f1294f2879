"""Follow one digit through the layers: the facts of each, up to the first that can't work."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Literal

from playground.experiment import CLASSES, IMAGE_SHAPE, BatchNorm1d, BatchNorm2d, Layer, Linear, PermutePixels
from playground.network.facts import (
    FILTERS,
    NEEDS_FLAT,
    NEEDS_MAP,
    Shape,
    multiply_adds,
    output_shape,
    parameters,
    shape_text,
)
from playground.network.names import layer_names
from playground.network.receptive_field import ReceptiveField, window

MOST_PARAMETERS = 20_000_000  # 320 MB with gradients and Adam's two averages
MOST_VALUES = 8_000_000  # that leave all layers together, for one digit: 2 GB for a batch of 64

FlawKind = Literal["map into flat", "flat into map", "kernel", "map at head", "size"]


@dataclass(frozen=True)
class LayerFacts:
    """One row of the network's table; shapes are one digit's.

    `formula` is "" for a layer without parameters. `receptive_field` is a value's, in input pixels along one axis; None
    means the whole image, from the first Linear on, where `jump` (pixels between neighbouring values) is 0. So it is
    from a PermutePixels on, where `is_scattered`: values see pixels here and there, no window of the image.
    """

    name: str
    kind: str
    input_shape: Shape
    output_shape: Shape
    shape_text: str
    parameters: int
    formula: str
    multiply_adds: int
    receptive_field: int | None
    jump: int
    is_scattered: bool = False


@dataclass(frozen=True)
class Flaw:
    """The first reason why the layers can't work; `index` is `len(layers)` where it is the head's."""

    index: int
    kind: FlawKind
    field: str
    message: str
    shape: Shape  # what the layer receives


def walk(layers: Sequence[Layer]) -> tuple[tuple[LayerFacts, ...], Flaw | None]:
    """The facts of the layers and, last, of the head; where there is a flaw, of the layers before it."""
    rows: list[LayerFacts] = []
    shape: Shape = IMAGE_SHAPE
    field: ReceptiveField | None = ReceptiveField()
    is_scattered = False
    learned = values = 0
    for index, (layer, name) in enumerate(zip((*layers, Linear(units=CLASSES)), layer_names(layers), strict=True)):
        is_head = index == len(layers)
        flaw = head_flaw(index, shape) if is_head else misfit(index, layer, name, shape)
        if flaw is not None:
            return tuple(rows), flaw
        is_scattered = scatters(layer, is_scattered)
        facts = layer_facts(layer, name, shape, field, is_scattered)
        learned += facts.parameters
        values += prod(facts.output_shape)
        flaw = excess(index, layer, name, shape, learned, values, is_head)
        if flaw is not None:
            return tuple(rows), flaw
        rows.append(facts)
        shape = facts.output_shape
        field = seen(layer, field)
    return tuple(rows), None


def seen(layer: Layer, field: ReceptiveField | None) -> ReceptiveField | None:
    """The receptive field after the layer; None once values are mixed that look at all places, or places are."""
    slid = window(layer)
    if field is None or isinstance(layer, Linear | PermutePixels):
        return None
    return field if slid is None else field.then(slid)


def scatters(layer: Layer, before: bool) -> bool:
    """Whether the layer's values see scattered pixels, given whether those before it do; a Linear's see all."""
    return isinstance(layer, PermutePixels) or (before and not isinstance(layer, Linear))


def layer_facts(
    layer: Layer, name: str, shape: Shape, before: ReceptiveField | None, is_scattered: bool = False
) -> LayerFacts:
    """The row of a layer that receives `shape`, each value of which sees `before`."""
    output = output_shape(layer, shape)
    count, formula = parameters(layer, shape)
    field = seen(layer, before)
    return LayerFacts(
        name=name,
        kind=layer.kind,
        input_shape=shape,
        output_shape=output,
        shape_text=shape_text(output),
        parameters=count,
        formula=formula,
        multiply_adds=multiply_adds(layer, shape),
        receptive_field=None if field is None else field.size,
        jump=0 if field is None else field.jump,
        is_scattered=is_scattered,
    )


def misfit(index: int, layer: Layer, name: str, shape: Shape) -> Flaw | None:
    """Why the layer can't take the shape it receives."""
    field = f"network.layers.{index}"
    if isinstance(layer, NEEDS_FLAT) and len(shape) == 3:
        way_out = "use BatchNorm2d instead" if isinstance(layer, BatchNorm1d) else "add Flatten before it"
        message = f"{name} needs flat input, but receives the {shape_text(shape)} map: {way_out}"
        return Flaw(index, "map into flat", field, message, shape)
    if isinstance(layer, NEEDS_MAP) and len(shape) == 1:
        way_out = "use BatchNorm1d instead" if isinstance(layer, BatchNorm2d) else "move it before the Flatten"
        message = f"{name} needs a map, but receives {shape[0]:,} flat values: {way_out}"
        return Flaw(index, "flat into map", field, message, shape)
    slid = window(layer)
    if slid is not None and slid.kernel > shape[1] + 2 * slid.padding:
        side = shape[1] + 2 * slid.padding
        padded = f", padded to {side} × {side}" if slid.padding else ""
        way_out = f"lower it to {side}" + (" or add padding" if isinstance(layer, FILTERS) else "")
        seen_map = f"{shape[1]} × {shape[2]} map that {name} receives{padded}"
        message = f"kernel {slid.kernel} does not fit the {seen_map}: {way_out}"
        return Flaw(index, "kernel", f"{field}.kernel", message, shape)
    return None


def head_flaw(index: int, shape: Shape) -> Flaw | None:
    """Why the head can't take the shape it receives."""
    if len(shape) == 1:
        return None
    message = f"the head needs flat input, but receives the {shape_text(shape)} map: add Flatten at the end"
    return Flaw(index, "map at head", "network.layers", message, shape)


def excess(index: int, layer: Layer, name: str, shape: Shape, learned: int, values: int, is_head: bool) -> Flaw | None:
    """Why the layers up to this one are more than this program trains."""
    if learned > MOST_PARAMETERS:
        too_much = f"{learned:,} parameters, more than the {MOST_PARAMETERS:,}"
    elif values > MOST_VALUES:
        too_much = f"{values:,} values a digit, more than the {MOST_VALUES:,}"
    else:
        return None
    field = "network.layers"
    if not is_head:
        size = ".units" if isinstance(layer, Linear) else ".channels" if isinstance(layer, FILTERS) else ""
        field = f"network.layers.{index}{size}"
    message = f"{name} brings the network to {too_much} that can be trained here: make it or a layer before it smaller"
    return Flaw(index, "size", field, message, shape)
