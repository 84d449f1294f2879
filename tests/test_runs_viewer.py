"""What is watched of the runs in a worker: made between steps, for a small share of the time."""

import json
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import pytest

from playground.runs import viewer as module
from playground.runs.active import ActiveRun
from playground.runs.sights import SNAPSHOT
from playground.runs.store import Store
from playground.runs.viewer import SHARE, SHORTEST_PAUSE, Viewer
from playground.runs.worker import Worker
from playground.training.checkpoint import load
from playground.views.moment import Moment
from playground.views.pack import packed, unpacked
from playground.views.requests import Request
from tests.held_runs import LONG, held, train_to, turn_until

A, B, C = (f'{{"view":"activations","digit":{digit}}}' for digit in range(3))
TURN = 0.02  # seconds of training between two looks


class World:
    """A clock that only work moves, and views that take as long as they are told."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = 1000.0
        self.takes = 0.01
        self.viewing = 0.0
        self.made: list[tuple[float, str]] = []
        self.steps: list[int] = []  # of what was made

    def monotonic(self) -> float:
        return self.now

    def make(self, moment: Moment, request: Request) -> bytes:
        self.now += self.takes
        self.viewing += self.takes
        self.steps.append(moment.step)
        self.made.append((self.now, request.model_dump_json(include={"view", "digit"})))
        return packed({"step": moment.step})

    def live(self, viewer: Viewer, active: ActiveRun, seconds: float) -> None:
        """A worker's turns: a step of training, then views."""
        end = self.now + seconds
        while self.now < end:
            if active.is_running:
                active.trainer.step += 1  # what a view is of, without the training
            self.now += TURN
            viewer.serve({active.id: active})


@pytest.fixture
def world(store: Store, monkeypatch: pytest.MonkeyPatch) -> World:
    result = World(store)
    monkeypatch.setattr(module, "make_or_explain", result.make)
    monkeypatch.setattr(module, "time", result)
    return result


def shown(store: Store, run_id: str, *requests: str) -> dict[str, int]:
    """request → the step it shows."""
    return {request: step for request, (step, _) in store.sights.news(run_id, dict.fromkeys(requests, -1)).items()}


@pytest.mark.parametrize("takes", [0.004, 0.02, 0.1])
@pytest.mark.parametrize("wishes", [[A], [A, B, C]], ids=["one", "three"])
def test_views_of_a_training_run_take_a_small_share_of_the_time_however_long_they_take(
    takes: float, wishes: list[str], world: World
) -> None:
    active, viewer, world.takes = held(world.store, LONG), Viewer(world.store), takes
    world.store.sights.watch(active.id, wishes, seconds=60)
    world.live(viewer, active, 1)  # what was just asked for may come at once
    world.viewing = 0
    world.live(viewer, active, 20)
    assert world.viewing / 20 <= SHARE + takes / 20
    assert {request for _, request in world.made} == set(wishes)


def test_each_of_several_views_gets_its_turn(world: World) -> None:
    active, viewer = held(world.store, LONG), Viewer(world.store)
    world.store.sights.watch(active.id, [A, B, C], seconds=60)
    world.live(viewer, active, 10)
    order = [request for _, request in world.made]
    assert len(order) > 9
    assert all(set(order[at : at + 3]) == {A, B, C} for at in range(0, len(order) - 2, 3))


@pytest.mark.parametrize(("takes", "together"), [(0.002, 3), (0.02, 1)])
def test_views_that_take_little_are_made_of_one_step_however_late_one_was_asked_for_and_long_ones_of_one_each(
    takes: float, together: int, world: World
) -> None:
    active, viewer, world.takes = held(world.store, LONG), Viewer(world.store), takes
    world.store.sights.watch(active.id, [A, B], seconds=60)
    world.live(viewer, active, 1.07)
    world.store.sights.watch(active.id, [A, B, C], seconds=60)
    world.live(viewer, active, 1)
    world.steps.clear()
    world.live(viewer, active, 4)
    assert len(world.steps) > 10
    assert set(Counter(world.steps).values()) == {together}


def test_a_view_is_made_at_most_every_so_often(world: World) -> None:
    active, viewer, world.takes = held(world.store, LONG), Viewer(world.store), 0.0
    world.store.sights.watch(active.id, [A], seconds=60)
    world.live(viewer, active, 3)
    times = [at for at, _ in world.made]
    assert len(times) > 10
    assert min(later - at for at, later in pairwise(times)) >= SHORTEST_PAUSE


def test_a_new_wish_is_not_kept_waiting_by_what_others_took(world: World) -> None:
    active, viewer, world.takes = held(world.store, LONG), Viewer(world.store), 1.0
    world.store.sights.watch(active.id, [A], seconds=60)
    world.live(viewer, active, 2)
    world.store.sights.watch(active.id, [B], seconds=60)
    asked = world.now
    assert viewer.rest_until > asked + 5
    world.takes = 0.01
    world.live(viewer, active, 0.2)
    at, request = world.made[-1]
    assert request == B
    assert at - asked <= module.LOOK_EVERY + 2 * TURN + world.takes


def test_a_paused_run_is_shown_once(world: World) -> None:
    active, viewer = held(world.store, LONG), Viewer(world.store)
    active.pause()
    world.store.sights.watch(active.id, [A, B], seconds=60)
    world.live(viewer, active, 3)
    assert sorted(request for _, request in world.made) == [A, B]
    active.trainer.step += 1  # it was stepped
    world.live(viewer, active, 3)
    assert sorted(request for _, request in world.made) == [A, A, B, B]


def test_a_paused_run_is_shown_without_rest(world: World) -> None:
    active, viewer, world.takes = held(world.store, LONG), Viewer(world.store), 1.0
    active.pause()
    world.store.sights.watch(active.id, [A, B, C], seconds=60)
    for count in (3, 6):
        world.live(viewer, active, 3.2)
        assert len(world.made) == count
        active.trainer.step += 1  # it was stepped


def test_what_nobody_watches_any_more_is_neither_made_nor_stored(world: World) -> None:
    active, viewer = held(world.store, LONG), Viewer(world.store)
    world.store.sights.watch(active.id, [A], seconds=60)
    world.store.sights.watch(active.id, [B], seconds=60)
    world.live(viewer, active, 1)
    assert shown(world.store, active.id, A, B).keys() == {A, B}
    world.store.sights.watch(active.id, [A], seconds=-1)
    count = len(world.made)
    world.live(viewer, active, 2)
    assert {request for _, request in world.made[count + 1 :]} == {B}
    assert shown(world.store, active.id, A, B).keys() == {B}
    world.store.sights.watch(active.id, [A], seconds=60)
    world.live(viewer, active, 0.2)
    assert shown(world.store, active.id, A) == {A: pytest.approx(active.trainer.step, abs=12)}


def test_a_view_is_of_the_step_that_it_says(store: Store) -> None:
    active, viewer = held(store, LONG), Viewer(store)
    train_to(active, 3)
    store.sights.watch(active.id, [A], seconds=60)
    viewer.serve({active.id: active})
    step, content = store.sights.news(active.id, {A: -1})[A]
    header, arrays = unpacked(content)
    assert (header["view"], header["step"], step) == ("activations", 3, 3)
    assert arrays


def test_a_snapshot_is_a_file_with_the_weights_of_that_step(store: Store) -> None:
    active, viewer = held(store, LONG), Viewer(store)
    train_to(active, 3)
    store.sights.watch(active.id, [SNAPSHOT], seconds=60)
    viewer.serve({active.id: active})
    assert store.sights.news(active.id, {SNAPSHOT: -1}) == {SNAPSHOT: (3, b"")}
    state, tensors = load(store.past.snapshot(active.id))
    assert state["step"] == 3
    assert tensors["net/head.weight"].equal(active.trainer.net.head.weight)


def test_a_run_that_a_worker_lets_go_of_leaves_nothing_shown_behind(store: Store) -> None:
    run_id, worker = store.create(LONG, "watched"), Worker("w", store, 4)
    store.sights.watch(run_id, [A, SNAPSHOT], seconds=60)
    turn_until(worker, lambda: len(store.sights.news(run_id, {A: -1, SNAPSHOT: -1})) == 2)
    assert store.past.snapshot(run_id).exists()
    store.ask(run_id, "stop")
    turn_until(worker, lambda: run_id not in worker.active)
    assert store.sights.news(run_id, {A: -1, SNAPSHOT: -1}) == {}
    assert store.sights.watched([run_id]) == []
    assert not store.past.snapshot(run_id).exists()


@pytest.mark.parametrize("how", ["fails", "is left", "is killed and goes on"])
def test_a_run_that_ends_too_early_leaves_nothing_shown_behind(store: Store, how: str) -> None:
    run_id, worker = store.create(LONG, "watched"), Worker("w", store, 4)
    store.sights.watch(run_id, [A, SNAPSHOT], seconds=60)
    turn_until(worker, lambda: len(store.sights.news(run_id, {A: -1, SNAPSHOT: -1})) == 2)
    match how:
        case "fails":
            worker.fail(worker.active[run_id], RuntimeError("a step that broke"))
        case "is left":
            worker.leave("the server stopped")
        case _:
            store.crew.bury("w", "killed")
            assert store.requeue(run_id, ("lost",))
            Worker("another", store, 4).claim()
    assert store.sights.news(run_id, {A: -1, SNAPSHOT: -1}) == {}
    assert not store.past.snapshot(run_id).exists()


def test_a_view_that_can_not_be_made_leaves_the_runs_alone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> bytes:
        raise ValueError("Out of range float values are not JSON compliant")

    monkeypatch.setattr(module, "make_or_explain", broken)
    run_id = store.create(LONG, "watched")
    store.sights.watch(run_id, [A], seconds=20)
    worker = Worker("w", store, 4)
    turn_until(worker, lambda: worker.viewer.shown != {})
    step = worker.active[run_id].trainer.step
    worker.turn()
    assert worker.active[run_id].trainer.step > step


def test_watching_leaves_the_curve_as_it_was(store: Store) -> None:
    watched, alone = held(store, LONG), held(store, LONG)
    viewer = Viewer(store)
    every = [A, SNAPSHOT, *(json.dumps(request) for request in ({"view": "weights", "layer": "Head"},))]
    store.sights.watch(watched.id, every, seconds=60)

    def losses(active: ActiveRun, look: Callable[[], None]) -> list[float]:
        result = []
        for _ in range(20):
            result += [event.loss for event in active.trainer.advance() if hasattr(event, "loss")]
            viewer.rest_until = 0.0
            look()
        return result

    assert losses(watched, lambda: viewer.serve({watched.id: watched})) == losses(alone, lambda: None)
    assert viewer.shown.keys() == {(watched.id, request) for request in every}
