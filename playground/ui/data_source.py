"""Where the digits come from: the sample at hand, or full MNIST once its files are there."""

import streamlit as st

from playground.data.digits import load_digits
from playground.data.download import TOTAL, current_download, start_download
from playground.data.folders import mnist_folder, remember_mnist_folder
from playground.errors import SpecError
from playground.experiment import Data
from playground.ui.help import HELP
from playground.ui.session import Draft
from playground.ui.widgets import error_beside

SOURCES = {"sample": "Sample of 5,000", "mnist": "Full MNIST, 70,000"}
MEGABYTE = 1e6


def digits_source(draft: Draft, data: Data) -> Data:
    """The source as chosen; the draft's as long as the files of the chosen one are not there."""
    wanted = st.segmented_control(
        "Digits",
        list(SOURCES),
        default=data.source,
        required=True,
        format_func=lambda source: SOURCES[source],
        key=draft.key("data.wanted_source"),
        help=HELP["data.source"],
    )
    missing = obstacle_to_mnist() if wanted == "mnist" else None
    if missing:
        ways_to_full_mnist(missing)
    return data.but(source="sample" if missing else wanted)


def obstacle_to_mnist() -> SpecError | None:
    """Why full MNIST can't be used now; None where it can."""
    try:
        load_digits("mnist")
    except SpecError as error:
        return error
    return None


def ways_to_full_mnist(missing: SpecError) -> None:
    """Download it, or say where it lies; meanwhile the sample is trained on."""
    with st.container(border=True, gap="small", key="mnist"):
        if mnist_folder() is None:
            st.caption("Full MNIST is not on this machine yet. Until it is, the sample is used.")
        else:
            error_beside(missing.field, missing)
        download = current_download()
        if download is not None and download.progress().state == "running":
            progress_of_download()
            return
        if download is not None and download.progress().state == "failed":
            error_beside("mnist.download", SpecError("mnist.download", download.progress().message))
        if st.button(
            f"Download MNIST ({TOTAL / MEGABYTE:.0f} MB)",
            key="mnist.download",
            icon=":material/download:",
            help="Into the playground's data folder on the machine that runs it.",
        ):
            start_download()
            st.rerun()
        folder = st.text_input(
            "Folder with the idx files",
            key="mnist.folder",
            placeholder="/data/MNIST/raw",
            help="On the machine that runs the playground: the four files, plain or .gz, or MNIST/raw below it.",
        )
        if folder:
            try:
                remember_mnist_folder(folder)
            except SpecError as error:
                error_beside("mnist.folder", error)
            else:
                st.rerun()


@st.fragment(run_every="0.5s")
def progress_of_download() -> None:
    """A bar that moves until the download has ended, then the page anew."""
    download = current_download()
    progress = download.progress() if download else None
    if progress is None or progress.state != "running":
        st.rerun()
    arrived, total = progress.bytes / MEGABYTE, progress.total / MEGABYTE
    st.progress(progress.bytes / progress.total, f"Downloading MNIST: {arrived:.1f} of {total:.1f} MB")
