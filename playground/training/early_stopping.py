"""Early stopping: training ends once the validation loss has had no new low for a while."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Watch:
    """The lowest validation loss so far, the step it was measured at, and how many evaluations came since.

    >>> watch = Watch().after(0, 2.3).after(10, 0.5).after(20, 0.6).after(30, 0.5)
    >>> watch
    Watch(lowest=0.5, step=10, waited=2)
    >>> watch.is_over(patience=2), watch.is_over(patience=3), watch.is_over(patience=None)
    (True, False, False)
    """

    lowest: float | None = None  # None: nothing was measured yet
    step: int = 0
    waited: int = 0

    def after(self, step: int, loss: float) -> "Watch":
        """The watch after one more evaluation."""
        if self.lowest is None or loss < self.lowest:
            return Watch(loss, step)
        return Watch(self.lowest, self.step, self.waited + 1)

    def is_over(self, patience: int | None) -> bool:
        """Whether as many evaluations as the patience allows brought no lower loss; None waits for ever."""
        return patience is not None and self.waited >= patience

    def reason(self) -> str:
        """Why training ended, for the run's message.

        >>> Watch(0.4, 110, 5).reason()
        'early: the validation loss was lowest at step 110, and no lower in 5 evaluations since'
        """
        evaluations = "evaluation" if self.waited == 1 else "evaluations"
        return (
            f"early: the validation loss was lowest at step {self.step:,}, "
            f"and no lower in {self.waited:,} {evaluations} since"
        )
