"""Cross-validation as a picture: which part is what in each round, and what each round scored."""

import pandas as pd
import plotly.graph_objects as go

from playground.figures.arms import arm_chart, color_of, frame_if_empty
from playground.figures.colors import MARK, TEST, TRAIN, VALIDATION


def fold_picture(folds: int, digits_of_fold: int, test_digits: int) -> go.Figure:
    """A row a round, a bar a part: K - 1 folds train, one validates, and the test split stays apart."""
    figure = arm_chart(
        "What each round trains and validates on",
        f"Blue: train, orange: validation. {folds} folds of about {digits_of_fold:,} digits; each is the validation "
        f"split once. The {test_digits:,} test digits are in none of them.",
        *("part", ""),
    )
    rounds = [f"round {fold}" for fold in range(1, folds + 1)]
    figure.update_layout(barmode="stack", bargap=0.25, hovermode="closest")
    for part in range(1, folds + 2):
        colors = [TEST if part > folds else VALIDATION if part == fold else TRAIN for fold in range(1, folds + 1)]
        words = ["test" if part > folds else "validation" if part == fold else "train" for fold in range(1, folds + 1)]
        figure.add_bar(
            y=rounds,
            x=[1] * folds,
            base=part - 1 + (0.35 if part > folds else 0),
            width=0.75,
            orientation="h",
            marker={"color": colors, "line": {"width": 0}},
            opacity=0.8,
            text=[word if word != "train" else "" for word in words],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            customdata=words,
            hovertemplate=f"%{{y}}, {'test split' if part > folds else f'fold {part}'}: %{{customdata}}<extra></extra>",
            showlegend=False,
        )
    ticks = [*(fold - 0.5 for fold in range(1, folds + 1)), folds + 0.85]
    figure.update_xaxes(tickvals=ticks, ticktext=[*map(str, range(1, folds + 1)), "test"], showgrid=False)
    figure.update_yaxes(autorange="reversed", title_text="", showgrid=False, automargin=True)
    return figure


def fold_scores(finals: pd.DataFrame, arms: list[str]) -> go.Figure:
    """Validation accuracy of each fold as a ring, and their mean as a bar, a column a seed.

    `finals`: `arm`, `seed`, `validation_accuracy`.
    """
    figure = arm_chart(
        "Score of each fold, and their mean",
        "A ring is what a single split would have told you. The dash is the mean of all folds: less luck in it.",
        *("seed of the folds", "validation accuracy"),
        tickformat=".0%",
    )
    figure.update_layout(hovermode="closest")
    for place, arm in enumerate(arms):
        own = finals[finals["arm"] == arm]
        figure.add_scatter(
            name=arm,
            x=[str(seed) for seed in own["seed"]],
            y=own["validation_accuracy"].tolist(),
            mode="markers",
            marker={"symbol": "circle-open", "size": 9, "color": color_of(place), "line": {"width": 2}},
            hovertemplate=f"{arm}: %{{y:.1%}}<extra></extra>",
        )
    whole = finals.groupby("seed").filter(lambda rows: rows["arm"].nunique() == len(arms))
    means = whole.groupby("seed")["validation_accuracy"].mean()
    figure.add_scatter(
        name="mean of all folds",
        x=[str(seed) for seed in means.index],
        y=means.tolist(),
        mode="markers",
        marker={"symbol": "line-ew", "size": 26, "line": {"width": 3, "color": MARK}},
        hovertemplate="mean of all folds: %{y:.1%}<extra></extra>",
    )
    figure.update_xaxes(type="category")
    return figure if len(finals) else frame_if_empty(figure)
