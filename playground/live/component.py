"""The one browser component: charts, status line and looks inside, all fed by the live stream of a run.

Its parts share one socket a run and page, and never ask Python for numbers: a page reruns only when the run's state
changes.
"""

from pathlib import Path
from typing import Any

import streamlit as st

from playground.figures import colors
from playground.figures.javascript import plotly_version

FOLDER = Path(__file__).parent
PANELS = sorted(FOLDER.glob("panels/*.js"))
FIRST = [FOLDER / name for name in ("sight.js", "live.js", "axes.js", "charts.js", "status.js")]
SCRIPTS = (*FIRST, *PANELS, FOLDER / "board.js")
STYLES = (FOLDER / "board.css", *sorted(FOLDER.glob("panels/*.css")))

COMPONENT = st.components.v2.component(
    "live_board",
    html='<div class="dlp-root">\n</div>',
    css="\n".join(path.read_text() for path in STYLES),
    js="\n".join(path.read_text() for path in SCRIPTS),
    isolate_styles=False,
)


def mount(part: str, run_id: str | None, key: str, data: dict[str, Any] | None = None, **options: Any) -> Any:
    """One part of the component; it follows that run."""
    shared = {
        "part": part,
        "run": run_id,
        "base": base_path(),
        "plotly": f"{base_path()}/live/plotly.min.js?v={plotly_version()}",
        "colors": {"sequential": colors.SEQUENTIAL, "diverging": colors.DIVERGING},
    }
    return COMPONENT(key=key, data={**shared, **(data or {})}, **options)


def base_path() -> str:
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""
