"""The textbook picture: polynomials of degree 1 to 20 through noisy points of a cubic."""

from collections.abc import Iterable, Sequence
from math import log10
from typing import Any

import pandas as pd
from pydantic import Field

from playground.figures.polynomials import degree_errors, penalty_errors, penalty_path, polynomial_curves
from playground.labs.claims import Claim, Effect, at_least, effect, in_words, number
from playground.labs.outcome import Results
from playground.labs.topic import Arm, Setup, Topic

SHOWN = (1, 3, 20)  # degrees: too small, right, too large
CLOSE = 1e-5  # of the largest coefficient: ours counts as equal to scikit-learn's
CLOSE_PATH = 1e-6
GUESSES = ("1 to 2", "3 to 6", "7 to 20")
RANGES = (range(1, 3), range(3, 7), range(7, 21))  # the guesses
ALL = range(1, 21)


class PolynomialsSetup(Setup):
    seeds: int = Field(5, ge=1, le=10)
    points: int = Field(30, ge=30, le=200)  # with fewer, degree 20 has hardly any way down that rounding leaves
    noise: float = Field(0.3, ge=0.1, le=1)  # with less, L-BFGS stalls at high degrees
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
    best, widest, place = best_degree(study), SHOWN[-1], decided(study)
    draws = f"{setup.seeds} draw{'s' if setup.seeds > 1 else ''}"
    ridge, lasso = study["ridge"], study["lasso"]
    strongest = zero_from(lasso)
    claims = [
        Claim(
            f"Validation error is least at degree {best}; the test error there is "
            f"{number(mean_errors(study, 'test_error')[best])}, the mean over {draws} of {setup.points} points; the "
            f"noise alone is {number(setup.noise**2)}. The points come from a cubic.",
            place == 1 if place is not None else None,
        )
    ]
    if best != widest:
        worse = times_larger(study, widest, best)
        train = mean_errors(study, "train_error")
        lowest = min(train, key=lambda degree: train[degree])
        though = (
            "though train error is the lowest there"
            if lowest == widest
            else f"and train error is least at degree {lowest}"
        )
        claims.append(
            Claim(
                f"At degree {widest} test error is {in_words(worse, power)} times as large (geometric mean over the "
                f"draws), {though}.",
                at_least(worse, 0),
            )
        )
    chosen = {name: place_of_best(path) for name, path in (("ridge", ridge), ("lasso", lasso))}
    claims += [
        Claim(
            f"Degree {setup.degree} with ridge has a test error of {number(ridge['test_error'][chosen['ridge']])} at "
            f"λ = {number(ridge['strengths'][chosen['ridge']])}, where validation error is least; with lasso of "
            f"{number(lasso['test_error'][chosen['lasso']])} at {number(lasso['strengths'][chosen['lasso']])}; and "
            f"with hardly any penalty, λ = {number(ridge['strengths'][0])}, of {number(ridge['test_error'][0])} "
            "(the first draw)."
        ),
        Claim(
            f"Lasso has set every coefficient to 0 at λ = {number(strongest)}; ridge has {zeros(ridge)} at 0 even at "
            f"{number(ridge['strengths'][-1])}."
            if strongest
            else f"Even at λ = {number(lasso['strengths'][-1])} lasso leaves some coefficient above 0.",
            strongest is not None and zeros(ridge) == "none",
        ),
        beside_sklearn(study),
    ]
    return tuple(claims)


def beside_sklearn(study: dict[str, Any]) -> Claim:
    """How far ours are from scikit-learn's, where it has converged."""
    far = max(fit["difference"] for fit in study["fits"])
    text = (
        f"Trained by their gradient, all fits lie within {number(far)} of scikit-learn's coefficients (as a share of "
        "the largest)"
    )
    paths = [study[name] for name in ("ridge", "lasso") if study[name]["difference"] is not None]
    apart = max((path["difference"] for path in paths), default=0.0)
    ended = sum(study["lasso"]["converged"])
    of = len(study["lasso"]["converged"])
    text += f", and both paths within {number(apart)}" if len(paths) == 2 else f", and ridge's path within {apart:.3g}"
    if ended < of:
        text += f"; of lasso's {of} strengths, at the {ended} where scikit-learn has converged"
    return Claim(f"{text}.", bool(far <= CLOSE and apart <= CLOSE_PATH))


def zeros(path: dict[str, Any]) -> str:
    """How many coefficients are exactly 0 at the greatest strength, in words."""
    count = sum(value == 0 for value in path["ours"][-1])
    return str(count) if count else "none"


def best_degree(study: dict[str, Any], degrees: Iterable[int] = ALL) -> int:
    """The one of least validation error; the test error is never used to choose."""
    means = mean_errors(study, "validation_error")
    return min(degrees, key=lambda degree: means[degree])


def times_larger(study: dict[str, Any], degree: int, against: int) -> Effect:
    """log10 of the ratio of two degrees' test errors, draw by draw: they span powers of ten."""
    wide = pd.DataFrame(study["fits"]).pivot(index="seed", columns="degree", values="test_error")
    return effect(log10(ratio) for ratio in wide[degree] / wide[against])


def decided(study: dict[str, Any]) -> int | None:
    """The place of the range of degrees that is better than the others; None where that could be luck."""
    bests = [best_degree(study, degrees) for degrees in RANGES]
    best = best_degree(study)
    worse = [times_larger(study, rival, best) for rival in bests if rival != best]
    return bests.index(best) if all(at_least(one, 0) and one.low > 0 for one in worse) else None


def power(exponent: float) -> str:
    """
    >>> power(1.5)
    '31.6'
    """
    return number(10**exponent)


def mean_errors(study: dict[str, Any], name: str) -> dict[int, float]:
    """Degree → the mean of that error over the draws."""
    means = pd.DataFrame(study["fits"]).groupby("degree")[name].mean()
    return dict(zip(means.index.tolist(), means.tolist(), strict=True))


def place_of_best(path: dict[str, Any]) -> int:
    """The place of the strength of least validation error."""
    errors = path["validation_error"]
    return int(errors.index(min(errors)))


def zero_from(path: dict[str, Any]) -> float | None:
    """The least strength at which every coefficient is 0."""
    rows = zip(path["strengths"], path["ours"], strict=True)
    return next((strength for strength, row in rows if not any(row)), None)


def came_true(setup: PolynomialsSetup, found: Results) -> str:
    place = decided(found.answered) if found.answered is not None else None
    return GUESSES[place] if place is not None else ""


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
