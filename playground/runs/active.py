"""A run in a worker's hands: trains in short turns, obeys controls between two steps, writes down what happens."""

import json
import math
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from safetensors import SafetensorError
from sqlalchemy.exc import SQLAlchemyError

from playground.errors import SpecError
from playground.runs.finals import Final
from playground.runs.going_on import best_copy, bring_back
from playground.runs.journal import encode
from playground.runs.limits import check, is_over_time, time_is_up
from playground.runs.past import Judged, Kept, own_bytes
from playground.runs.rewind import change_instead, rewind
from playground.runs.settings import kept_bytes
from playground.runs.states import State
from playground.runs.store import Control, Run, Store
from playground.training.checkpoint import Copy, copied, fork, save, save_copy
from playground.training.digest import MEASURED, Digest
from playground.training.events import Changed, Diverged, Evaluated, Event, Finished
from playground.training.imported import begin_with
from playground.training.kept import MOST_KEPT, kept_steps
from playground.training.trainer import Trainer
from playground.training.versions import versions

FLUSH_EVERY = 0.1  # seconds between two writes into the store
CHECKPOINT_EVERY = 5.0  # seconds
REST = 2.0  # seconds until a store that failed is tried again
MOST_PENDING = 100_000  # events in memory while the store fails, about 50 MB; then the run waits for it
MOST_AVERAGES = 2  # that an optimizer keeps of each weight


class ActiveRun:
    """One run, its trainer and what has not been written yet.

    `until_epoch` and `batches` count down to the next pause when the user steps; both are None while it just runs.
    Whatever writes raises `NotHeld` where the worker was taken for dead and lost the run, and SQLAlchemy's errors where
    the store fails: then nothing is lost but time, what has to be written is written later.
    """

    def __init__(self, run: Run, store: Store) -> None:
        self.id = run.id
        self.holder = run.holder
        self.store = store
        self.trainer = Trainer(run.experiment)
        self.replay = store.replays.of(run.id)
        self.is_running = True
        self.has_ended = False
        self.batches: int | None = None
        self.until_epoch: float | None = None
        self.ending: tuple[State, str] | None = None  # how it ended, until that is on record
        self.to_change: list[Changed] = []  # changed before the run broke off, after the step it goes on from
        self.pending: list[Event] = []
        self.first_pending_step = 0
        self.columns: dict[str, object] = {}  # of the run, that the store didn't take yet
        self.rest_until = -math.inf  # the store failed
        self.seconds = run.seconds
        self.inherited = store.past.inherited(run.id)  # of them, from the run that it was forked from
        self.recent: list[tuple[float, int]] = []  # (seconds of training, digits seen), the last second of it
        self.flushed = -math.inf
        self.saved = time.monotonic()
        self.saved_step = -1  # no checkpoint yet: one is due with the next flush
        self.on_disk = -1  # the step of the last checkpoint
        self.save_after = -math.inf
        self.warning = ""  # that the last one could not be written
        self.new_kept: list[Kept] = []
        self.new_judged: list[Judged] = []
        self.kept_bytes = 0
        self.digest = Digest()
        self.evaluated: Evaluated | None = None  # the last one
        self.imported = store.imports.start_of(run.id)
        self.best: Copy | None = None  # of the lowest validation loss, where that step isn't kept anyway
        self.best_on_disk: Copy | None = None
        self.most_bytes = kept_bytes() // store.studies.runs_beside(run.id)  # the runs of a study share a run's room
        self.begin(run)
        self.kept_bytes += own_bytes(store.past.kept(run.id), store.past.origin(run.id))
        self.plan()
        if run.begin != "run":
            self.step(run.begin)
        names = [name for name, _ in self.trainer.net.weighted]
        self.write(layers=json.dumps(names))
        if self.trainer.finished:  # it broke off between its last step and the word that it was
            self.end("finished", self.trainer.ending.message)

    def begin(self, run: Run) -> None:
        """Go on from the run's own checkpoint, from the one it was forked from, or from step 0, there with a file's
        weights where it has any."""
        past, origin = self.store.past, self.store.past.origin(run.id)
        back, message = bring_back(run, past) if run.attempt else (None, "")
        if back is not None:
            self.trainer, last = back, back.step
            self.best = self.best_on_disk = best_copy(back, run, past)
            self.saved_step = self.on_disk = last
        elif origin is not None:
            fork(self.trainer, past.kept_checkpoint(run.id, origin.step))
            last = self.trainer.step
        else:
            last = -1
            if self.imported is not None:
                begin_with(self.trainer.net, run.experiment.network, self.imported)
        self.to_change = rewind(self.store, run.id, last, self.holder, is_new_fork=back is None)
        self.recall()
        if message:
            self.columns["message"] = message
        if back is None:
            self.note(self.trainer.start())
        if last < 0:
            self.keep()
        self.change_again()
        if (back is None and origin is not None) or message:
            self.save()

    def recall(self) -> None:
        """Take up the digest and the last evaluation from what has been recorded."""
        for _, chunk in self.store.chunks(self.id):
            tables = json.loads(chunk)
            self.digest.note_tables(tables)
            if any((evaluated := tables.get("evaluated", {})).values()):
                self.evaluated = Evaluated(**{name: values[-1] for name, values in evaluated.items()})

    def turn(self, seconds: float) -> None:
        """Train for about so long, or until the next pause or the end."""
        if self.ending and not self.has_ended and not self.is_cut_off:
            self.end(*self.ending)
        begin = time.perf_counter()
        spent = 0.0
        while self.is_running and spent < seconds and len(self.pending) < MOST_PENDING and not self.is_replayed:
            self.change_as_recorded()
            events = self.trainer.advance()
            self.note(events)
            if self.trainer.step in self.keeping:
                self.keep()
            self.watch()
            self.change_again()
            self.count_down()
            spent = time.perf_counter() - begin
            if isinstance(events[-1], Finished | Diverged):
                self.seconds += spent
                self.end("finished" if isinstance(events[-1], Finished) else "diverged", events[-1].message)
                return
        if spent:
            self.seconds += spent
            if is_over_time(self.seconds - self.inherited, self.store.limits):
                self.end("stopped", f"stopped at step {self.trainer.step:,}: {time_is_up(self.store.limits)}")
                return
            self.recent.append((self.seconds, self.trainer.digits_seen))
            while self.seconds - self.recent[0][0] > 1.0 and len(self.recent) > 2:
                self.recent.pop(0)
            if not self.is_running:
                self.columns["state"] = "paused"
        if self.ending or self.is_cut_off:
            return
        if self.is_replayed:
            self.end("stopped", f"stopped at step {self.trainer.step:,}")
        elif not self.is_running:
            if self.columns or self.pending:
                self.write()
            if self.saved_step != self.trainer.step and time.monotonic() > self.save_after:
                self.save()
        elif time.monotonic() - self.flushed > FLUSH_EVERY:
            is_due = self.saved_step < 0 or time.monotonic() - self.saved > CHECKPOINT_EVERY
            if is_due and time.monotonic() > self.save_after:
                self.save()
            else:
                self.write()

    @property
    def is_cut_off(self) -> bool:
        """Whether the store failed a moment ago."""
        return time.monotonic() < self.rest_until

    def flush(self) -> None:
        """Write down what there is, before something that may take long."""
        if self.pending and not self.is_cut_off:
            self.write()

    def obey(self, control: Control) -> None:
        """Carry a control out, now, between two steps; raises `SpecError` where its value can't be."""
        match control.name:
            case "pause":
                self.pause()
            case "resume":
                self.go_on()
            case "step":
                self.step(control.value)
                self.write(state="running")
            case "stop":
                self.end("stopped", f"stopped at step {self.trainer.step:,}")
            case "change":
                self.change(control.value["field"], control.value["value"])
            case _:
                raise SpecError("run", f"there is no control {control.name}")

    @property
    def is_replayed(self) -> bool:
        """Whether it repeats another run and has come as far as that one."""
        return self.replay is not None and self.trainer.step >= self.replay.last_step

    def change_as_recorded(self) -> None:
        """Before a step, what was changed there in the run that it repeats."""
        if self.replay is not None:
            for field, value in self.replay.changes_after(self.trainer.step).items():
                if self.trainer.live[field] != value:
                    self.note((self.trainer.change(field, value),))
                    self.plan()
                    self.saved_step = -1  # a checkpoint soon: it holds the new value

    def pause(self) -> None:
        """Say so at once; the checkpoint follows in the next turn."""
        self.is_running = False
        self.write(state="paused")

    def go_on(self) -> None:
        self.is_running, self.batches, self.until_epoch = True, None, None
        self.recent.clear()
        self.write(state="running")

    def step(self, unit: str) -> None:
        self.is_running = True
        self.batches = 1 if unit == "batch" else None
        self.until_epoch = math.floor(self.trainer.epoch + 1e-9) + 1 if unit == "epoch" else None

    def count_down(self) -> None:
        if self.batches is not None:
            self.batches -= 1
        is_over = self.batches == 0 or (self.until_epoch is not None and self.trainer.epoch >= self.until_epoch - 1e-9)
        if is_over:
            self.is_running, self.batches, self.until_epoch = False, None, None

    def change(self, field: str, value: float) -> None:
        """From the next step on; the field is not changed again as before the run broke off: the newest wish counts.

        Raises `SpecError` where the value is out of bounds, or the run would then exceed the host's limits.
        """
        if field == "training.batch_size":
            now = self.trainer.now
            check(now.but(training=now.training.but(batch_size=value)), self.store.limits)
        self.note((self.trainer.change(field, value),))
        self.plan()
        self.saved_step = -1  # a checkpoint soon: it holds the new value
        self.write()
        if any(again.field == field for again in self.to_change):
            self.to_change = [again for again in self.to_change if again.field != field]
            change_instead(self.store, self.id, self.trainer.step, self.holder, self.to_change)

    def change_again(self) -> None:
        """Set what had been set at this step before the run broke off; it is on record."""
        while self.to_change and self.to_change[0].step <= self.trainer.step:
            again = self.to_change.pop(0)
            self.trainer.change(again.field, again.new)
            self.plan()

    def end(self, state: State, message: str) -> None:
        """Bring a run to its end; where the store fails on the way, the next turn does it over."""
        self.ending, self.is_running = (state, message), False
        self.write()
        self.keep_best()
        if state == "stopped" or (state == "finished" and self.trainer.step not in self.keeping):
            self.keep()  # it ended before its planned end
        if state != "diverged":
            self.save()
        self.note_final()
        self.write(state=state, message=self.with_warning(message), ended=time.time())
        self.has_ended = True
        with suppress(OSError):
            self.store.past.best_copy(self.id).unlink(missing_ok=True)  # it is kept

    def leave(self, message: str) -> None:
        """Write all down and let go of the run: the server is gone, or the worker has to stop."""
        if self.ending:
            self.end(*self.ending)
            return
        self.keep_best()
        self.save()
        self.note_final()
        self.write(state="lost", message=self.with_warning(message), ended=time.time())

    def with_warning(self, message: str) -> str:
        return ". ".join(filter(None, (message, self.warning)))

    def save(self) -> None:
        """A checkpoint of exactly what has been written: resumed from it, the curve has no gap and no overlap.

        Written first, since that fails where another worker holds the run by now: the checkpoint is that one's. On a
        full disk training goes on, and the run says from where it would be resumed.
        """
        self.write()
        past = self.store.past
        try:
            if self.best is not None and self.best is not self.best_on_disk:
                save_copy(self.best, past.best_copy(self.id))
                self.best_on_disk = self.best
            save(self.trainer, past.checkpoint(self.id))
        except (OSError, SafetensorError) as error:
            self.save_after = time.monotonic() + CHECKPOINT_EVERY
            disk = f"step {self.on_disk:,} is" if self.on_disk >= 0 else "none is"
            self.warn(f"its last checkpoint could not be written ({error}): {disk} on disk")
            return
        self.warn("")
        self.saved = time.monotonic()
        self.saved_step = self.on_disk = self.trainer.step

    def warn(self, warning: str) -> None:
        if warning != self.warning:
            self.warning = self.columns["message"] = warning
            print(f"{self.id}: {warning or 'its checkpoint could be written again'}", file=sys.stderr)

    def plan(self) -> None:
        """Which steps will be kept, as long as the run ends where it is planned to end now."""
        most = max(2, min(MOST_KEPT, self.most_bytes // self.bytes_a_step()))
        self.keeping = frozenset(kept_steps(self.trainer.total_steps, most))

    def bytes_a_step(self) -> int:
        """What a checkpoint takes at most."""
        weights = sum(parameter.numel() * parameter.element_size() for parameter in self.trainer.parameters)
        return weights * (1 + MOST_AVERAGES)

    def keep(self) -> None:
        """A checkpoint of this step that stays, if it isn't the one too many, nor another worker's by now."""
        if self.kept_bytes > self.most_bytes or self.is_cut_off:
            return
        file = self.store.past.kept_checkpoint(self.id, self.trainer.step)
        try:
            self.write_kept(self.trainer.step, self.trainer.live, file, lambda: save(self.trainer, file))
        except SQLAlchemyError:  # training goes on without this step
            self.rest()

    def rest(self) -> None:
        """Leave a store that failed alone for a while."""
        self.rest_until = time.monotonic() + REST

    def write_kept(self, step: int, live: dict[str, float], file: Path, write: Callable[[], None]) -> None:
        self.store.check_hold(self.id, self.holder)
        try:
            write()
            size = file.stat().st_size
        except (OSError, SafetensorError) as error:  # the disk is full: training goes on without this step
            traceback.print_exception(error)
            return
        self.kept_bytes += size
        self.new_kept.append(Kept(step, size, live))

    def watch(self) -> None:
        """Hold a copy of the step of the lowest validation loss so far: what training is forked from and ended by."""
        if self.trainer.watch.step == self.trainer.step and self.bytes_a_step() <= kept_bytes():
            is_kept = bool(self.new_kept) and self.new_kept[-1].step == self.trainer.step
            self.best = None if is_kept else copied(self.trainer)

    def keep_best(self) -> None:
        """One step more that stays, whatever room the others took; none of a network too large for all that room."""
        if self.best is not None:
            best, file = self.best, self.store.past.kept_checkpoint(self.id, self.best.step)
            self.write_kept(best.step, best.live, file, lambda: save_copy(best, file))
            self.best = None

    def note(self, events: tuple[Event, ...]) -> None:
        if not self.pending and events:
            self.first_pending_step = events[0].step
        self.pending.extend(events)
        self.digest.note(events)
        for event in events:
            if isinstance(event, Evaluated):
                self.evaluated = event
                train, validation = (right.tobytes() for right in self.trainer.verdict)
                self.new_judged.append(Judged(event.step, train, validation))

    def write(self, **columns: object) -> None:
        """All pending events, and the run's progress, in one transaction; what the store doesn't take stays pending."""
        self.columns |= columns
        trainer = self.trainer
        has_columns = any(not isinstance(event, Finished | Diverged) for event in self.pending)
        self.store.record(
            self.id,
            self.first_pending_step,
            encode(self.pending) if has_columns else None,
            self.holder,
            step=trainer.step,
            epoch=trainer.epoch,
            total_steps=min(trainer.total_steps, self.replay.last_step) if self.replay else trainer.total_steps,
            seconds=self.seconds,
            digits_per_second=self.digits_per_second(),
            live=json.dumps(trainer.live),
            **self.columns,
        )
        self.pending.clear()
        self.columns.clear()
        if self.new_kept or self.new_judged:
            self.store.past.add(self.id, self.new_kept, self.new_judged)
            self.new_kept.clear()
            self.new_judged.clear()
        self.flushed = time.monotonic()

    def digits_per_second(self) -> float:
        if len(self.recent) < 2:
            return self.trainer.digits_seen / self.seconds if self.seconds else 0.0
        (begin, seen), (end, seen_now) = self.recent[0], self.recent[-1]
        return (seen_now - seen) / (end - begin) if end > begin else 0.0

    def note_final(self) -> None:
        """What came of it; written before its end is, so that whoever sees the end finds it."""
        watch, last = self.trainer.watch, self.evaluated
        train_digits, validation_digits = (len(labels) for _, labels in self.trainer.judged)
        final = Final(
            step=self.trainer.step,
            parameters=sum(parameter.numel() for parameter in self.trainer.parameters),
            digest=self.digest.hexdigest(),
            versions=versions(),
            **{name: finite(getattr(last, name, None)) for name in MEASURED},
            lowest_validation_loss=watch.lowest,
            best_step=None if watch.lowest is None else watch.step,
            train_digits=train_digits,
            validation_digits=validation_digits,
        )
        self.store.check_hold(self.id, self.holder)
        self.store.finals.write(self.id, final)


def finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
