"""Full MNIST from the network, in a process of its own: `python -m playground.data.download FOLDER [TEMPORARY]`.

The child process imports torchvision; the server only starts it, looks at how much has arrived, and cleans up after it.
Files arrive in a temporary folder beside their place and move there when all four have been read and found right, so
whatever ends the child, nothing half-written is ever found.
"""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import Literal

from playground.data.folders import data_folder, remember_mnist_folder
from playground.data.idx import NAMES, read_mnist
from playground.errors import SpecError

TOTAL = 11_594_722  # bytes of the four .gz files
PATIENCE = 30.0  # seconds without a byte after which a server counts as silent
STALE = 120.0  # seconds after which a temporary folder that nobody writes to is a leftover
PREFIX = ".mnist-download-"
WAY_OUT = (
    "Nothing of it was kept; try again, or name a folder that has the four idx files. "
    "The 5,000 digits at hand go on working"
)
COMMAND = (sys.executable, "-m", "playground.data.download")

State = Literal["running", "done", "failed"]


@dataclass(frozen=True)
class Progress:
    """Bytes arrived, of how many; the message says why it failed, or where the digits are now."""

    bytes: int
    total: int
    state: State
    message: str = ""


# --- in the server --------------------------------------------------------------------------------------------------


class Download:
    """One transfer under way into `folder`/MNIST/raw; sessions may share it.

    `command`: what is run, with the folder and a temporary folder added; tests run one that knows a server of theirs.
    """

    def __init__(self, folder: Path, command: Sequence[str] = COMMAND) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(folder)
        self.folder = folder
        self.temporary = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - the child writes to it as long as it lives
        self._lock = Lock()
        self._last = Progress(0, TOTAL, "running")
        self.process = subprocess.Popen(
            [*command, str(folder.absolute()), str(self.temporary.absolute())],
            cwd=Path(__file__).parents[2],  # where `-m` finds the package
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )

    def progress(self) -> Progress:
        """How far it is; once the child has ended, in whatever way, its temporary folder is gone."""
        with self._lock:
            if self._last.state == "running":
                self._last = self._look()
            return self._last

    def stop(self) -> None:
        """End the transfer now."""
        self.process.kill()
        self.process.wait()
        self.progress()

    def _look(self) -> Progress:
        code = self.process.poll()
        arrived = min(max(self._last.bytes, bytes_arrived(self.temporary)), TOTAL)
        if code is None:
            return Progress(arrived, TOTAL, "running")
        shutil.rmtree(self.temporary, ignore_errors=True)
        with self._log as log:
            log.seek(0)
            lines = log.read().decode(errors="replace").strip().splitlines()
        if code == 0:
            return Progress(TOTAL, TOTAL, "done", f"full MNIST is in {self.folder / 'MNIST' / 'raw'}")
        if code < 0 or not lines:
            return Progress(arrived, TOTAL, "failed", f"the download was stopped before its end. {WAY_OUT}")
        return Progress(arrived, TOTAL, "failed", lines[-1])


_download: Download | None = None
_lock = Lock()


def start_download(command: Sequence[str] = COMMAND) -> Download:
    """The server's one download into the data folder: begun now, unless one is under way."""
    global _download
    with _lock:
        if _download is None or _download.progress().state != "running":
            _download = Download(data_folder(), command)
        return _download


def current_download() -> Download | None:
    """The one that `start_download` began last, for any page that wants to show it."""
    return _download


def bytes_arrived(temporary: Path) -> int:
    """Of the .gz files, which are what travels; torchvision unpacks them beside."""
    with suppress(FileNotFoundError):  # the child removes them at its end
        return sum(file.stat().st_size for file in temporary.glob("*.gz"))
    return 0


def remove_leftovers(folder: Path) -> None:
    """Temporary folders of downloads that died with their server: those to which nothing was written lately."""
    for leftover in folder.glob(f"{PREFIX}*"):
        with suppress(FileNotFoundError):  # its own child or server may be removing it
            written = max(path.stat().st_mtime for path in (leftover, *leftover.iterdir()))
            if time.time() - written > STALE:
                shutil.rmtree(leftover, ignore_errors=True)


# --- in the child ---------------------------------------------------------------------------------------------------


def fetch(
    folder: Path,
    temporary: Path,
    mirrors: Sequence[str] | None = None,
    checksums: Sequence[tuple[str, str]] | None = None,
) -> Path:
    """The four files through torchvision, checked, then moved to `folder`/MNIST/raw, which is returned.

    `mirrors` and `checksums` (file name, md5) are torchvision's own unless told. `temporary` must be on the folder's
    file system; it is removed, however this ends. Raises `SpecError` if a transfer fails or a file is wrong.
    """
    from torchvision.datasets import MNIST

    class Transfer(MNIST):
        raw_folder = str(temporary)

        def _load_data(self) -> object:
            """Called by torchvision when all four are there and have the right md5."""
            return read_mnist(temporary)[:2]

    Transfer.mirrors = list(mirrors or MNIST.mirrors)
    Transfer.resources = list(checksums or MNIST.resources)
    target = folder / "MNIST" / "raw"
    try:
        Transfer(str(temporary), download=True)
        target.mkdir(parents=True, exist_ok=True)
        # Each of the four appears whole, and they count only when all are there.
        for name in NAMES:
            (temporary / name).replace(target / name)
    except (RuntimeError, OSError, HTTPException, EOFError, zlib.error, SpecError) as error:
        message = f"full MNIST could not be downloaded: {plain_reason(error)}. {WAY_OUT}"
        raise SpecError("data.source", message) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target


def plain_reason(error: Exception) -> str:
    """What went wrong, in a few words, from what torchvision or the network said.

    >>> plain_reason(TimeoutError())
    'the server stopped answering'
    """
    said = str(error).strip()
    if isinstance(error, TimeoutError):
        return "the server stopped answering"
    if isinstance(error, RuntimeError) and "corrupted" in said:
        return "a file arrived incomplete or changed (its checksum is wrong)"
    # torchvision lists, for each mirror, "Tried ADDRESS, got:" and on the next line the reason.
    lines = said.splitlines()
    reasons = [reason for line, reason in pairwise(lines) if line.endswith("got:")]
    reason = (reasons or lines or [type(error).__name__])[0].removeprefix("<urlopen error ").removesuffix(">")
    return f"no server delivered it ({reason})" if reasons else reason


def main(
    folder: str,
    temporary: str | None = None,
    *,
    mirrors: Sequence[str] | None = None,
    checksums: Sequence[tuple[str, str]] | None = None,
) -> None:
    """`fetch`, then remember the folder. Ends with status 1 and the reason as the last line on stderr if it fails."""
    socket.setdefaulttimeout(PATIENCE)  # torchvision sets none, and would wait for ever
    root = Path(folder)
    root.mkdir(parents=True, exist_ok=True)
    try:
        raw = fetch(root, Path(temporary or tempfile.mkdtemp(prefix=PREFIX, dir=root)), mirrors, checksums)
        remember_mnist_folder(raw)
    except SpecError as error:
        sys.exit(error.message)


if __name__ == "__main__":
    main(*sys.argv[1:])
