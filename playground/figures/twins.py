"""Two ways to the same numbers, on top of each other."""

from collections.abc import Sequence

import plotly.graph_objects as go

from playground.figures.arms import arm_chart, color_of, frame_if_empty


def batch_losses(steps: Sequence[int], built_in: Sequence[float], by_hand: Sequence[float]) -> go.Figure:
    """The loss of each batch: the run's as a broad line, the hand-written loop's dashed on it."""
    figure = arm_chart(
        "Loss of each batch",
        "Train mode, dropout on, without penalty. The dashed line should hide none of the broad one.",
        *("step", "loss"),
        rangemode="tozero",
    )
    for name, losses, style in (
        ("built-in", built_in, {"color": color_of(0), "width": 5}),
        ("from scratch", by_hand, {"color": color_of(1), "width": 1.6, "dash": "dash"}),
    ):
        figure.add_scatter(
            name=name,
            x=list(steps[: len(losses)]),
            y=list(losses),
            mode="lines",
            line=style,
            opacity=0.45 if name == "built-in" else 1,
            hovertemplate=f"{name} %{{y:.6f}}<extra></extra>",
        )
    return frame_if_empty(figure)


def batch_differences(steps: Sequence[int], built_in: Sequence[float], by_hand: Sequence[float]) -> go.Figure:
    """How far apart the two are at each step, on a log axis; steps without any difference have no point."""
    figure = arm_chart(
        "Difference of the two",
        "Rounding only: 32-bit numbers have about 7 digits. No point: not a bit of difference.",
        *("step", "|difference|"),
        type="log",
        tickformat=".0e",
        dtick=1,
    )
    apart = [abs(one - other) for one, other in zip(built_in, by_hand, strict=False)]
    figure.add_scatter(
        name="|built-in − from scratch|",
        x=[step for step, gap in zip(steps, apart, strict=False) if gap],
        y=[gap for gap in apart if gap],
        mode="markers",
        marker={"size": 4, "color": color_of(2)},
        hovertemplate="%{y:.1e}<extra></extra>",
    )
    return frame_if_empty(figure)
