"""What happens while a network trains, as frozen facts: tests, worker and benchmark read the same."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stepped:
    """One optimizer step has been made."""

    step: int  # 1 for the first
    epoch: float  # digits seen / training digits, after the step
    loss: float  # of the batch, in train mode (dropout on), before the step, without penalty
    penalty: float  # weight_decay/2·‖w‖² (not with AdamW) + l1·‖w‖₁, before the step; 0.0 with none on
    accuracy: float  # of the batch, in train mode, before the step
    learning_rate: float  # of the step, schedule included
    batch_size: int  # digits in the batch


@dataclass(frozen=True, slots=True)
class LayersMeasured:
    """How strongly one step pulled at each weighted layer: those with filters, Linear and the head, in their order."""

    step: int
    gradient: tuple[float, ...]  # RMS per weight of the batch loss's gradient: before clipping, without penalty
    update: tuple[float, ...]  # RMS(Δw)/RMS(w), w before the step; inf where all-zero weights moved


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Both curves that are compared, measured alike: eval mode, no penalty, fixed subsets of equal size at most."""

    step: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float


@dataclass(frozen=True, slots=True)
class Changed:
    """A control took effect: step + 1 is the first with the new value."""

    step: int
    field: str
    old: float
    new: float


@dataclass(frozen=True, slots=True)
class Diverged:
    """The loss of this step is NaN or infinite: the run is over. `message` says the likely cause and a way out."""

    step: int
    message: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The last step has been made: the last planned one, or, with a message that says why, an earlier one."""

    step: int
    message: str = ""


Event = Stepped | LayersMeasured | Evaluated | Changed | Diverged | Finished
