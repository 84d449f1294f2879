"""What a signal went through, in words: by which factor it changed, beside theory, and whether training follows."""

from collections.abc import Iterable, Sequence
from math import exp, isfinite, log, sqrt

import pandas as pd

from playground.labs.claims import Claim, Effect, at_least, effect, in_words, number, percent, points
from playground.labs.initialization.measured import changes, signals, theories
from playground.labs.outcome import Results
from playground.labs.topic import Arm

KEPT = 100.0  # a signal stays if neither direction changes it by more than this factor
AHEAD = 0.1  # of accuracy: how far the arms whose signal stays are ahead of the others, at least
LEAST = 1e-37  # below it float32 has fewer digits, and then none


def told_changes(arms: Sequence[Arm], found: Results, layers: int, width: int) -> tuple[Claim, ...]:
    """A claim for each arm that was measured, after one that says how."""
    measured, theory = changes(signals(found.outcomes)), changes(theories(arms, found.outcomes))
    if not len(measured):
        return ()
    seeds = measured["seed"].nunique()
    of_seeds = "1 seed" if seeds == 1 else f"{seeds} seeds: geometric means and 95 % intervals"
    how = f"Before the first step, on 500 training digits, eval mode, {of_seeds}:"
    told = [
        told_change(str(name), own, theory[theory["arm"] == name], layers, width)
        for name, own in measured.groupby("arm", sort=False)
    ]
    return Claim(how), *told


def told_change(name: str, own: pd.DataFrame, theory: pd.DataFrame, layers: int, width: int) -> Claim:
    parts, verdicts = [], []
    for column, said in (("deviation", f"signal from layer 1 to {layers}"), ("gradient", "gradient on its way back")):
        factors, expected = own[column].tolist(), theory[column].tolist()
        theory_says = f"theory {times(expected)}" if expected else "no theory"
        parts.append(f"{said} {times(factors, theory_says)}")
        verdicts += [is_as_expected(factor, expected[0], layers, width) for factor in factors if expected]
    holds = None if not verdicts or None in verdicts else 2 * sum(map(bool, verdicts)) > len(verdicts)
    return Claim(f"**{name}**: {', '.join(parts)}.", holds)


def times(factors: Iterable[float], beside: str = "") -> str:
    """A factor's geometric mean over seeds; in brackets its interval, and what else stands `beside` it.

    >>> times([0.5]), times([0.0], "no theory"), times([float("inf")])
    ('× 0.5', '× 0 (no theory)', '× ∞')
    >>> times([1.0, 1.0], "theory × 1")
    '× 1 (1 to 1; theory × 1)'
    """
    numbers = [*factors]
    if not all(map(isfinite, numbers)):
        mean, interval = "∞", ""
    elif not all(numbers):
        mean, interval = "0", ""
    else:
        found = effect(map(log, numbers))
        mean = number(exp(found.mean))
        interval = f"{number(exp(found.low))} to {number(exp(found.high))}" if found.count > 1 else ""
    brackets = "; ".join(part for part in (interval, beside) if part)
    return f"× {mean}" + (f" ({brackets})" if brackets else "")


def is_as_expected(found: float, theory: float, layers: int, width: int) -> bool | None:
    """Whether a change over the layers is the expected one, as far as chance lets it be in a network of that width.

    Its logarithm varies with a standard deviation of about √(5 · layers / width) / 2, for ReLU with He's weights
    (Hanin and Nica 2020, "Products of many large random matrices and gradients in deep neural networks"). Five of them
    are allowed, for GELU's grows from layer to layer. None where a number isn't finite.
    """
    if not (isfinite(found) and isfinite(theory)):
        return None
    if not found or not theory:
        return found == 0 and theory < LEAST
    return abs(log(found / theory)) <= 2.5 * sqrt(5 * layers / width)


def training_follows(found: Results, steps: int) -> tuple[Claim, ...]:
    """Whether the arms whose signal stays learn, and the others don't; nothing before all have ended."""
    finals, measured = found.finals(), changes(signals(found.outcomes))
    if not found.is_over or not len(finals) or not len(measured):
        return ()
    reached = {str(name): own["validation_accuracy"] for name, own in finals.groupby("arm", sort=False)}
    stay = [name for name in reached if stays(measured[measured["arm"] == name])]
    others = [name for name in reached if name not in stay]
    gap = behind(finals, stay, others)
    text = accuracies(found, steps)
    if gap is None:
        which = "each" if stay else "none"
        return (Claim(f"{text} Of these arms {which} keeps its signal within a factor of {KEPT:g} both ways."),)
    told = (
        f"Training follows: each arm whose signal stays within a factor of {KEPT:g} both ways ({', '.join(stay)}) is "
        f"ahead of each other one ({', '.join(others)}), by at least {in_words(gap, points)}."
    )
    return (Claim(f"{told} {text}", at_least(gap, AHEAD)),)


def accuracies(found: Results, steps: int) -> str:
    """What each arm reached, the best first, and which diverged."""
    groups = [(str(name), own["validation_accuracy"]) for name, own in found.finals().groupby("arm", sort=False)]
    groups.sort(key=lambda group: -group[1].mean())
    reached = ", ".join(f"{name} {in_words(effect(values), percent)}" for name, values in groups)
    diverged = dict.fromkeys(one.arm.name for one in found.outcomes if one.state == "diverged")
    of_others = f" Diverged: {', '.join(diverged)}." if diverged else ""
    return f"Accuracy after {steps} steps, on 256 validation digits: {reached or 'none'}.{of_others}"


def stays(own: pd.DataFrame) -> bool:
    return bool(own[["deviation", "gradient"]].map(lambda factor: 1 / KEPT <= factor <= KEPT).all(axis=None))


def behind(finals: pd.DataFrame, ahead: Sequence[str], others: Sequence[str]) -> Effect | None:
    """The least accuracy of some arms minus the largest of others, over the seeds that have all of them."""
    if not ahead or not others:
        return None
    wide = finals.pivot(index="seed", columns="arm", values="validation_accuracy")
    gaps = (wide[[*ahead]].min(axis=1, skipna=False) - wide[[*others]].max(axis=1, skipna=False)).dropna()
    return effect(gaps) if len(gaps) else None


def learned_most(found: Results) -> str:
    """The arm with the largest accuracy, where it is ahead of the second by more than a digit in a hundred."""
    means = found.finals().groupby("arm")["validation_accuracy"].mean().sort_values(ascending=False)
    if not len(means) or (len(means) > 1 and means.iloc[0] - means.iloc[1] < 0.01):
        return ""
    return str(means.index[0])
