"""A small lab to try the frame with, and studies that are run here and now, by a worker driven by hand."""

from collections.abc import Sequence
from typing import Any

from playground.experiment import Data, Experiment, Flatten, Linear, Network, ReLU, Training
from playground.figures.arms import arm_curves
from playground.labs.claims import Claim, at_least, in_words, paired, points
from playground.labs.outcome import Results
from playground.labs.study import begin, results
from playground.labs.topic import Arm, Lab, Setup, Topic
from playground.runs import control
from playground.runs.store import Store
from playground.runs.worker import Worker

BASE = Experiment(
    data=Data(training_digits=200),
    network=Network(layers=(Flatten(), Linear(units=16), ReLU())),
    training=Training(epochs=6, batch_size=50, device="cpu"),
)


class Widths(Setup):
    narrow: int = 2


def arms(setup: Widths) -> tuple[Arm, ...]:
    narrow = BASE.but(network=Network(layers=(Flatten(), Linear(units=setup.narrow), ReLU())))
    return Arm("wide", BASE), Arm("narrow", narrow)


def charts(setup: Widths, found: Results) -> Sequence[Any]:
    names = [arm.name for arm in arms(setup)]
    return [arm_curves(found.curves(), names, ["validation_loss", "train_loss"], "Loss", "Which is lower?", "loss")]


def answer(setup: Widths, found: Results) -> tuple[Claim, ...]:
    ahead = paired(found.finals(), "wide", "narrow", "validation_accuracy")
    if ahead is None:
        return ()
    return (Claim(f"The wide one is ahead by {in_words(ahead, points)}.", at_least(ahead, 0)),)


def came_true(setup: Widths, found: Results) -> str:
    ahead = paired(found.finals(), "wide", "narrow", "validation_accuracy")
    return "wide" if ahead and ahead.mean > 0 else "narrow"


WIDTHS = Topic("widths", "Widths", "Does width help?", Widths(), arms, charts, answer, ("wide", "narrow"), came_true)
LAB = Lab("overfitting", "A lab", "For tests.", (WIDTHS,))


def studied(store: Store, topic: Topic, lab: Lab = LAB, patience: float = 120, **setup: Any) -> Results:
    """All runs of a set-up trained to their end, and all questions answered."""
    study = store.studies.study(run_study(store, topic, lab, patience, **setup))
    assert study is not None
    return results(store, topic, study)


def run_study(store: Store, topic: Topic, lab: Lab, patience: float = 120, **setup: Any) -> str:
    """The id of a study whose runs have ended and whose questions are answered."""
    study_id = begin(store, lab, topic, topic.setup.but(**setup))
    finish(store, topic, study_id, patience)
    return study_id


def finish(store: Store, topic: Topic, study_id: str, patience: float = 120) -> None:
    """Let a worker train and answer until nothing of a study goes on."""
    study = store.studies.study(study_id)
    assert study is not None
    worker = Worker("here", store, 2)
    store.crew.sign_of_life(worker.id, ready=True)

    def is_over() -> bool:
        for _ in range(10):
            worker.turn()
        return results(store, topic, study).is_over

    assert control.wait(is_over, patience)
