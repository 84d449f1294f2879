"""What the browser and the server say to each other over `/live/runs/{run_id}`.

The browser says what it looks at, and after each message that it has drawn it; until then nothing more is sent. The
server answers with text (status, kept steps and windows, only what is new to this browser), or with bytes where there
are new views: the same as their header. `at` is a kept step, or null for the newest; each view comes back under the
name it was asked by.

    browser  {"windows": ["loss", "changed"], "at": null, "views": {"digit": {"view": "activations", "digit": 12}},
              "hidden": false}
    server   {"reset": true, "status": {…}, "windows": {"loss": {"start": 0, "every": 1, "columns": {…}}, …}}
    browser  {"drawn": true}
    server   bytes: {"at": null, "status": {…}} and the views that are new, by name
    browser  {"drawn": true}
"""

import json
import math
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from playground.live.history import no_history
from playground.live.windows import LINES, Cursor, Window, window
from playground.runs.journal import Curves
from playground.runs.past import Kept, Origin, own_bytes
from playground.runs.store import Run
from playground.views.pack import packed
from playground.views.requests import AnyRequest, Cost, cost

LONGEST = 32_000  # characters a browser may send at once: a drawn digit takes a thousand
MOST_VIEWS = 16
LAST_STEP = 2**53
PROGRESS_EVERY = 0.2  # seconds
WITH_A_VIEW = 0.3  # seconds of silence after which a curve no longer waits for a view, to be drawn with it


class Sight(NamedTuple):
    """One view that is looked at: its request as JSON, at a kept step or at the newest (None)."""

    at: int | None
    request: str
    cost: Cost


class Wishes(BaseModel):
    """What a browser looks at: lines, views at one step of the run, or nothing while its tab is hidden."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    windows: Annotated[tuple[str, ...], Field(max_length=len(LINES), strict=False)]
    at: int | None = Field(ge=0, lt=LAST_STEP)
    views: dict[Annotated[str, Field(max_length=40)], AnyRequest] = Field(max_length=MOST_VIEWS)
    hidden: bool

    @cached_property
    def sights(self) -> dict[str, Sight]:
        """By the browser's name for each."""
        return {name: Sight(self.at, request.model_dump_json(), cost(request)) for name, request in self.views.items()}

    @field_validator("windows")
    @classmethod
    def lines_are_known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not set(names) <= set(LINES):
            raise ValueError(f"the lines are {', '.join(LINES)}")
        return names


NOTHING = Wishes(windows=(), at=None, views={}, hidden=True)


class Drawn(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    drawn: Literal[True]


UNDERSTOOD: TypeAdapter[Wishes | Drawn] = TypeAdapter(Wishes | Drawn)


def understand(text: str) -> Wishes | Drawn:
    """A browser's message; raises `ValueError` where it makes no sense."""
    if len(text) > LONGEST:
        raise ValueError(f"messages have at most {LONGEST} characters")
    try:
        return UNDERSTOOD.validate_json(text)
    except ValidationError as error:
        raise ValueError("not a message of this protocol") from error


@dataclass(frozen=True, eq=False)
class Seen:
    """A view as a worker made it, and the step by which a newer one is told from it; -1 where any is newer."""

    step: int
    content: bytes


@dataclass
class Known:
    """All that the server knows of a watched run. `edition` counts how often its curves started over."""

    run: Run | None = None
    place_in_queue: int | None = None
    curves: Curves = field(default_factory=no_history)
    edition: int = 0
    seen: dict[Sight, Seen] = field(default_factory=dict)
    snapshot: int | None = None  # the step of the newest one
    kept: tuple[Kept, ...] = ()
    origin: Origin | None = None
    windows: dict[tuple[str, Cursor], tuple[Window, Cursor] | None] = field(default_factory=dict)  # of these curves

    def window(self, name: str, cursor: Cursor) -> tuple[Window, Cursor] | None:
        """What a browser at `cursor` needs of one line: made once for all browsers that are there."""
        place = name, cursor
        if place not in self.windows:
            self.windows[place] = window(self.curves, self.run.layers if self.run else (), name, cursor)
        return self.windows[place]


@dataclass(eq=False)
class Conversation:
    """Where one browser is: what it wants, what it was told, and whether it still draws."""

    wishes: Wishes = field(default_factory=lambda: NOTHING)
    is_drawing: bool = False
    edition: int = -1
    status: dict[str, Any] = field(default_factory=dict)
    cursors: dict[str, Cursor] = field(default_factory=dict)
    said_at: float = -math.inf
    waits: bool = False  # there is news, to be said a little later
    kept: tuple[Kept, ...] | None = None
    seen: dict[str, Seen] = field(default_factory=dict)  # what it was sent last, by its own names

    def hear(self, message: Wishes | Drawn) -> None:
        """Raises `ValueError` where the browser says it has drawn what was never sent."""
        if isinstance(message, Wishes):
            self.seen = {name: seen for name, seen in self.seen.items() if name in message.views}
            self.wishes = message
        elif self.is_drawing:
            self.is_drawing = False
        else:
            raise ValueError("nothing was sent that could have been drawn")

    def say(self, known: Known) -> str | bytes | None:
        """The next message for this browser; None where it can't be seen or knows all.

        While it still draws, only another state is said: aside, with nothing to draw and no answer to wait for.
        """
        self.waits = False
        if known.run is None or self.wishes.hidden:
            return None
        if self.is_drawing:
            return self.aside(known)
        if self.edition != known.edition:
            self.cursors = {}
        status, windows, views = status_of(known), self.new_windows(known), self.new_views(known)
        news = self.news(known, status, windows)
        self.waits = bool(news) and not views and self.can_wait(news, status)
        if self.waits or not (news or views):
            return None
        self.edition, self.status, self.kept = known.edition, status, known.kept
        self.cursors |= {name: cursor for name, (_, cursor) in windows.items()}
        self.seen |= views
        self.said_at = time.monotonic()
        self.is_drawing = True
        if views:
            contents = {name: np.frombuffer(seen.content, np.uint8) for name, seen in views.items()}
            return packed({**news, "at": self.wishes.at}, contents)
        return encode(news)

    def can_wait(self, news: dict[str, Any], status: dict[str, Any]) -> bool:
        """Whether no more than how far a run is, which goes on, is new since a moment ago.

        To draw it takes time from training. So its curves are drawn with the heavy views that follow it.
        """
        if status.get("state") != "running" or what_stands(status) != what_stands(self.status):
            return False
        silence = time.monotonic() - self.said_at
        if news.keys() == {"status"}:
            return silence < PROGRESS_EVERY
        follows = any(sight.cost == "heavy" and sight.at is None for sight in self.wishes.sights.values())
        goes_on = news.keys() <= {"status", "windows"} and news.get("windows", {}).keys() <= self.cursors.keys()
        return follows and goes_on and silence < WITH_A_VIEW

    def aside(self, known: Known) -> str | None:
        status = status_of(known)
        if self.edition != known.edition or what_stands(status) == what_stands(self.status):
            return None
        self.status = status
        return encode({"status": status, "aside": True})

    def news(self, known: Known, status: dict[str, Any], windows: dict[str, tuple[Window, Cursor]]) -> dict[str, Any]:
        """Status, kept steps and windows, where they are new to this browser."""
        parts: dict[str, Any] = {}
        if self.edition != known.edition:
            parts["reset"] = True
        if status != self.status:
            parts["status"] = status
        if known.kept != self.kept:
            steps = [one.step for one in known.kept]
            parts["kept"] = {"steps": steps, "bytes": own_bytes(known.kept, known.origin)}
            parts["origin"] = vars(known.origin) if known.origin else None
        if windows:
            parts["windows"] = {name: vars(part) for name, (part, _) in windows.items()}
        return parts

    def new_windows(self, known: Known) -> dict[str, tuple[Window, Cursor]]:
        """By name, with where the browser is once it has drawn them."""
        found = {name: known.window(name, self.cursors.get(name, Cursor())) for name in self.wishes.windows}
        return {name: step for name, step in found.items() if step is not None}

    def new_views(self, known: Known) -> dict[str, Seen]:
        """Those that this browser asked for and has not been sent as they are now, by its own names."""
        found = {name: known.seen.get(sight) for name, sight in self.wishes.sights.items()}
        return {name: seen for name, seen in found.items() if seen is not None and seen is not self.seen.get(name)}


def encode(parts: dict[str, Any]) -> str:
    return json.dumps(parts, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def what_stands(status: dict[str, Any]) -> tuple[Any, ...]:
    """What of a status changes only by somebody's act or at an end."""
    state = status.get("state")
    return state, status.get("attempt"), status.get("step") if state == "paused" else None


def status_of(known: Known) -> dict[str, Any]:
    """The run's row as the board shows it; empty before the first look at it."""
    run = known.run
    if run is None:
        return {}
    training = run.experiment.training
    evaluated = known.curves.evaluated
    seconds_left = run.seconds_left if run.is_live else None
    return {
        "state": run.state,
        "attempt": run.attempt,
        "message": run.message,
        "place": known.place_in_queue,
        "step": run.step,
        "total_steps": run.total_steps,
        "epoch": round(run.epoch, 3),
        "epochs": training.epochs if training.unit == "epochs" else None,
        "digits_per_second": round(run.digits_per_second),
        "seconds": round(run.seconds, 1),
        "seconds_left": None if seconds_left is None else round(seconds_left, 1),
        "live": run.live,
        "validation_accuracy": evaluated["validation_accuracy"][-1] if evaluated["step"] else None,
        "evaluated_at": evaluated["step"][-1] if evaluated["step"] else None,
    }
