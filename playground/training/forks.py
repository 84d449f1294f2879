"""What a run may change when it begins with the weights of another one; plain Python, for pages ask it too."""

from playground.errors import SpecError
from playground.experiment import Data, Experiment, Training


def check_fork(origin: Experiment, experiment: Experiment) -> None:
    """Raise `SpecError` where an experiment can't begin with the weights of a run of another one."""
    if experiment.network.layers != origin.network.layers:
        message = "a fork keeps its run's layers: undo the change, or begin with initial weights"
        raise SpecError("network.layers", message)
    if experiment.network.initialization != origin.network.initialization:
        message = "a fork begins with its run's weights: an initialization would change nothing, so set it back"
        raise SpecError("network.initialization", message)
    seed = origin.training.seed
    if experiment.training.seed != seed:
        message = f"a fork keeps its run's seed, {seed}, for the splits come from it: set it back, or begin anew"
        raise SpecError("training.seed", message)
    before, now = origin.data, experiment.data
    if divided(before) != divided(now):
        message = "a fork keeps its run's digits, shares and fold, else it would be judged on digits it was trained on"
        raise SpecError("data", message)
    if before.scaling != now.scaling:
        message = f"a fork keeps its run's scaling, {before.scaling}: its weights know the digits by it"
        raise SpecError("data.scaling", message)


def divided(data: Data) -> tuple[object, ...]:
    """All that says which digits are trained on, validated on and tested on, as far as there are enough of them."""
    fold = (data.folds, data.fold) if data.folds is not None else None
    return data.source, data.train_share, data.validation_share, data.test_share, fold


def check_length(training: Training, step: int, epochs: int) -> None:
    """Raise `SpecError` where a training plans nothing after a step, at which so many whole epochs are done."""
    is_over = step >= training.steps if training.unit == "steps" else epochs >= training.epochs
    if is_over:
        end = f"epoch {training.epochs:,}" if training.unit == "epochs" else f"step {training.steps:,}"
        message = f"the fork begins at step {step:,}, but its training ends with {end}: train longer"
        raise SpecError("training", message)
