"""A run's curves: loss, accuracy and learning rate over steps.

`stepped`, `evaluated` and `changed` are the tables of a run's journal; each may be empty.
"""

import pandas as pd
import plotly.graph_objects as go

from playground.figures.colors import BATCH, PENALTY, TRAIN, VALIDATION
from playground.figures.steps import add_changes, add_line, column, frame_if_empty, step_chart


def loss(stepped: pd.DataFrame, evaluated: pd.DataFrame, changed: pd.DataFrame, has_penalty: bool = False) -> go.Figure:
    """Loss over steps; with a penalty on, also the penalty and the sum that the optimizer really lowers."""
    figure = step_chart(
        "Loss",
        "Validation that rises while train falls is overfitting. batch: train mode; train, validation: eval mode"
        + (", without penalty." if has_penalty else "."),
        "loss",
        rangemode="tozero",
    )
    add_line(figure, "batch", stepped, "loss", "loss", BATCH, width=1)
    if has_penalty:
        add_line(figure, "penalty", stepped, "penalty", "penalty", PENALTY, width=1.5)
        add_line(figure, "train + penalty", with_penalty(evaluated, stepped), "sum", "evaluated", TRAIN, dash="dot")
    add_line(figure, "train", evaluated, "train_loss", "evaluated", TRAIN)
    add_line(figure, "validation", evaluated, "validation_loss", "evaluated", VALIDATION)
    add_changes(figure, changed, with_text=True)
    return frame_if_empty(figure, 0, 2.5)


def accuracy(stepped: pd.DataFrame, evaluated: pd.DataFrame, changed: pd.DataFrame) -> go.Figure:
    """Share of digits that are classified correctly, over steps."""
    figure = step_chart(
        "Accuracy",
        "The gap between train and validation is what was learnt by heart.",
        "accuracy",
        tickformat=".0%",
        autorangeoptions={"maxallowed": 1.005, "minallowed": -0.005},
    )
    add_line(figure, "batch", stepped, "accuracy", "accuracy", BATCH, ".1%", width=1)
    add_line(figure, "train", evaluated, "train_accuracy", "evaluated", TRAIN, ".1%")
    add_line(figure, "validation", evaluated, "validation_accuracy", "evaluated", VALIDATION, ".1%")
    add_changes(figure, changed)
    return frame_if_empty(figure, 0, 1)


def learning_rate(stepped: pd.DataFrame, changed: pd.DataFrame) -> go.Figure:
    """The learning rate of each step, schedule included; the batch size on hover."""
    figure = step_chart(
        "Learning rate",
        "What the schedule and your changes made of it; the batch size shows on hover.",
        "learning rate",
        rangemode="tozero",
        tickformat=".2~g",
    )
    figure.update_layout(height=170)
    add_line(figure, "learning rate", stepped, "learning_rate", "learning_rate", TRAIN, showlegend=False)
    line = figure.data[-1]
    line.customdata = column(stepped, "batch_size")
    line.meta = {**line.meta, "customdata": "batch_size"}
    line.hovertemplate = "learning rate %{y:.4g}<br>batch size %{customdata:,d}<extra></extra>"
    add_changes(figure, changed)
    return frame_if_empty(figure, 0, 0.002)


def with_penalty(evaluated: pd.DataFrame, stepped: pd.DataFrame) -> pd.DataFrame:
    """Evaluated train loss plus the penalty recorded with the same step (that of the weights just before it)."""
    if evaluated.empty or stepped.empty:
        return pd.DataFrame({"step": [], "sum": []})
    both = evaluated.merge(stepped[["step", "penalty"]], on="step", how="left")
    return pd.DataFrame({"step": both["step"], "sum": both["train_loss"] + both["penalty"]})
