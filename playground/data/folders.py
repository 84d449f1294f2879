"""Where things lie on this machine: the user's data folder, and the idx files of full MNIST."""

import os
from pathlib import Path

from platformdirs import user_data_path

from playground.data.idx import idx_folder, read_mnist
from playground.errors import SpecError


def data_folder() -> Path:
    """The environment variable PLAYGROUND_DATA, or the user's data folder as the system names it."""
    named = os.environ.get("PLAYGROUND_DATA")
    return Path(named).expanduser() if named else user_data_path("deep-learning-playground", appauthor=False)


def mnist_roots() -> tuple[Path, ...]:
    """Where full MNIST is looked for: the folder remembered last, then MNIST_ROOT, then the data folder."""
    note = _note()
    remembered = note.read_text(encoding="utf-8") if note.is_file() else ""
    named = [remembered, os.environ.get("MNIST_ROOT", "")]
    return (*(Path(name).expanduser() for name in named if name), data_folder())


def mnist_folder() -> Path | None:
    """The folder that holds the four idx files (plain or .gz); None if there is none."""
    return next((folder for root in mnist_roots() if (folder := idx_folder(root))), None)


def remember_mnist_folder(root: str | Path) -> Path:
    """From now on full MNIST is read from this folder, or from `MNIST/raw` below it; returns the files' folder.

    All files are read first; raises `SpecError` if they are not there or not right, and then remembers nothing.
    """
    path = Path(str(root).strip()).expanduser()
    if not str(root).strip() or not path.is_dir():
        raise SpecError("data.source", f"{str(root)!r} is not a folder on the machine that runs the playground")
    folder = idx_folder(path.absolute())
    if folder is None:
        raise SpecError("data.source", f"{path} has not all four idx files of MNIST, nor has MNIST/raw below it")
    read_mnist(folder)
    note = _note()
    note.parent.mkdir(parents=True, exist_ok=True)
    written = note.with_suffix(f".{os.getpid()}.tmp")
    written.write_text(str(folder), encoding="utf-8")
    written.replace(note)
    return folder


def _note() -> Path:
    return data_folder() / "mnist_root.txt"
