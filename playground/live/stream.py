"""One poller a watched run, shared by all its browsers: what nobody watches is not read."""

import asyncio
import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError

from playground.live.history import extend, no_history
from playground.live.messages import Conversation, Known, Picture
from playground.runs import control
from playground.runs.journal import Curves, curves
from playground.runs.store import Run, Store

LOOK_EVERY = 0.08  # seconds
LOOK_AT_AN_ENDED_RUN_EVERY = 0.5
MOST_CHUNKS = 1000  # in one look, each of about 0.1 s of training: a long run is read in parts
PICTURE_EVERY = 0.2
WATCH_EVERY = 1.0
WATCH_FOR = 2.5
PATIENCE = 1.0  # with a database that doesn't answer
ASK_AGAIN_AFTER = 20.0  # where no worker answered


@dataclass(frozen=True)
class Look:
    """What one look into the store brought; `run` is None where it has been deleted."""

    run: Run | None
    place_in_queue: int | None
    last_chunk: int
    curves: Curves
    starts_over: bool
    is_part: bool
    pictures: dict[int, bytes]


class Watched:
    """A run that somebody watches.

    `look` runs in a thread and changes nothing that a message is made of; all else happens in the event loop, so
    browsers need no locks.
    """

    def __init__(self, store: Store, run_id: str) -> None:
        self.store = store
        self.run_id = run_id
        self.known = Known()
        self.is_over = False
        self.browsers: dict[Conversation, asyncio.Event] = {}
        self.last_chunk = 0
        self.next_watch = self.next_picture = 0.0
        self.asked: dict[int, tuple[int, str]] = {}
        self.tasks: set[asyncio.Task[None]] = set()

    async def poll(self) -> None:
        """Look into the store until cancelled, or until the run has been deleted."""
        while not self.is_over:
            try:
                look = await to_thread.run_sync(self.look, self.digits(), abandon_on_cancel=True)
            except SQLAlchemyError as error:
                logging.getLogger(__name__).warning("the store doesn't answer: %s", error)
                await asyncio.sleep(PATIENCE)
                continue
            if self.learn(look):
                self.wake()
            self.ask_about_an_ended_run()
            if look.is_part:
                continue
            is_live = look.run is not None and look.run.is_live
            await asyncio.sleep(LOOK_EVERY if is_live else LOOK_AT_AN_ENDED_RUN_EVERY)

    # --- a look into the store ----------------------------------------------------------------------------------------

    def look(self, digits: Iterable[int]) -> Look:
        """Read what is new; everything, where the run went on from a checkpoint and later chunks were dropped."""
        rows = self.store.chunks(self.run_id, self.last_chunk, MOST_CHUNKS)
        run = self.store.run(self.run_id)
        news = curves(events for _, events in rows)
        starts_over = run is not None and went_back(self.known, news, run)
        if starts_over:
            rows = self.store.chunks(self.run_id, limit=MOST_CHUNKS)
            news = curves(events for _, events in rows)
        return Look(
            run=run,
            place_in_queue=self.store.place_in_queue(self.run_id)
            if run is not None and run.state == "queued"
            else None,
            last_chunk=rows[-1][0] if rows else 0 if starts_over else self.last_chunk,
            curves=news,
            starts_over=starts_over,
            is_part=len(rows) == MOST_CHUNKS,
            pictures=self.look_at_pictures(run, digits),
        )

    def look_at_pictures(self, run: Run | None, digits: Iterable[int]) -> dict[int, bytes]:
        """The newest picture of each watched digit; and say that they are watched."""
        now = time.monotonic()
        if run is None or run.state not in ("running", "paused") or now < self.next_picture:
            return {}
        self.next_picture = now + PICTURE_EVERY
        is_time_to_watch = now >= self.next_watch
        if is_time_to_watch:
            self.next_watch = now + WATCH_EVERY
        found = {}
        for digit in digits:
            if is_time_to_watch or digit not in self.known.pictures:
                self.store.watch(self.run_id, "activations", digit, WATCH_FOR)
            view = self.store.view(self.run_id, "activations", digit)
            if view is not None:
                found[digit] = view[1]
        return found

    def learn(self, look: Look) -> bool:
        """Take in what a look brought; says whether anything was new."""
        known = self.known
        before = (known.run, known.place_in_queue)
        if look.starts_over:
            known.curves, known.pictures, known.edition = no_history(), {}, known.edition + 1
        extend(known.curves, look.curves)
        self.last_chunk = look.last_chunk
        known.run, known.place_in_queue = look.run, look.place_in_queue
        self.is_over = look.run is None
        is_new = look.starts_over or is_filled(look.curves) or before != (known.run, known.place_in_queue)
        for digit, content in look.pictures.items():
            if digit not in known.pictures or known.pictures[digit].content != content:
                known.pictures[digit] = Picture(content)
                is_new = True
        return is_new

    # --- questions about a run that no worker holds -------------------------------------------------------------------

    def ask_about_an_ended_run(self) -> None:
        """Any worker answers from the last checkpoint: once for each digit and end."""
        run = self.known.run
        if run is None or run.is_live:
            return
        for digit in self.digits():
            if self.asked.get(digit) != (run.attempt, run.state):
                self.asked[digit] = (run.attempt, run.state)
                task = asyncio.create_task(self.ask(digit))
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)

    async def ask(self, digit: int) -> None:
        def question() -> Picture | None:
            task = control.ask(self.store, "activations", {"digit": digit}, self.run_id)
            return Picture(task.result, task.message) if task else None

        picture = await to_thread.run_sync(question, abandon_on_cancel=True)
        self.known.pictures[digit] = picture or Picture(problem="All workers are busy: asking again in a moment.")
        self.wake()
        if picture is None:
            await asyncio.sleep(ASK_AGAIN_AFTER)
            self.asked.pop(digit, None)

    # --- its browsers -------------------------------------------------------------------------------------------------

    def digits(self) -> set[int]:
        wishes = [browser.wishes for browser in self.browsers]
        return {wish.digit for wish in wishes if wish.digit is not None and not wish.hidden}

    def wake(self) -> None:
        for event in self.browsers.values():
            event.set()


class Streams:
    """The runs that somebody watches now."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.watched: dict[str, Watched] = {}

    @contextmanager
    def join(self, run_id: str, browser: Conversation) -> Iterator[tuple[Watched, asyncio.Event]]:
        """Watch a run as long as the block lasts; the event is set whenever there may be something to say."""
        watched = self.watched.get(run_id)
        if watched is None:
            watched = self.watched[run_id] = Watched(self.store, run_id)
            task = asyncio.create_task(watched.poll())
            watched.tasks.add(task)
            task.add_done_callback(lambda task: self.close(watched, task))
        event = watched.browsers[browser] = asyncio.Event()
        try:
            yield watched, event
        finally:
            del watched.browsers[browser]
            if not watched.browsers:
                for task in watched.tasks:
                    task.cancel()
                self.forget(watched)

    def close(self, watched: Watched, poller: asyncio.Task[None]) -> None:
        """The poller ended: its browsers are told to come again."""
        if not poller.cancelled() and poller.exception() is not None:
            logging.getLogger(__name__).error("the stream of %s broke", watched.run_id, exc_info=poller.exception())
        watched.is_over = True
        watched.wake()
        self.forget(watched)

    def forget(self, watched: Watched) -> None:
        if self.watched.get(watched.run_id) is watched:
            del self.watched[watched.run_id]


def went_back(known: Known, news: Curves, run: Run) -> bool:
    """Whether what is known may hold steps that the run has since dropped."""
    if known.run is None:
        return False
    steps, more = known.curves.stepped["step"], news.stepped["step"]
    overlaps = bool(steps and more and more[0] <= steps[-1])
    return overlaps or run.attempt != known.run.attempt or run.step < known.run.step


def is_filled(part: Curves) -> bool:
    return any(getattr(part, table.name)["step"] for table in fields(Curves))
