"""What a signal went through, in words: by which factor it changed, beside theory, and whether training follows."""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import exp, isfinite, log, sqrt

import pandas as pd

from playground.labs.claims import Claim, Effect, at_least, effect, in_words, number, percent, points
from playground.labs.initialization.measured import changes, signals, theories
from playground.labs.initialization.reached import GUESSING, has_diverged, reached
from playground.labs.outcome import Outcome, Results
from playground.labs.topic import Arm

KEPT = 100.0  # a signal stays if neither direction changes it by more than this factor
AHEAD = 0.1  # of accuracy: how far the arms whose signal stays are ahead of the others, at least
SURELY = 0.01  # of accuracy: by so much the best arm is ahead of all others
OPEN = "There is no seed with which all arms ended as planned: whether training follows is open."
LEAST = 1e-37  # below it float32 has fewer digits, and then none


def told_changes(arms: Sequence[Arm], found: Results, layers: int, width: int) -> tuple[Claim, ...]:
    """A claim for each arm that was measured, after one that says how."""
    measured, theory = changes(signals(found.outcomes)), changes(theories(arms, found.outcomes))
    if not len(measured):
        return ()
    counts = measured.groupby("arm")["seed"].nunique()
    low, high = counts.min(), counts.max()
    seeds = f"{high} seeds" if low == high else f"{low} to {high} seeds an arm"
    of_seeds = "1 seed" if high == 1 else f"{seeds}: geometric means and 95 % intervals"
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


def training_follows(arms: Sequence[Arm], found: Results, steps: int) -> tuple[Claim, ...]:
    """Whether the arms whose signal stays learn, and the others don't; nothing before all have ended."""
    text, measured = accuracies(found, steps), changes(signals(found.outcomes))
    if not found.is_over or not text:
        return ()
    signal_of = {arm.name: measured[measured["arm"] == arm.name] for arm in arms}
    if not all(map(len, signal_of.values())):
        return (Claim(text),)
    stay = [name for name, own in signal_of.items() if stays(own)]
    others = [name for name in signal_of if name not in stay]
    kept = f"within a factor of {KEPT:g} both ways"
    if not stay or not others:
        return (Claim(f"{text} Of these arms {'each' if stay else 'none'} keeps its signal {kept}."),)
    gap = behind(reached(arms, found), stay, others)
    if gap is None:
        return (Claim(f"{text} {OPEN}"),)
    follows = at_least(gap, AHEAD)
    if follows:
        told = (
            f"Training follows: each arm whose signal stays {kept} ({', '.join(stay)}) is "
            f"ahead of each other one ({', '.join(others)}), by at least {in_words(gap, points)}."
        )
    else:
        told = (
            f"The worst of the arms whose signal stays {kept} ({', '.join(stay)}) minus the best of the others "
            f"({', '.join(others)}): {in_words(gap, points)}."
        )
    return (Claim(f"{told} {text}", follows),)


def accuracies(found: Results, steps: int) -> str:
    """What each arm reached, the best first, which diverged, and which didn't end as planned; "" where none did."""
    groups = [(str(name), own["validation_accuracy"]) for name, own in found.finals().groupby("arm", sort=False)]
    groups.sort(key=lambda group: -group[1].mean())
    parts = [f"{name} {in_words(effect(values), percent)}" for name, values in groups]
    lost = shares(found, [one for one in found.outcomes if has_diverged(one)])
    if not parts and not lost:
        return ""
    others = shares(found, [one for one in found.outcomes if not one.counts and not has_diverged(one)])
    text = f"Accuracy after {steps} steps, on 256 validation digits: {', '.join(parts) or 'none'}."
    text += f" Diverged, which counts as {100 * GUESSING:g} % where arms are compared: {lost}." if lost else ""
    return text + (f" Left out, for not ending as planned: {others}." if others else "")


def shares(found: Results, outcomes: Sequence[Outcome]) -> str:
    """The arms that some runs belong to, each with how many of its runs these are, where they aren't all."""
    counts, totals = (Counter(one.arm.name for one in among) for among in (outcomes, found.outcomes))
    return ", ".join(
        name if count == totals[name] else f"{name} ({count} of {totals[name]} seeds)" for name, count in counts.items()
    )


def stays(own: pd.DataFrame) -> bool:
    """Whether it does, with each of the seeds."""
    return bool(own[["deviation", "gradient"]].map(lambda factor: 1 / KEPT <= factor <= KEPT).all(axis=None))


def behind(table: pd.DataFrame, ahead: Sequence[str], others: Sequence[str]) -> Effect | None:
    """The least accuracy of some arms minus the largest of others, seed by seed; None without a seed.

    `table`: as `reached` makes it.
    """
    gaps = table[[*ahead]].min(axis=1) - table[[*others]].max(axis=1)
    return effect(gaps) if len(gaps) else None


def learned_most(arms: Sequence[Arm], found: Results) -> str:
    """The arm with the largest accuracy, where it is surely ahead of all others by a digit in a hundred."""
    table = reached(arms, found)
    if not found.is_over or not len(table) or len(arms) < 2:
        return ""
    best = str(table.mean().idxmax())
    gap = behind(table, [best], [arm.name for arm in arms if arm.name != best])
    return best if gap and at_least(gap, SURELY) else ""
