"""Figures on a page of their own, without this program: HTML with Plotly's own JavaScript inlined."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from playground.figures import curves, layers
from playground.figures.javascript import plotly_javascript

MOST_BATCHES = 2000  # points of a line over batches


@dataclass(frozen=True)
class Drawn:
    """A figure as HTML, what it shows and what to look for."""

    title: str
    look_for: str
    html: str


def run_figures(
    stepped: pd.DataFrame,
    evaluated: pd.DataFrame,
    measured: pd.DataFrame,
    changed: pd.DataFrame,
    names: Sequence[str],
    with_penalty: bool,
) -> list[Drawn]:
    """The charts of the live board, of a whole run: its journal's tables, and the names of the weighted layers."""
    every = -(-len(stepped) // MOST_BATCHES) or 1
    batches = stepped.iloc[::every]
    figures = [
        curves.loss(batches, evaluated, changed, with_penalty),
        curves.accuracy(batches, evaluated, changed),
        layers.gradients(measured, names, changed),
        layers.updates(measured, names, changed),
        curves.learning_rate(batches, changed),
    ]
    note = f" batch: every {every}th step." if every > 1 else ""
    return [drawn(figure, note if place < 2 else "") for place, figure in enumerate(figures)]


def drawn(figure: go.Figure, note: str = "") -> Drawn:
    meta = figure.layout.meta
    html = figure.to_html(full_html=False, include_plotlyjs=False, config={"displaylogo": False, "responsive": True})
    return Drawn(meta["title"], meta["look_for"] + note, html)


def javascript() -> str:
    """4.8 MB, once a page."""
    return plotly_javascript().read_text(encoding="utf-8")
