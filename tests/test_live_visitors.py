"""The cookie by which a browser's runs are its own."""

import asyncio
from http.cookies import SimpleCookie

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from playground.live.visitors import COOKIE, TOKEN, Visitors, name_of


async def site(scope: Scope, receive: Receive, send: Send) -> None:
    kind = PlainTextResponse if Request(scope).url.path == "/healthz" else HTMLResponse
    await kind("content")(scope, receive, send)


def given(cookie: str | None = None, path: str = "/", scheme: str = "http") -> str | None:
    """The Set-Cookie header that a browser with that cookie is answered with."""
    headers = [(b"cookie", f"{COOKIE}={cookie}".encode())] if cookie else []
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers, "scheme": scheme}
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    asyncio.run(Visitors(site)(scope, receive, send))
    found = dict(sent[0]["headers"]).get(b"set-cookie")
    return found.decode() if found else None


def token_in(header: str | None) -> str:
    assert header is not None
    return SimpleCookie(header)[COOKIE].value


def test_a_new_browser_gets_a_cookie_that_no_script_and_no_other_site_reads() -> None:
    header = given()
    assert header is not None
    assert TOKEN.fullmatch(token_in(header))
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(header.split("; "))


def test_a_browser_keeps_its_cookie() -> None:
    assert given(token_in(given())) is None


def test_two_browsers_get_different_cookies() -> None:
    assert token_in(given()) != token_in(given())


def test_a_cookie_that_was_made_up_is_replaced() -> None:
    assert token_in(given("teacher")) != "teacher"


def test_over_https_the_cookie_stays_there() -> None:
    assert "Secure" in (given(scheme="https") or "")
    assert "Secure" not in (given(scheme="http") or "")


def test_only_pages_set_the_cookie() -> None:
    assert given(path="/healthz") is None


def test_the_name_in_the_store_does_not_tell_the_cookie() -> None:
    token = "a" * 32
    assert token not in name_of(token)
    assert name_of(token) != name_of("b" * 32)
