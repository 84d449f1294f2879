"""Which of many points a line keeps, so that it stays light however long a run is.

Items fall into blocks of a power of two. A full block's choice never changes while blocks keep their size, so a
browser that has drawn the full blocks needs only what follows them.
"""

from collections.abc import Sequence

import numpy as np

MOST_BATCHES = 1000  # points of a line over batches
MOST_MEASUREMENTS = 400  # points of any other line


def block_size(count: int, cap: int, points_a_block: int) -> int:
    """The smallest power of two for which `count` items leave at most `cap` points, 1 for all of them.

    >>> block_size(1000, cap=1000, points_a_block=2), block_size(1001, cap=1000, points_a_block=2)
    (1, 4)
    """
    size = 1
    while count > cap and points_a_block * -(-count // size) + 2 > cap:  # 2: the first and the last item
        size *= 2
    return size


def full_blocks(count: int, size: int) -> int:
    """How many items lie in blocks that are full and don't hold the last item.

    >>> full_blocks(9, 4), full_blocks(8, 4)
    (8, 4)
    """
    return max(count - 1, 0) // size * size


def extremes(values: Sequence[float], places: np.ndarray, size: int) -> list[int]:
    """Which of these items hold the lowest and the highest value of their block, and which is the first of all.

    `places` are the items' indices in the whole line, rising; an item's block is its place divided by the size. A value
    that isn't finite is kept only where all of its block are so.

    >>> extremes([5.0, 1.0, 9.0, 2.0, 3.0, 3.0], np.arange(6), 4)
    [0, 1, 2, 4]
    """
    if size == 1 or not len(values):
        return list(range(len(values)))
    numbers = np.asarray(values, dtype=float)
    is_finite = np.isfinite(numbers)
    blocks = places // size
    starts = np.flatnonzero(np.diff(blocks, prepend=-1))
    kept = {*first_lowest(np.where(is_finite, numbers, np.inf), starts)}
    kept |= {*first_lowest(np.where(is_finite, -numbers, np.inf), starts)}
    if places[0] == 0:
        kept.add(0)
    return sorted(kept)


def first_lowest(numbers: np.ndarray, starts: np.ndarray) -> list[int]:
    """The index of the lowest number of each block, the first where there are several."""
    lowest = np.minimum.reduceat(numbers, starts)
    group = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(numbers)))
    found = np.flatnonzero(numbers == lowest[group])
    _, first = np.unique(group[found], return_index=True)
    return found[first].tolist()


def every(begin: int, end: int, size: int) -> list[int]:
    """The first item of each block.

    >>> every(8, 20, 4)
    [8, 12, 16]
    """
    return list(range(begin, end, size))
