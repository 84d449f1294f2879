"""When curves are measured, and on how many digits; plain Python, for pages and exported scripts say it too."""

from math import ceil

JUDGED = 256  # of each split: its first ones, stratified as every prefix is
FIRST_POINTS = (5, 15, 30)  # steps: curves are steepest within the first epoch


def steps_between(training_digits: int, steps_per_epoch: int) -> int:
    """How many steps lie between two points of the curves: even parts of an epoch, of about 3,200 digits.

    Judging 2 · 256 digits forward costs as much as training on a third of them, so this takes a twentieth of the time.
    A few training digits make short epochs: then a point comes after as many of them as hold 400 digits.

    >>> steps_between(3_500, 55), steps_between(42_000, 657), steps_between(100, 2)
    (55, 51, 8)
    """
    if training_digits < 3200:
        return steps_per_epoch * ceil(400 / training_digits)
    return max(1, round(steps_per_epoch / round(training_digits / 3200)))
