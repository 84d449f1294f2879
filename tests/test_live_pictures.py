"""Pictures of digits, asked for as a browser asks."""

import asyncio
import gzip
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.requests import Request
from starlette.responses import Response

from playground.data.digits import load_digits
from playground.live.pictures import MOST, pictures


def get(query: str, source: str = "sample", **headers: str) -> Response:
    scope: MutableMapping[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": f"/live/digits/{source}",
        "path_params": {"source": source},
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    return asyncio.run(pictures(Request(scope)))


def test_the_pixels_of_the_digits_come_in_the_order_that_was_asked_for() -> None:
    answer = get("index=3,1,4999")
    images = np.frombuffer(bytes(answer.body), np.uint8).reshape(-1, 28, 28)
    np.testing.assert_array_equal(images, load_digits("sample").images[[3, 1, 4999]])


def test_a_browser_that_unpacks_gets_them_packed() -> None:
    plain, packed = get("index=1,2"), get("index=1,2", **{"accept-encoding": "gzip, br"})
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(bytes(packed.body)) == bytes(plain.body)


def test_a_browser_asks_only_once_for_a_digit_of_the_sample() -> None:
    assert "immutable" in get("index=1").headers["cache-control"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "index=",
        "index=-1",
        "index=1,",
        "index=5000",
        "index=a",
        "index=1e3",
        "index=²",
        "index=9999999999999999999",
        "index=" + 30 * "9",
    ],
)
def test_what_is_no_list_of_digits_is_refused(query: str) -> None:
    assert get(query).status_code == 400


def test_more_digits_than_a_page_shows_are_refused() -> None:
    assert get("index=" + ",".join(MOST * ["1"])).status_code == 200
    assert get("index=" + ",".join((MOST + 1) * ["1"])).status_code == 400


def test_another_source_is_not_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert get("index=1", "fashion").status_code == 404


def test_full_mnist_is_not_found_where_it_is_absent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLAYGROUND_DATA", str(tmp_path))
    monkeypatch.delenv("MNIST_ROOT", raising=False)
    answer = get("index=1", "mnist")
    assert answer.status_code == 404
    assert "full MNIST is not on this machine" in bytes(answer.body).decode()
