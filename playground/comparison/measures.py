"""What came of each line, with intervals."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from playground.comparison.lines import Line, Member
from playground.data.counts import counts
from playground.experiment import Data
from playground.labs.claims import effect
from playground.network.shapes import trace
from playground.training.intervals import wilson_interval
from playground.training.judged import JUDGED


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval and where that comes from; without an interval both ends are the number."""

    mean: float
    low: float
    high: float
    source: str = ""


@dataclass(frozen=True)
class Measures:
    """Of one line; times and speeds are means over its runs, `steps` the range of how far they came.

    `validation_accuracy`: the last evaluation. `validation_loss`: the lowest of each run. None: not measured.
    Where some of a line's runs have finished, only those are judged.
    """

    state: str
    parameters: int
    steps: tuple[int, int]
    seconds: float
    digits_per_second: float | None
    validation_accuracy: Estimate | None
    validation_loss: Estimate | None
    test_accuracy: Estimate | None


def measures(line: Line) -> Measures:
    runs = [member.run for member in line.members]
    finished = [member for member in line.members if member.run.state == "finished"]
    judged = finished or list(line.members)
    seconds = sum(run.seconds for run in runs)
    digits = sum(int(member.tables.stepped["batch_size"].sum()) for member in line.members)
    return Measures(
        state=states(line),
        parameters=trace(line.experiment.network).parameters,
        steps=(min(run.step for run in runs), max(run.step for run in runs)),
        seconds=seconds / len(runs),
        digits_per_second=digits / seconds if seconds else None,
        validation_accuracy=accuracy([found for member in judged if (found := last_accuracy(member))]),
        validation_loss=lowest_loss(judged),
        test_accuracy=accuracy(
            [(round(one.test.accuracy * one.test.digits), one.test.digits) for one in judged if one.test]
        ),
    )


def states(line: Line) -> str:
    """The run's state, or how many of the runs are in each."""
    counts = Counter(member.run.state for member in line.members)
    if len(counts) == 1:
        (state,) = counts
        return state if len(line.members) == 1 else f"all {len(line.members)} {state}"
    return ", ".join(f"{count} {state}" for state, count in counts.items())


def last_accuracy(member: Member) -> tuple[int, int] | None:
    """(digits that the last evaluation found right, digits judged) of the validation split."""
    evaluated = member.tables.evaluated
    if not len(evaluated):
        return None
    _, digits = judged_digits(member.run.experiment.data)
    return round(float(evaluated["validation_accuracy"].iloc[-1]) * digits), digits


def judged_digits(data: Data) -> tuple[int, int]:
    """How many training and validation digits are judged at most: the same for every seed."""
    found = counts(data)
    return min(JUDGED, found.train), min(JUDGED, found.validation)


def accuracy(found: Sequence[tuple[int, int]]) -> Estimate | None:
    """Of (right, judged) a run: one run's interval is Wilson's, several runs' Student's over their shares."""
    if not found:
        return None
    if len(found) == 1:
        ((right, digits),) = found
        return Estimate(right / digits, *wilson_interval(right, digits), f"Wilson, {digits:,} digits")
    shares = effect(right / digits for right, digits in found)
    return Estimate(shares.mean, max(0.0, shares.low), min(1.0, shares.high), f"Student, {len(found)} seeds")


def lowest_loss(members: Sequence[Member]) -> Estimate | None:
    """The mean over runs of each one's lowest validation loss."""
    columns = (member.tables.evaluated["validation_loss"].to_numpy(dtype=float) for member in members)
    lowest = [float(np.nanmin(finite)) for column in columns if len(finite := column[np.isfinite(column)])]
    if not lowest:
        return None
    found = effect(lowest)
    low = max(0.0, found.low) if isfinite(found.low) else found.mean
    return Estimate(found.mean, low, found.high, f"Student, {len(lowest)} seeds" if len(lowest) > 1 else "")
