"""A drawing's way to the server and back, spoken to its route as a browser's request arrives there."""

import asyncio
import base64
import json
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image
from starlette.applications import Starlette
from starlette.routing import Route

from playground.data.digits import load_digits
from playground.data.drawing import as_mnist
from playground.data.pictures import MOST_BYTES
from playground.live.drawings import digit

PART = 64_000


def png(pixels: np.ndarray) -> bytes:
    content = BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


def drawn() -> np.ndarray:
    """A digit of the sample on a larger page, off its middle."""
    return np.pad(load_digits("sample").images[0], ((3, 40), (0, 60)))


def post(parts: bytes | Iterable[bytes], query: str = "", **headers: str) -> tuple[int, Any]:
    """(status, JSON of the answer or its text)."""
    waiting = iter([parts] if isinstance(parts, bytes) else parts)
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        part = next(waiting, None)
        return {"type": "http.request", "body": part or b"", "more_body": part is not None}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "path": "/live/digit",
        "method": "POST",
        "query_string": query.encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(Starlette(routes=[Route("/live/digit", digit, methods=["POST"])])(scope, receive, send))
    start, *rest = sent
    body = b"".join(message.get("body", b"") for message in rest)
    is_json = (b"content-type", b"application/json") in start["headers"]
    return start["status"], json.loads(body) if is_json else body.decode()


def test_a_drawing_comes_back_as_the_network_receives_it() -> None:
    status, found = post(png(drawn()))
    assert status == 200
    pixels = np.frombuffer(base64.b64decode(found["pixels"]), np.uint8)
    np.testing.assert_array_equal(pixels.reshape(28, 28), as_mnist(drawn()))
    assert set(found) == {"pixels"}


def test_the_ink_alone_comes_back_where_it_is_asked_for() -> None:
    _, found = post(png(255 - drawn()), "ink")
    ink = Image.open(BytesIO(base64.b64decode(found["ink"])))
    whole = Image.fromarray(drawn())
    np.testing.assert_array_equal(np.asarray(ink), np.asarray(whole.crop(whole.getbbox())))


def test_what_is_wrong_with_a_file_is_said() -> None:
    status, found = post(b"a letter")
    assert status == 422
    assert found == {"problem": "this file is not an image that can be read: use PNG, JPEG, WebP or GIF"}
    assert "no ink" in post(png(np.zeros((28, 28), np.uint8)))[1]["problem"]


def test_no_more_is_read_of_a_body_than_a_picture_may_have() -> None:
    read = 0

    def far_too_much() -> Iterator[bytes]:
        nonlocal read
        while read < 3 * MOST_BYTES:
            read += PART
            yield bytes(PART)

    status, found = post(far_too_much())
    assert status == 422
    assert "at most 10 are read" in found["problem"]
    assert read <= MOST_BYTES + 2 * PART


def test_a_body_that_says_that_it_is_too_large_is_not_read_at_all() -> None:
    def nothing() -> Iterator[bytes]:
        raise AssertionError("it was read")
        yield b""

    status, found = post(nothing(), content_length="1000000000")
    assert status == 422
    assert "has 1,000.0 MB" in found["problem"]


def test_pages_of_other_hosts_are_refused() -> None:
    assert post(png(drawn()), host="here", origin="http://elsewhere")[0] == 403
    assert post(png(drawn()), host="here", origin="http://here")[0] == 200
