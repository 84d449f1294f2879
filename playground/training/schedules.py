"""The learning rate over a run, as a factor on the one that is set."""

from math import cos, pi

from playground.experiment import Schedule


def factor(schedule: Schedule, step: int, total_steps: int, steps_per_epoch: int) -> float:
    """The factor of the step that follows `step` done ones, for a run planned with one batch size.

    >>> from playground.experiment import Schedule
    >>> [factor(Schedule(kind="cosine"), step, 4, 2) for step in (0, 2)]
    [1.0, 0.5]
    >>> [factor(Schedule(kind="step", step_epochs=1, gamma=0.5), step, 6, 2) for step in range(6)]
    [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    """
    return factor_at(schedule, step, step // steps_per_epoch, step / total_steps)


def factor_at(schedule: Schedule, step: int, epoch: int, progress: float) -> float:
    """The factor after `step` steps and `epoch` whole epochs, at `progress` (0 to 1) of the run.

    Epoch and progress are told, not counted from steps, so that a batch size changed on the way makes no jump.

    - step: gamma^⌊epoch / step_epochs⌋, as `StepLR`.
    - cosine: (1 + cos(π · progress)) / 2, falling to 0 (Loshchilov & Hutter 2017, eq. 5, without restarts),
      as `CosineAnnealingLR`.
    - warm-up: step n = 1, 2, … of the run gets min(1, n / warmup_steps) (Goyal et al. 2017, sec. 2.2), as `LinearLR`
      with start_factor 1/warmup_steps: the line rises from 0, and no step is wasted at 0 itself.
    """
    match schedule.kind:
        case "constant":
            return 1.0
        case "step":
            return schedule.gamma ** (epoch // schedule.step_epochs)
        case "cosine":
            return (1 + cos(pi * progress)) / 2
        case "warm-up":
            return min(1.0, (step + 1) / schedule.warmup_steps)
