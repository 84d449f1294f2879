"""A knob of a topic as a slider of fixed width, so that all knobs of a topic stand in few rows."""

from collections.abc import Iterable
from typing import Any, TypeVar

import streamlit as st

from playground.labs.topic import Setup
from playground.ui.lab import Keys
from playground.ui.widgets import pick

S = TypeVar("S", bound=Setup)
SIDE = 220  # pixels


def knob(
    keys: Keys, path: str, setup: S, label: str, options: Iterable[float], help: str, width: int = SIDE, **how: Any
) -> S:
    with st.container(width=width):
        return pick(keys, path, setup, label, options, help=help, **how)
