"""What a script has to reproduce: an experiment, and what was changed while its run went on."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from playground.data.counts import counts
from playground.errors import SpecError
from playground.experiment import BatchNorm1d, BatchNorm2d, Conv2d, Experiment, check_momentum
from playground.network.dropout import placed
from playground.network.shapes import check_batch, needs_batches_of_two, trace
from playground.training.events import Changed

DROPOUT, BATCH_SIZE = "network.dropout", "training.batch_size"
LEARNING_RATE, WEIGHT_DECAY = "optimizer.learning_rate", "regularization.weight_decay"


@dataclass(frozen=True)
class Plan:
    """The experiment, its name and the changes, in the order of their steps; answers what the script needs of them."""

    experiment: Experiment
    name: str
    changes: tuple[Changed, ...] = ()

    def new_values(self, field: str) -> dict[int, float]:
        """What a field was changed to, by the step after which it held."""
        found: dict[int, float] = {}
        for change in self.changes:
            if change.field == field:
                found[change.step] = change.new
        before = (self.first(field), *found.values())
        return {step: new for (step, new), old in zip(found.items(), before, strict=False) if new != old}

    def first(self, field: str) -> float:
        """The value of a live field before any change."""
        section, name = field.split(".")
        value: float = getattr(getattr(self.experiment, section), name)
        return value

    def is_used(self, field: str) -> bool:
        """Whether a live field is ever above 0."""
        return any(value > 0 for value in (self.first(field), *self.new_values(field).values()))

    @cached_property
    def training_digits(self) -> int:
        return count_training(self.experiment)

    def batches_per_epoch(self, batch_size: int) -> int:
        """As `training.batches.Course.batches` counts them."""
        whole, rest = divmod(self.training_digits, batch_size)
        return whole + (rest > (1 if needs_batches_of_two(self.experiment.network.layers) else 0))

    @property
    def leaves_out_one(self) -> bool:
        """Whether a last batch of one digit is left out, for batch normalization needs two."""
        if not needs_batches_of_two(self.experiment.network.layers):
            return False
        return bool(self.new_values(BATCH_SIZE)) or self.training_digits % self.experiment.training.batch_size == 1

    @property
    def dropouts(self) -> tuple[float | None, ...]:
        """The rate of each place where there may be a Dropout; None is the network's one rate."""
        return tuple(layer.p for _, layer in placed(self.experiment.network) if layer.kind == "Dropout")

    @property
    def drops(self) -> bool:
        """Whether any digit ever meets a Dropout."""
        return any(self.is_used(DROPOUT) if rate is None else rate > 0 for rate in self.dropouts)

    @property
    def has_modes(self) -> bool:
        """Whether the network behaves differently while it is trained."""
        return self.drops or self.normalizes

    @property
    def normalizes(self) -> bool:
        return any(isinstance(layer, BatchNorm1d | BatchNorm2d) for layer in self.experiment.network.layers)

    @property
    def convolves(self) -> bool:
        return any(isinstance(layer, Conv2d) for layer in self.experiment.network.layers)

    @property
    def has_devices(self) -> bool:
        """Whether tensors have to be moved anywhere."""
        return self.experiment.training.device != "cpu"

    @property
    def counts_epochs(self) -> bool:
        """Whether the learning rate follows the epochs."""
        kind = self.experiment.schedule.kind
        return kind == "step" or (kind == "cosine" and self.experiment.training.unit == "epochs")


def count_training(experiment: Experiment) -> int:
    """How many digits are trained on; raises `SpecError` where the shares leave too few."""
    return counts(experiment.data).train


def plan(experiment: Experiment, name: str, changes: Sequence[Changed] = ()) -> Plan:
    """The plan of a script; raises `SpecError` for an experiment that can't be trained."""
    problem = trace(experiment.network).problem
    if problem is not None:
        raise SpecError(problem.field, problem.message)
    check_batch(experiment)
    check_momentum(experiment.optimizer)
    for change in changes:
        if change.step == 0:  # before the first step: the run began with it
            section, field = change.field.split(".")
            experiment = experiment.but(**{section: getattr(experiment, section).but(**{field: change.new})})
    later = sorted((change for change in changes if change.step > 0), key=lambda change: change.step)
    found = Plan(experiment, name, tuple(later))
    count_training(experiment)
    return found
