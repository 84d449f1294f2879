"""Gives every browser a cookie by which its runs are its own.

Of two tabs that a new browser opens at once each gets one, and the later stays: what the other tab began before its
next reload is then another visitor's.
"""

import re
import secrets
from hashlib import sha256

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "playground_visitor"
AGE = 400 * 24 * 3600  # seconds: the longest that browsers keep one
TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")


def name_of(token: str) -> str:
    """What the store knows a visitor by: who reads it there can't take their place."""
    return sha256(token.encode()).hexdigest()[:32]


class Visitors:
    """ASGI middleware: a page that is asked for without a good cookie is answered with a new one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or TOKEN.fullmatch(HTTPConnection(scope).cookies.get(COOKIE, "")):
            await self.app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and is_page(message):
                message["headers"] = [*message["headers"], (b"set-cookie", cookie(scope["scheme"]))]
            await send(message)

        await self.app(scope, receive, send_with_cookie)


def is_page(message: Message) -> bool:
    headers = dict(message["headers"])
    return headers.get(b"content-type", b"").startswith(b"text/html")


def cookie(scheme: str) -> bytes:
    secure = "; Secure" if scheme == "https" else ""
    token = secrets.token_urlsafe(24)
    return f"{COOKIE}={token}; Path=/; Max-Age={AGE}; HttpOnly; SameSite=Lax{secure}".encode()
