"""Plotly's own JavaScript, from the installed package: the same version as the figures."""

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path


def plotly_version() -> str:
    return version("plotly")


def plotly_javascript() -> Path:
    """The file for browsers; found without importing Plotly."""
    spec = find_spec("plotly")
    assert spec is not None  # a dependency
    assert spec.origin is not None
    return Path(spec.origin).parent / "package_data" / "plotly.min.js"
