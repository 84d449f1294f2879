"""What stands below the answers of the lab on overfitting: branches, the degree slider, folds as digits, the code."""

import ast
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import streamlit as st

import playground.training
from playground.data.digits import load_digits
from playground.errors import SpecError
from playground.figures.polynomials import polynomial_curves
from playground.labs.outcome import Results
from playground.labs.overfitting import folds
from playground.labs.overfitting.capacity import CapacitySetup, add_remedied, remedied_name, turning_width
from playground.labs.overfitting.fit import OVERFIT, FitSetup
from playground.labs.overfitting.folds import FoldsSetup
from playground.labs.overfitting.polynomials import PolynomialsSetup
from playground.labs.overfitting.scratch import ScratchSetup
from playground.labs.overfitting.turning import branch, branch_name, nearest_kept, turn_of
from playground.live.figures import figures
from playground.runs.store import Store
from playground.runs.studies import Study
from playground.ui.digit_images import strip
from playground.ui.ownership import may_control_study
from playground.ui.widgets import error_beside

BRANCHES = ("dropout", "weight decay", "more data")
SHOWN = 24  # digits of each fold


def fit_extras(store: Store, study: Study | None, setup: FitSetup, found: Results) -> None:
    """Branch off from the turning point of each seed's run."""
    ended = found.ended(OVERFIT)
    if study is None or not ended or not found.is_over or not may_control_study(store, study.id):
        return
    with st.container(border=True, key="branches"):
        turns = [(one, turn_of(one.evaluated)) for one in ended]
        turned = [(one, turn) for one, turn in turns if not turn.is_last]
        if not turned:
            st.caption(f"{OVERFIT} has no turning point yet: its validation loss was lowest at its end. Train longer.")
            return
        kept = [(one.seed, turn.step, nearest_kept(store, one.run_id, turn.step)) for one, turn in turned]
        where = "; ".join(
            f"seed {seed}: step {step:,}" + (f", of which the nearest kept is {near:,}" if near != step else "")
            for seed, step, near in kept
            if near is not None
        )
        st.markdown(f"**Branch here**, at the turning point of {OVERFIT} ({where})")
        help = "Train on from there with the same weights, and only this changed. Its curve joins the chart."
        remedy = pressed_remedy(found, branch_name, help)
    if remedy is not None:
        added(partial(branch, store, study.id, ended, remedy))


def capacity_extras(store: Store, study: Study | None, setup: CapacitySetup, found: Results) -> None:
    """Train the network of the turning point once more, with a remedy."""
    width = turning_width(found)
    if study is None or width is None or not found.is_over or not may_control_study(store, study.id):
        return
    with st.container(border=True, key="branches"):
        st.markdown(f"**Branch here**, at the turning point: width {width}, on the same seeds")
        help = "Train that network anew with only this changed. It joins the chart as a diamond."
        remedy = pressed_remedy(found, partial(remedied_name, width), help)
    if remedy is not None:
        added(partial(add_remedied, store, study.id, setup, width, remedy))


def added(add: Callable[[], object]) -> None:
    """Add runs to the study and draw the page anew, or say why there can't be more of them."""
    try:
        add()
    except SpecError as error:
        error_beside(error.field, error)
    else:
        st.rerun()


def pressed_remedy(found: Results, name_of: Callable[[str], str], help: str) -> str | None:
    """A button for each remedy, out of use once the study has the arm that it is named after."""
    existing = {one.arm.name for one in found.outcomes}
    pressed = None
    with st.container(horizontal=True, gap="small"):
        for remedy in BRANCHES:
            if st.button(
                f"with {remedy}",
                key=f"branch.{remedy}",
                icon=":material/fork_right:",
                disabled=name_of(remedy) in existing,
                help=help,
            ):
                pressed = remedy
    return pressed


def polynomials_extras(store: Store, study: Study | None, setup: PolynomialsSetup, found: Results) -> None:
    """Any degree among the points."""
    if found.answered is None:
        return
    with st.container(width=420):
        degree = st.slider("Degree of the curve", 1, 20, 3, key="polynomials.shown", help="Of the fit drawn below.")
    fit = next(one for one in found.answered["fits"] if one["degree"] == degree)
    look_for = (
        f"Mean squared error: {fit['train_error']:.3g} on these {setup.points} points, "
        f"{fit['validation_error']:.3g} on 1,000 validation points (seed {fit['seed']})."
    )
    figures([polynomial_curves(found.answered, [degree], "One degree", look_for)], key="polynomials.degree")


def folds_extras(store: Store, study: Study | None, setup: FoldsSetup, found: Results) -> None:
    """Some digits of each fold, and of the test split."""
    digits = load_digits(folds.SHARES.source)
    st.markdown(f"**Which digits are where** :gray[the first {SHOWN} of each, seed {setup.seed}]")
    for fold in range(1, setup.folds + 1):
        one = folds.parts(setup, fold)
        row(f"fold {fold}", len(one.validation), strip(digits.images[one.validation[:SHOWN]]))
    row("test", len(one.test), strip(digits.images[one.test[:SHOWN]]))


def row(name: str, count: int, image: Any) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"{name} · {count:,}", width=90)
        st.image(image, width="stretch", alt=f"Some digits of {name}")


def scratch_extras(store: Store, study: Study | None, setup: ScratchSetup, found: Results) -> None:
    """The lines themselves, as they are run."""
    st.markdown("**The loop by hand** :gray[the very function that was run, `playground/training/from_scratch.py`]")
    st.code(source_of("from_scratch.py", "train_by_hand"), language="python")


@lru_cache(maxsize=4)
def source_of(file: str, function: str) -> str:
    """The text of a function of `playground/training`, which isn't imported here: it needs PyTorch."""
    text = (Path(playground.training.__path__[0]) / file).read_text()
    found = next(node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == function)
    return ast.get_source_segment(text, found) or ""
