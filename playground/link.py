"""An experiment as a short text for an address, and back: `1.` and zlib-compressed JSON in base64url.

What stands at its default is left out, so the defaults of today are part of version 1, as are the names of fields.
Where a default must change: raise `VERSION`, and let `from_link` put the old default into JSON of version 1 wherever
the field is missing. A new field needs neither, as long as its default does what was done before there was the field.
"""

import json
import re
import zlib
from base64 import b64decode, urlsafe_b64encode
from typing import Any

from pydantic import ValidationError

from playground.errors import SpecError
from playground.experiment import Experiment, Spec

VERSION = "1"
LONGEST = 4_000  # characters of a link; a hundred layers with odd numbers take 1,700
MOST_JSON = 40_000  # bytes once unpacked; a hundred layers with odd numbers take 8,000
MARKED = re.compile(r"(\d{1,9})\.(.*)", re.DOTALL)
COPY = "copy it whole, or ask for it again"


def to_link(experiment: Experiment) -> str:
    """The text that `from_link` reads: letters, digits, "-", "_" and one ".".

    >>> from_link(to_link(Experiment())) == Experiment()
    True
    """
    content = json.dumps(sparse(experiment), separators=(",", ":"))
    return f"{VERSION}.{urlsafe_b64encode(zlib.compress(content.encode(), 9)).decode().rstrip('=')}"


def from_link(text: str) -> Experiment:
    """Raises `SpecError("link", …)` with what is wrong, in words without the link's own markup."""
    if len(text) > LONGEST:
        raise refusal(f"it has {len(text):,} characters, and no set-up takes more than {LONGEST:,}")
    marked = MARKED.fullmatch(text.strip())
    if marked is None:
        raise refusal(f"it doesn't begin as a link does: {COPY}")
    version, packed = marked.groups()
    if version != VERSION:
        raise refusal(f"it is of version {version}, and this playground reads version {VERSION}: update it")
    try:
        return Experiment.model_validate_json(unpacked(packed))
    except ValidationError as error:
        raise refusal(in_words(error)) from error


def unpacked(packed: str) -> bytes:
    """The JSON; never more than `MOST_JSON` bytes are unpacked."""
    if len(packed) % 4 == 1:  # no bytes take so many letters
        raise refusal(f"it is cut off: {COPY}")
    try:
        content = b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
        stream = zlib.decompressobj()
        found = stream.decompress(content, MOST_JSON)
    except (ValueError, zlib.error):
        raise refusal(f"it is damaged: {COPY}") from None
    if stream.unconsumed_tail:
        raise refusal("it holds more than any set-up does")
    if not stream.eof:
        raise refusal(f"it is cut off: {COPY}")
    if stream.unused_data:
        raise refusal(f"something follows it that doesn't belong to it: {COPY}")
    return found


def sparse(spec: Spec) -> dict[str, Any]:
    """Plain JSON of what isn't at its default; a layer always says its kind.

    >>> sparse(Experiment())
    {}
    """
    return {
        name: plain(getattr(spec, name))
        for name, field in type(spec).model_fields.items()
        if getattr(spec, name) != field.default
    }


def plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [{"kind": type(one).__name__, **sparse(one)} if isinstance(one, Spec) else one for one in value]
    return sparse(value) if isinstance(value, Spec) else value


def in_words(error: ValidationError) -> str:
    """The first finding; what this version doesn't know may come from a newer one."""
    finding = error.errors(include_url=False)[0]
    field = harmless(".".join(map(str, finding["loc"])))
    match finding["type"]:
        case "extra_forbidden":
            return f"it sets {field}, which this version doesn't know: update the playground"
        case "literal_error":
            return (
                f"{field} is {harmless(str(finding['input']))}, which this version doesn't know: update the playground"
            )
        case "union_tag_invalid":
            kind = harmless(str(finding["ctx"]["tag"]))
            return f"it has a layer {kind}, which this version doesn't know: update the playground"
        case "json_invalid" | "model_type":
            return f"it holds no set-up: {COPY}"
    said = harmless(finding["msg"].removeprefix("Value error, "))
    return f"{field}: {said}"


def harmless(text: str) -> str:
    """Without what a page would take for markup, a picture from elsewhere among it.

    >>> harmless("![picture](https://example.org/p.png)")
    'picturehttps:example.orgp.png'
    """
    return re.sub(r"[^\w .,;:%+'-]", "", text[:200])


def refusal(reason: str) -> SpecError:
    return SpecError("link", f"This link can't be opened: {reason}.")
