"""A race: curves with a colour a value, what came out over the values, and a grid that fills up."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go

from playground.figures.arms import HEIGHT, add_band, arm_chart, frame_if_empty, log_ticks, on_log_scale
from playground.figures.colors import ARMS, MARK, SEQUENTIAL, colorscale, layer_palette
from playground.figures.frame import frame

TALL = 340  # pixels
ROW = 46  # pixels of a grid's row
AROUND = 130  # of its rows: the names of the values, the colour bar
SO_FAR = 0.35  # of the opacity of what has ended
Scale = Literal["linear", "log", "names"]  # of the values' axis; names stand one beside the other
MOST_NAMES = 6  # in a legend


def palette(count: int, is_ordered: bool) -> tuple[str, ...]:
    """A colour an arm: along one scale where the arms have an order, else as different as they can be.

    >>> len(palette(12, True)), palette(2, False) == ARMS[:2]
    (12, True)
    """
    return layer_palette(count) if is_ordered or count > len(ARMS) else ARMS[:count]


@dataclass(frozen=True)
class Entrant:
    """An arm as charts show it: what the legend calls it, its place on an axis of values, and the word for why nothing
    can be concluded from it ("" where something can)."""

    arm: str
    short: str
    color: str
    at: float
    gone: str = ""


def race_curves(
    curves: pd.DataFrame,
    entrants: Sequence[Entrant],
    column: str,
    title: str,
    look_for: str,
    y: str,
    x: str,
    is_wide: bool,
    number: str,
    **y_axis: Any,
) -> go.Figure:
    """All arms on one chart: the mean over seeds and its spread. `curves`: `arm`, `seed`, x and the column."""
    figure = arm_chart(title, look_for, x, y, **y_axis)
    for one in entrants:
        own = curves[curves["arm"] == one.arm]
        add_band(figure, one.short, own, x, column, one.color, number, said=one.arm)
    is_short = len(entrants) <= MOST_NAMES
    figure.update_layout(
        meta={**figure.layout.meta, "is_wide": is_wide},
        height=TALL if is_wide else HEIGHT,
        showlegend=is_wide and is_short,
        hovermode="x unified" if is_short else "closest",
    )
    return on_log_scale(frame_if_empty(figure), curves[column])


def race_finals(
    finals: pd.DataFrame,
    entrants: Sequence[Entrant],
    scale: Scale,
    column: str,
    title: str,
    look_for: str,
    x: str,
    y: str,
    number: str,
    **y_axis: Any,
) -> go.Figure:
    """What came out over the values: a ring a run, and a line through the means where values are numbers.

    `finals`: `arm`, `seed` and the column.
    """
    figure = arm_chart(title, look_for, x, y, **y_axis)
    runs = {one.arm: finals[finals["arm"] == one.arm][column].astype(float).tolist() for one in entrants}
    means = [(one.at, sum(runs[one.arm]) / len(runs[one.arm])) for one in entrants if runs[one.arm]]
    if scale != "names":
        line = {"color": MARK, "width": 1.5}
        where, values = [at for at, _ in means], [mean for _, mean in means]
        figure.add_scatter(x=where, y=values, mode="lines", line=line, showlegend=False, hoverinfo="skip")
    for one in entrants:
        add_runs(figure, one, runs[one.arm], number)
    on_log_scale(frame_if_empty(figure), finals[column].astype(float))
    figure.update_layout(hovermode="closest", showlegend=False)
    over_values(figure, entrants, scale)
    return figure


def add_runs(figure: go.Figure, one: Entrant, values: Sequence[float], number: str) -> None:
    """The mean over an arm's runs, and a ring for each of several; a cross at the top where it is gone."""
    if len(values) > 1:
        rings = {"symbol": "circle-open", "size": 7, "color": one.color, "opacity": 0.7}
        where = [one.at] * len(values)
        figure.add_scatter(x=where, y=values, mode="markers", marker=rings, showlegend=False, hoverinfo="skip")
    figure.add_scatter(
        name=one.short,
        x=[one.at] if values else [],
        y=[sum(values) / len(values)] if values else [],
        mode="markers",
        marker={"size": 10, "color": one.color},
        showlegend=False,
        hovertemplate=f"{one.arm} %{{y:{number}}}<extra></extra>",
    )


def over_values(figure: go.Figure, entrants: Sequence[Entrant], scale: Scale) -> None:
    """An x axis with a tick for each value, as far as there is room, and the word where an arm is gone."""
    places = [log10(one.at) if scale == "log" else one.at for one in entrants]
    room = 0.5 if scale == "names" else 0.06 * (max(places) - min(places))
    figure.update_xaxes(range=[min(places) - room, max(places) + room])
    if scale == "log":
        figure.update_xaxes(type="log", tickformat=",~g", tickvals=log_ticks(one.at for one in entrants))
    else:
        figure.update_xaxes(tickvals=places, ticktext=[one.short for one in entrants])
    for one, place in zip(entrants, places, strict=True):
        if one.gone:
            font = {"size": 11, "color": MARK}
            where = {"x": place, "y": 1, "yref": "paper", "yanchor": "top", "textangle": -90}
            figure.add_annotation(text=f"✕ {one.gone}", font=font, showarrow=False, **where)


# --- grids ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """A pair of values and what is known of it: the mean of `runs` that have ended, or of those that go on.

    `word`: why there is no number, where there will be none.
    """

    x: int
    y: int
    name: str
    value: float | None = None
    runs: int = 0
    has_ended: bool = False
    word: str = ""


def race_grid(
    cells: Sequence[Cell],
    columns: Sequence[str],
    rows: Sequence[str],
    titles: tuple[str, str],
    title: str,
    look_for: str,
    form: Any,
    is_loss: bool,
    chance: float | None = None,
) -> go.Figure:
    """A cell a pair of values, the stronger the better; pale: so far. Losses are coloured by their logarithm.

    `chance`: the loss of one who knows nothing, where that is known.
    """
    bar = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "thickness": 8, "outlinewidth": 0}
    known = [cell for cell in cells if cell.value is not None]
    heights = [height(cell.value or 0.0, is_loss) for cell in known]
    low, high = bounds(heights, is_loss, chance)
    ticks = [low, (low + high) / 2, high]
    texts = [form(10**tick if is_loss else tick) for tick in ticks]
    axis = {"showgrid": False, "zeroline": False, "fixedrange": True, "automargin": True}
    figure = go.Figure(
        layout=frame(
            title,
            look_for,
            max(HEIGHT, AROUND + ROW * len(rows)),
            {"l": 70, "r": 12, "t": 46, "b": 48},
            hovermode="closest",
            meta={"colors": "sequential"},
            xaxis={**axis, **category(columns), "title": {"text": titles[0], "standoff": 6}},
            yaxis={**axis, **category(rows), "title": {"text": titles[1], "standoff": 8}},
            coloraxis={
                "cmin": low,
                "cmax": high,
                "colorscale": colorscale(SEQUENTIAL["light"]),
                "reversescale": is_loss,
                "colorbar": {**bar, "tickvals": ticks, "ticktext": texts},
            },
        )
    )
    for has_ended in (True, False):
        own = {(cell.y, cell.x): cell for cell in known if cell.has_ended is has_ended}
        figure.add_heatmap(
            name="ended" if has_ended else "so far",
            x=list(range(len(columns))),
            y=list(range(len(rows))),
            z=table(rows, columns, lambda y, x, own=own: height(own[y, x].value, is_loss) if (y, x) in own else None),
            text=table(rows, columns, lambda y, x, own=own: form(own[y, x].value) if (y, x) in own else ""),
            customdata=table(rows, columns, lambda y, x, own=own: told(own[y, x]) if (y, x) in own else ""),
            texttemplate="%{text}" if has_ended else "",
            coloraxis="coloraxis",
            opacity=1 if has_ended else SO_FAR,
            xgap=2,
            ygap=2,
            hoverongaps=False,
            hovertemplate="%{customdata}: %{text}<extra></extra>",
        )
    # Words of their own: Plotly would choose a colour that can be read on the full one.
    add_words(figure, [(cell, form(cell.value)) for cell in known if not cell.has_ended], 12)
    add_words(figure, [(cell, f"✕ {cell.word}") for cell in cells if cell.word], 11)
    return figure


def add_words(figure: go.Figure, words: Sequence[tuple[Cell, str]], size: int) -> None:
    figure.add_scatter(
        x=[cell.x for cell, _ in words],
        y=[cell.y for cell, _ in words],
        text=[word for _, word in words],
        customdata=[told(cell) if cell.runs else cell.name for cell, _ in words],
        mode="text",
        textfont={"size": size},
        showlegend=False,
        hovertemplate="%{customdata}: %{text}<extra></extra>",
    )


def category(names: Sequence[str]) -> dict[str, Any]:
    places = list(range(len(names)))
    return {"tickvals": places, "ticktext": list(names), "range": [-0.5, len(names) - 0.5]}


def table(rows: Sequence[str], columns: Sequence[str], entry: Any) -> list[list[Any]]:
    return [[entry(y, x) for x in range(len(columns))] for y in range(len(rows))]


def told(cell: Cell) -> str:
    runs = f"{cell.runs} run{'s' if cell.runs > 1 else ''}"
    return f"{cell.name}, {'mean of ' if cell.runs > 1 else ''}{runs}{'' if cell.has_ended else ' so far'}"


def height(value: float, is_loss: bool) -> float:
    """Where a value stands on the colour scale."""
    return log10(max(value, 1e-9)) if is_loss else value


def bounds(heights: Sequence[float], is_loss: bool, chance: float | None = None) -> tuple[float, float]:
    """The ends of the colour scale. A loss above chance is no worse than chance: else one would make all others alike.

    >>> bounds([-1.0, 3.0], True, chance=10.0), bounds([-1.0, 3.0], True), bounds([], False)
    ((-1.0, 1.0), (-1.0, 3.0), (0.0, 1.0))
    """
    if not heights:
        return (-1.0, 0.0) if is_loss else (0.0, 1.0)
    low, high = min(heights), max(heights)
    if chance is not None:
        high = max(min(high, log10(chance)), low)
    return (low, high) if high > low else (low - 0.05, high + 0.05)
