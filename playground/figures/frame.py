"""What the frames of charts have in common, over steps or not."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

LEGEND_ABOVE = {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "font_size": 12}


def frame(title: str, look_for: str, height: int, margin: dict[str, int], **layout: Any) -> go.Layout:
    """A layout that lets the page's own surface through; `look_for` is the line that says what to look for."""
    meta = {"title": title, "look_for": look_for, **layout.pop("meta", {})}
    return go.Layout(
        meta=meta,
        height=height,
        margin=margin,
        paper_bgcolor="rgba(0, 0, 0, 0)",
        plot_bgcolor="rgba(0, 0, 0, 0)",
        **layout,
    )


LEAST_ROOM = 86  # pixels
LETTER = 6.6  # the mean width of one in the axes' type


def room_for(names: Sequence[str]) -> int:
    """The left margin in pixels that layers' names need.

    >>> room_for(["Conv2d #1"]), room_for(["LocallyConnected2d #1", "Head"])
    (86, 149)
    """
    return max(LEAST_ROOM, round(10 + LETTER * max(map(len, names), default=0)))


def layer_axis(names: Sequence[str], **style: Any) -> dict[str, Any]:
    """A y axis with a row a layer, the first one at the top."""
    return {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": list(names),
        "range": [len(names) - 0.5, -0.5],
        "fixedrange": True,
        **style,
    }
