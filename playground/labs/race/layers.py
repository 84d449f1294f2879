"""Settings of a network that no single field holds: all its activations, its widths and its depth."""

from collections.abc import Sequence
from typing import Any

from playground.errors import SpecError
from playground.experiment import Experiment, Layer, Linear
from playground.network.dropout import ACTIVATIONS, with_dropout
from playground.network.facts import WEIGHTED

WIDEST, DEEPEST = 64, 50
KINDS = {kind.__name__: kind for kind in ACTIVATIONS}


def with_layers(experiment: Experiment, layers: Sequence[Layer]) -> Experiment:
    return experiment.but(network=experiment.network.but(layers=tuple(layers)))


# --- activations ------------------------------------------------------------------------------------------------------


def activation(experiment: Experiment) -> str | None:
    """The one kind of activation that the network has; None where it has several, or none."""
    kinds = {layer.kind for layer in experiment.network.layers if layer.kind in KINDS}
    return kinds.pop() if len(kinds) == 1 else None


def has_activations(experiment: Experiment) -> bool:
    return any(layer.kind in KINDS for layer in experiment.network.layers)


def with_activation(experiment: Experiment, kind: str) -> Experiment:
    """Every activation of this kind; one that is so already keeps its slope."""
    layers = experiment.network.layers
    return with_layers(
        experiment, [KINDS[kind]() if layer.kind in KINDS and layer.kind != kind else layer for layer in layers]
    )


def takes_dropout(experiment: Experiment) -> bool:
    """Whether any value passes a dropout at the network's one rate."""
    return any(layer.kind == "Dropout" and layer.p is None for layer in with_dropout(experiment.network))


# --- widths -----------------------------------------------------------------------------------------------------------


def size_field(layer: Layer) -> str | None:
    """The field that holds how wide a layer is; None where it has no width."""
    if not isinstance(layer, WEIGHTED):
        return None
    return "units" if isinstance(layer, Linear) else "channels"


def sized(experiment: Experiment) -> list[int]:
    """The places of the layers that have a width."""
    return [place for place, layer in enumerate(experiment.network.layers) if size_field(layer)]


def width_of(experiment: Experiment, place: int) -> int:
    layer = experiment.network.layers[place]
    return getattr(layer, size_field(layer) or "")


def with_width(experiment: Experiment, place: int, width: Any) -> Experiment:
    layers = list(experiment.network.layers)
    if place >= len(layers) or not size_field(layers[place]):
        raise SpecError("network.layers", "this layer is gone with the other setting: choose another pair")
    layers[place] = layers[place].but(**{size_field(layers[place]) or "": width})
    return with_layers(experiment, layers)


def with_widths_times(experiment: Experiment, factor: float) -> Experiment:
    """Every hidden layer so many times as wide, rounded, at least 1.

    >>> found = with_widths_times(with_layers(Experiment(), [Linear(units=10), Linear(units=1)]), 0.25)
    >>> [layer.units for layer in found.network.layers]
    [2, 1]
    """
    if not 0 < factor <= WIDEST:
        raise SpecError("network.layers", f"give a factor above 0, at most {WIDEST}")
    for place in sized(experiment):
        experiment = with_width(experiment, place, max(1, round(factor * width_of(experiment, place))))
    return experiment


# --- depth ------------------------------------------------------------------------------------------------------------


def last_block(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """The last Linear and all after it; () where there is none, or where it has no activation to bend what it gives."""
    places = [place for place, layer in enumerate(layers) if isinstance(layer, Linear)]
    block = tuple(layers[places[-1] :]) if places else ()
    return block if any(layer.kind in KINDS for layer in block) else ()


def depth(experiment: Experiment) -> int:
    """How often the last block stands at the end, one after the other."""
    layers, block = experiment.network.layers, last_block(experiment.network.layers)
    count = 0
    while block and layers[len(layers) - (count + 1) * len(block) : len(layers) - count * len(block)] == block:
        count += 1
    return count


def with_depth(experiment: Experiment, blocks: int) -> Experiment:
    """The last block repeated so often."""
    if not 1 <= blocks <= DEEPEST:
        raise SpecError("network.layers", f"give 1 to {DEEPEST} blocks")
    layers, block = experiment.network.layers, last_block(experiment.network.layers)
    return with_layers(experiment, (*layers[: len(layers) - depth(experiment) * len(block)], *blocks * block))
