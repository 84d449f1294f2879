"""The final measurement: on the test split, at a press of a button that says so."""

import json
from typing import Any

import pandas as pd
import streamlit as st

from playground.data.digits import load_digits
from playground.figures.confusion import confusion_figure, confusion_table
from playground.runs import control
from playground.runs.store import Run, Store
from playground.ui.digit_images import inked
from playground.ui.ownership import may_control, read_only

MOST_DIGITS = 30  # shown of one cell
MEASURABLE = ("finished", "stopped", "paused")


def final_test(store: Store, run: Run) -> None:
    """The button, and what was measured at the run's last checkpoint: accuracy, per class, confusions."""
    if run.state not in MEASURABLE or run.step == 0:  # stopped in the queue: there are no weights to measure
        return
    with st.container(border=True, key="test"):
        result = measured(store, run)
        if result is None or result["step"] != run.step:
            if may_control(store, run.id):
                offer(store, run)
            else:
                read_only("run", "It is theirs to measure on the test set.")
        if result is not None:
            show(run, result)


def offer(store: Store, run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        wants = st.button("Measure on the test set", key="test.measure", icon=":material/science:")
        st.caption("Measured once, at the end: what you tune by looking at it is no longer a test.")
    if wants:
        with st.spinner("Measuring on the test split"):
            task = control.measure_on_test(store, run.id)
        if task is None or task.state != "done":
            reason = task.message if task and task.message else "all workers are busy: try again in a moment"
            st.error(f"The test split was not measured: {reason}", icon=":material/error:")
            return
        st.rerun()


def measured(store: Store, run: Run) -> dict[str, Any] | None:
    task = store.questions.latest("measure", run.id)
    return json.loads(task.result) if task and task.result else None


def show(run: Run, result: dict[str, Any]) -> None:
    low, high = result["interval"]
    macro = result["macro"]
    st.markdown(
        f"**Test set** · {result['digits']:,} digits never trained on, eval mode, weights of step {result['step']:,}"
    )
    with st.grid(4, min_column_width=120, gap="small"):
        st.metric("Accuracy", f"{result['accuracy']:.1%}", help="Share of test digits it gets right.")
        st.metric("Precision", f"{macro['precision']:.1%}", help="Macro: TP / (TP + FP) of each class, then the mean.")
        st.metric("Recall", f"{macro['recall']:.1%}", help="Macro: TP / (TP + FN) of each class, then the mean.")
        st.metric(
            "F1", f"{macro['f1']:.1%}", help="Macro: 2 · precision · recall / (precision + recall), then the mean."
        )
    st.caption(
        f"Accuracy {result['correct']:,} of {result['digits']:,}; 95% interval {low:.1%} to {high:.1%} (Wilson): "
        "two networks whose intervals overlap widely may be equally good. Precision, recall and F1 are macro means."
    )
    matrix, classes = st.columns(2, gap="medium")
    with matrix:
        cells = confusion_table(result["labels"], result["predictions"])
        picked = st.plotly_chart(
            confusion_figure(cells),
            key="test.confusion",
            on_select="rerun",
            selection_mode="points",
            width="stretch",
            config={"displayModeBar": False},
        )
        points = picked["selection"]["points"]
        cell = choose_cell(cells, (int(points[0]["y"]), int(points[0]["x"])) if points else None)
    with classes:
        st.dataframe(per_class(result), hide_index=True, width="stretch")
    if cell is not None:
        digits_of_cell(run, result, *cell)


def per_class(result: dict[str, Any]) -> pd.DataFrame:
    """One row a class, rounded for reading."""
    table = pd.DataFrame({name: result[name] for name in ("precision", "recall", "f1", "support")})
    table.insert(0, "digit", range(10))
    return table.round(3).rename(columns={"f1": "F1", "support": "digits"})


def choose_cell(cells: pd.DataFrame, clicked: tuple[int, int] | None) -> tuple[int, int] | None:
    """The cell that was clicked, or one of the errors from a list, which a keyboard reaches too."""
    wrong = cells[(cells["label"] != cells["prediction"]) & (cells["count"] > 0)].sort_values("count", ascending=False)
    options = list(zip(wrong["label"].astype(int), wrong["prediction"].astype(int), strict=True))
    counts = dict(zip(options, wrong["count"], strict=True))
    if clicked is not None:
        return clicked
    return st.selectbox(
        "Show the digits of a cell",
        options,
        index=None,
        format_func=lambda cell: f"{cell[0]} taken for {cell[1]} ({counts[cell]})",
        placeholder="Click a cell, or choose an error",
        key="test.cell",
    )


def digits_of_cell(run: Run, result: dict[str, Any], label: int, prediction: int) -> None:
    """The digits themselves, most confident first."""
    chosen = [
        (max(probabilities), index)
        for index, truth, said, probabilities in zip(
            result["index"], result["labels"], result["predictions"], result["probabilities"], strict=True
        )
        if (truth, said) == (label, prediction)
    ]
    chosen.sort(reverse=True)
    what = f"{label} taken for {prediction}" if label != prediction else f"{label}, rightly"
    more = f", the {MOST_DIGITS} most confident" if len(chosen) > MOST_DIGITS else ""
    st.markdown(f"**{what}** · {len(chosen)} test digits{more}")
    if chosen:
        images = load_digits(run.experiment.data.source).images
        shown = chosen[:MOST_DIGITS]
        st.image(
            [inked(images[index]) for _, index in shown],
            caption=[f"#{index} · {confidence:.0%}" for confidence, index in shown],
            width=72,
        )
