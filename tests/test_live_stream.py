"""The live stream's protocol: curves, states and kept steps, told to pages as far as they look."""

import asyncio
import gzip
import json
import time
from contextlib import suppress
from typing import Any

import pytest
from starlette.applications import Starlette

from playground.experiment import Experiment
from playground.live import stream
from playground.live.routes import NO_SUCH_RUN, NOT_UNDERSTOOD, TRY_AGAIN, routes
from playground.live.windows import Cursor
from playground.runs.journal import encode
from playground.runs.past import Kept, Origin
from playground.runs.rewind import rewind
from playground.runs.store import Store
from tests.live_page import LOOKING, Page, loss_steps, play, running, steps


def test_a_page_gets_the_whole_run_then_only_what_is_new(store: Store) -> None:
    async def scene() -> None:
        run_id = running(store)
        page = await Page(store, f"/live/runs/{run_id}").open()
        await page.say(LOOKING)
        first = await page.message()
        assert first["reset"]
        assert first["status"]["state"] == "running"
        assert first["windows"]["loss"]["start"] == 0
        assert loss_steps(first) == [1, 2, 3, 4, 5]
        store.record(run_id, 6, encode(steps(6, 8)), step=8)
        await page.drawn()
        then = await page.message()
        assert "reset" not in then
        assert then["windows"]["loss"]["start"] == 4
        assert loss_steps(then) == [5, 6, 7, 8]
        assert "evaluated" not in then["windows"]
        await page.leave()

    play(scene())


def test_a_run_of_many_chunks_arrives_whole(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MOST_CHUNKS", 3)

    async def scene() -> None:
        run_id = running(store)
        for step in range(6, 26):
            store.record(run_id, step, encode(steps(step, step)), step=step)
        page = await Page(store, f"/live/runs/{run_id}").open()
        await page.say(LOOKING)
        seen: list[int] = []
        while len(seen) < 25:
            part = (await page.message())["windows"]["loss"]
            seen = [*seen[: part["start"]], *part["columns"]["step"]]
            await page.drawn()
        assert seen == list(range(1, 26))
        await page.leave()

    play(scene())


def test_nothing_is_sent_before_the_last_message_was_drawn_and_then_all_of_it_at_once(store: Store) -> None:
    async def scene() -> None:
        run_id = running(store)
        page = await Page(store, f"/live/runs/{run_id}").open()
        await page.say(LOOKING)
        await page.message()
        for step in (6, 7, 8):
            store.record(run_id, step, encode(steps(step, step)), step=step)
            assert await page.is_silent(0.15)
        await page.drawn()
        assert loss_steps(await page.message()) == [5, 6, 7, 8]
        await page.leave()

    play(scene())


def test_another_state_is_said_at_once_even_to_a_page_that_still_draws(store: Store) -> None:
    async def scene() -> None:
        run_id = running(store)
        page = await Page(store, f"/live/runs/{run_id}").open()
        await page.say(LOOKING)
        await page.message()
        store.record(run_id, 6, encode(steps(6, 6)), step=6, state="paused")
        aside = await page.message()
        assert (aside["status"]["state"], aside["status"]["step"]) == ("paused", 6)
        assert aside["aside"], "nothing to draw, and no answer to wait for"
        assert "windows" not in aside
        store.record(run_id, 7, encode(steps(7, 7)), step=7)
        assert (await page.message())["status"]["step"] == 7, "a paused run was stepped"
        assert await page.is_silent()
        await page.drawn()
        assert loss_steps(await page.message()) == [5, 6, 7]
        await page.leave()

    play(scene())


def test_nothing_is_sent_to_a_hidden_tab_until_it_is_looked_at_again(store: Store) -> None:
    async def scene() -> None:
        run_id = running(store)
        page = await Page(store, f"/live/runs/{run_id}").open()
        assert await page.is_silent()
        await page.say({**LOOKING, "hidden": True})
        assert await page.is_silent()
        await page.say(LOOKING)
        assert loss_steps(await page.message()) == [1, 2, 3, 4, 5]
        await page.leave()

    play(scene())


def test_only_the_lines_that_can_be_seen_are_sent(store: Store) -> None:
    async def scene() -> None:
        page = await Page(store, f"/live/runs/{running(store)}").open()
        await page.say({**LOOKING, "windows": ["accuracy"]})
        assert set((await page.message())["windows"]) == {"accuracy"}
        await page.say({**LOOKING, "windows": ["accuracy", "loss"]})
        await page.drawn()
        assert set((await page.message())["windows"]) == {"loss"}
        await page.leave()

    play(scene())


def test_a_run_that_went_on_from_a_checkpoint_starts_its_curves_over(store: Store) -> None:
    async def scene() -> None:
        run_id = running(store, last=5)
        store.record(run_id, 6, encode(steps(6, 9, loss=7.0)), step=9)
        page = await Page(store, f"/live/runs/{run_id}").open()
        await page.say(LOOKING)
        assert loss_steps(await page.message())[-1] == 9
        await page.drawn()
        store.set_state(run_id, "lost")
        await page.until(lambda message: message["status"]["state"] == "lost")
        await page.drawn()
        store.requeue(run_id, ("lost",))
        rewind(store, run_id, 5)
        store.record(run_id, 6, encode(steps(6, 6, loss=1.0)), step=6, state="running")
        again = await page.until(lambda message: 6 in loss_steps(message) and message["windows"]["loss"]["start"] == 0)
        assert again["reset"]
        assert loss_steps(again) == [1, 2, 3, 4, 5, 6]
        assert again["windows"]["loss"]["columns"]["loss"][-1] == 1.0
        await page.leave()

    play(scene())


def test_all_pages_of_a_run_share_one_poller_and_it_ends_with_the_last(store: Store, monkeypatch: Any) -> None:
    async def scene() -> None:
        run_id = running(store)
        looks = 0

        def counted(*arguments: Any) -> Any:
            nonlocal looks
            looks += 1
            return read(*arguments)

        read = store.chunks
        monkeypatch.setattr(store, "chunks", counted)
        app = Starlette(routes=routes(store))
        pages = [await Page(app, f"/live/runs/{run_id}").open() for _ in range(5)]
        for page in pages:
            await page.say(LOOKING)
        await asyncio.sleep(0.5)
        assert 2 <= looks <= 14  # one for each page that says what it looks at, and one every 0.08 s
        for page in pages:
            await page.leave()
        await asyncio.sleep(0.1)
        before = looks
        await asyncio.sleep(0.3)
        assert looks == before

    play(scene())


def test_a_queued_run_says_its_place(store: Store) -> None:
    async def scene() -> None:
        for name in ("first", "second"):
            run_id = store.create(Experiment(), name)
        page = await Page(store, f"/live/runs/{run_id}").open()
        await page.say(LOOKING)
        assert (await page.message())["status"]["place"] == 2
        await page.leave()

    play(scene())


def test_kept_steps_are_told_as_they_come_and_where_a_fork_came_from(store: Store) -> None:
    async def scene() -> None:
        run_id = running(store)
        page = await Page(store, f"/live/runs/{run_id}").open()
        store.past.add(run_id, [Kept(step, 1000 + step, {}) for step in (0, 1)], [])
        await page.say(LOOKING)
        first = await page.message()
        assert first["kept"] == {"steps": [0, 1], "bytes": 2001}
        assert first["origin"] is None
        await page.drawn()
        store.past.add(run_id, [Kept(5, 1000, {})], [])
        assert (await page.message())["kept"] == {"steps": [0, 1, 5], "bytes": 3001}
        await page.leave()
        fork = store.create(Experiment(), "fork", origin=Origin(run_id, 1))
        page = await Page(store, f"/live/runs/{fork}").open()
        await page.say(LOOKING)
        first = await page.message()
        assert first["origin"] == {"parent": run_id, "step": 1}
        assert first["kept"]["steps"] == [0, 1]
        await page.leave()

    play(scene())


def test_a_step_kept_at_the_very_end_of_a_pause_is_told_too(store: Store) -> None:
    """The run's row is written before the row of its kept step, and nothing moves afterwards."""

    async def scene() -> None:
        run_id = running(store)
        store.past.add(run_id, [Kept(0, 1000, {})], [])
        page = await Page(store, f"/live/runs/{run_id}").open()
        await page.say(LOOKING)
        await page.message()
        store.record(run_id, 6, encode(steps(6, 6)), step=6, state="paused")
        await page.drawn()
        await page.until(lambda message: message["status"]["state"] == "paused")
        await page.drawn()
        store.past.add(run_id, [Kept(6, 1000, {})], [])
        assert (await page.until(lambda message: "kept" in message))["kept"]["steps"] == [0, 6]
        await page.leave()

    play(scene())


def test_a_browser_that_never_stops_asking_does_not_keep_the_server_at_reading(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []
    look = stream.Watched.look

    def counted(watched: stream.Watched, sights: Any) -> Any:
        looks.append(time.monotonic())
        return look(watched, sights)

    monkeypatch.setattr(stream.Watched, "look", counted)

    async def scene() -> None:
        page = await Page(store, f"/live/runs/{running(store)}").open()
        begin = time.monotonic()
        for _ in range(300):
            await page.say(LOOKING)
            await asyncio.sleep(0.002)
        assert 5 < len(looks) <= 2 + (time.monotonic() - begin) / stream.LOOK_AT_MOST_EVERY
        await page.leave()

    play(scene())


def test_an_unknown_run_closes_with_a_reason(store: Store) -> None:
    async def scene() -> None:
        page = await Page(store, "/live/runs/r-nothing").open()
        closed = await page.next()
        assert (closed["type"], closed["code"]) == ("websocket.close", NO_SUCH_RUN)
        assert "r-nothing" in closed["reason"]

    play(scene())


def test_a_run_that_is_deleted_while_watched_lets_its_pages_come_again(store: Store) -> None:
    async def scene() -> None:
        run_id = running(store)
        page = await Page(store, f"/live/runs/{run_id}").open()
        await page.say(LOOKING)
        await page.message()
        with store.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM runs")
        closed = await page.next()
        assert (closed["type"], closed["code"]) == ("websocket.close", TRY_AGAIN)

    play(scene())


@pytest.mark.parametrize(
    ("origin", "forwarded", "is_let_in"),
    [
        ("http://here:8501", "", True),
        ("https://public.example", "public.example", True),
        ("http://elsewhere.example", "", False),
        ("http://here:8501.elsewhere.example", "", False),
        ("null", "", False),
    ],
)
def test_only_pages_of_this_server_may_open_a_stream(
    store: Store, origin: str, forwarded: str, is_let_in: bool
) -> None:
    async def scene() -> None:
        page = Page(store, f"/live/runs/{running(store)}", host="here:8501", origin=origin, x_forwarded_host=forwarded)
        await page.sent.put({"type": "websocket.connect"})
        answer = await page.next()
        assert answer["type"] == ("websocket.accept" if is_let_in else "websocket.close")
        with suppress(asyncio.TimeoutError):
            await page.leave()

    play(scene())


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "hello",
        "[]",
        "{}",
        '{"windows": ["loss"]}',
        '{"drawn": false}',
        '{"drawn": true}',  # nothing was sent yet
        json.dumps({**LOOKING, "windows": ["loss; DROP TABLE runs"]}),
        json.dumps({**LOOKING, "windows": "loss"}),
        json.dumps({**LOOKING, "windows": ["loss"] * 20}),
        json.dumps({**LOOKING, "windows": ["loss"] * 2000}),
        json.dumps({**LOOKING, "at": -1}),
        json.dumps({**LOOKING, "at": 1e60}),
        json.dumps({**LOOKING, "at": True}),
        json.dumps({**LOOKING, "views": []}),
        json.dumps({**LOOKING, "views": {"digit": {"view": "activations", "digit": -1}}}),
        json.dumps({**LOOKING, "views": {"digit": {"view": "activations", "digit": "no drawing"}}}),
        json.dumps({**LOOKING, "views": {"a name" * 9: {"view": "gradients"}}}),
        json.dumps({**LOOKING, "views": {str(place): {"view": "gradients"} for place in range(17)}}),
        json.dumps({**LOOKING, "views": {"weights": {"view": "weights", "layer": "L" * 32_000}}}),
        json.dumps({**LOOKING, "hidden": "no"}),
        json.dumps({**LOOKING, "more": 1}),
    ],
)
def test_nonsense_closes_the_stream_with_a_reason_and_never_a_traceback(store: Store, nonsense: str) -> None:
    async def scene() -> None:
        page = await Page(store, f"/live/runs/{running(store)}").open()
        await page.say(nonsense)
        closed = await page.next()
        assert (closed["type"], closed["code"]) == ("websocket.close", NOT_UNDERSTOOD)
        assert 0 < len(closed["reason"].encode()) <= 123
        await asyncio.wait_for(page.task, 5)

    play(scene())


def test_the_server_says_that_it_is_up_and_hands_out_plotly_packed_or_plain(store: Store) -> None:
    async def fetch(path: str, **headers: str) -> tuple[dict[str, Any], bytes]:
        page = Page(store, path, "http", **headers)
        start, body = await page.next(), await page.next()
        return start, body["body"]

    async def scene() -> None:
        start, body = await fetch("/healthz")
        assert (start["status"], body) == (200, b"ok")
        _, plain = await fetch("/live/plotly.min.js")
        start, packed = await fetch("/live/plotly.min.js", accept_encoding="gzip, br")
        assert gzip.decompress(packed) == plain
        assert b"plotly.js v" in plain[:200]
        assert (b"cache-control", b"public, max-age=31536000, immutable") in start["headers"]

    play(scene())


def test_browsers_at_one_place_share_a_window_until_there_is_news(store: Store) -> None:
    run_id = running(store)
    watched = stream.Watched(store, run_id)
    watched.learn(watched.look(()))
    first = watched.known.window("loss", Cursor())
    assert watched.known.window("loss", Cursor()) is first
    store.record(run_id, 6, encode(steps(6, 9)), step=9)
    watched.learn(watched.look(()))
    after = watched.known.window("loss", Cursor())
    assert after is not None
    assert after[0].columns["step"][-1] == 9
