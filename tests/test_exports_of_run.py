"""The script of a run in the store: with the changes on record, and as a fork of another run where that can be said."""

from typing import Any

import nbformat
import pytest

from playground.errors import SpecError
from playground.experiment import Experiment, Optimizer, Regularization, Schedule
from playground.exports.of_run import notebook_of, script_of
from playground.runs.active import ActiveRun
from playground.runs.past import Origin
from playground.runs.store import Control, Run, Store
from tests.executed import executed
from tests.held_runs import held, recorded, train_to
from tests.small_runs import small

SMALL = small(epochs=6, dropout=0.2)  # 60 steps
AT = 14  # a kept step within an epoch


def trained(store: Store, experiment: Experiment = SMALL, origin: Origin | None = None, **changes: Any) -> Run:
    """A finished run, with fields (`section__name`) changed at step 20."""
    active = held(store, experiment, origin=origin)
    if changes:
        train_to(active, 20)
        for field, value in changes.items():
            change(active, field.replace("__", "."), value)
    while not active.has_ended:
        active.turn(1)
    run = store.run(active.id)
    assert run is not None
    return run


def change(active: ActiveRun, field: str, value: float) -> None:
    active.obey(Control(0, active.id, "change", {"field": field, "value": value}))


def losses_on_record(store: Store, run: Run) -> list[float]:
    return list(recorded(store, run.id).stepped["loss"])


def test_the_script_of_a_run_repeats_its_live_changes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    run = trained(store, optimizer__learning_rate=0.01, training__batch_size=25, network__dropout=0.5)
    assert executed(script_of(store, run), monkeypatch) == pytest.approx(losses_on_record(store, run), rel=1e-6, abs=0)


def test_the_script_of_a_fork_with_other_live_values_trains_as_its_parent_did_and_goes_on_as_the_fork(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = trained(store, optimizer__learning_rate=0.01)
    other = SMALL.but(
        optimizer=Optimizer(learning_rate=0.003),
        regularization=Regularization(weight_decay=0.01),
        training=SMALL.training.but(batch_size=7, epochs=8),
    )
    child = trained(store, other, Origin(parent.id, 60), optimizer__learning_rate=0.02)
    grandchild = trained(store, SMALL.but(training=SMALL.training.but(epochs=9)), Origin(child.id, child.step))
    for fork in (child, grandchild):
        ours = executed(script_of(store, fork), monkeypatch)
        assert ours == pytest.approx(losses_on_record(store, fork), rel=1e-6, abs=0)
        assert len(ours) == fork.step


def test_a_fork_of_a_step_before_its_parents_own_fork_is_their_common_ancestors(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = trained(store)
    faster = SMALL.but(optimizer=Optimizer(learning_rate=0.01))
    second = trained(store, faster, Origin(first.id, AT))
    third = trained(store, SMALL, Origin(second.id, 2))
    assert losses_on_record(store, third) == losses_on_record(store, first)
    assert executed(script_of(store, third), monkeypatch) == pytest.approx(
        losses_on_record(store, first), rel=1e-6, abs=0
    )


def test_a_fork_at_step_0_is_a_beginning_of_its_own(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    parent = trained(store)
    other = SMALL.but(optimizer=Optimizer(kind="SGD", learning_rate=0.1), schedule=Schedule(kind="cosine"))
    fork = trained(store, other, Origin(parent.id, 0))
    assert executed(script_of(store, fork), monkeypatch) == pytest.approx(
        losses_on_record(store, fork), rel=1e-6, abs=0
    )


@pytest.mark.parametrize(
    ("parent", "fork", "reason"),
    [
        (SMALL, SMALL.but(optimizer=Optimizer(kind="SGD", learning_rate=0.1)), "optimizer.kind"),
        (SMALL, small(epochs=6, dropout=0.2, patience=50), "stops early"),
        (
            SMALL.but(schedule=Schedule(kind="cosine")),
            SMALL.but(schedule=Schedule(kind="cosine"), training=SMALL.training.but(epochs=7)),
            "length",
        ),
    ],
)
def test_a_fork_that_is_not_one_training_is_refused_with_the_reason_and_the_way_out(
    store: Store, parent: Experiment, fork: Experiment, reason: str
) -> None:
    run = trained(store, fork, Origin(trained(store, parent).id, AT))
    for export in (script_of, notebook_of):
        with pytest.raises(SpecError, match=reason) as caught:
            export(store, run)
        assert "Export the run it was forked from" in caught.value.message


def test_the_notebook_of_a_run_is_its_script(store: Store) -> None:
    run = trained(store, optimizer__learning_rate=0.01)
    book = nbformat.reads(notebook_of(store, run), 4)
    code = "\n".join(cell.source for cell in book.cells if cell.cell_type == "code")
    assert "NEW_LEARNING_RATES = {20: 0.01}" in code
    assert "NEW_LEARNING_RATES = {20: 0.01}" in script_of(store, run)
