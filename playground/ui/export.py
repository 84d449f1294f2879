"""The button Export and its dialog: files of a run, each made when it is asked for."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from playground.errors import SpecError
from playground.exports.files import AS_CODE, OF_NETWORK, OF_RUN, File, Step
from playground.network.shapes import trace
from playground.runs.store import Run, Store
from playground.ui import session
from playground.ui.styles import export_style


def export_button(store: Store, run: Run | None) -> None:
    """Opens the dialog."""
    reason = obstacle(store, run)
    if st.button(
        "Export",
        key="strip.export",
        icon=":material/download:",
        disabled=bool(reason),
        help=reason or "Report, curves, weights, ONNX and more, as files.",
    ):
        assert run is not None  # else the button is disabled
        session.keep("export.made", (None, b""))
        export_dialog(store, run)


def obstacle(store: Store, run: Run | None) -> str:
    """Why there is nothing to export; "" where there is."""
    if run is None:
        return "Nothing to export yet: press Train."
    if not store.past.checkpoint(run.id).exists() and not store.past.kept(run.id):
        return "Nothing to export yet: the run has no checkpoint before its first step."
    return ""


@st.dialog("Export", icon=":material/download:")
def export_dialog(store: Store, run: Run) -> None:
    """Of a run that has a checkpoint; any page may open it."""
    export_style()
    st.caption(f"{run.name} · {run.state} · step {run.step:,}")
    rows(store, run, OF_RUN, None)
    if why := problem(partial(AS_CODE[0].make, store, run, None)):
        st.caption(f"No script: {why}.")
    else:
        rows(store, run, AS_CODE, None)
    kept = [one.step for one in store.past.kept(run.id)]
    size = 4 * trace(run.experiment.network).parameters
    step = st.selectbox(
        f"The network at step (a file has about {in_bytes(size)})",
        [None, *reversed(kept)],
        format_func=lambda step: "last checkpoint" if step is None else f"{step:,}",
        key=f"export.step.{run.id}",
        help="The last checkpoint, or a kept step: those of the slider on page Inside.",
    )
    rows(store, run, OF_NETWORK, step)


def rows(store: Store, run: Run, files: Sequence[File], step: Step) -> None:
    """A line a file: what it is, and the button for it."""
    for file in files:
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"file.{file.label}"):
            st.markdown(f"**{file.name}**  \n:gray[:small[{file.what}]]", width="stretch")
            place = st.empty()
        make = partial(file.make, store, run, step)
        if file.takes_time:
            made_first(place, make, run, file, step)
        else:
            download(place, make, run, file, step)


def made_first(place: DeltaGenerator, make: Callable[[], bytes | str], run: Run, file: File, step: Step) -> None:
    """A button that has the file made, then one that saves it; below it, why there is none.

    A download's own callable couldn't say why. The session keeps the file that was made last.
    """
    which = run.id, file.label, step
    made, content = session.recall("export.made", (None, b""))
    if made != which:
        if not place.button(file.label, key=f"export.make.{run.id}.{file.label}"):
            return
        try:
            with st.spinner("Making the file"):
                content = make()
        except SpecError as error:
            st.error(error.message, icon=":material/error:")
            return
        session.keep("export.made", (which, content))
    download(place, content, run, file, step, f"Save {file.label}", type="primary")


def download(
    place: DeltaGenerator,
    content: bytes | str | Callable[[], bytes | str],
    run: Run,
    file: File,
    step: Step,
    label: str = "",
    **looks: Any,
) -> None:
    place.download_button(
        label or file.label,
        content,
        file.called(run, step),
        file.kind,
        key=f"export.{run.id}.{file.label}",
        on_click="ignore",
        **looks,
    )


def problem(make: Callable[[], object]) -> str:
    """Why a file can't be made; "" where it can."""
    try:
        make()
    except SpecError as error:
        return error.message
    return ""


def in_bytes(count: int) -> str:
    """
    >>> in_bytes(1_700_000), in_bytes(31_400)
    ('1.7 MB', '31 kB')
    """
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{max(1, round(count / 1000))} kB"
