"""What a run may change when it begins with the weights of another one; plain Python, for pages ask it too."""

from playground.errors import SpecError
from playground.experiment import Experiment, Training


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
    shares = [(data.source, data.train_share, data.validation_share, data.test_share) for data in (before, now)]
    if shares[0] != shares[1]:
        message = "a fork keeps its run's digits and shares, else it would be judged on digits it was trained on"
        raise SpecError("data", message)
    if before.scaling != now.scaling:
        message = f"a fork keeps its run's scaling, {before.scaling}: its weights know the digits by it"
        raise SpecError("data.scaling", message)


def check_length(training: Training, step: int, epochs: int) -> None:
    """Raise `SpecError` where a training plans nothing after a step, at which so many whole epochs are done."""
    is_over = step >= training.steps if training.unit == "steps" else epochs >= training.epochs
    if is_over:
        end = f"epoch {training.epochs:,}" if training.unit == "epochs" else f"step {training.steps:,}"
        message = f"the fork begins at step {step:,}, but its training ends with {end}: train longer"
        raise SpecError("training", message)
