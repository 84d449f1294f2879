"""A race: the same experiment over values of one setting, or of two as a grid, paired by seed."""

from functools import lru_cache
from itertools import product
from math import prod
from typing import Self

from pydantic import Field, model_validator

from playground.errors import SpecError
from playground.experiment import Experiment, Spec
from playground.labs.race.setting import MOST_VALUES, Setting, Value, check_network, shown
from playground.labs.race.settings import raced, setting_of
from playground.labs.topic import Arm, Setup
from playground.presets import TEMPLATES

MOST_ARMS = 36
MOST_OF_TWO = 6  # values of each, by default
MOST_RUNS = 120
RATES = (1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03)


class Sweep(Spec):
    """A setting by its name in `settings`, and the values to try."""

    setting: str
    values: tuple[Value, ...] = Field(min_length=2, max_length=MOST_VALUES)


class RaceSetup(Setup):
    """The experiment that all arms are but for one value, or two of a grid."""

    experiment: Experiment = TEMPLATES["CNN 16-32"]
    sweeps: tuple[Sweep, ...] = Field((Sweep(setting="learning rate", values=RATES),), max_length=2)

    @model_validator(mode="after")
    def can_be_run(self) -> Self:
        names = [sweep.setting for sweep in self.sweeps]
        if not names or len(set(names)) < len(names):
            raise ValueError("a grid takes two settings: choose another one beside the first")
        count = prod(len(sweep.values) for sweep in self.sweeps)
        if count > MOST_ARMS:
            sizes = " × ".join(str(len(sweep.values)) for sweep in self.sweeps)
            raise ValueError(f"{sizes} values are {count} arms: at most {MOST_ARMS}, so leave some out")
        if count * self.seeds > MOST_RUNS:
            runs = f"{count} arms over {self.seeds} seeds are {count * self.seeds} runs"
            raise ValueError(f"{runs}: at most {MOST_RUNS}, so leave out values or seeds")
        arms(self)
        return self

    @property
    def is_grid(self) -> bool:
        return len(self.sweeps) == 2


def sweep_of(setting: Setting, values: tuple[Value, ...]) -> Sweep:
    """Raises `SpecError` where these are too few or too many."""
    if len(values) < 2:
        raise SpecError(setting.field, f"{named(setting, values[0])} alone is no race: add another value")
    if len(values) > MOST_VALUES:
        raise SpecError(setting.field, f"{len(values)} values: at most {MOST_VALUES}, so leave some out")
    return Sweep(setting=setting.name, values=values)


def settings(setup: RaceSetup) -> list[Setting]:
    return [setting_of(setup.experiment, sweep.setting) for sweep in setup.sweeps]


def judged_by(setup: RaceSetup) -> str:
    """The column of evaluations by which arms are compared: accuracy where they have different losses."""
    columns = {setting.judged_by for setting in settings(setup)}
    return "validation_accuracy" if "validation_accuracy" in columns else "validation_loss"


def places(setup: RaceSetup) -> list[tuple[Value, ...]]:
    """The values of each arm, one a sweep, in the order of the arms."""
    return list(product(*(sweep.values for sweep in setup.sweeps)))


@lru_cache(maxsize=64)  # a page asks some times at each look
def arms(setup: RaceSetup) -> tuple[Arm, ...]:
    """Raises `SpecError` where a value can't be."""
    chosen = settings(setup)
    return tuple(arm(setup.experiment, chosen, values) for values in places(setup))


def arm(experiment: Experiment, chosen: list[Setting], values: tuple[Value, ...]) -> Arm:
    """Raises `SpecError` where a value can't be, or doesn't hold beside the other one."""
    changed, pairs = experiment, list(zip(chosen, values, strict=True))
    for setting, value in pairs:
        changed = setting.apply(changed, value)
    name = ", ".join(named(setting, value) for setting, value in pairs)
    for setting, value in pairs:
        if not setting.suits(changed) or setting.read(changed) not in (value, setting.read(experiment)):
            raise SpecError(setting.field, f"{name}: {setting.name} has no effect then, so choose another pair")
    return Arm(name, changed)


def named(setting: Setting, value: Value) -> str:
    """A value with its setting, as in "learning rate 0.003"."""
    return f"{setting.name} {shown(value)}"


def start(experiment: Experiment, like: RaceSetup | None = None) -> RaceSetup:
    """A race of an experiment with values by default: over the same settings as another one, where they have an effect.

    Of two settings whose values don't go together, over the first. Raises `SpecError` where the experiment can't be
    trained.
    """
    check_network(experiment)
    possible, base = raced(experiment), like or RaceSetup()
    names = [sweep.setting for sweep in base.sweeps if sweep.setting in possible] or ["learning rate"]
    most = MOST_VALUES if len(names) == 1 else MOST_OF_TWO
    sweeps = tuple(sweep_of(possible[name], possible[name].tried(experiment)[:most]) for name in names)
    try:
        return begun(base, experiment, sweeps)
    except SpecError:
        return begun(base, experiment, sweeps[:1])


def begun(base: RaceSetup, experiment: Experiment, sweeps: tuple[Sweep, ...]) -> RaceSetup:
    count = prod(len(sweep.values) for sweep in sweeps)
    seeds = min(base.seeds, MOST_RUNS // count)
    return base.but(experiment=experiment, sweeps=sweeps, seed=experiment.training.seed, seeds=seeds)
