"""Whether a replay went through the same curve as its run, bit for bit, and what may be why not."""

from array import array
from collections.abc import Mapping, MutableSequence, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import RLock
from typing import Any

import numpy as np

from playground.runs.finals import Final
from playground.runs.journal import Curves
from playground.runs.past import Origin
from playground.runs.replays import Replay
from playground.runs.store import Run, Store
from playground.training.digest import MEASURED, Digest

READING = RLock()  # several pages may look at once
SUFFIX = ", replayed"
Table = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Difference:
    """The first number that isn't the same: which one, at which step, in the run and in its replay."""

    step: int
    what: str
    then: float
    now: float


@dataclass(frozen=True)
class Match:
    """How many steps and evaluations were the same before the first difference, of how many that the run made."""

    steps: int
    evaluations: int
    all_steps: int
    all_evaluations: int
    difference: Difference | None = None

    @property
    def is_whole(self) -> bool:
        return (self.steps, self.evaluations) == (self.all_steps, self.all_evaluations)


def begin(store: Store, run: Run, owner: str = "") -> str:
    """Queue a replay of a run that has ended; returns its id. A fork's begins where the fork did.

    Raises `SpecError` where there is no step to repeat.
    """
    origin = store.past.origin(run.id)
    first = origin.step if origin else 0
    changed = recorded(store, run).changed
    rows = zip(changed["step"], changed["field"], changed["new"], strict=True)
    replay = Replay(run.id, run.step, tuple(row for row in rows if row[0] >= first))
    name = run.name.removesuffix(SUFFIX) + SUFFIX
    return store.create(
        run.experiment,
        name,
        origin=Origin(run.id, first) if origin else None,
        owner=owner,
        replay=replay,
        imported=store.imports.of(run.id),
    )


def match_of(store: Store, run: Run, replayed: Run, last_step: int) -> Match:
    """What two runs recorded, compared up to a step."""
    with READING:
        return compared(recorded(store, run), recorded(store, replayed), last_step)


def recorded(store: Store, run: Run) -> Curves:
    """What a run recorded so far, of what is compared."""
    with READING:
        return record_of(store, run.id, run.attempt).now()


class Record:
    """A run's record as far as it has been read: a look at a run that goes on reads what is new."""

    def __init__(self, store: Store, run_id: str) -> None:
        self.store = store
        self.run_id = run_id
        self.begin()

    def begin(self) -> None:
        self.curves = compared_columns()
        self.last = 0  # the id of the last chunk that was read

    def now(self) -> Curves:
        self.read_on()
        steps = self.curves.stepped["step"]
        if steps and len(steps) != steps[-1] - steps[0] + 1:  # it went on from a checkpoint: later chunks are void
            self.begin()
            self.read_on()
        return self.curves

    def read_on(self) -> None:
        for chunk_id, events in self.store.chunks(self.run_id, self.last):
            self.curves.extend(events)
            self.last = chunk_id


@lru_cache(maxsize=2)
def record_of(store: Store, run_id: str, attempt: int) -> Record:
    """Another attempt begins anew: what came after its checkpoint is dropped."""
    return Record(store, run_id)


def compared_columns() -> Curves:
    """Empty curves of what is compared, 16 bytes a step."""
    evaluated: dict[str, MutableSequence[Any]] = {"step": array("q"), **{name: array("d") for name in MEASURED}}
    return Curves({"step": array("q"), "loss": array("d")}, {}, evaluated)


def compared(then: Curves, now: Curves, last_step: int) -> Match:
    """The steps' batch losses and all four measures of the evaluations, up to a step.

    Equal means the same 64 bits, so that NaN equals NaN.
    """
    steps = first_difference(then.stepped, now.stepped, ("loss",), last_step)
    evaluations = first_difference(then.evaluated, now.evaluated, MEASURED, last_step)
    found = [difference for _, _, difference in (steps, evaluations) if difference]
    earliest = min(found, key=lambda difference: difference.step, default=None)
    return Match(steps[0], evaluations[0], steps[1], evaluations[1], earliest)


def first_difference(
    then: Table, now: Table, columns: Sequence[str], last_step: int
) -> tuple[int, int, Difference | None]:
    """(rows that are the same, rows there were, the first difference) of two tables up to a step."""
    before, after = (np.asarray(table["step"], dtype=np.int64) for table in (then, now))
    total, count = int((before <= last_step).sum()), int((after <= last_step).sum())
    common = min(total, count)
    same, difference = common, None
    for column in ("step", *columns):
        one, other = (np.asarray(table[column][:common], dtype=np.float64) for table in (then, now))
        unequal = np.flatnonzero(one.view(np.int64) != other.view(np.int64))
        if len(unequal) and unequal[0] < same:
            same = int(unequal[0])
            what = "batch loss" if column == "loss" else column.replace("_", " ")
            difference = Difference(int(min(before[same], after[same])), what, float(one[same]), float(other[same]))
    return same, total, difference


def is_as_it_ended(found: Curves, final: Final) -> bool:
    """Whether what is on record of a run still has the digest that it ended with."""
    digest = Digest()
    digest.note_tables({"stepped": found.stepped, "evaluated": found.evaluated})
    return digest.hexdigest() == final.digest


# --- in words -------------------------------------------------------------------------------------------------------


def verdict(store: Store, run: Run, replayed: Run, replay: Replay) -> tuple[bool | None, str]:
    """(whether the replay is the same, None while that is open; the sentence that says so)."""
    match = match_of(store, run, replayed, replay.last_step)
    if match.difference is not None:
        return False, f"{differs(match.difference)} ({reason(store, run, replayed)})"
    if match.is_whole and not replayed.is_live:
        others = other_versions(store, run, replayed)
        with_others = f", with other versions ({', '.join(others)})" if others else ""
        evaluations = "evaluation" if match.evaluations == 1 else "evaluations"
        steps = f"all {match.steps:,} steps" if match.steps > 1 else "its one step"
        return True, f"identical: {steps} and {match.evaluations:,} {evaluations}, bit for bit{with_others}"
    if replayed.state == "queued":
        return None, "the replay waits for a worker"
    if replayed.is_live:
        return None, f"identical so far, step {match.steps:,} of {match.all_steps:,}"
    message = replayed.message.removeprefix(replayed.state).strip(" ·:")
    end = f"the replay ended there: {replayed.state}" + (f", {message}" if message else "")
    return None, f"identical up to step {match.steps:,} of {match.all_steps:,}; {end}"


def differs(difference: Difference) -> str:
    """
    >>> differs(Difference(12, "batch loss", 2.30194, 2.30207))
    'differs from step 12: batch loss 2.3019 then, 2.3021 now'
    """
    then, now = apart(difference.then, difference.now)
    return f"differs from step {difference.step:,}: {difference.what} {then} then, {now} now"


def apart(one: float, other: float) -> tuple[str, str]:
    """Two numbers with as few digits as tell them apart, five at least.

    >>> apart(0.5, 0.5000000000000001)
    ('0.5', '0.5000000000000001')
    """
    for digits in range(5, 18):
        texts = f"{one:.{digits}g}", f"{other:.{digits}g}"
        if texts[0] != texts[1]:
            return texts
    return repr(one), repr(other)


def reason(store: Store, run: Run, replayed: Run) -> str:
    """What is known to be otherwise."""
    then, now = recorded(store, run), recorded(store, replayed)
    own = changes_of(now) - changes_of(then)
    if own:
        return f"the replay was changed while it ran, after step {min(step for step, _, _ in own):,}"
    final = store.finals.of([run.id]).get(run.id)
    if final is None:
        return "with which versions the run was trained isn't on record"
    if not run.is_live and not is_as_it_ended(then, final):
        return "the run's record was altered after it ended: it no longer has the digest that was noted then"
    if others := other_versions(store, run, replayed):
        return f"other versions: {', '.join(others)}"
    if replayed.is_live:
        return "versions are compared when the replay ends"
    return "same versions and processor: a GPU, or another number of threads, may add in another order"


def changes_of(found: Curves) -> set[tuple[int, str, float]]:
    """(after which step, field, new value)."""
    changed = found.changed
    return set(zip(changed["step"], changed["field"], changed["new"], strict=True))


def other_versions(store: Store, run: Run, replayed: Run) -> list[str]:
    """Each version that differs, as "torch 2.14.0 → 2.15.0"."""
    finals = store.finals.of([run.id, replayed.id])
    if len(finals) < 2:
        return []
    before, now = finals[run.id].versions, finals[replayed.id].versions
    names = dict.fromkeys([*before, *now])
    return [
        f"{name} {before.get(name, 'unknown')} → {now.get(name, 'unknown')}"
        for name in names
        if before.get(name) != now.get(name)
    ]
