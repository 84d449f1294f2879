"""In what experiments that are compared differ, setting by setting."""

from collections import Counter
from collections.abc import Sequence
from functools import cache

from playground.experiment import Experiment
from playground.labs.difference import in_short, label, layer_differences, settings, shown

Row = tuple[str, tuple[str, ...]]  # a setting in words, and its value in each experiment


def differing(experiments: Sequence[Experiment]) -> list[Row]:
    """The settings that aren't the same in all experiments; the seed is luck, not a setting.

    >>> one = Experiment()
    >>> differing([one, one.but(network=one.network.but(dropout=0.5))])
    [('dropout', ('0', '0.5'))]
    """
    every = [dict(settings(experiment.model_dump())) for experiment in experiments]
    rows = layers_row(experiments)
    for path in every[0]:
        values = [one[path] for one in every]
        if any(value != values[0] for value in values):
            rows.append((full_label(path), tuple(shown(path, value) for value in values)))
    return rows


def layers_row(experiments: Sequence[Experiment]) -> list[Row]:
    """Each stack of layers in short; where that says too little, how it differs from the first one."""
    stacks = [experiment.network.layers for experiment in experiments]
    if all(stack == stacks[0] for stack in stacks):
        return []
    short = [in_short(stack) for stack in stacks]
    cells = [short[0]]
    for stack, name in zip(stacks[1:], short[1:], strict=True):
        is_told = name != short[0] or stack == stacks[0]
        cells.append(name if is_told else ", ".join(layer_differences(stacks[0], stack)))
    return [("layers", tuple(cells))]


def full_label(path: str) -> str:
    """A setting in words, with its section where another one is called the same.

    >>> full_label("optimizer.learning_rate"), full_label("data.augmentation.noise")
    ('learning rate', 'augmentation noise')
    """
    if labels()[label(path)] == 1:
        return label(path)
    section = path.rpartition(".")[0].rpartition(".")[2]
    return f"{section} {label(path)}"


@cache
def labels() -> Counter[str]:
    return Counter(label(path) for path, _ in settings(Experiment().model_dump()))
