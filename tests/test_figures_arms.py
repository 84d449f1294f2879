"""Arms on shared axes: means and spreads over seeds, and paired differences."""

from typing import Any

import pandas as pd
import pytest

from playground.figures.arms import arm_curves, color_of, difference_curves, sweep_curves

CURVES = pd.DataFrame(
    [
        ("one", 0, 0, 0.0, 2.0, 2.2),
        ("one", 0, 10, 1.0, 1.0, 1.4),
        ("one", 1, 0, 0.0, 4.0, 4.2),
        ("one", 1, 10, 1.0, 2.0, 2.4),
        ("two", 0, 0, 0.0, 2.0, 2.2),
        ("two", 0, 20, 2.0, 0.0, 0.2),
        ("two", 1, 0, 0.0, 4.0, 4.0),
        ("two", 1, 20, 2.0, 2.0, 2.0),
    ],
    columns=["arm", "seed", "step", "epoch", "validation_loss", "train_loss"],
)
FINALS = pd.DataFrame(
    [("MLP", 10, 0, 0.5), ("MLP", 10, 1, 0.7), ("MLP", 100, 0, 0.9), ("CNN", 10, 0, 0.6)],
    columns=["group", "at", "seed", "accuracy"],
)


def lines(figure: Any) -> list[Any]:
    return [trace for trace in figure.data if trace.line.width != 0 and trace.mode != "markers"]


def test_a_line_is_the_mean_over_seeds_and_its_band_goes_from_the_least_to_the_most() -> None:
    figure = arm_curves(CURVES, ["one"], ["validation_loss"], "Loss", "Lower?", "loss")
    band, line = figure.data
    assert list(line.x) == [0, 10]
    assert list(line.y) == [3.0, 1.5]
    assert list(band.y) == [4.0, 2.0, 1.0, 2.0]  # there along the most, back along the least


def test_a_mean_over_seeds_ends_where_the_first_of_them_ends() -> None:
    longer = pd.concat([CURVES, CURVES[:1].assign(step=20, epoch=2.0, validation_loss=0.5)])
    _, line = arm_curves(longer, ["one"], ["validation_loss"], "Loss", "Lower?", "loss").data
    assert list(line.x) == [0, 10]


def test_one_seed_has_no_band() -> None:
    figure = arm_curves(CURVES[CURVES["seed"] == 0], ["one", "two"], ["validation_loss"], "Loss", "Lower?", "loss")
    assert [trace.name for trace in figure.data] == ["one", "two"]


def test_an_arm_has_its_colour_and_a_second_column_is_dashed() -> None:
    figure = arm_curves(CURVES, ["one", "two"], ["validation_loss", "train_loss"], "Loss", "Lower?", "loss")
    found = [(trace.name, trace.line.color, trace.line.dash) for trace in lines(figure)]
    assert found == [
        ("one", color_of(0), "solid"),
        ("one", color_of(0), "dash"),
        ("two", color_of(1), "solid"),
        ("two", color_of(1), "dash"),
    ]
    assert [trace.showlegend for trace in lines(figure)] == [True, False, True, False]


def test_a_difference_is_taken_seed_by_seed_where_both_arms_were_measured() -> None:
    """two − one at step 0: 0 for both seeds; at step 10: 1 − 1 and 3 − 2, with two's value between its own points."""
    figure = difference_curves(CURVES, ["one", "two"], "validation_loss", "Difference", "Above 0?", "loss")
    (line,) = lines(figure)
    assert list(line.x) == [0, 10]
    assert list(line.y) == [0.0, pytest.approx(0.5)]
    assert line.line.color == color_of(1)


def test_a_sweep_has_a_ring_for_each_run_and_the_mean_between_them() -> None:
    figure = sweep_curves(FINALS, ["MLP", "CNN"], ["accuracy"], "Accuracy", "Higher?", "digits", "accuracy", log_x=True)
    rings = next(trace for trace in figure.data if trace.mode == "markers")
    assert sorted(rings.y) == [0.5, 0.7, 0.9]
    assert [list(trace.y) for trace in lines(figure)] == [[pytest.approx(0.6), 0.9], [0.6]]
    assert figure.layout.xaxis.type == "log"


@pytest.mark.parametrize("empty", [CURVES[:0]])
def test_without_anything_measured_there_are_plain_axes(empty: pd.DataFrame) -> None:
    for figure in (
        arm_curves(empty, ["one", "two"], ["validation_loss"], "Loss", "Lower?", "loss"),
        difference_curves(empty, ["one", "two"], "validation_loss", "Difference", "Above 0?", "loss"),
        sweep_curves(FINALS[:0], ["MLP"], ["accuracy"], "Accuracy", "Higher?", "digits", "accuracy", log_x=True),
    ):
        assert figure.layout.xaxis.range == (0, 100)
        assert figure.layout.meta["look_for"]


def test_a_log_axis_is_labelled_where_was_swept_but_for_labels_that_would_overlap() -> None:
    finals = FINALS.assign(at=[50, 50, 60, 3500])
    figure = sweep_curves(finals, ["MLP", "CNN"], ["accuracy"], "Accuracy", "Higher?", "digits", "accuracy", log_x=True)
    assert (figure.layout.xaxis.type, list(figure.layout.xaxis.tickvals)) == ("log", [50, 3500])


def test_a_log_axis_without_a_run_has_plain_ticks() -> None:
    figure = sweep_curves(FINALS[:0], ["MLP"], ["accuracy"], "Accuracy", "Higher?", "digits", "accuracy", log_x=True)
    assert (figure.layout.xaxis.type, figure.layout.xaxis.tickvals) == ("linear", None)
