"""Figures that are drawn anew in place: zoom and hover stay while a study fills them."""

from collections.abc import Sequence
from typing import Any

from playground.live.component import mount


def figures(charts: Sequence[Any], key: str) -> None:
    """Plotly figures side by side, each a card with the title and the line that its `meta` has."""
    mount("figures", None, key, {"figures": [chart.to_json() for chart in charts]})
