"""What a checkpoint says beside its tensors, in JSON; plain Python, for pages read it too."""

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

State = dict[str, Any]
UNREADABLE = (OSError, ValueError, KeyError, SafetensorError)


def metadata_of(state: State) -> dict[str, str]:
    """The state as a safetensors file's metadata."""
    return {"state": json.dumps(state)}


def state_in(content: safe_open) -> State:
    """The state of an open file; raises one of `UNREADABLE` where it has none."""
    return json.loads((content.metadata() or {})["state"])


def state_of(file: Path) -> State:
    """The state alone, without its tensors; raises one of `UNREADABLE`."""
    with safe_open(file, "numpy") as content:
        return state_in(content)
