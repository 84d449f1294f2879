"""In what two experiments differ, in words."""

from collections.abc import Iterator, Sequence
from typing import Any

from playground.experiment import Experiment, Layer

WORDS = {
    "training_digits": "training digits",
    "optimizer.kind": "optimizer",
    "loss.kind": "loss",
    "schedule.kind": "schedule",
    "network.initialization.kind": "initialization",
    "regularization.weight_decay": "weight decay (L2)",
    "regularization.l1": "L1",
    "regularization.clip_norm": "gradient clipping",
}
NOTHING = {"data.training_digits": "all", "training.patience": "off", "regularization.clip_norm": "off"}


def differences(base: Experiment, other: Experiment) -> tuple[str, ...]:
    """Each setting that differs, as "dropout 0 → 0.5"; the seed is luck, not a setting.

    >>> one = Experiment()
    >>> differences(one, one.but(network=one.network.but(dropout=0.5)))
    ('dropout 0 → 0.5',)
    """
    return (*layer_differences(base.network.layers, other.network.layers), *setting_differences(base, other))


def setting_differences(base: Experiment, other: Experiment) -> Iterator[str]:
    before, after = dict(settings(base.model_dump())), dict(settings(other.model_dump()))
    for path, value in after.items():
        if before[path] != value:
            yield f"{label(path)} {shown(path, before[path])} → {shown(path, value)}"


def settings(part: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in part.items():
        here = f"{path}{name}"
        if isinstance(value, dict):
            yield from settings(value, f"{here}.")
        elif here not in ("network.layers", "training.seed", "version"):
            yield here, value


def label(path: str) -> str:
    return WORDS.get(path) or path.rpartition(".")[2].replace("_", " ")


def shown(path: str, value: Any) -> str:
    if value is None:
        return NOTHING.get(path, "none")
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:g}".replace("e-0", "e-") if isinstance(value, float) else str(value)


def layer_differences(base: Sequence[Layer], other: Sequence[Layer]) -> Iterator[str]:
    if base == other:
        return
    if [layer.kind for layer in base] == [layer.kind for layer in other]:
        yield from dict.fromkeys(fields(base, other))
    elif len(base) == len(other):
        yield from dict.fromkeys(
            f"{one.kind} → {two.kind}" for one, two in zip(base, other, strict=True) if one.kind != two.kind
        )
    elif in_short(base) != in_short(other):
        yield f"{in_short(base)} → {in_short(other)}"
    elif added := rest(other, base):
        yield f"with {', '.join(layer.kind for layer in added)}"
    elif missing := rest(base, other):
        yield f"without {', '.join(layer.kind for layer in missing)}"
    else:
        yield "other layers"


def rest(more: Sequence[Layer], fewer: Sequence[Layer]) -> list[Layer]:
    """What one stack has more than another; nothing where that isn't all in which they differ."""
    left = [*fewer]
    found = [layer for layer in more if not (left and layer == left[0] and left.pop(0))]
    return [] if left else found


def fields(base: Sequence[Layer], other: Sequence[Layer]) -> Iterator[str]:
    for one, two in zip(base, other, strict=True):
        before, after = one.model_dump(), two.model_dump()
        for name, value in after.items():
            if before[name] != value:
                yield f"{name.replace('_', ' ')} {shown(name, before[name])} → {shown(name, value)}"


def in_short(layers: Sequence[Layer]) -> str:
    """
    >>> from playground.presets import TEMPLATES
    >>> in_short(TEMPLATES["CNN 32-64"].network.layers), in_short(())
    ('CNN 32-64-128', 'no hidden layers')
    """
    sizes = [str(getattr(layer, "channels", getattr(layer, "units", ""))) for layer in layers]
    kind = "CNN" if any(hasattr(layer, "channels") for layer in layers) else "MLP"
    found = "-".join(size for size in sizes if size)
    return f"{kind} {found}" if found else "no hidden layers"
