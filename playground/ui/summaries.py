"""Panels in one line: the values that matter, and whether anything is off its default."""

from functools import lru_cache

from playground.data.digits import Digits, load_digits
from playground.data.splits import split
from playground.experiment import Data, Experiment, Initialization, Loss, Optimizer, Schedule, Training
from playground.ui.widgets import plain

SOURCES = {"sample": "5,000 digits", "mnist": "Full MNIST"}
CHANGED = " :primary[:small[changed]]"


def titles(experiment: Experiment) -> dict[str, str]:
    """The label of each panel."""
    default = Experiment()
    rule = experiment.regularization
    lines = {
        "Training": (
            in_short(experiment),
            training_of(experiment) != training_of(default),
        ),
        "Digits": (digits_line(experiment.data), experiment.data != default.data),
        "Objective": (
            f"{experiment.loss.kind} · L2 {plain(rule.weight_decay)}" + (f" · L1 {plain(rule.l1)}" if rule.l1 else ""),
            experiment.loss != default.loss or rule.but(clip_norm=None) != default.regularization,
        ),
        "Initialization": (
            initialization_line(experiment.network.initialization),
            experiment.network.initialization != default.network.initialization,
        ),
    }
    return {name: f"**{name}** · {line}{CHANGED if is_changed else ''}" for name, (line, is_changed) in lines.items()}


def in_short(experiment: Experiment) -> str:
    """How it is trained, as in "Adam 0.001 · batch 64 · 10 epochs"."""
    training, optimizer = experiment.training, experiment.optimizer
    length = f"{training.epochs:,} epochs" if training.unit == "epochs" else f"{training.steps:,} steps"
    if training.patience is not None:
        length += f" · patience {training.patience:,}"
    return f"{optimizer.kind} {plain(optimizer.learning_rate)} · batch {training.batch_size:,} · {length}"


def training_of(experiment: Experiment) -> tuple[Optimizer, Schedule, float | None, Training]:
    """What the panel Training says and holds."""
    return experiment.optimizer, experiment.schedule, experiment.regularization.clip_norm, experiment.training


def digits_line(data: Data) -> str:
    count = data.training_digits or sizes(data)[0]
    parts = [f"{count:,} train"]
    if data.folds is not None:
        parts.append(f"fold {data.fold} of {data.folds}")
    parts += [data.scaling if data.scaling != "none" else "not scaled"]
    if data.label_noise:
        parts.append(f"{data.label_noise:.0%} label noise")
    if data.augmentation.is_on:
        parts.append("augmented")
    return " · ".join(parts)


def initialization_line(initialization: Initialization) -> str:
    grain = f" ± {plain(initialization.noise)}" if initialization.noise else ""
    detail = {
        "constant": f" {plain(initialization.value)}{grain}",
        "normal": f" σ {plain(initialization.std)}",
        "uniform": f" ±{plain(initialization.bound)}",
    }
    return initialization.kind + detail.get(initialization.kind, "")


def sizes(data: Data) -> tuple[int, int, int]:
    """How many digits the train, validation and test splits hold, `training_digits` left aside.

    Raises `SpecError` where the digits are not there or a split would be empty.
    """
    shares = data.model_dump(include={"train_share", "validation_share", "test_share", "folds", "fold"})
    return _sizes(load_digits(data.source), Data(**shares))


@lru_cache(maxsize=64)
def _sizes(digits: Digits, shares: Data) -> tuple[int, int, int]:
    parts = split(digits.labels, shares, 0, digits.official_test)
    return len(parts.train), len(parts.validation), len(parts.test)


def loss_formula(loss: Loss) -> str:
    """The loss of one digit, as `playground.training.losses` reckons it."""
    return {
        "cross-entropy": "−log p_y, with p = softmax(z)",
        "binary cross-entropy": "mean over classes of −t log σ(z) − (1 − t) log(1 − σ(z))",
        "focal": "−(1 − p_y)^γ · log p_y, with p = softmax(z)",
        "MSE": "mean over classes of (p − t)², with p = softmax(z)",
        "MAE": "mean over classes of |p − t|, with p = softmax(z)",
        "Huber": "mean over classes of e²/2 up to |e| = δ, then δ(|e| − δ/2), with e = p − t, p = softmax(z)",
    }[loss.kind]


def initialization_formula(initialization: Initialization) -> str:
    """How each weight is drawn; fan-in and fan-out are the inputs and outputs of one unit."""
    return {
        "default": "PyTorch's own: weights and biases uniform in ±1/√fan-in",
        "zeros": "every weight 0: all units of a layer stay alike",
        "constant": "N(value, noise²): noise tells the units of a layer apart"
        if initialization.noise
        else "every weight the same: all units of a layer stay alike",
        "normal": "N(0, σ²)",
        "uniform": "uniform in ±bound",
        "Xavier normal": "N(0, 2/(fan-in + fan-out)), Glorot and Bengio 2010",
        "Xavier uniform": "uniform in ±√(6/(fan-in + fan-out)), Glorot and Bengio 2010",
        "He normal": "N(0, 2/fan-in), He et al. 2015",
        "He uniform": "uniform in ±√(6/fan-in), He et al. 2015",
        "orthogonal": "rows or columns of a random orthogonal matrix, Saxe et al. 2014",
    }[initialization.kind]
