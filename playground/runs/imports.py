"""Weights that came from a file, and the runs that begin with them.

The file that was uploaded is gone once a worker has read it; its tensors stay, named by its SHA-256.
"""

import hashlib
import json
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, select

from playground.network.match import Held
from playground.runs.schema import imports


@dataclass(frozen=True)
class Imported:
    """`name` is the file's, `digest` its SHA-256."""

    name: str
    digest: str


class Imports:
    """Every method is one short transaction, or none."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder / "imports"

    def put(self, content: bytes) -> tuple[str, str]:
        """Leave an uploaded file for a worker; returns the upload's name, of its own, and the file's SHA-256."""
        upload = secrets.token_hex(16)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.upload(upload).write_bytes(content)
        return upload, hashlib.sha256(content).hexdigest()

    def upload(self, upload: str) -> Path:
        return self.folder / f"{upload}.upload"

    def tensors(self, digest: str) -> Path:
        """The file's tensors as safetensors."""
        return self.folder / f"{digest}.safetensors"

    def add(self, connection: Connection, run_id: str, imported: Imported) -> None:
        """Note that a run begins with a file's weights, in the transaction that makes the run."""
        connection.execute(insert(imports).values(run=run_id, **vars(imported)))

    def of(self, run_id: str) -> Imported | None:
        """None for a run that began with weights drawn from its seed."""
        query = select(imports.c.name, imports.c.digest).where(imports.c.run == run_id)
        with self.engine.connect() as connection:
            row = connection.execute(query).first()
        return Imported(*row) if row else None

    def start_of(self, run_id: str) -> Path | None:
        """The tensors that a run begins with, where they came from a file."""
        imported = self.of(run_id)
        return self.tensors(imported.digest) if imported else None

    def drop_unused(self, before: float) -> None:
        """Delete files written before a time, in seconds since 1970, that no run begins with."""
        if not self.folder.is_dir():
            return
        with self.engine.connect() as connection:
            used = set(connection.execute(select(imports.c.digest)).scalars())
        for file in self.folder.iterdir():
            with suppress(FileNotFoundError):  # another server's janitor was first
                if file.stem not in used and file.stat().st_mtime < before:
                    file.unlink()


def held_in(answer: bytes) -> tuple[Held, ...]:
    """What a worker answered of a file's tensors."""
    return tuple(Held(name, tuple(shape), dtype) for name, shape, dtype in json.loads(answer))
