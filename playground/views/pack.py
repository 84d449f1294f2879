"""Arrays and a header as one block of bytes, which a browser reads without copying."""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

TYPES = {"uint8": "u1", "int32": "i4", "float32": "f4"}
View = tuple[dict[str, Any], dict[str, np.ndarray]]  # header and arrays
ALIGNMENT = 8  # bytes: typed views of a browser's buffers begin at multiples of their item size


def packed(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray] | None = None) -> bytes:
    """Length of the header (4 bytes, little-endian), header (JSON), then the arrays, each at a multiple of 8.

    Arrays are uint8, int32 or float32; the header's "arrays" says of each its type, shape and offset in the body.
    """
    table, parts, offset = {}, [], 0
    for name, array in (arrays or {}).items():
        content = padded(np.ascontiguousarray(array).tobytes())
        table[name] = {"type": TYPES[array.dtype.name], "shape": list(array.shape), "offset": offset}
        parts.append(content)
        offset += len(content)
    text = json.dumps({**header, "arrays": table}, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-(4 + len(text)) % ALIGNMENT)
    return len(text).to_bytes(4, "little") + text + b"".join(parts)


def unpacked(content: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """(header, arrays): the way back of `packed`."""
    body = 4 + int.from_bytes(content[:4], "little")
    header = json.loads(content[4:body])
    kinds = {short: name for name, short in TYPES.items()}
    arrays = {
        name: np.frombuffer(content, kinds[one["type"]], math.prod(one["shape"]), body + one["offset"]).reshape(
            one["shape"]
        )
        for name, one in header.pop("arrays").items()
    }
    return header, arrays


def padded(content: bytes) -> bytes:
    return content + b"\0" * (-len(content) % ALIGNMENT)


def number(value: float | None) -> float | None:
    """The value for a header; None where it isn't finite, which JSON has no word for."""
    return float(value) if value is not None and math.isfinite(value) else None
