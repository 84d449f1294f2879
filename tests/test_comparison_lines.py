"""Which runs make one line, and in what lines differ."""

from hypothesis import given, settings
from hypothesis import strategies as st

from playground.comparison.lines import MOST, Member, lines_of, members_of
from playground.comparison.settings import differing
from playground.comparison.table import rows_of
from playground.experiment import (
    Augmentation,
    Conv2d,
    Data,
    Experiment,
    Flatten,
    Initialization,
    Linear,
    Network,
    Optimizer,
)
from playground.labs.topic import with_seed
from playground.runs.finals import OnTest
from playground.runs.imports import Imported
from playground.runs.past import Origin
from playground.runs.store import Store
from tests.compared_runs import member
from tests.strategies import experiments

RATE = ("optimizer.learning_rate", 0.001, 0.0003)


def run(rate: float, seed: int, name: str = "MLP", is_changed: bool = False) -> Member:
    changed = [(200, *RATE)] if is_changed else []
    return member(Experiment(optimizer=Optimizer(learning_rate=rate)), seed, name=name, changed=changed)


RUNS = st.builds(
    run,
    st.sampled_from([0.001, 0.01, 0.1]),
    st.integers(0, 3),
    st.sampled_from(["MLP", "CNN"]),
    st.booleans(),
)


@settings(max_examples=40)
@given(st.lists(RUNS, max_size=12), st.booleans())
def test_folding_leaves_every_run_in_one_line_of_its_experiment_each_seed_once(runs: list[Member], folds: bool) -> None:
    lines = lines_of(runs, folds)
    shown = [member for line in lines for member in line.members]
    assert sorted(map(id, shown)) == sorted(map(id, runs))
    for line in lines:
        assert len(set(line.seeds)) == len(line.seeds)
        assert len({with_seed(member.run.experiment, 0).model_dump_json() for member in line.members}) == 1
        assert len(line.members) == 1 or not any(member.changes for member in line.members)
    assert len({line.name for line in lines}) == len(lines)
    if not folds:
        assert all(len(line.members) == 1 for line in lines)


@settings(max_examples=40)
@given(st.lists(RUNS, min_size=1, max_size=12))
def test_two_lines_never_hold_what_could_be_one(runs: list[Member]) -> None:
    """Of unchanged runs of one experiment there are as many lines as its most frequent seed has runs."""
    plain = [one for one in runs if not one.changes]
    lines = lines_of(plain)
    for experiment in {with_seed(one.run.experiment, 0) for one in plain}:
        seeds = [one.seed for one in plain if with_seed(one.run.experiment, 0) == experiment]
        own = [line for line in lines if with_seed(line.experiment, 0) == experiment]
        assert len(own) == max(seeds.count(seed) for seed in seeds)


def test_a_fork_stands_alone() -> None:
    runs = [member(seed=0), member(seed=1), member(seed=2, origin=Origin("parent", 1))]
    assert [line.seeds for line in lines_of(runs)] == [(0, 1), (2,)]


def test_runs_that_begin_with_a_files_weights_stand_alone_and_say_so(store: Store) -> None:
    imported = Imported("theirs.pt", "0" * 64)
    lines = lines_of([member(seed=0), member(seed=1), member(seed=2, imported=imported)])
    assert [line.seeds for line in lines] == [(0, 1), (2,)]
    assert ("begins with", ("initial weights", "the weights of theirs.pt")) in rows_of(store, lines)


def test_what_a_run_was_imported_from_and_its_last_test_accuracy_come_with_it(store: Store) -> None:
    imported = Imported("theirs.pt", "0" * 64)
    first, later = store.create(Experiment(), "first", imported=imported), store.create(Experiment(), "went on")
    for run_id, step in ((first, 30), (later, 40)):
        store.set_state(run_id, "finished", step=step)
        store.finals.note_test(run_id, 30, 0.5, 750)
    members, _ = members_of(store, [first, later])
    assert [one.imported for one in members] == [imported, None]
    assert [one.test for one in members] == [OnTest(30, 0.5, 750), None]


@settings(max_examples=40)
@given(st.lists(st.sampled_from(["A", "A #1", "A · seed 0", "A · seed 0 #1"]), max_size=6))
def test_no_two_lines_have_one_name_whatever_the_runs_are_called(names: list[str]) -> None:
    lines = lines_of([run(0.1, 0, name) for name in names])
    assert len({line.name for line in lines}) == len(names)


def test_names_say_what_differs_where_they_are_the_same() -> None:
    named = [line.name for line in lines_of([run(0.1, 0), run(0.01, 0), run(0.01, 0, "CNN")])]
    assert named == ["MLP · learning rate 0.1", "MLP · learning rate 0.01", "CNN"]
    assert [line.name for line in lines_of([run(0.1, 4), run(0.1, 5)], folds=False)] == ["MLP · seed 4", "MLP · seed 5"]
    assert [line.name for line in lines_of([run(0.1, 4), run(0.1, 4)])] == ["MLP · seed 4 #1", "MLP · seed 4 #2"]


# --- what differs ---------------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(experiments, experiments)
def test_settings_are_listed_if_and_only_if_experiments_differ_in_more_than_the_seed(
    one: Experiment, other: Experiment
) -> None:
    assert differing([one, with_seed(one, 99)]) == []
    rows = differing([one, other])
    assert bool(rows) == (with_seed(one, 0) != with_seed(other, 0))
    assert len({label for label, _ in rows}) == len(rows)
    assert all(len(values) == 2 and len(set(values)) == 2 for _, values in rows)


def test_settings_of_one_name_say_their_section() -> None:
    one = Experiment()
    other = one.but(
        data=Data(augmentation=Augmentation(noise=0.2)), network=Network(initialization=Initialization(noise=0.1))
    )
    assert differing([one, other]) == [
        ("augmentation noise", ("0", "0.2")),
        ("initialization noise", ("0", "0.1")),
    ]


def test_layers_are_told_in_short_or_by_what_differs_within_them() -> None:
    stacks = [
        (Conv2d(channels=8), Flatten()),
        (Conv2d(channels=8, kernel=5), Flatten()),
        (Flatten(), Linear(units=32)),
    ]
    rows = differing([Experiment(network=Network(layers=layers)) for layers in stacks])
    assert rows == [("layers", ("CNN 8", "kernel 3 → 5", "MLP 32"))]


def test_what_was_changed_while_a_run_lasted_is_listed_with_its_step(store: Store) -> None:
    lines = lines_of([run(0.001, 0), run(0.001, 1, is_changed=True)])
    assert rows_of(store, lines) == [
        ("seeds", ("0", "1")),
        ("changed while it ran", ("nothing", "learning rate 0.001 → 0.0003 at step 200")),
    ]


def test_of_a_fork_it_is_listed_where_it_began_and_only_what_it_changed_itself(store: Store) -> None:
    parent = store.create(Experiment(), "the parent")
    fork = member(origin=Origin(parent, 300), changed=[(200, *RATE), (300, "network.dropout", 0.0, 0.5)])
    assert rows_of(store, lines_of([member(), fork])) == [
        ("begins with", ("initial weights", "step 300 of the parent")),
        ("changed while it ran", ("nothing", "dropout 0 → 0.5 at step 300")),
    ]


# --- which runs -----------------------------------------------------------------------------------------------------


def test_unknown_and_deleted_runs_are_left_out_and_counted_and_none_is_taken_twice(store: Store) -> None:
    here, gone = store.create(Experiment(), "here"), store.create(Experiment(), "gone")
    store.library.delete([gone])
    found, problems = members_of(store, [here, gone, "never", here, ""])
    assert [one.run.id for one in found] == [here]
    assert problems == ["2 of 3 runs aren't here: they may have been deleted."]


def test_more_than_twelve_are_cut_to_the_first_twelve(store: Store) -> None:
    ids = [store.create(Experiment(), "one of many") for _ in range(14)]
    found, problems = members_of(store, ids)
    assert [one.run.id for one in found] == ids[:MOST]
    assert problems == ["14 runs are too many for one chart: these are the first 12."]
