"""The confusion matrix, of squares that can be clicked."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

CLASSES = range(10)


def confusion_table(labels: list[int], predictions: list[int]) -> pd.DataFrame:
    """One row a cell: label, prediction, count, and its share of the label's digits."""
    counts = pd.crosstab(pd.Series(labels), pd.Series(predictions)).reindex(
        index=CLASSES, columns=CLASSES, fill_value=0
    )
    cells = counts.rename_axis("label").reset_index().melt("label", var_name="prediction", value_name="count")
    of_label = cells.groupby("label")["count"].transform("sum")
    return cells.assign(share=cells["count"] / of_label.where(of_label > 0, 1)).astype({"prediction": int})


def confusion_figure(cells: pd.DataFrame) -> go.Figure:
    """Rows are labels, columns what the network said; right answers in the test colour, errors in orange.

    Markers, not a heatmap: a click on a marker reaches the page.
    """
    is_right = cells["label"] == cells["prediction"]
    strength = np.where(is_right, cells["share"], np.sqrt(cells["share"]))
    colors = [
        f"rgba({'0,158,115' if right else '213,94,0'},{0.06 + 0.84 * value:.3f})"
        for right, value in zip(is_right, strength, strict=True)
    ]
    figure = go.Figure(
        go.Scatter(
            x=cells["prediction"],
            y=cells["label"],
            mode="markers+text",
            text=[str(count) if count else "" for count in cells["count"]],
            customdata=cells[["count", "share"]],
            marker={"symbol": "square", "size": 30, "color": colors, "line": {"width": 0}},
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 1}},
            hovertemplate="%{y} taken for %{x}: %{customdata[0]} digits, %{customdata[1]:.1%} of %{y}<extra></extra>",
            name="test",
        )
    )
    axis = {"tickvals": list(CLASSES), "showgrid": False, "zeroline": False, "fixedrange": True}
    figure.update_layout(
        height=400,
        margin={"l": 50, "r": 10, "t": 10, "b": 45},
        xaxis={**axis, "title": "prediction", "range": [-0.6, 9.6]},
        yaxis={**axis, "title": "label", "range": [9.6, -0.6]},
        showlegend=False,
        dragmode=False,
    )
    return figure
