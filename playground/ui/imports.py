"""The button Import: an experiment into the editors, or weights that the next run begins with."""

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from playground.errors import SpecError
from playground.experiment import Experiment
from playground.exports.experiment_json import MOST_BYTES, read_experiment
from playground.network.match import FIELD, Held, matched, most_bytes
from playground.runs.control import ask
from playground.runs.imports import Imported, held_in
from playground.runs.library import without_markup
from playground.runs.store import Run, Store
from playground.ui import session

PATIENCE = 30.0  # seconds
ROOM = 310  # pixels: fits a phone
TYPES = ("json", "pt", "pth", "safetensors")


def import_popover(store: Store) -> None:
    """Take one file; what is wrong with it is said below it, and then nothing has changed."""
    count = session.recall("imports", 0)  # a fresh control after each file that was taken, and closed
    popover = st.popover(
        "Import", key=f"strip.import.{count}", icon=":material/upload:", help="Import an experiment, or weights."
    )
    with popover, st.container(width=ROOM):
        file = st.file_uploader(
            "Experiment (JSON), or weights (pt, safetensors)",
            type=TYPES,
            key=f"import.{count}",
            help="An experiment replaces the set-up; undo brings yours back. Weights, a PyTorch state dict, go into "
            "the network that is set up here.",
        )
        if file is None:
            return
        try:
            if file.name.lower().endswith(".json"):
                session.load(read_experiment(file.read(MOST_BYTES + 1)))
            else:
                take_weights(store, session.draft().experiment, file)
        except SpecError as error:
            st.error(f"{error.field}: {error.message}", icon=":material/error:")
            return
    session.keep("imports", count + 1)
    st.rerun()


def take_weights(store: Store, experiment: Experiment, file: UploadedFile) -> None:
    """Have a worker check a state dict; the next run begins with it. Raises `SpecError` where it doesn't match."""
    most = most_bytes(experiment.network)
    if file.size > most:
        sizes = f"the file has {file.size / 1e6:,.1f} MB, the weights of this network {most / 1e6:,.1f} MB at most"
        raise SpecError(FIELD, f"{sizes}: build the network that they are of, then import them")
    upload, digest = store.imports.put(file.getvalue())
    request = {"upload": upload, "digest": digest, "network": experiment.network.model_dump(mode="json")}
    try:
        with st.spinner("Checking the weights"):
            task = ask(store, "import", request, patience=PATIENCE)
    finally:
        store.imports.upload(upload).unlink(missing_ok=True)
    if task is None:
        raise SpecError(FIELD, "all workers are busy: try again in a moment")
    if task.result is None:
        raise SpecError(FIELD, task.message)
    session.keep("origin", None)
    session.keep("imported", Imported(without_markup(file.name), digest))
    session.keep("imported.tensors", held_in(task.result))


def drop_imported() -> None:
    """Let the next run begin with initial weights."""
    session.keep("imported", None)


def imported() -> Imported | None:
    """What the next run begins with; None where that is weights drawn from its seed, or a fork's."""
    return session.recall("imported")


def problem(experiment: Experiment) -> str:
    """Why the next run can't begin with the imported weights; "" where it can, or there are none."""
    if imported() is None:
        return ""
    tensors: tuple[Held, ...] = session.recall("imported.tensors")
    try:
        matched(experiment.network, tensors)
    except SpecError as error:
        return error.message
    return ""


def show_imported(store: Store, experiment: Experiment, run: Run | None) -> None:
    """With whose weights the next run begins, or the one looked at began, where they came from a file."""
    found = imported() or (store.imports.of(run.id) if run and store.past.origin(run.id) is None else None)
    if found is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="imported"):
        st.caption(f"Begins with the weights of {found.name} (SHA-256 {found.digest[:8]}…), not with initial ones.")
        if imported() is not None:
            st.button("Initial weights instead", key="imported.drop", on_click=drop_imported, type="tertiary")
    if why := problem(experiment):
        st.error(why, icon=":material/error:")
