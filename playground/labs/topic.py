"""What a lab is made of: topics, each with a question, a few knobs, and arms that are trained and compared."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import Field

from playground.experiment import Experiment, Spec

if TYPE_CHECKING:
    from playground.labs.claims import Claim
    from playground.labs.outcome import Results


class Setup(Spec):
    """What a reader may set before Run; each topic adds its knobs."""

    seed: int = Field(0, ge=0, le=1_000_000)  # the first one
    seeds: int = Field(1, ge=1, le=10)  # so many, from it on
    guess: str = ""  # what the reader thinks will happen; "" for no guess


@dataclass(frozen=True)
class Arm:
    """One of the experiments that are compared; it is trained once with each seed.

    In a sweep, `group` is the line that it belongs to and `at` its place on the x axis.
    """

    name: str
    experiment: Experiment
    group: str = ""
    at: float | None = None
    note: str = ""

    @property
    def line(self) -> str:
        return self.group or self.name


@dataclass(frozen=True)
class Topic:
    """One question of a lab.

    `arms`: set-up → arms, the first one being what the others are compared with. `charts`: set-up and results, which
    may be empty → figures. `answer`: the same → claims, in words with measured numbers. `came_true`: which of the
    guesses was right. `at_start` and `at_end` are kinds of questions to a worker about each run (`runs/lab_tasks.py`):
    once its step 0 is kept, and once it has ended; `afterwards`: seconds of a core that the latter take, about,
    for one run. `task` is a question about the set-up itself, without a run.
    """

    name: str
    title: str
    question: str
    setup: Setup
    arms: Callable[[Any], tuple[Arm, ...]]
    charts: Callable[[Any, "Results"], Sequence[Any]]
    answer: Callable[[Any, "Results"], tuple["Claim", ...]]
    guesses: tuple[str, ...] = ()
    came_true: Callable[[Any, "Results"], str] | None = None
    at_start: tuple[str, ...] = ()
    at_end: tuple[str, ...] = ()
    afterwards: float = 0.0
    task: str | None = None


@dataclass(frozen=True)
class Lab:
    """A page of topics; `name` is its address."""

    name: str
    title: str
    intro: str
    topics: tuple[Topic, ...]

    def topic(self, name: str | None) -> Topic:
        """The topic of that name; the first one where there is none."""
        return next((topic for topic in self.topics if topic.name == name), self.topics[0])


def with_seed(experiment: Experiment, seed: int) -> Experiment:
    """The same experiment by other luck: split, order of batches, initial weights and noise come from the seed."""
    return experiment.but(training=experiment.training.but(seed=seed))


def planned(topic: Topic, setup: Setup) -> list[tuple[Arm, int]]:
    """All that a press of Run trains: each arm with the first seed, then each with the next one.

    Arms that share a seed are paired: the same split, the same order of batches, and the same initial weights in every
    layer whose shape they share.
    """
    arms = topic.arms(setup)
    return [(arm, seed) for seed in range(setup.seed, setup.seed + setup.seeds) for arm in arms]
