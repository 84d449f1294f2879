"""Which of many points a line keeps, so that it stays light however long a run is.

Items fall into blocks of a power of two. A full block's choice never changes while blocks keep their size, so a
browser that has drawn the full blocks needs only what follows them.
"""

from collections.abc import Sequence

import numpy as np


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


def extremes(values: Sequence[float], begin: int, end: int, size: int) -> list[int]:
    """The indices from `begin` up to `end` of the lowest and the highest value of each block, and of the first item.

    `begin` starts a block. A value that isn't finite is kept only where its whole block is so.

    >>> extremes([5.0, 1.0, 9.0, 2.0, 3.0, 3.0], 0, 6, 4)
    [0, 1, 2, 4]
    """
    if size == 1:
        return list(range(begin, end))
    part = np.array(values[begin:end], dtype=float)
    part = np.pad(part, (0, -len(part) % size), constant_values=np.nan).reshape(-1, size)
    is_finite = np.isfinite(part)
    lowest = np.where(is_finite, part, np.inf).argmin(axis=1)
    highest = np.where(is_finite, part, -np.inf).argmax(axis=1)
    offsets = np.arange(len(part)) * size + begin
    kept = {*(offsets + lowest).tolist(), *(offsets + highest).tolist()}
    if begin == 0 and end > 0:
        kept.add(0)
    return sorted(kept)


def every(begin: int, end: int, size: int) -> list[int]:
    """The first item of each block.

    >>> every(8, 20, 4)
    [8, 12, 16]
    """
    return list(range(begin, end, size))
