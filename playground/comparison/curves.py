"""The curves of a line: smoothed, spread over its seeds, and minus those of another line."""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd

from playground.comparison.lines import Line, Member
from playground.live.thinning import block_size, extremes

Axis = Literal["step", "epoch", "seconds"]
AXES: tuple[Axis, ...] = get_args(Axis)
OF_BATCHES = ("loss", "accuracy")  # columns that every step has; the others are of evaluations
MOST_POINTS = 500  # of a line


def curve(member: Member, column: str, smoothing: float = 0.0) -> pd.DataFrame:
    """`step`, `epoch`, `seconds`, `value` smoothed, and `raw` as recorded, of one run.

    When a step was made isn't recorded: its seconds are those that the run took for so many steps by its mean speed.
    """
    table = member.tables.stepped if column in OF_BATCHES else member.tables.evaluated
    raw = pd.to_numeric(table[column]).astype(float)
    raw = raw.where(np.isfinite(raw))
    run = member.run
    steps = table["step"].astype(float)
    return pd.DataFrame(
        {
            "step": steps,
            "epoch": table["epoch"].astype(float),
            "seconds": steps * (run.seconds / run.step if run.step else 0.0),
            "value": smoothed(raw, smoothing),
            "raw": raw,
        }
    )


def smoothed(values: pd.Series, weight: float) -> pd.Series:
    """The exponential moving average as TensorBoard has it, without the pull towards 0 of its first values.

    s_n = (Σ w^(n-i) v_i) / (Σ w^(n-i)) over i ≤ n, w the weight from 0 (as it is) to below 1; gaps stay gaps.

    >>> smoothed(pd.Series([1.0, 0.0]), 0.5).round(3).tolist()
    [1.0, 0.333]
    """
    if not weight or not len(values):
        return values
    return values.ewm(alpha=1 - weight, adjust=True, ignore_na=True).mean().where(values.notna())


def spread(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One row a step: `step`, `epoch`, `seconds`, the mean over seeds, `low` and `high`, mean `raw`, and `count`.

    Only steps that as many seeds were measured at as at any: a mean that loses a seed jumps without any learning.
    """
    filled = [part for part in parts if len(part)]
    if not filled:
        return pd.DataFrame({name: pd.Series(dtype=float) for name in (*AXES, "mean", "low", "high", "raw", "count")})
    if len(filled) == 1:
        (one,) = filled
        return one.rename(columns={"value": "mean"}).assign(low=one["value"], high=one["value"], count=1)
    by_step = pd.concat(filled, ignore_index=True).groupby("step")
    table = by_step.agg(
        epoch=("epoch", "mean"),
        seconds=("seconds", "mean"),
        mean=("value", "mean"),
        low=("value", "min"),
        high=("value", "max"),
        raw=("raw", "mean"),
        count=("value", "count"),
    ).reset_index()
    return table[table["count"] == table["count"].max()].reset_index(drop=True)


def line_curve(line: Line, column: str, smoothing: float = 0.0) -> pd.DataFrame:
    """A line's spread over its seeds, thinned."""
    return thinned(spread([curve(member, column, smoothing) for member in line.members]))


def difference(line: Line, base: Line, column: str, axis: Axis, smoothing: float = 0.0) -> tuple[pd.DataFrame, int]:
    """(the line minus the base at the same place of the axis, thinned; by how many pairs of runs).

    Runs of the same seed are paired; where no seed is shared, the mean over seeds minus the other mean, as 0 pairs.
    Where both weren't measured at the same places, the line is interpolated to those of the base.
    """
    ours, theirs = ({one.seed: one for one in of.members} for of in (line, base))
    shared = [seed for seed in ours if seed in theirs]
    if shared:
        pairs = [(curve(ours[seed], column, smoothing), curve(theirs[seed], column, smoothing)) for seed in shared]
    else:
        own, other = (spread([curve(one, column, smoothing) for one in of.members]) for of in (line, base))
        pairs = [(own.rename(columns={"mean": "value"}), other.rename(columns={"mean": "value"}))]
    return thinned(spread([minus(own, other, axis) for own, other in pairs])), len(shared)


def minus(own: pd.DataFrame, other: pd.DataFrame, axis: Axis) -> pd.DataFrame:
    """One curve minus another at the other's places, as far as both go."""
    own, other = own.dropna(subset=["value"]), other.dropna(subset=["value"])
    if not len(own) or not len(other):
        return other.head(0)
    inside = other[(other[axis] >= own[axis].min()) & (other[axis] <= own[axis].max())]
    there = np.interp(inside[axis], own[axis], own["value"])
    return inside.assign(value=there - inside["value"], raw=np.nan)


def thinned(table: pd.DataFrame, most: int = MOST_POINTS) -> pd.DataFrame:
    """Few enough rows to be drawn and sent: of each block the lowest and the highest, and the last row."""
    size = block_size(len(table), most, 2)
    if size == 1:
        return table
    values = table["raw"] if table["raw"].notna().any() else table["mean"]
    chosen = extremes(values.tolist(), np.arange(len(table)), size)
    return table.iloc[sorted({*chosen, len(table) - 1})]
