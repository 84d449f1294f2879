"""Which runs are compared, and which of them are repeats of one experiment."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count

from playground.comparison.following import recorded
from playground.comparison.settings import differing
from playground.experiment import Experiment
from playground.labs.study import Tables
from playground.labs.topic import with_seed
from playground.runs.finals import OnTest
from playground.runs.imports import Imported
from playground.runs.past import Origin
from playground.runs.store import Run, Store

FEWEST, MOST = 2, 12
MOST_SAID = 2  # settings that a name is told apart by


@dataclass(frozen=True, eq=False)
class Member:
    """One run with what it recorded; `test`: what was measured on the test split at its last step, if it was.

    `imported`: the file whose weights it began with, if it did.
    """

    run: Run
    tables: Tables
    origin: Origin | None = None
    test: OnTest | None = None
    imported: Imported | None = None

    @property
    def seed(self) -> int:
        return self.run.experiment.training.seed

    @property
    def changes(self) -> list[tuple[int, str, float, float]]:
        """(step, field, old, new) of what was changed while it ran; a fork's own changes alone."""
        first = self.origin.step if self.origin else 0
        changed = self.tables.changed
        rows = zip(*(changed[name] for name in ("step", "field", "old", "new")), strict=True)
        return [row for row in rows if row[0] >= first]


@dataclass(frozen=True, eq=False)
class Line:
    """A line of the charts: one run, or runs of one experiment with a seed each."""

    name: str
    members: tuple[Member, ...]

    @property
    def experiment(self) -> Experiment:
        return self.members[0].run.experiment

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(member.seed for member in self.members)


def runs_of(store: Store, run_ids: Iterable[str]) -> tuple[list[Run], list[str]]:
    """(the runs that are there, at most twelve; what is to be said of the others)."""
    asked = list(dict.fromkeys(run_id for run_id in run_ids if run_id))
    found, missing = [], 0
    for run_id in asked:
        run = store.run(run_id)
        if run is None or store.library.card(run_id).deleted is not None:
            missing += 1
        else:
            found.append(run)
    problems = []
    if missing:
        problems.append(f"{missing} of {len(asked)} runs aren't here: they may have been deleted.")
    if len(found) > MOST:
        problems.append(f"{len(found)} runs are too many for one chart: these are the first {MOST}.")
    return found[:MOST], problems


def members_of(store: Store, run_ids: Iterable[str]) -> tuple[list[Member], list[str]]:
    """The same runs with all that they recorded; what is to be said of the others."""
    found, problems = runs_of(store, run_ids)
    tested = store.finals.tested(run.id for run in found)
    return [member_of(store, run, tested.get(run.id)) for run in found], problems


def member_of(store: Store, run: Run, tested: OnTest | None = None) -> Member:
    test = tested if tested and tested.step == run.step else None
    return Member(run, recorded(store, run), store.past.origin(run.id), test, store.imports.of(run.id))


def lines_of(members: Sequence[Member], folds: bool = True) -> tuple[Line, ...]:
    """The runs as lines, in their order, each with a name of its own.

    Folded: experiments that differ in the seed alone make one line, each seed once. Forks, runs that began with a
    file's weights, and runs of which a setting was changed while they ran, stand alone: their experiment doesn't say
    all that was done.
    """
    groups: list[list[Member]] = []
    for member in members:
        group = next((group for group in groups if folds and is_repeat(member, group)), None)
        if group is None:
            groups.append([member])
        else:
            group.append(member)
    return named([Line(group[0].run.name, tuple(sorted(group, key=lambda one: one.seed))) for group in groups])


def is_repeat(member: Member, group: Sequence[Member]) -> bool:
    """Whether a run is one more seed of a group's experiment."""
    if any(one.origin or one.imported or one.changes for one in (member, group[0])):
        return False
    alike = with_seed(member.run.experiment, 0) == with_seed(group[0].run.experiment, 0)
    return alike and member.seed not in {one.seed for one in group}


def have_own_losses(lines: Sequence[Line]) -> bool:
    """Whether losses of these lines are different things, and their differences nothing."""
    return len({line.experiment.loss for line in lines}) > 1


def named(lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines with names that tell them apart: by what differs, then by the seed, then by a number."""
    with_settings = [replace(line, name=told_apart(line, lines)) for line in lines]
    counts = Counter(line.name for line in with_settings)
    by_seed = [
        replace(line, name=f"{line.name} · seed {line.seeds[0]}")
        if counts[line.name] > 1 and len(line.members) == 1
        else line
        for line in with_settings
    ]
    counts = Counter(line.name for line in by_seed)
    taken = {name for name, times in counts.items() if times == 1}
    result = []
    for line in by_seed:
        numbered = (f"{line.name} #{number}" for number in count(1))
        name = line.name if counts[line.name] == 1 else next(one for one in numbered if one not in taken)
        taken.add(name)
        result.append(replace(line, name=name))
    return tuple(result)


def told_apart(line: Line, lines: Sequence[Line]) -> str:
    """The name, with the settings by which the lines of that name differ."""
    same = [one for one in lines if one.name == line.name]
    if len(same) == 1:
        return line.name
    rows = differing([one.experiment for one in same])[:MOST_SAID]
    said = [f"{label} {values[same.index(line)]}" for label, values in rows]
    return " · ".join([line.name, *said])
