"""Figures over steps: they name their lines, accept empty tables, and keep one colour per meaning."""

import json
import math
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest

from playground.figures import colors, curves, layers
from playground.figures.javascript import plotly_javascript, plotly_version
from playground.live.history import extend, no_history
from playground.live.windows import LINES, Cursor, window
from playground.runs.journal import Curves, encode
from playground.runs.journal import curves as read_curves
from playground.training.events import Changed, Evaluated, LayersMeasured, Stepped

NAMES = ("Conv2d #1", "Linear #1", "Head")


def recorded() -> Curves:
    """Ten steps; the middle layer's gradient dies at step 6; the rate is raised after step 4."""
    events: list[object] = [Evaluated(0, 2.3, 0.1, 2.4, 0.09)]
    for step in range(1, 11):
        rate = 0.001 if step < 5 else 0.01
        events.append(Stepped(step, step / 5, 2 / step, 0.5, step / 10, rate, 64))
        events.append(LayersMeasured(step, (0.1, 0.0 if step > 5 else 0.01, 0.2), (1e-3, 1e-4, math.inf)))
    events.append(Evaluated(10, 0.3, 0.9, 0.4, 0.8))
    events.append(Changed(4, "optimizer.learning_rate", 0.001, 0.01))
    return read_curves([encode(events)])  # type: ignore[arg-type]


def all_figures(run: Curves) -> list[go.Figure]:
    stepped, evaluated, measured, changed = map(run.table, ("stepped", "evaluated", "layers", "changed"))
    return [
        curves.loss(stepped, evaluated, changed, has_penalty=True),
        curves.accuracy(stepped, evaluated, changed),
        curves.learning_rate(stepped, changed),
        layers.gradients(measured, NAMES, changed),
        layers.updates(measured, NAMES, changed),
    ]


def line(figure: go.Figure, name: str) -> Any:
    return next(trace for trace in figure.data if trace.name == name)


@pytest.mark.parametrize("run", [Curves(), recorded()], ids=["empty", "recorded"])
def test_every_figure_is_valid_json_for_a_browser_whatever_was_recorded(run: Curves) -> None:
    for figure in all_figures(run):
        text = figure.to_json()
        assert "NaN" not in text
        assert json.loads(text)["layout"]["meta"]["title"]


def test_figures_accept_frames_without_any_columns() -> None:
    nothing = pd.DataFrame()
    assert not line(curves.loss(nothing, nothing, nothing, True), "train").x
    assert not line(layers.gradients(nothing, NAMES, nothing), "Head").x


def test_train_and_validation_are_called_so_and_have_their_colours_on_every_chart_that_has_them() -> None:
    loss, accuracy, *_ = all_figures(recorded())
    for figure in (loss, accuracy):
        assert line(figure, "train").line.color == colors.TRAIN
        assert line(figure, "validation").line.color == colors.VALIDATION


def test_the_penalty_stands_apart_from_the_loss_only_where_one_is_on() -> None:
    run = recorded()
    stepped, evaluated, changed = map(run.table, ("stepped", "evaluated", "changed"))
    with_it = [trace.name for trace in curves.loss(stepped, evaluated, changed, has_penalty=True).data]
    without = [trace.name for trace in curves.loss(stepped, evaluated, changed, has_penalty=False).data]
    assert set(with_it) - set(without) == {"penalty", "train + penalty"}


def test_train_plus_penalty_is_their_sum() -> None:
    figure = all_figures(recorded())[0]
    both = dict(zip(line(figure, "train + penalty").x, line(figure, "train + penalty").y, strict=True))
    assert both[10] == pytest.approx(0.3 + 0.5)


def test_a_gradient_of_exactly_zero_is_a_ring_at_the_bottom_and_a_gap_in_its_line() -> None:
    gradients = all_figures(recorded())[3]
    rings = line(gradients, "exactly 0")
    assert list(rings.x) == [6, 7, 8, 9, 10]
    assert set(rings.text) == {"Linear #1"}
    assert max(rings.y) < 0.5
    assert [value is None or math.isnan(value) for value in line(gradients, "Linear #1").y] == [False] * 5 + [True] * 5


def test_a_change_is_a_line_from_bottom_to_top_that_says_old_and_new() -> None:
    for figure in all_figures(recorded()):
        marks = line(figure, "changed")
        assert list(marks.x) == [4, 4, None]
        assert list(marks.y) == [0, 1, None]
        assert set(marks.text[:2]) == {"learning rate 0.001 → 0.01"}, "wherever the pointer meets the line"
        assert marks.yaxis == "y2"


def test_the_loss_chart_says_each_change_beside_its_line_at_a_height_of_its_own() -> None:
    changed = [Changed(step, "network.dropout", 0.0, 0.5) for step in (4, 5, 6)]
    run = read_curves([encode(changed)])
    figure = curves.loss(run.table("stepped"), run.table("evaluated"), run.table("changed"))
    labels = line(figure, "change labels")
    assert list(labels.x) == [4, 5, 6]
    assert set(labels.text) == {"dropout 0 → 0.5"}
    assert len(set(labels.y)) == 3


def test_every_trace_names_a_window_of_the_stream_and_columns_in_it() -> None:
    run, known = recorded(), no_history()
    extend(known, run)
    for figure in all_figures(run):
        for trace in figure.data:
            found = window(known, NAMES, trace.meta["window"], Cursor())
            assert found is not None
            assert {value for key, value in trace.meta.items() if key != "window"} <= set(found[0].columns)


def test_live_and_finished_charts_of_one_run_show_the_same_points() -> None:
    run, known = recorded(), no_history()
    extend(known, run)
    for figure in all_figures(run):
        for trace in figure.data:
            found = window(known, NAMES, trace.meta["window"], Cursor())
            assert found is not None
            columns = found[0].columns
            live = {
                x: y
                for x, y in zip(columns[trace.meta["x"]], columns[trace.meta["y"]], strict=True)
                if y is not None and x is not None
            }
            static = {x: y for x, y in zip(trace.x, trace.y, strict=True) if y is not None and not math.isnan(y)}
            assert live == pytest.approx(static, rel=1e-4)


def test_windows_are_those_that_the_figures_show() -> None:
    shown = {trace.meta["window"] for figure in all_figures(Curves()) for trace in figure.data}
    assert shown == set(LINES)


@pytest.mark.parametrize("background", ["#FFFFFF", "#11171D"], ids=["light", "dark"])
def test_every_line_colour_stands_out_by_3_to_1_on_light_and_dark(background: str) -> None:
    """WCAG 2.2, success criterion 1.4.11."""
    meanings = (colors.TRAIN, colors.VALIDATION, colors.TEST, colors.PENALTY)
    for color in (*meanings, *colors.layer_palette(5), *colors.layer_palette(17)):
        assert contrast(color, background) >= 3, color


def test_layers_of_a_deep_network_all_have_colours_of_their_own() -> None:
    assert len(set(colors.layer_palette(40))) == 40
    assert colors.layer_palette(1)
    assert colors.layer_palette(0) == ()


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_zero_looks_the_same_signed_and_unsigned_and_positive_too(mode: str) -> None:
    signed, unsigned = colors.DIVERGING[mode], colors.SEQUENTIAL[mode]
    assert signed[len(signed) // 2] == unsigned[0]
    assert signed[-1] == unsigned[-1]


def test_plotlys_javascript_lies_in_the_installed_package() -> None:
    assert plotly_javascript().stat().st_size > 1_000_000
    assert plotly_version().split(".")[0].isdigit()


def contrast(one: str, other: str) -> float:
    """WCAG 2.2: (L1 + 0.05) / (L2 + 0.05) of the relative luminances."""

    def luminance(color: str) -> float:
        channels = [channel / 255 for channel in colors.rgb(color)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)
