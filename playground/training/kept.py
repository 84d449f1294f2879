"""Which steps of a run are kept to be looked into later: close together where networks change fast."""

from functools import lru_cache

MOST_KEPT = 50


@lru_cache(maxsize=64)
def kept_steps(total: int, most: int = MOST_KEPT) -> tuple[int, ...]:
    """At most so many of the steps 0 … total, both ends among them, spaced evenly on a log scale between 1 and the end.

    Where that asks for parts of steps, as at the beginning, every step is kept, and the others lie closer together.

    >>> kept_steps(1000, 8)
    (0, 1, 3, 9, 32, 100, 316, 1000)
    >>> kept_steps(5)
    (0, 1, 2, 3, 4, 5)
    """
    if total < most:
        return tuple(range(total + 1))
    if most <= 2:
        return (0, total)
    steps = {0, total}
    for count in range(most - 1, 8 * most):
        denser = {0, *(round(total ** (place / (count - 1))) for place in range(count))} if count > 1 else {0, total}
        if len(denser) > most:
            break
        steps = denser
    return tuple(sorted(steps))
