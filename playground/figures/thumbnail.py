"""A run's two losses as a small picture without axes."""

import pandas as pd

from playground.figures.colors import MARK, TRAIN, VALIDATION

WIDTH, HEIGHT, MARGIN = 240, 96, 6
HIGHEST = 3.0  # what is above it is drawn at the edge
GUESSING = 2.302585  # ln 10, the cross-entropy of ten equal probabilities


def thumbnail(evaluated: pd.DataFrame, title: str, digest: str) -> str:
    """SVG of the train and validation loss over the steps, from 0 to `HIGHEST`; dotted: guessing.

    `evaluated` has the columns step, train_loss and validation_loss. The digest is kept in its metadata.
    """
    last = max(1, int(evaluated["step"].max()))
    lines = (
        f'<path d="M{MARGIN} {down(GUESSING):.1f}H{WIDTH - MARGIN}" stroke="{MARK}" stroke-dasharray="1 4"/>',
        *(
            f'<polyline points="{points(evaluated["step"] / last, evaluated[column])}" stroke="{color}"/>'
            for column, color in (("validation_loss", VALIDATION), ("train_loss", TRAIN))
        ),
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">\n'
        f"<title>{title}: train and validation loss</title>\n<metadata>{digest}</metadata>\n"
        f'<g fill="none" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">\n'
        + "\n".join(lines)
        + "\n</g>\n</svg>\n"
    )


def points(shares: pd.Series, losses: pd.Series) -> str:
    """Pairs of x and y in the picture's units, to a tenth."""
    across = MARGIN + shares * (WIDTH - 2 * MARGIN)
    return " ".join(f"{x:.1f},{down(loss):.1f}" for x, loss in zip(across, losses, strict=True))


def down(loss: float) -> float:
    """Where a loss is, from the upper edge.

    >>> down(0.0), down(HIGHEST), down(99.0)
    (90.0, 6.0, 6.0)
    """
    return HEIGHT - MARGIN - min(loss, HIGHEST) / HIGHEST * (HEIGHT - 2 * MARGIN)
