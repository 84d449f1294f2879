"""What a page knows of the run it looks at."""

from typing import Any

import pytest

from playground.experiment import (
    AnyLayer,
    Conv2d,
    Experiment,
    Flatten,
    Linear,
    LocallyConnected2d,
    Network,
    Optimizer,
    PermutePixels,
    Regularization,
)
from playground.runs import control
from playground.runs.store import Store
from playground.ui import session
from playground.ui.attach import follow_live_changes, had_penalty, name_of

DECAY = "regularization.weight_decay"


def changed(store: Store, run_id: str, field: str, value: float, refusal: str | None = None) -> None:
    store.take_control(store.ask(run_id, "change", {"field": field, "value": value}), refusal)


def shows_penalty(store: Store, run_id: str) -> bool:
    run = store.run(run_id)
    assert run is not None
    return had_penalty(store, run)


def test_a_penalty_stays_on_the_chart_when_it_is_switched_off_again(store: Store) -> None:
    run_id = store.create(Experiment(), "mine")
    assert not shows_penalty(store, run_id)
    changed(store, run_id, DECAY, 0.01)
    assert shows_penalty(store, run_id)
    changed(store, run_id, DECAY, 0.0)
    assert shows_penalty(store, run_id)


@pytest.mark.parametrize(
    ("experiment", "expected"),
    [
        (Experiment(regularization=Regularization(weight_decay=0.01)), True),
        (Experiment(regularization=Regularization(l1=0.01)), True),
        (Experiment(regularization=Regularization(weight_decay=0.01), optimizer=Optimizer(kind="AdamW")), False),
    ],
)
def test_adamws_decoupled_weight_decay_is_no_penalty(store: Store, experiment: Experiment, expected: bool) -> None:
    assert shows_penalty(store, store.create(experiment, "mine")) == expected


def test_a_change_is_sent_once_though_the_script_is_cut_off_while_it_waits(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[str, Any] = {}
    monkeypatch.setattr(session, "keep", kept.__setitem__)
    monkeypatch.setattr(session, "recall", kept.get)

    class CutOff(BaseException):
        """As Streamlit's own: another rerun was asked for."""

    def wait(*_: Any) -> None:
        raise CutOff

    run_id = store.create(Experiment(), "mine")
    store.set_state(run_id, "running")
    run = store.run(run_id)
    edited = Experiment(optimizer=Optimizer(learning_rate=0.01))
    with monkeypatch.context() as context:
        context.setattr(control, "wait", wait)
        with pytest.raises(CutOff):
            follow_live_changes(store, run, edited)
    follow_live_changes(store, run, edited)
    assert [sent.value["value"] for sent in store.open_controls([run_id])] == [0.01]


def test_what_did_not_take_effect_adds_no_penalty(store: Store) -> None:
    run_id = store.create(Experiment(), "mine")
    changed(store, run_id, DECAY, 0.01, refusal="no")
    changed(store, run_id, "optimizer.learning_rate", 0.01)
    store.ask(run_id, "change", {"field": DECAY, "value": 0.01})
    assert not shows_penalty(store, run_id)


@pytest.mark.parametrize(
    ("layers", "name"),
    [
        ((Flatten(), Linear(units=7)), "MLP 7"),
        ((PermutePixels(), Conv2d(channels=5), Flatten(), Linear(units=7)), "CNN 5-7"),
        ((LocallyConnected2d(channels=3), Flatten()), "Locally connected 3"),
        ((PermutePixels(), Flatten()), "MLP without hidden layers"),
    ],
)
def test_a_run_without_a_templates_layers_is_called_by_its_weighted_ones(
    layers: tuple[AnyLayer, ...], name: str
) -> None:
    assert name_of(Experiment(network=Network(layers=layers))) == name
