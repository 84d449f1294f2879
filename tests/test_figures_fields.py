"""The chart of an effective field's reach."""

import pandas as pd

from playground.figures.fields import field_shares

SHARES = pd.DataFrame({"radius": [0, 1, 2], "now": [0, 0.7, 1], "initial": [0, 0.4, 1], "alike": [0, 0.25, 1]})


def test_there_is_a_line_for_now_one_for_the_start_and_one_to_compare_with() -> None:
    figure = field_shares(SHARES)
    assert [trace.name for trace in figure.data] == ["now", "at initialization", "all pixels alike"]
    for trace, column in zip(figure.data, ("now", "initial", "alike"), strict=True):
        assert list(trace.x) == [0, 1, 2]
        assert list(trace.y) == SHARES[column].tolist()


def test_the_axes_say_what_they_count() -> None:
    layout = field_shares(SHARES).layout
    assert (layout.xaxis.title.text, layout.yaxis.title.text) == ("radius (pixels)", "share of the field")
    assert "half the side of a square" in layout.meta["look_for"]


def test_without_shares_it_is_the_same_chart_without_points() -> None:
    figure = field_shares(pd.DataFrame())
    assert [len(trace.x) for trace in figure.data] == [0, 0, 0]
    assert [trace.name for trace in figure.data] == [trace.name for trace in field_shares(SHARES).data]
