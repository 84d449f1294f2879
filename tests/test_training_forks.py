"""What a fork may change of its parent's experiment, and what it must keep."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.errors import SpecError
from playground.experiment import (
    Augmentation,
    Conv2d,
    Experiment,
    Flatten,
    Initialization,
    Linear,
    Loss,
    Network,
    Optimizer,
    Regularization,
    Schedule,
)
from playground.training.forks import check_fork
from tests.strategies import experiments, specs

LAYERS = (Flatten(), Linear(units=12))
PARENT = Experiment(network=Network(layers=LAYERS))


def changed(**parts: Any) -> Experiment:
    return PARENT.but(**parts)


@pytest.mark.parametrize(
    ("fork", "field", "message"),
    [
        (changed(network=Network(layers=LAYERS[:1])), "network.layers", "keeps its run's layers"),
        (changed(network=Network(layers=(Flatten(), Linear(units=13)))), "network.layers", "undo the change"),
        (changed(network=Network(layers=(Conv2d(), *LAYERS))), "network.layers", "initial weights"),
        (
            changed(network=PARENT.network.but(initialization=Initialization(kind="zeros"))),
            "network.initialization",
            "would change nothing",
        ),
        (changed(training=PARENT.training.but(seed=1)), "training.seed", "seed, 0,"),
        (changed(data=PARENT.data.but(source="mnist")), "data", "judged on digits it was trained on"),
        (changed(data=PARENT.data.but(train_share=60, test_share=25)), "data", "digits, shares and fold"),
        (changed(data=PARENT.data.but(validation_share=25, test_share=5)), "data", "digits, shares and fold"),
        (changed(data=PARENT.data.but(folds=5)), "data", "shares and fold"),
        (changed(data=PARENT.data.but(scaling="none")), "data.scaling", "scaling, standardized"),
    ],
)
def test_what_a_fork_must_keep_is_refused_beside_its_control_with_a_way_out(
    fork: Experiment, field: str, message: str
) -> None:
    with pytest.raises(SpecError, match=message) as refused:
        check_fork(PARENT, fork)
    assert refused.value.field == field


@pytest.mark.parametrize("other", [{"fold": 3}, {"folds": 4}, {"folds": None}])
def test_a_fork_keeps_its_runs_fold(other: dict[str, Any]) -> None:
    folded = PARENT.data.but(folds=5, fold=2)
    with pytest.raises(SpecError, match="judged on digits it was trained on"):
        check_fork(changed(data=folded), changed(data=folded.but(**other)))


def test_a_fold_that_is_not_used_matters_to_no_fork() -> None:
    check_fork(PARENT, changed(data=PARENT.data.but(fold=3)))


@given(experiments)
def test_an_unchanged_experiment_can_fork(experiment: Experiment) -> None:
    check_fork(experiment, experiment)


@given(
    loss=specs(Loss, class_weights=st.none()),
    optimizer=specs(Optimizer),
    schedule=specs(Schedule),
    regularization=specs(Regularization),
    augmentation=specs(Augmentation),
    dropout=st.floats(0, 0.95),
    training_digits=st.none() | st.integers(10, 3500),
    label_noise=st.floats(0, 0.5),
)
def test_objective_optimizer_regularization_and_training_digits_may_change(**parts: Any) -> None:
    data = PARENT.data.but(**{name: parts.pop(name) for name in ("augmentation", "training_digits", "label_noise")})
    network = PARENT.network.but(dropout=parts.pop("dropout"))
    training = PARENT.training.but(batch_size=7, epochs=99)
    check_fork(PARENT, changed(data=data, network=network, training=training, **parts))
