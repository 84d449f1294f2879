"""What a host allows a run, and why an experiment is refused before it starts."""

from dataclasses import dataclass

from playground.data.digits import load_digits
from playground.errors import SpecError
from playground.experiment import Experiment
from playground.network.shapes import Trace, can_train, trace
from playground.runs.duration import foreseen_seconds, steps, steps_an_epoch, training_digits
from playground.runs.memory import WORKER, Needs, needs

MOST_WAITING = 200  # runs of one visitor in the queue
MB = 1_000_000


@dataclass(frozen=True)
class Limits:
    """None: no limit. `minutes` of training a run; `memory` of a worker in bytes; `runs_a_visitor` that run at once."""

    parameters: int | None = None
    steps: int | None = None
    minutes: int | None = None
    memory: int | None = None
    runs_a_visitor: int | None = None


NO_LIMITS = Limits()


def check(experiment: Experiment, limits: Limits) -> None:
    """Raise `SpecError` where the experiment exceeds a limit: by how much, and how it would fit.

    What the trainer refuses whatever the limits, such as a network that can't work, is left to it: it says why. Raises
    `SpecError` too where the digits are absent.
    """
    if limits == NO_LIMITS or not can_train(experiment):
        return
    check_parameters(trace(experiment.network), limits.parameters)
    check_steps(experiment, limits.steps)
    check_memory(experiment, limits.memory)


def check_parameters(found: Trace, limit: int | None) -> None:
    if limit is None or found.parameters <= limit:
        return
    rows = (*found.rows, found.head) if found.head else found.rows
    largest = max(rows, key=lambda facts: facts.parameters)
    raise SpecError(
        "network.layers",
        f"{found.parameters:,} parameters are more than this playground allows ({limit:,}): "
        f"make layers smaller, first {largest.name}, which has {largest.parameters:,}",
    )


def check_steps(experiment: Experiment, limit: int | None) -> None:
    training = experiment.training
    if limit is None:
        return
    digits = training_digits(experiment)
    planned = steps(experiment, digits)
    if planned <= limit:
        return
    too_many = f"{planned:,} steps are more than this playground allows ({limit:,})"
    if training.unit == "steps":
        raise SpecError("training.steps", f"{too_many}: lower them")
    each = steps_an_epoch(experiment, digits)
    way_out = f"train for at most {limit // each:,} epochs" if limit >= each else "raise the batch size"
    raise SpecError("training.epochs", f"{too_many}, {each:,} an epoch: {way_out}")


def check_memory(experiment: Experiment, limit: int | None) -> None:
    if limit is None:
        return
    found = needed(experiment)
    total = WORKER + found.total
    if total <= limit:
        return
    field, way_out = way_to_less(experiment, found, total - limit)
    too_much = f"training needs about {in_mb(total)}, and a worker may have {in_mb(limit)}"
    raise SpecError(field, f"{too_much}: {way_out}")


def way_to_less(experiment: Experiment, found: Needs, excess: int) -> tuple[str, str]:
    """(field, what to do) where training takes so many bytes too much: about the part that takes the most."""
    match found.largest:
        case "batch":
            size = min(experiment.training.batch_size, training_digits(experiment))
            fits = size - -(-excess // (found.batch // size))
            way_out = f"lower the batch size to {fits:,}" if fits >= 1 else "lower the batch size, or make maps smaller"
            return "training.batch_size", f"{way_out}; a batch takes {in_mb(found.batch)} of it"
        case "weights":
            kind = experiment.optimizer.kind
            part = (
                f"with gradients, what {kind} holds and copies for checkpoints they take {in_mb(found.weights)} of it"
            )
            return "network.layers", f"make layers with many parameters smaller; {part}"
        case "evaluation":
            part = f"the digits that are judged at once take {in_mb(found.evaluation)} of it"
            return "network.layers", f"make the largest maps smaller; {part}"
    return "data.source", f"take the 5,000 digits at hand; the digits take {in_mb(found.digits)} of it"


def needed(experiment: Experiment) -> Needs:
    """Memory that a run takes beside what its worker holds anyway.

    Raises `SpecError` for a network that can't work, and as `training_digits` does.
    """
    problem = trace(experiment.network).problem
    if problem is not None:
        raise SpecError(problem.field, problem.message)
    return needs(experiment, len(load_digits(experiment.data.source)), training_digits(experiment))


def check_queue(waiting: int, more: int) -> None:
    """Raise `SpecError` where a visitor who has runs in the queue may not put so many more into it."""
    if waiting + more > MOST_WAITING:
        raise SpecError(
            "run",
            f"{more:,} more in the queue, where {waiting:,} of yours wait, would be more than this playground lets a "
            f"visitor queue ({MOST_WAITING}): wait until they have run, or stop some",
        )


def foreseen_end(experiment: Experiment, limits: Limits) -> str:
    """A warning where the run will be stopped before its planned end, by a rough estimate; "" where it won't.

    What the trainer refuses, such as more digits than there are, is told elsewhere.
    """
    if limits.minutes is None:
        return ""
    try:
        minutes = foreseen_seconds(experiment) / 60
    except SpecError:
        return ""
    if minutes <= limits.minutes:
        return ""
    return f"It would train for about {minutes:,.0f} minutes; {time_is_up(limits)}, and then stops it."


def is_over_time(seconds: float, limits: Limits) -> bool:
    """Whether a run has trained for as long as it may."""
    return limits.minutes is not None and seconds >= 60 * limits.minutes


def time_is_up(limits: Limits) -> str:
    """
    >>> time_is_up(Limits(minutes=1))
    'this playground gives a run 1 minute of training'
    """
    minutes = limits.minutes or 0
    return f"this playground gives a run {minutes:,} minute{'' if minutes == 1 else 's'} of training"


def in_mb(size: int) -> str:
    """
    >>> in_mb(3_100_000_000)
    '3,100 MB'
    """
    return f"{size / MB:,.0f} MB"
