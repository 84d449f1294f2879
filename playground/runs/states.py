"""A run's life: queued → running ⇄ paused → finished | stopped | failed | diverged | lost."""

from typing import Literal, get_args

State = Literal["queued", "running", "paused", "finished", "stopped", "failed", "lost", "diverged"]
STATES: tuple[State, ...] = get_args(State)

ACTIVE: tuple[State, ...] = ("running", "paused")  # a worker holds it
LIVE: tuple[State, ...] = ("queued", *ACTIVE)  # it may still go on by itself
ENDED: tuple[State, ...] = tuple(state for state in STATES if state not in LIVE)
RESUMABLE: tuple[State, ...] = ("stopped", "failed", "lost")  # goes on from its last checkpoint
