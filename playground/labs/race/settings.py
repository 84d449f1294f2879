"""The settings that a race can try values of, and those of them that have an effect on an experiment."""

from collections.abc import Callable
from functools import partial
from typing import Any, get_args

from playground.errors import SpecError
from playground.experiment import Experiment, InitializationKind, LossKind, OptimizerKind, Scaling, ScheduleKind
from playground.labs.race import layers
from playground.labs.race.setting import JUST_LUCK, Setting, Value, Values, value_at, with_value
from playground.network.names import layer_names

MOMENTUM = ("Momentum", "Nesterov")
SMALL, WIDE = (0.25, 0.5, 1, 2, 4), (0.1, 0.3, 1, 3, 10, 30)


def field(name: str, path: str, *values: Value, word: str = "", **more: Any) -> Setting:
    """A setting that is one field; `word` stands for None in it."""

    def read(experiment: Experiment) -> Value:
        found = value_at(experiment, path)
        return word if found is None else found

    def write(experiment: Experiment, value: Value) -> Experiment:
        return with_value(experiment, path, None if word and value == word else value)

    wanted: Values = more.pop("wanted", None) or (lambda experiment: values)
    return Setting(name, path, read, write, wanted, word=word, **more)


def around(path: str, factors: tuple[float, ...], *otherwise: float) -> Values:
    """Multiples of the present value, of one digit or whole; where it is 0, the others."""

    def values(experiment: Experiment) -> tuple[Value, ...]:
        now = value_at(experiment, path)
        if not now:
            return otherwise
        return tuple(int(now * f) if isinstance(now, int) else float(f"{now * f:.1g}") for f in factors if f != 1)

    return values


def chosen(name: str, path: str, kind: Any, *values: str, **more: Any) -> Setting:
    """A field of given words; all of them are tried where no few are named."""
    options = get_args(kind)
    return field(name, path, *(values or options), options=options, **more)


def unit_is(unit: str) -> Callable[[Experiment], bool]:
    return lambda experiment: experiment.training.unit == unit


def has_momentum(experiment: Experiment) -> bool:
    return experiment.optimizer.kind in MOMENTUM


RATE, BATCH = "optimizer.learning_rate", "training.batch_size"
EPOCHS, STEPS = "training.epochs", "training.steps"
OPTIMIZERS = ("SGD", "Momentum", "Adam", "AdamW", "RMSprop")
INITIALIZATIONS = ("default", "normal", "Xavier normal", "He normal", "orthogonal")

FIXED: tuple[Setting, ...] = (
    field("learning rate", RATE, wanted=around(RATE, WIDE), is_log=True),
    chosen("optimizer", "optimizer.kind", OptimizerKind, *OPTIMIZERS),
    field("batch size", BATCH, wanted=around(BATCH, SMALL), is_whole=True, is_log=True),
    Setting(
        *("width ×", "network.layers", lambda experiment: 1.0, layers.with_widths_times, lambda experiment: SMALL),
        suits=lambda experiment: bool(layers.sized(experiment)),
        is_log=True,
    ),
    Setting(
        *("depth", "network.layers", layers.depth, layers.with_depth, lambda experiment: (1, 2, 3, 4)),
        suits=lambda experiment: layers.depth(experiment) > 0,
        is_whole=True,
    ),
    Setting(
        *("activation", "network.layers", layers.activation, layers.with_activation),
        values=lambda experiment: ("ReLU", "GELU", "Tanh", "Sigmoid"),
        suits=layers.has_activations,
        options=tuple(layers.KINDS),
    ),
    field("weight decay", "regularization.weight_decay", 0.0, 1e-4, 1e-3, 0.01, 0.1, is_log=True),
    field("L1", "regularization.l1", 0.0, 1e-5, 1e-4, 1e-3, is_log=True),
    field("dropout", "network.dropout", 0.0, 0.2, 0.5, 0.8, suits=layers.takes_dropout),
    field("momentum", "optimizer.momentum", 0.0, 0.5, 0.9, 0.99, suits=has_momentum),
    chosen("initialization", "network.initialization.kind", InitializationKind, *INITIALIZATIONS),
    chosen("schedule", "schedule.kind", ScheduleKind),
    field("gradient clipping", "regularization.clip_norm", 0.1, 1.0, 10.0, "off", word="off", is_log=True),
    field("training digits", "data.training_digits", 100, 300, 1000, "all", word="all", is_whole=True, is_log=True),
    field("label noise", "data.label_noise", 0.0, 0.1, 0.2, 0.4),
    field("shift", "data.augmentation.shift", 0, 1, 2, 4, is_whole=True),
    field("rotation", "data.augmentation.rotation", 0.0, 10.0, 20.0, 40.0),
    chosen("scaling", "data.scaling", Scaling),
    chosen("loss", "loss.kind", LossKind, judged_by="validation_accuracy"),
    field("epochs", EPOCHS, wanted=around(EPOCHS, SMALL), is_whole=True, is_log=True, suits=unit_is("epochs")),
    field("steps", STEPS, wanted=around(STEPS, SMALL), is_whole=True, is_log=True, suits=unit_is("steps")),
    field("patience", "training.patience", 1, 3, 10, "off", word="off", is_whole=True),
    field("seed", JUST_LUCK, wanted=lambda experiment: (experiment.training.seed + 1,), is_whole=True),
)


def settings_of(experiment: Experiment) -> dict[str, Setting]:
    """All settings that have an effect on an experiment, by name."""
    return {one.name: one for one in (*FIXED, *widths(experiment)) if one.suits(experiment)}


def raced(experiment: Experiment) -> dict[str, Setting]:
    """Those that a race can try values of: over seeds it repeats anyway."""
    return {name: one for name, one in settings_of(experiment).items() if one.field != JUST_LUCK}


def setting_of(experiment: Experiment, name: str) -> Setting:
    """Raises `SpecError` where there is none of that name, or where it has no effect."""
    found = settings_of(experiment).get(name)
    if found is None:
        raise SpecError("race.setting", f"{name[:40]} is no setting of this experiment: choose another one")
    return found


def widths(experiment: Experiment) -> list[Setting]:
    """The width of each hidden layer, by the layer's name."""
    names = layer_names(experiment.network.layers)
    return [width(place, names[place], experiment) for place in layers.sized(experiment)]


def width(place: int, name: str, experiment: Experiment) -> Setting:
    unit = layers.size_field(experiment.network.layers[place])
    return Setting(
        name=f"{unit} of {name}",
        field=f"network.layers.{place}.{unit}",
        read=partial(layers.width_of, place=place),
        write=lambda experiment, value: layers.with_width(experiment, place, value),
        values=lambda experiment: tuple(int(layers.width_of(experiment, place) * factor) for factor in SMALL),
        is_whole=True,
        is_log=True,
    )
