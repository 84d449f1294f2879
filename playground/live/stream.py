"""One poller a watched run, shared by all its browsers: what nobody watches is not read."""

import asyncio
import json
import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from typing import Any

from anyio import CapacityLimiter, to_thread
from sqlalchemy.exc import SQLAlchemyError

from playground.live.history import extend, no_history
from playground.live.messages import Conversation, Known, Seen, Sight
from playground.runs import control
from playground.runs.journal import Curves, curves
from playground.runs.past import Kept, Origin
from playground.runs.sights import SNAPSHOT
from playground.runs.states import ACTIVE
from playground.runs.store import Run, Store
from playground.views.pack import packed, unpacked

LOOK_EVERY = 0.08  # seconds
LOOK_AT_MOST_EVERY = 0.02  # whatever browsers ask for
LOOK_AT_AN_ENDED_RUN_EVERY = 0.5
LOOK_FOR_KEPT_STEPS_EVERY = 0.4
MOST_CHUNKS = 1000  # in one look, each of about 0.1 s of training: a long run is read in parts
WATCH_EVERY = 1.0
WATCH_FOR = 2.5
PATIENCE = 1.0  # with a database that doesn't answer
PATIENCE_WITH_WORKERS = 8.0
QUESTIONS_AT_ONCE = 2  # of a run
ASKING = CapacityLimiter(32)  # threads of their own: those who wait for workers must not hold up the streams
COSTS = ("slow", "heavy", "quick")
ROOM = 32_000_000  # bytes for views that somebody looked at
BUSY = packed({"problem": "All workers are busy: asking again in a moment."})

Answer = tuple[int | str, Any]  # at a kept step, "last" or "now"; and what makes the next answer another one


@dataclass(frozen=True)
class Look:
    """What one look into the store brought; `run` is None where it has been deleted."""

    run: Run | None
    place_in_queue: int | None
    last_chunk: int
    curves: Curves
    starts_over: bool
    is_part: bool
    seen: dict[Sight, Seen]
    snapshot: int | None
    kept: tuple[Kept, ...]
    origin: Origin | None


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
        self.stir = asyncio.Event()  # a browser looks at something else
        self.last_chunk = 0
        self.next_watch = self.next_kept = 0.0
        self.watching: set[str] = set()
        self.asked: dict[Sight, Answer] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.in_flight: list[set[Sight]] = []  # questions that wait for their answers

    async def poll(self) -> None:
        """Look into the store until cancelled, or until the run has been deleted."""
        while not self.is_over:
            self.stir.clear()
            begin = time.monotonic()
            try:
                look = await to_thread.run_sync(self.look, self.live_sights(), abandon_on_cancel=True)
            except SQLAlchemyError as error:
                logging.getLogger(__name__).warning("the store doesn't answer: %s", error)
                await asyncio.sleep(PATIENCE)
                continue
            if self.learn(look):
                self.wake()
            self.ask_workers()
            if look.is_part:
                continue
            is_live = look.run is not None and look.run.is_live
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stir.wait(), LOOK_EVERY if is_live else LOOK_AT_AN_ENDED_RUN_EVERY)
            await asyncio.sleep(begin + LOOK_AT_MOST_EVERY - time.monotonic())

    # --- a look into the store ----------------------------------------------------------------------------------------

    def look(self, sights: Iterable[Sight]) -> Look:
        """Read what is new; everything, where the run went on from a checkpoint and later chunks were dropped."""
        rows = self.store.chunks(self.run_id, self.last_chunk, MOST_CHUNKS)
        run = self.store.run(self.run_id)
        news = curves(events for _, events in rows)
        starts_over = run is not None and went_back(self.known, news, run)
        if starts_over:
            rows = self.store.chunks(self.run_id, limit=MOST_CHUNKS)
            news = curves(events for _, events in rows)
        seen, snapshot = self.look_inside(run, list(sights))
        return Look(
            run=run,
            place_in_queue=self.store.place_in_queue(self.run_id)
            if run is not None and run.state == "queued"
            else None,
            last_chunk=rows[-1][0] if rows else 0 if starts_over else self.last_chunk,
            curves=news,
            starts_over=starts_over,
            is_part=len(rows) == MOST_CHUNKS,
            seen=seen,
            snapshot=snapshot,
            kept=self.look_for_kept_steps(run),
            origin=self.known.origin if self.known.run else self.store.past.origin(self.run_id),
        )

    def look_inside(self, run: Run | None, sights: list[Sight]) -> tuple[dict[Sight, Seen], int | None]:
        """The newest of each watched view, and the step of the newest snapshot; and say that they are watched."""
        if run is None or run.state not in ACTIVE:
            return {}, None
        quick = {sight.request: sight for sight in sights if sight.cost == "quick"}
        known = {
            request: self.known.seen[sight].step if sight in self.known.seen else -1 for request, sight in quick.items()
        }
        snapshot = self.known.snapshot
        if any(sight.cost == "heavy" for sight in sights):
            known[SNAPSHOT] = -1 if snapshot is None else snapshot
        now = time.monotonic()
        if known and (now >= self.next_watch or not known.keys() <= self.watching):
            self.next_watch = now + WATCH_EVERY
            self.watching = set(known)
            self.store.sights.watch(self.run_id, known, WATCH_FOR)
        found = self.store.sights.news(self.run_id, known)
        if SNAPSHOT in found:
            snapshot = found.pop(SNAPSHOT)[0]
        return {quick[request]: Seen(*news) for request, news in found.items()}, snapshot

    def look_for_kept_steps(self, run: Run | None) -> tuple[Kept, ...]:
        """Seldom, but at once for a run that has just ended."""
        before = self.known.run
        has_ended = run is not None and not run.is_live and before is not None and before.is_live
        now = time.monotonic()
        if now < self.next_kept and not has_ended:
            return self.known.kept
        self.next_kept = now + LOOK_FOR_KEPT_STEPS_EVERY
        return tuple(self.store.past.kept(self.run_id))

    def learn(self, look: Look) -> bool:
        """Take in what a look brought; says whether anything was new."""
        known = self.known
        before = (known.run, known.place_in_queue, known.kept)
        if look.starts_over:
            known.curves, known.seen, known.edition = no_history(), {}, known.edition + 1
            self.asked.clear()
        extend(known.curves, look.curves)
        known.windows.clear()
        self.last_chunk = look.last_chunk
        known.run, known.place_in_queue = look.run, look.place_in_queue
        known.kept, known.origin = look.kept, look.origin
        self.is_over = look.run is None
        known.seen |= look.seen
        known.snapshot = look.snapshot
        self.make_room()
        is_new = look.starts_over or is_filled(look.curves) or bool(look.seen)
        return is_new or before != (known.run, known.place_in_queue, known.kept)

    def make_room(self) -> None:
        """Forget the oldest of the views that nobody looks at, where there are too many."""
        wanted, size = self.sights(), sum(len(seen.content) for seen in self.known.seen.values())
        for sight in list(self.known.seen):
            if sight not in wanted and (size > ROOM or sight.at is None):
                size -= len(self.known.seen.pop(sight).content)
                self.asked.pop(sight, None)

    # --- questions that any worker answers, from a checkpoint ---------------------------------------------------------

    def ask_workers(self) -> None:
        """Ask for what is wanted and can't come from the worker that trains.

        Two workers share what is of one step, unless one of them has this run to train.
        """
        missing: dict[Answer, list[Sight]] = {}
        for sight in self.sights().difference(*self.in_flight):
            answer = self.answer_to(sight)
            if answer is not None and self.asked.get(sight) != answer:
                missing.setdefault(answer, []).append(sight)
        for answer, sights in missing.items():
            free = QUESTIONS_AT_ONCE - len(self.in_flight)
            if self.known.run and self.known.run.state == "running":
                free = min(free, 1)
            sights.sort(key=lambda sight: COSTS.index(sight.cost))
            for part in filter(None, (sights[start::free] for start in range(free))):
                self.asked |= dict.fromkeys(part, answer)
                self.in_flight.append(set(part))
                task = asyncio.create_task(self.ask(answer[0], part))
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)

    def answer_to(self, sight: Sight) -> Answer | None:
        """Which checkpoint answers; None where it is the worker that trains, or nobody yet."""
        run, newest = self.known.run, self.known.kept[-1].step if self.known.kept else None
        if sight.at is not None:
            return sight.at, None
        if run is None or run.state == "queued":
            return None
        if not run.is_live:
            return "last", (run.attempt, run.state)
        if sight.cost == "heavy" and self.known.snapshot is not None:
            return "now", self.known.snapshot
        return (newest, newest) if sight.cost == "slow" and newest is not None else None

    async def ask(self, at: int | str, sights: list[Sight]) -> None:
        def question() -> list[bytes] | None:
            request = {"at": at, "views": [json.loads(sight.request) for sight in sights]}
            task_id = self.store.questions.ask("look", request, self.run_id)
            task = control.answer_to(self.store, task_id, PATIENCE_WITH_WORKERS)
            while task is None and self.is_taken(task_id):  # a worker is at it
                task = control.answer_to(self.store, task_id, PATIENCE_WITH_WORKERS)
            self.store.questions.drop(task_id)  # also one that nobody took: it will be asked anew
            if task is None:
                return None
            if task.result is None:
                return [packed({"problem": task.message})] * len(sights)
            views = unpacked(task.result)[1]
            return [views[str(place)].tobytes() for place in range(len(sights))]

        contents = None
        try:
            contents = await to_thread.run_sync(question, abandon_on_cancel=True, limiter=ASKING)
        except SQLAlchemyError as error:
            logging.getLogger(__name__).warning("the store doesn't answer: %s", error)
        finally:
            self.in_flight.remove(set(sights))
            if contents is None:
                for sight in sights:
                    self.asked.pop(sight, None)
                    self.known.seen.setdefault(sight, Seen(-1, BUSY))  # a view that is there says how old it is
        for sight, content in zip(sights, contents or (), strict=False):
            self.known.seen[sight] = Seen(-1, content)
        self.wake()
        self.stir.set()

    def is_taken(self, task_id: int) -> bool:
        return self.store.questions.state(task_id) == "taken"

    # --- its browsers -------------------------------------------------------------------------------------------------

    def sights(self) -> set[Sight]:
        """All that somebody looks at."""
        wishes = [browser.wishes for browser in self.browsers]
        return {sight for wish in wishes if not wish.hidden for sight in wish.sights.values()}

    def live_sights(self) -> set[Sight]:
        """What the worker that trains has to show."""
        return {sight for sight in self.sights() if sight.at is None and sight.cost != "slow"}

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
