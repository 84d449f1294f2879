"""The field of one unit, in theory and in effect: at initialization and now."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from playground.data.tensors import load
from playground.experiment import IMAGE_SHAPE, Experiment
from playground.network.fields import Span, UnitField, unit_field
from playground.probes.effective_field import EffectiveField, effective_field, half_radius, radii, share_within
from playground.training.imported import begun
from playground.views.moment import Moment
from playground.views.pack import View, number
from playground.views.requests import Digit, FieldOfUnit

DIGITS = 64  # that an effective field is averaged over: the first of the validation split, which are stratified
KEPT = 256  # initial fields; a field takes 3 kB


def field_view(moment: Moment, request: FieldOfUnit) -> View:
    """The unit's field: facts in the header; `initial` and `now` float32 [28, 28] are its effective field at the
    initial weights and at this step, the mean absolute gradient by the scaled input, in eval mode.

    `shares_initial`, `shares_now` and `shares_alike` float32 [R] say how much lies within each of `radii` float32 [R],
    half the sides of squares around the theoretical field's centre; "alike" is the share of the pixels that the unit
    sees. `half` is the radius of a share of one half; `moved`, for how many of the digits the gradient is not exactly
    0: for none where a unit is dead, and then its shares are NaN, and its half None. Raises `SpecError` where there is
    no such layer, unit or digit.
    """
    field = unit_field(moment.experiment.network, request.layer, request.channel, request.y, request.x)
    now = effect(moment, request)
    initial = initial_effect(moment.experiment, request, moment.imported)
    within = radii(field.centre, field.rows.size)
    shares = {name: share_within(found.values, field.centre, within) for name, found in both(initial, now)}
    header = {
        "layer": field.layer,
        "shape": [*field.shape],
        "unit": [request.channel, request.y, request.x],
        **theory(field),
        "digit": request.digit if isinstance(request.digit, int) else None,
        "digits": now.digits,
        "split": "validation" if request.digit is None else None,
        "moved": {name: found.moved for name, found in both(initial, now)},
        "half": {name: None if share is None else number(half_radius(share, within)) for name, share in shares.items()},
    }
    arrays: dict[str, np.ndarray] = {
        "radii": within,
        "shares_alike": or_nan(share_within(seen(field), field.centre, within), within),
        **{f"shares_{name}": or_nan(share, within) for name, share in shares.items()},
        **{name: found.values for name, found in both(initial, now)},
    }
    return header, arrays


def both(initial: EffectiveField, now: EffectiveField) -> tuple[tuple[str, EffectiveField], ...]:
    return ("initial", initial), ("now", now)


def effect(moment: Moment, request: FieldOfUnit) -> EffectiveField:
    x = batch(moment, request.digit)
    return effective_field(moment.net, x, request.layer, request.channel, request.y, request.x)


@lru_cache(maxsize=KEPT)
def initial_effect(experiment: Experiment, request: FieldOfUnit, imported: Path | None = None) -> EffectiveField:
    """The effective field at the initial weights. It is the same throughout a run: don't write to it."""
    seed = experiment.training.seed
    net = begun(experiment.network, seed, imported)
    return effect(Moment(experiment, net, load(experiment.data, seed), step=0), request)


def batch(moment: Moment, digit: Digit | None) -> Tensor:
    """The digit alone, or without one those averaged over: float32 [N, 1, 28, 28]."""
    if digit is not None:
        return moment.x(digit)
    return moment.dataset.validation.x[:DIGITS].to(moment.device)


def theory(field: UnitField) -> dict[str, Any]:
    """The theoretical field for a header: `box` and the part of it `inside` the image are [y0, x0, y1, x1], the end
    not in it; `rows` and `columns` count the pixels that can change the unit."""
    rows, columns = field.rows, field.columns
    return {
        "place": None if field.place is None else [*field.place],
        "whole_image": field.is_whole_image,
        "scattered": field.is_scattered,
        "size": rows.size,
        "jump": field.jump,
        "box": [rows.start, columns.start, rows.stop, columns.stop],
        "inside": corners(rows, columns),
        "in_padding": field.in_padding,
        "rows": len(rows.seen),
        "columns": len(columns.seen),
    }


def corners(rows: Span, columns: Span) -> list[int]:
    """All 0 where no pixel lies in the box.

    >>> corners(Span(-2, 3, (0, 1, 2)), Span(4, 9, (4, 5, 6, 7, 8)))
    [0, 4, 3, 9]
    """
    if not (rows.inside and columns.inside):
        return [0, 0, 0, 0]
    return [rows.inside.start, columns.inside.start, rows.inside.stop, columns.inside.stop]


def seen(field: UnitField) -> NDArray[np.float32]:
    """1 where a pixel can change the unit, else 0."""
    pixels = np.zeros(IMAGE_SHAPE[1:], np.float32)
    pixels[np.ix_(field.rows.seen, field.columns.seen)] = 1
    return pixels


def or_nan(shares: NDArray[np.float32] | None, within: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.full(len(within), np.nan, np.float32) if shares is None else shares
