"""Two to twelve runs side by side: curves, differences, final measures, and in what they differ."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from playground.comparison.curves import AXES, Axis, difference, line_curve
from playground.comparison.lines import FEWEST, MOST, Line, Member, have_own_losses, lines_of, members_of
from playground.comparison.measures import judged_digits, measures
from playground.comparison.table import rows_of
from playground.figures.comparison import compared_curves
from playground.live.figures import figures
from playground.runs.store import Store
from playground.ui.compare_tables import legend, measures_table, settings_table

REFRESH = 1.0  # seconds between two looks at runs that go on
STEPS_A_SECOND = 50_000  # of all runs together, for which it looks a second less often: drawing takes longer too
MEASURES = ("Loss", "Accuracy")
SPLITS = ("Validation", "Train", "Batch")
MODES = {
    "Validation": "eval mode, no penalty, on the split's first {digits} digits",
    "Train": "eval mode, no penalty, on the split's first {digits} digits{noise}",
    "Batch": "each batch's own, in train mode, no penalty{noise}",
}
NOISY = ", by its noisy labels"
AXIS_NAMES: dict[Axis, str] = {"step": "Steps", "epoch": "Epochs", "seconds": "Seconds"}


@dataclass(frozen=True)
class Shown:
    """What the controls say."""

    measure: str
    splits: Sequence[str]
    axis: Axis
    smoothing: float
    is_log: bool


def comparison(store: Store, run_ids: Sequence[str]) -> None:
    """All of it, below the page's own title; it goes on in place while any of the runs does."""
    members, problems = members_of(store, run_ids)
    for problem in problems:
        st.warning(problem, icon=":material/warning:")
    if len(members) < FEWEST:
        st.info(f"Choose {FEWEST} to {MOST} runs to compare.", icon=":material/compare_arrows:")
        return
    goes_on = any(member.run.is_live for member in members)
    ids = tuple(member.run.id for member in members)
    st.fragment(show, run_every=interval(members) if goes_on else None)(store, ids, goes_on)


def interval(members: Sequence[Member]) -> float:
    """Seconds between two looks."""
    return REFRESH + sum(member.run.total_steps for member in members) / STEPS_A_SECOND


def show(store: Store, run_ids: Sequence[str], goes_on: bool) -> None:
    """A fragment: it looks again while runs go on, and draws the page anew once none does."""
    members, _ = members_of(store, run_ids)
    if len(members) < FEWEST or (goes_on and not any(member.run.is_live for member in members)):
        st.rerun()
    folded, single = lines_of(members), lines_of(members, folds=False)
    shown, lines, base = controls(folded, single)
    legend(lines)
    figures(charts(lines, base, shown), key="compare.charts")
    st.subheader("What came of them", anchor=False)
    measures_table(lines, [measures(line) for line in lines])
    if have_own_losses(lines):
        st.caption("Losses here are of different kinds: only accuracies compare.")
    st.subheader("What differs", anchor=False)
    settings_table(lines, rows_of(store, lines))


def controls(folded: Sequence[Line], single: Sequence[Line]) -> tuple[Shown, Sequence[Line], Line]:
    """What is shown, of which lines, and the one that the others are compared with."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="compare-controls"):
        default = "Accuracy" if have_own_losses(single) else "Loss"
        measure = st.segmented_control("Measure", MEASURES, default=default, required=True, key="compare.measure")
        splits = st.pills(
            "Curves",
            SPLITS,
            selection_mode="multi",
            default=["Validation", "Train"],
            key="compare.splits",
            help="Train and validation are measured alike: eval mode, no penalty, on the same digits each time. "
            "Batch is each batch's own, in train mode.",
        )
        axis = st.segmented_control(
            "Over",
            AXES,
            default="step",
            required=True,
            format_func=AXIS_NAMES.__getitem__,
            key="compare.axis",
            help="When each step was made isn't recorded: seconds are a run's steps by its mean speed.",
        )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="compare-lines"):
        with st.container(width=200):
            smoothing = st.slider(
                "Smoothing",
                0.0,
                0.99,
                0.0,
                0.01,
                key="compare.smoothing",
                help="Exponential moving average, as in TensorBoard: s = w · s + (1 − w) · v, made up for its start. "
                "The raw line stays behind it.",
            )
        is_log = measure == "Loss" and st.toggle(
            "Log scale", value=True, key="compare.log", help="Of losses; their difference stays on a plain one."
        )
        folds = True
        if len(folded) < len(single):
            folds = st.toggle(
                "Fold seeds",
                value=True,
                key="compare.folds",
                help="Runs that differ in their seed alone make one line: their mean, and a band from the least to "
                "the most.",
            )
        lines = folded if folds else single
        base = choose_base(lines) if len(lines) > 1 else lines[0]
    return Shown(measure, splits or ["Validation"], axis, smoothing, is_log), lines, base


def choose_base(lines: Sequence[Line]) -> Line:
    name = st.selectbox(
        "Difference from",
        [line.name for line in lines],
        key="compare.base",
        width=260,
        help="What the others are compared with, run by run of the same seed.",
    )
    return next((line for line in lines if line.name == name), lines[0])


def charts(lines: Sequence[Line], base: Line, shown: Shown) -> list[Any]:
    """A chart of each kind of curve, and the difference of the first of them from the base."""
    style: dict[str, Any] = {"number": ".4g"}
    if shown.measure == "Accuracy":
        style = {"number": ".1%", "tickformat": ".0%"}
    found = [curves_chart(lines, split, shown, style) for split in SPLITS if split in shown.splits]
    if len(lines) > 1 and (shown.measure == "Accuracy" or not have_own_losses(lines)):
        found.append(difference_chart(lines, base, next(one for one in SPLITS if one in shown.splits), shown, style))
    return found


def curves_chart(lines: Sequence[Line], split: str, shown: Shown, style: dict[str, Any]) -> Any:
    column = column_of(split, shown.measure)
    tables = {line.name: (place, line_curve(line, column, shown.smoothing)) for place, line in enumerate(lines)}
    judged = zip(*(judged_digits(line.experiment.data) for line in lines), strict=True)
    digits = dict(zip(("Train", "Validation"), map(max, judged), strict=True)).get(split)
    has_band = any(len(line.members) > 1 for line in lines)
    is_noisy = any(line.experiment.data.label_noise for line in lines)
    look_for = f"{MODES[split].format(digits=digits, noise=NOISY if is_noisy else '').capitalize()}."
    if shown.measure == "Loss" and have_own_losses(lines):
        look_for += " Each line in its own loss: only accuracies compare."
    if has_band:
        look_for += " Lines: means over seeds, as far as all of them go; bands: from the least to the most."
    if shown.is_log:
        style = {**style, "type": "log"}
        look_for += " Log scale."
    title = f"{split} {shown.measure.lower()}"
    y = shown.measure.lower()
    return compared_curves(tables, shown.axis, y, title, look_for, is_smoothed=shown.smoothing > 0, **style)


def difference_chart(lines: Sequence[Line], base: Line, split: str, shown: Shown, style: dict[str, Any]) -> Any:
    column = column_of(split, shown.measure)
    tables, unpaired, paired = {}, [], set()
    for place, line in enumerate(lines):
        if line is not base:
            table, pairs = difference(line, base, column, shown.axis, shown.smoothing)
            tables[f"{line.name} − {base.name}"] = place, table
            unpaired += [line.name] if not pairs else []
            paired |= {pairs} if pairs else set()
    what = f"{split} {shown.measure.lower()}".lower()
    look_for = f"Each {what} minus that of {base.name}{pairing(paired)}."
    if unpaired:
        look_for += f" No seed shared: {', '.join(unpaired)}, so the means' difference."
    style = {**style, "number": f"+{style['number']}"}
    y = f"difference in {shown.measure.lower()}"
    return compared_curves(tables, shown.axis, y, "Difference", look_for, is_difference=True, **style)


def pairing(counts: Collection[int]) -> str:
    """By how many pairs of runs lines are subtracted.

    >>> pairing({1}), pairing({3, 2}), pairing(set())
    (', paired over 1 shared seed', ', paired over 2 to 3 shared seeds', '')
    """
    if not counts:
        return ""
    least, most = min(counts), max(counts)
    many = f"{least} to {most}" if least < most else str(most)
    return f", paired over {many} shared seed{'s' if most > 1 else ''}"


def column_of(split: str, measure: str) -> str:
    """
    >>> column_of("Batch", "Loss"), column_of("Validation", "Accuracy")
    ('loss', 'validation_accuracy')
    """
    return measure.lower() if split == "Batch" else f"{split}_{measure}".lower()
