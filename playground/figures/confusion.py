"""The confusion matrix, of squares that can be clicked."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from playground.figures.colors import TEST, VALIDATION

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

    The square root of a cell's share of its row sets its strength, so that single errors are seen. A heatmap's clicks
    don't reach a page: unseen markers on the cells take them, and the hover.
    """
    is_right = cells["label"] == cells["prediction"]
    strength = np.sqrt(cells["share"]) * np.where(is_right, 1, -1)
    wide = cells.assign(strength=strength).pivot(index="label", columns="prediction", values=["strength", "count"])
    counts = wide["count"].to_numpy().astype(int)
    figure = go.Figure(
        [
            go.Heatmap(
                x=list(CLASSES),
                y=list(CLASSES),
                z=wide["strength"].to_numpy(),
                zmin=-1,
                zmax=1,
                colorscale=[[0, VALIDATION], [0.499, "#F2CDB0"], [0.5, "rgba(128, 128, 128, 0.08)"], [1, TEST]],
                showscale=False,
                xgap=2,
                ygap=2,
                text=[[str(count) if count else "" for count in row] for row in counts],
                texttemplate="%{text}",
                hoverinfo="skip",
            ),
            go.Scatter(
                x=cells["prediction"],
                y=cells["label"],
                mode="markers",
                customdata=cells[["count", "share"]],
                marker={"symbol": "square", "size": 24, "opacity": 0},
                hovertemplate="%{y} taken for %{x}: %{customdata[0]}, %{customdata[1]:.1%} of all %{y}<extra></extra>",
                name="test",
            ),
        ]
    )
    axis = {"tickvals": list(CLASSES), "showgrid": False, "zeroline": False, "fixedrange": True}
    figure.update_layout(
        height=380,
        margin={"l": 45, "r": 5, "t": 5, "b": 45},
        xaxis={**axis, "title": "prediction", "range": [-0.5, 9.5]},
        yaxis={**axis, "title": "label", "range": [9.5, -0.5]},
        showlegend=False,
        dragmode=False,
    )
    return figure
