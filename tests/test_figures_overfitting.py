"""The charts of the lab on overfitting: marks where curves turn, folds as bars, paths with scikit-learn's rings."""

import pandas as pd
import pytest

from playground.figures.arms import arm_chart
from playground.figures.colors import TEST, TRAIN, VALIDATION
from playground.figures.folds import fold_picture, fold_scores
from playground.figures.polynomials import LIMIT, degree_errors, penalty_errors, penalty_path, polynomial_curves
from playground.figures.turning import RISEN, add_others, mark_least, mark_lowest
from playground.figures.twins import batch_differences, batch_losses
from playground.training.polynomial_study import study


def curves(**losses: list[float]) -> pd.DataFrame:
    rows = [(arm, float(epoch), loss) for arm, values in losses.items() for epoch, loss in enumerate(values)]
    return pd.DataFrame(rows, columns=["arm", "epoch", "loss"])


def test_a_turn_is_marked_at_the_lowest_mean_over_seeds_and_only_where_the_curve_has_risen_since() -> None:
    rising, falling, wobbling = [2.0, 0.5, 0.7], [2.0, 1.0, 0.5], [2.0, 0.5, 0.5 * (1 + RISEN / 2)]
    found = pd.concat([curves(a=rising, b=falling, c=wobbling), curves(a=[2.0, 0.7, 0.9])])
    figure = arm_chart("Loss", "", "epoch", "loss")
    mark_lowest(figure, found, ["a", "b", "c", "nobody"], "loss", "epoch", "epoch")
    assert [(list(mark.x), list(mark.y)) for mark in figure.data] == [([1.0], [pytest.approx(0.6)])]
    assert figure.layout.annotations[0].text == "turns at epoch 1"


def test_the_least_of_a_sweep_is_named_and_an_empty_one_is_not() -> None:
    figure = arm_chart("Loss", "", "width", "loss")
    mark_least(figure, pd.DataFrame({"at": [], "loss": []}), "loss", "width")
    assert not figure.data
    mark_least(figure, pd.DataFrame({"at": [2, 2, 8, 8, 32], "loss": [1.0, 3.0, 1.0, 2.0, 1.9]}), "loss", "width")
    assert (figure.data[0].x, figure.data[0].y, figure.data[0].text) == ((8,), (1.5,), ("least at width 8",))


def test_added_runs_are_diamonds_at_their_place_one_an_arm() -> None:
    figure = arm_chart("Loss", "", "width", "loss")
    rows = pd.DataFrame({"arm": ["one", "one", "two"], "at": [16, 16, 16], "loss": [1.0, 2.0, 5.0]})
    add_others(figure, rows, "loss")
    assert [(mark.name, mark.x, mark.y) for mark in figure.data] == [("one", (16.0,), (1.5,)), ("two", (16.0,), (5.0,))]
    assert figure.data[0].marker.color != figure.data[1].marker.color


def test_each_round_has_one_validation_fold_and_all_leave_the_test_split_apart() -> None:
    figure = fold_picture(4, 312, 3_750)
    colors = [list(bar.marker.color) for bar in figure.data]
    for part, column in enumerate(colors[:4]):
        assert column == [VALIDATION if part == fold else TRAIN for fold in range(4)]
    assert colors[4] == [TEST] * 4


def test_the_mean_of_the_folds_waits_for_all_of_them() -> None:
    finals = pd.DataFrame(
        {"arm": ["fold 1", "fold 2", "fold 1"], "seed": [0, 0, 1], "validation_accuracy": [0.8, 0.9, 0.7]}
    )
    *folds, mean = fold_scores(finals, ["fold 1", "fold 2"]).data
    assert [list(ring.y) for ring in folds] == [[0.8, 0.7], [0.9]]
    assert (list(mean.x), list(mean.y)) == (["0"], [pytest.approx(0.85)])


def test_both_ways_are_drawn_and_steps_without_any_difference_have_no_point() -> None:
    steps, built_in, by_hand = [1, 2, 3], [2.0, 1.0, 0.5], [2.0, 1.25, 0.5]
    assert [list(line.y) for line in batch_losses(steps, built_in, by_hand).data] == [built_in, by_hand]
    (points,) = batch_differences(steps, built_in, by_hand).data
    assert (list(points.x), list(points.y)) == ([2], [0.25])
    assert batch_differences([], [], []).layout.xaxis.range is not None


def test_polynomials_are_drawn_as_they_were_measured() -> None:
    found = study(0, 2, 30, 0.3, 5)
    curve = polynomial_curves(found, [3], "One degree", "").data[-1]
    assert list(curve.y) == next(one["curve"] for one in found["fits"] if one["degree"] == 3 and one["seed"] == 0)
    errors = {line.name: line for line in degree_errors(found, 0.3).data if line.mode == "lines+markers"}
    ninth = [one["test_error"] for one in found["fits"] if one["degree"] == 9]
    assert errors["test"].y[8] == pytest.approx(sum(ninth) / 2)
    assert {"train", "validation", "test"} == set(errors)
    theirs = [ring for ring in penalty_path(found, "lasso", "Lasso", "").data if ring.name == "scikit-learn"]
    assert [ring.y[-1] for ring in theirs] == list(found["lasso"]["theirs"][24])
    assert {line.name for line in penalty_errors(found, 5).data} == {"ridge", "lasso"}


def test_without_an_answer_there_are_axes_all_the_same() -> None:
    assert list(polynomial_curves(None, [1], "", "").layout.yaxis.range) == [-LIMIT, LIMIT]
    for figure in (degree_errors(None, 0.3), penalty_path(None, "ridge", "", ""), penalty_errors(None, 5)):
        assert figure.layout.xaxis.range is not None
