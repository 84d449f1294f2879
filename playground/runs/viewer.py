"""What somebody watches of a run in a worker: made between two steps, for a small share of the time, sent as bytes."""

import time
from collections.abc import Mapping

from playground.runs.active import ActiveRun
from playground.runs.moments import live_moment
from playground.runs.sights import SNAPSHOT
from playground.runs.store import Store
from playground.training.checkpoint import save_weights
from playground.views.make import make_or_explain
from playground.views.requests import REQUEST

SHORTEST_PAUSE = 0.19  # seconds between two views of the same thing: four to five a second arrive
BETWEEN_SNAPSHOTS = 0.22  # what other workers make of them takes their time, and the browser's
SHARE = 0.08  # of the worker's time
LOOK_EVERY = 0.05
MOMENT = 0.01  # seconds that training stands still for views, where each takes less

Key = tuple[str, str]  # run, request


class Viewer:
    """Serves the watched views of the runs that a worker holds, the one that has waited longest first."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.looked = 0.0
        self.rest_until = 0.0
        self.watched: list[Key] = []
        self.shown: dict[Key, tuple[int, float]] = {}  # the step shown, and when

    def serve(self, active: Mapping[str, ActiveRun]) -> None:
        """Make the views that are due, but no more than a moment long: a page draws those of one step together."""
        now = time.monotonic()
        if not active:
            return
        if now - self.looked > LOOK_EVERY:
            self.looked = now
            self.look(active)
        due = [key for key in self.watched if self.is_due(active, key, now)]
        if now < self.rest_until:
            due = [key for key in due if key not in self.shown]  # what was just asked for doesn't wait
        elif due:  # what is due soon comes along, so that views fall into step however they were asked for
            due = [key for key in self.watched if self.is_due(active, key, now + SHORTEST_PAUSE / 2)]
        due.sort(key=lambda key: self.shown.get(key, (-1, 0.0))[1])
        for key in due:
            self.make(key, active[key[0]])
            if time.monotonic() - now > MOMENT:
                return

    def make(self, key: Key, run: ActiveRun) -> None:
        run_id, request = key
        is_training = run.is_running
        begin = time.monotonic()
        self.shown[key] = (run.trainer.step, begin)  # before it is made: what fails is not tried again at once
        self.store.sights.show(run_id, request, run.trainer.step, content(run, self.store, request))
        end = time.monotonic()
        self.shown[key] = (run.trainer.step, end)
        if is_training:
            self.rest_until = max(self.rest_until, end) + (end - begin) / SHARE

    def look(self, active: Mapping[str, ActiveRun]) -> None:
        self.watched = self.store.sights.watched(active)
        gone = self.shown.keys() - set(self.watched)
        for run_id in {run_id for run_id, _ in gone}:
            self.store.sights.forget(run_id, [request for run, request in gone if run == run_id])
        for key in gone:
            del self.shown[key]

    def let_go(self, run_id: str) -> None:
        """A run has ended here: what was shown of it is old, and other workers need no snapshot of it."""
        self.watched = [key for key in self.watched if key[0] != run_id]
        self.shown = {key: value for key, value in self.shown.items() if key[0] != run_id}
        self.store.sights.clear(run_id)
        self.store.past.snapshot(run_id).unlink(missing_ok=True)

    def is_due(self, active: Mapping[str, ActiveRun], key: Key, now: float) -> bool:
        run = active.get(key[0])
        step, at = self.shown.get(key, (-1, 0.0))
        pause = BETWEEN_SNAPSHOTS if key[1] == SNAPSHOT else SHORTEST_PAUSE
        return run is not None and run.trainer.step != step and now - at > pause


def content(run: ActiveRun, store: Store, request: str) -> bytes:
    """The view, or the reason why there is none; nothing for a snapshot, which is a file."""
    if request == SNAPSHOT:
        save_weights(run.trainer, store.past.snapshot(run.id))
        return b""
    return make_or_explain(live_moment(run, store), REQUEST.validate_json(request))
