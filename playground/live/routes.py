"""The server's own addresses: is it up, Plotly's JavaScript, digits drawn and shown, and the live stream of a run."""

import asyncio
import gzip
import logging
from contextlib import suppress
from functools import cache

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from playground.figures.javascript import plotly_javascript
from playground.live.drawings import digit
from playground.live.messages import PROGRESS_EVERY, Conversation, Wishes, understand
from playground.live.origin import is_own_page
from playground.live.pictures import pictures
from playground.live.stream import Streams, Watched
from playground.runs.store import Store

FOREVER = "public, max-age=31536000, immutable"  # the address holds the version
NO_SUCH_RUN = 4404
NOT_UNDERSTOOD = 1008
TRY_AGAIN = 1012


def routes(store: Store, base: str = "") -> list[BaseRoute]:
    """`base` is what all addresses begin with, such as "/playground", where Streamlit's server.baseUrlPath is set."""
    streams = Streams(store)

    async def stream(socket: WebSocket) -> None:
        await converse(socket, store, streams)

    return [
        Route(base + "/healthz", healthy),
        Route(base + "/live/plotly.min.js", plotly),
        Route(base + "/live/digit", digit, methods=["POST"]),
        Route(base + "/live/digits/{source}", pictures),
        WebSocketRoute(base + "/live/runs/{run_id}", stream),
    ]


async def healthy(_: Request) -> Response:
    return PlainTextResponse("ok")


async def plotly(request: Request) -> Response:
    """4.8 MB of JavaScript, 1.4 MB packed: packed once, not for each browser."""
    is_packed = "gzip" in request.headers.get("accept-encoding", "")
    content = await to_thread.run_sync(javascript, is_packed)
    headers = {"cache-control": FOREVER, "vary": "accept-encoding"}
    if is_packed:
        headers["content-encoding"] = "gzip"
    return Response(content, media_type="text/javascript", headers=headers)


@cache
def javascript(is_packed: bool) -> bytes:
    content = plotly_javascript().read_bytes()
    return gzip.compress(content, 6) if is_packed else content


# --- the live stream ------------------------------------------------------------------------------------------------


async def converse(socket: WebSocket, store: Store, streams: Streams) -> None:
    """Stream a run to one browser until either leaves."""
    if not is_own_page(socket.headers):
        await socket.close()  # before it was accepted: the handshake is refused
        return
    await socket.accept()
    run_id = socket.path_params["run_id"]
    try:
        run = await to_thread.run_sync(store.run, run_id)
    except SQLAlchemyError:
        await close(socket, TRY_AGAIN, "the store doesn't answer")
        return
    if run is None:
        await close(socket, NO_SUCH_RUN, f"there is no run {run_id}")
        return
    browser = Conversation()
    with streams.join(run_id, browser) as (watched, news):
        speaking = asyncio.create_task(speak(socket, browser, watched, news))
        listening = asyncio.create_task(listen(socket, browser, watched, news))
        try:
            await asyncio.wait((speaking, listening), return_when=asyncio.FIRST_COMPLETED)
        finally:
            speaking.cancel()
            listening.cancel()
            for ending in await asyncio.gather(speaking, listening, return_exceptions=True):
                if isinstance(ending, Exception):
                    logging.getLogger(__name__).error("the talk about %s broke", run_id, exc_info=ending)


async def listen(socket: WebSocket, browser: Conversation, watched: Watched, news: asyncio.Event) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        try:
            heard = understand(message.get("text") or "")
            browser.hear(heard)
        except ValueError as error:
            await close(socket, NOT_UNDERSTOOD, str(error))
            return
        if isinstance(heard, Wishes):
            watched.stir.set()
        news.set()


async def speak(socket: WebSocket, browser: Conversation, watched: Watched, news: asyncio.Event) -> None:
    while not watched.is_over:
        message = browser.say(watched.known)
        try:
            if isinstance(message, bytes):
                await socket.send_bytes(message)
            elif message is not None:
                await socket.send_text(message)
        except WebSocketDisconnect:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(PROGRESS_EVERY if browser.waits else None):
                await news.wait()
        news.clear()
    await close(socket, TRY_AGAIN, "the stream of this run ended")


async def close(socket: WebSocket, code: int, reason: str) -> None:
    """Close with a reason; a close frame has room for 123 bytes."""
    with suppress(WebSocketDisconnect, RuntimeError):  # the browser may have left first
        await socket.close(code, reason.encode()[:120].decode(errors="ignore"))
