"""The textbook picture: polynomials of degree 1 to 20 through noisy points of a cubic."""

from collections.abc import Sequence
from math import log10
from typing import Any

import pandas as pd
from pydantic import Field

from playground.figures.polynomials import degree_errors, penalty_errors, penalty_path, polynomial_curves
from playground.labs.claims import Claim, at_least, effect, in_words, number
from playground.labs.outcome import Results
from playground.labs.topic import Arm, Setup, Topic

SHOWN = (1, 3, 20)  # degrees: too small, right, too large
CLOSE = 1e-5  # of the largest coefficient: ours counts as equal to scikit-learn's
CLOSE_PATH = 1e-6
GUESSES = ("1 to 2", "3 to 6", "7 to 20")


class PolynomialsSetup(Setup):
    seeds: int = Field(5, ge=1, le=10)
    points: int = Field(30, ge=30, le=200)  # with fewer, degree 20 has hardly any way down that rounding leaves
    noise: float = Field(0.3, ge=0, le=1)
    degree: int = Field(12, ge=3, le=20)  # of the paths


def arms(_setup: PolynomialsSetup) -> tuple[Arm, ...]:
    """None: a worker does it all at once."""
    return ()


def charts(setup: PolynomialsSetup, found: Results) -> Sequence[Any]:
    study = found.answered
    return [
        polynomial_curves(
            *(study, SHOWN, "Too stiff, right, too free"),
            f"Degree 1 misses the bends; degree {SHOWN[-1]} bends for every point. The dotted cubic made the points.",
        ),
        degree_errors(study, setup.noise),
        penalty_path(
            *(study, "ridge", "Ridge: coefficients against λ"),
            f"Degree {setup.degree}. L2 draws all towards 0, and none of them there.",
        ),
        penalty_path(
            *(study, "lasso", "Lasso: coefficients against λ"),
            f"Degree {setup.degree}. L1 sets one after the other to exactly 0.",
        ),
        penalty_errors(study, setup.degree),
    ]


def answer(setup: PolynomialsSetup, found: Results) -> tuple[Claim, ...]:
    study = found.answered
    if study is None:
        return ()
    fits = pd.DataFrame(study["fits"])
    means = mean_errors(study)
    best = min(means, key=lambda degree: means[degree])
    wide = fits.pivot(index="seed", columns="degree", values="test_error")
    worse = effect(log10(ratio) for ratio in wide[20] / wide[best])  # their ratios span powers of ten
    ridge, lasso = study["ridge"], study["lasso"]
    strongest = zero_from(lasso)
    far = fits["difference"].max()
    paths = max(ridge["difference"], lasso["difference"])
    return (
        Claim(
            f"Test error is least at degree {best}: {number(means[best])}, the mean over {setup.seeds} draws of "
            f"{setup.points} points; the noise alone is {number(setup.noise**2)}. The points come from a cubic.",
            3 <= best <= 6,
        ),
        Claim(
            f"At degree 20 it is {in_words(worse, power)} times as large (geometric mean over the draws), though train "
            "error is the lowest there.",
            at_least(worse, 0) if best != 20 else False,
        ),
        Claim(
            f"Degree {setup.degree} has a test error of {number(min(ridge['test_error']))} with ridge at its best "
            f"strength, λ = {number(at_best(ridge))}; of {number(min(lasso['test_error']))} with lasso at "
            f"{number(at_best(lasso))}; and with hardly any penalty, λ = {number(ridge['strengths'][0])}, "
            f"of {number(ridge['test_error'][0])}."
        ),
        Claim(
            f"Lasso has set every coefficient to 0 at λ = {number(strongest)}; ridge has none at 0 even at "
            f"{number(ridge['strengths'][-1])}."
            if strongest
            else f"Even at λ = {number(lasso['strengths'][-1])} lasso leaves some coefficient above 0.",
            strongest is not None and all(value != 0 for value in ridge["ours"][-1]),
        ),
        Claim(
            f"Trained by their gradient, all fits lie within {number(far)} of scikit-learn's coefficients (as a share "
            f"of the largest), and both paths within {number(paths)}.",
            bool(far <= CLOSE and paths <= CLOSE_PATH),
        ),
    )


def power(exponent: float) -> str:
    """
    >>> power(1.5)
    '31.6'
    """
    return number(10**exponent)


def mean_errors(study: dict[str, Any]) -> dict[int, float]:
    """Degree → mean test error over the draws."""
    means = pd.DataFrame(study["fits"]).groupby("degree")["test_error"].mean()
    return dict(zip(means.index.tolist(), means.tolist(), strict=True))


def at_best(path: dict[str, Any]) -> float:
    """The strength of least test error."""
    errors = path["test_error"]
    return float(path["strengths"][errors.index(min(errors))])


def zero_from(path: dict[str, Any]) -> float | None:
    """The least strength at which every coefficient is 0."""
    rows = zip(path["strengths"], path["ours"], strict=True)
    return next((strength for strength, row in rows if not any(row)), None)


def came_true(setup: PolynomialsSetup, found: Results) -> str:
    if found.answered is None:
        return ""
    means = mean_errors(found.answered)
    best = min(means, key=lambda degree: means[degree])
    return GUESSES[0] if best < 3 else GUESSES[1] if best <= 6 else GUESSES[2]


TOPIC = Topic(
    name="polynomials",
    title="Polynomials",
    question="Which degree follows the points, and not their noise?",
    setup=PolynomialsSetup(),
    arms=arms,
    charts=charts,
    answer=answer,
    guesses=GUESSES,
    came_true=came_true,
    task="polynomials",
)
