"""What the browser and the server say to each other over `/live/runs/{run_id}`.

The browser says what it looks at, and after each message that it has drawn it; until then nothing more is sent. The
server answers with text (status and windows, only what is new to this browser) and with pictures as bytes.

    browser  {"windows": ["loss", "evaluated", "changed"], "digit": 12, "hidden": false}
    server   {"reset": true, "status": {…}, "windows": {"loss": {"start": 0, "every": 1, "columns": {…}}, …}}
    browser  {"drawn": true}
    server   bytes: what digit 12 does to every layer
    browser  {"drawn": true}
"""

import json
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from playground.live.history import no_history
from playground.live.windows import LINES, Cursor, window
from playground.runs.journal import Curves
from playground.runs.store import Run

LONGEST = 2000  # characters a browser may send at once
DIGITS = 100_000


class Wishes(BaseModel):
    """What a browser looks at: lines, one digit inside the network, or nothing while its tab is hidden."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    windows: Annotated[tuple[str, ...], Field(max_length=len(LINES), strict=False)]
    digit: int | None = Field(ge=0, lt=DIGITS)
    hidden: bool

    @field_validator("windows")
    @classmethod
    def lines_are_known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not set(names) <= set(LINES):
            raise ValueError(f"the lines are {', '.join(LINES)}")
        return names


NOTHING = Wishes(windows=(), digit=None, hidden=True)


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


@dataclass
class Picture:
    """What one digit does to every layer: bytes as a worker wrote them, or why there are none."""

    content: bytes | None = None
    problem: str = ""


@dataclass
class Known:
    """All that the server knows of a watched run. `edition` counts how often its curves started over."""

    run: Run | None = None
    place_in_queue: int | None = None
    curves: Curves = field(default_factory=no_history)
    edition: int = 0
    pictures: dict[int, Picture] = field(default_factory=dict)


@dataclass(eq=False)
class Conversation:
    """Where one browser is: what it wants, what it was told, and whether it still draws."""

    wishes: Wishes = field(default_factory=lambda: NOTHING)
    is_drawing: bool = False
    last: str | bytes | None = None
    edition: int = -1
    status: dict[str, Any] = field(default_factory=dict)
    cursors: dict[str, Cursor] = field(default_factory=dict)
    picture: Picture | None = None

    def hear(self, message: Wishes | Drawn) -> None:
        """Raises `ValueError` where the browser says it has drawn what was never sent."""
        if isinstance(message, Wishes):
            if message.digit != self.wishes.digit:
                self.picture = None
            self.wishes = message
        elif self.is_drawing:
            self.is_drawing = False
        else:
            raise ValueError("nothing was sent that could have been drawn")

    def say(self, known: Known) -> str | bytes | None:
        """The next message for this browser; None where it can't be seen or knows all.

        While it still draws, only another state is said: aside, with nothing to draw and no answer to wait for.
        """
        if known.run is None or self.wishes.hidden:
            return None
        if self.is_drawing:
            return self.aside(known)
        # In turns: a slow browser has news waiting after every message, and must still see pictures.
        picture = None if isinstance(self.last, bytes) else self.new_picture(known)
        self.last = picture or self.news(known) or self.new_picture(known)
        self.is_drawing = self.last is not None
        return self.last

    def aside(self, known: Known) -> str | None:
        status = status_of(known, self.wishes.digit)
        if self.edition != known.edition or what_stands(status) == what_stands(self.status):
            return None
        self.status = status
        return encode({"status": status, "aside": True})

    def news(self, known: Known) -> str | None:
        parts: dict[str, Any] = {}
        if self.edition != known.edition:
            self.edition = known.edition
            self.cursors = {}
            parts["reset"] = True
        status = status_of(known, self.wishes.digit)
        if status != self.status:
            self.status = parts["status"] = status
        layers = known.run.layers if known.run else ()
        windows = {}
        for name in self.wishes.windows:
            step = window(known.curves, layers, name, self.cursors.get(name, Cursor()))
            if step is not None:
                windows[name], self.cursors[name] = step
        if windows:
            parts["windows"] = {name: vars(part) for name, part in windows.items()}
        return encode(parts) if parts else None

    def new_picture(self, known: Known) -> bytes | None:
        digit = self.wishes.digit
        picture = known.pictures.get(digit) if digit is not None else None
        if picture is None or picture is self.picture:
            return None
        self.picture = picture
        return picture.content


def encode(parts: dict[str, Any]) -> str:
    return json.dumps(parts, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def what_stands(status: dict[str, Any]) -> tuple[Any, ...]:
    """What of a status changes only by somebody's act or at an end."""
    state = status.get("state")
    return state, status.get("attempt"), status.get("step") if state == "paused" else None


def status_of(known: Known, digit: int | None) -> dict[str, Any]:
    """The run's row as the board shows it; empty before the first look at it."""
    run = known.run
    if run is None:
        return {}
    training = run.experiment.training
    picture = known.pictures.get(digit) if digit is not None else None
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
        "picture_problem": picture.problem if picture else "",
    }
