"""A page made of two queues, at the server's own routes, and runs for it to look at."""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np
from starlette.applications import Starlette

from playground.experiment import Experiment
from playground.live.routes import routes
from playground.runs.journal import encode
from playground.runs.past import Kept
from playground.runs.questions import Task
from playground.runs.store import Store
from playground.training.events import Evaluated, Event, Stepped
from playground.views.pack import packed, unpacked
from playground.views.requests import REQUEST

LOOKING: dict[str, Any] = {"windows": ["loss", "evaluated", "changed"], "at": None, "views": {}, "hidden": False}


class Page:
    """A browser's end of one connection, below any network."""

    def __init__(self, store: Store | Starlette, path: str, kind: str = "websocket", **headers: str) -> None:
        self.sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.received: asyncio.Queue[Any] = asyncio.Queue()
        scope = {
            "type": kind,
            "path": path,
            "method": "GET",
            "query_string": b"",
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        }
        app = Starlette(routes=routes(store)) if isinstance(store, Store) else store
        self.task = asyncio.ensure_future(app(scope, self.sent.get, self.received.put))

    async def open(self) -> "Page":
        await self.sent.put({"type": "websocket.connect"})
        assert (await self.next())["type"] == "websocket.accept"
        return self

    async def next(self) -> Any:
        return await asyncio.wait_for(self.received.get(), 5)

    async def say(self, message: Any) -> None:
        text = message if isinstance(message, str) else json.dumps(message)
        await self.sent.put({"type": "websocket.receive", "text": text})

    async def drawn(self) -> None:
        await self.say({"drawn": True})

    async def message(self) -> Any:
        """The next message's content."""
        event = await self.next()
        assert event["type"] == "websocket.send", event
        return json.loads(event["text"]) if event.get("text") is not None else event["bytes"]

    async def until(self, holds: Callable[[Any], bool]) -> Any:
        """The first message for which something holds; those before it are drawn and passed over."""
        while not holds(message := await self.message()):
            await self.drawn()
        return message

    async def is_silent(self, seconds: float = 0.3) -> bool:
        await asyncio.sleep(seconds)
        return self.received.empty()

    async def leave(self) -> None:
        await self.sent.put({"type": "websocket.disconnect", "code": 1001})
        await asyncio.wait_for(self.task, 5)


def play(scene: Coroutine[Any, Any, None]) -> None:
    asyncio.run(scene)


def steps(first: int, last: int, loss: float = 1.0) -> list[Event]:
    return [Stepped(step, step / 10, loss, 0.0, 0.5, 0.001, 64) for step in range(first, last + 1)]


def running(store: Store, last: int = 5) -> str:
    run_id = store.create(Experiment(), "mine")
    events = [Evaluated(0, 2.3, 0.1, 2.3, 0.1), *steps(1, last)]
    store.record(run_id, 0, encode(events), state="running", step=last, total_steps=100, layers='["Head"]')
    return run_id


def loss_steps(message: Any) -> list[int]:
    return message["windows"]["loss"]["columns"]["step"]


# --- views inside a run, and the workers that make them ---------------------------------------------------------------

Request = dict[str, Any]
DIGIT = {"view": "activations", "digit": 12}
WEIGHTS = {"view": "weights", "layer": "Head"}
SLOW = {"view": "ribbons", "digits": [1, 2]}
HEAVY = {"view": "distributions"}


def text(request: Request) -> str:
    """As it travels to workers."""
    return REQUEST.validate_python(request).model_dump_json()


def look(at: int | None = None, /, **views: Request) -> Request:
    return {**LOOKING, "windows": [], "at": at, "views": views}


async def page_of(app: Store | Starlette, run_id: str, wishes: Request) -> Page:
    page = await Page(app, f"/live/runs/{run_id}").open()
    await page.say(wishes)
    return page


async def views(page: Page) -> tuple[int | None, dict[str, bytes]]:
    """(kept step or None, views by the page's names) of the next message with views."""
    content = await page.until(lambda message: isinstance(message, bytes))
    await page.drawn()
    header, arrays = unpacked(content)
    return header["at"], {name: array.tobytes() for name, array in arrays.items()}


async def soon(holds: Callable[[], bool], within: float = 20.0) -> bool:
    end = time.monotonic() + within
    while not holds():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.01)
    return True


async def task(store: Store, within: float = 20.0) -> Task:
    """The next question to the workers, taken."""
    end = time.monotonic() + within
    while (found := store.questions.take("worker")) is None:
        assert time.monotonic() < end, "nothing was asked"
        await asyncio.sleep(0.005)
    return found


def answer(store: Store, asked: Task, *contents: bytes) -> None:
    arrays = {str(place): np.frombuffer(content, np.uint8) for place, content in enumerate(contents)}
    store.questions.answer(asked.id, packed({}, arrays))


def kept(store: Store, run_id: str, *steps_kept: int) -> None:
    store.past.add(run_id, [Kept(step, 1000, {}) for step in steps_kept], [])


def ended(store: Store) -> str:
    run_id = running(store)
    kept(store, run_id, 0, 2, 5)
    store.set_state(run_id, "finished")
    return run_id
