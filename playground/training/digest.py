"""A fingerprint of a curve: two runs with the same one went through the same losses, bit for bit."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from struct import pack
from typing import Any

from playground.training.events import Evaluated, Event, Stepped

MEASURED = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")


class Digest:
    """SHA-256 over every step's batch loss and over every evaluation, as 64-bit floats."""

    def __init__(self) -> None:
        self.steps = hashlib.sha256()
        self.evaluations = hashlib.sha256()

    def note(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, Stepped):
                self.steps.update(pack("<qd", event.step, event.loss))
            elif isinstance(event, Evaluated):
                measured = (getattr(event, name) for name in MEASURED)
                self.evaluations.update(pack("<q4d", event.step, *measured))

    def note_tables(self, tables: Mapping[str, Mapping[str, Sequence[Any]]]) -> None:
        """The same for what was recorded: columns of `stepped` and `evaluated`, as `runs/journal.py` has them."""
        if stepped := tables.get("stepped"):
            for row in zip(stepped["step"], stepped["loss"], strict=True):
                self.steps.update(pack("<qd", *row))
        if evaluated := tables.get("evaluated"):
            for row in zip(evaluated["step"], *(evaluated[name] for name in MEASURED), strict=True):
                self.evaluations.update(pack("<q4d", *row))

    def hexdigest(self) -> str:
        return hashlib.sha256(self.steps.digest() + self.evaluations.digest()).hexdigest()
