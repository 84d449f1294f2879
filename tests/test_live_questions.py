"""Views that any worker can make, of an ended run or a kept step: asked for once, shared, forgotten."""

import asyncio
import json
from typing import Any

import pytest
from anyio import to_thread
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette

from playground.live import stream
from playground.live.routes import routes
from playground.runs.journal import encode
from playground.runs.sights import SNAPSHOT
from playground.runs.store import Store
from playground.views.pack import unpacked
from tests.live_page import (
    DIGIT,
    HEAVY,
    LOOKING,
    SLOW,
    WEIGHTS,
    answer,
    ended,
    look,
    loss_steps,
    page_of,
    play,
    running,
    soon,
    steps,
    task,
    text,
    views,
)


@pytest.mark.parametrize("at", [None, 2])
def test_views_of_an_ended_run_or_a_kept_step_are_asked_once_of_two_workers_who_share_them(
    store: Store, at: int | None
) -> None:
    async def scene() -> None:
        run_id = ended(store)
        page = await page_of(store, run_id, look(at, mine=DIGIT, other=WEIGHTS, slow=SLOW))
        wanted = {
            json.dumps(json.loads(text(one))): name
            for name, one in (("mine", DIGIT), ("other", WEIGHTS), ("slow", SLOW))
        }
        shares = []
        for asked in (await task(store), await task(store)):
            assert (asked.kind, asked.run, asked.request["at"]) == ("look", run_id, "last" if at is None else at)
            shares.append([wanted[json.dumps(one)] for one in asked.request["views"]])
            answer(store, asked, *(name.encode() for name in shares[-1]))
        assert sorted(map(len, shares)) == [1, 2]
        found: dict[str, bytes] = {}
        while found.keys() != set(wanted.values()):
            place, part = await views(page)
            assert place == at
            found |= part
        assert found == {name: name.encode() for name in wanted.values()}
        await asyncio.sleep(0.7)
        assert store.questions.take("worker") is None, "an answer that was read is not left behind, nor asked for again"
        await page.leave()

    play(scene())


def test_a_view_that_is_being_made_is_not_asked_for_again_though_a_newer_snapshot_is_there(store: Store) -> None:
    async def scene() -> None:
        run_id = running(store)
        store.sights.show(run_id, SNAPSHOT, 5, b"")
        page = await page_of(store, run_id, look(mine=HEAVY))
        asked = await task(store)
        assert asked.request["at"] == "now"
        store.sights.show(run_id, SNAPSHOT, 9, b"")
        await asyncio.sleep(0.3)
        assert store.questions.take("worker") is None
        answer(store, asked, b"of step 5")
        assert await views(page) == (None, {"mine": b"of step 5"})
        answer(store, await task(store), b"of step 9")
        assert await views(page) == (None, {"mine": b"of step 9"})
        await page.leave()

    play(scene())


def test_a_kept_step_of_a_live_run_is_asked_of_any_worker_not_of_the_one_that_trains(store: Store) -> None:
    async def scene() -> None:
        run_id = running(store)
        page = await page_of(store, run_id, look(2, mine=DIGIT))
        answer(store, await task(store), b"then")
        assert await views(page) == (2, {"mine": b"then"})
        assert store.sights.watched([run_id]) == []
        await page.leave()

    play(scene())


def test_other_pages_get_the_same_answer_without_another_question(store: Store) -> None:
    async def scene() -> None:
        run_id = ended(store)
        app = Starlette(routes=routes(store))
        first = await page_of(app, run_id, look(2, mine=DIGIT))
        asked = await task(store)
        early = await page_of(app, run_id, look(2, yours=DIGIT))
        await asyncio.sleep(0.1)
        answer(store, asked, b"step 2")
        late = await page_of(app, run_id, look(2, theirs=DIGIT))
        for page, name in ((first, "mine"), (early, "yours"), (late, "theirs")):
            assert await views(page) == (2, {name: b"step 2"})
        assert store.questions.take("worker") is None
        for page in (first, early, late):
            await page.leave()

    play(scene())


def test_going_back_to_a_kept_step_takes_no_question_and_comes_again(store: Store) -> None:
    async def scene() -> None:
        run_id = ended(store)
        page = await page_of(store, run_id, look(0, mine=DIGIT))
        answer(store, await task(store), b"step 0")
        assert await views(page) == (0, {"mine": b"step 0"})
        await page.say(look(2, mine=DIGIT))
        answer(store, await task(store), b"step 2")
        assert await views(page) == (2, {"mine": b"step 2"})
        for _ in range(2):
            await page.say(look(0, mine=DIGIT))
            assert await views(page) == (0, {"mine": b"step 0"})
            await page.say(look(0))
        assert store.questions.take("worker") is None
        await page.leave()

    play(scene())


def test_views_that_nobody_looks_at_are_forgotten_where_they_take_too_much_room(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "ROOM", 2_500)

    async def scene() -> None:
        run_id = ended(store)
        page = await page_of(store, run_id, look())
        for digit in range(4):
            await page.say(look(2, mine={**DIGIT, "digit": digit}))
            answer(store, await task(store), bytes([digit]) * 1000)
            assert await views(page) == (2, {"mine": bytes([digit]) * 1000})
        await page.say(look(2, mine={**DIGIT, "digit": 2}))
        assert await views(page) == (2, {"mine": bytes([2]) * 1000})
        assert store.questions.take("worker") is None, "among the last two"
        await page.say(look(2, mine={**DIGIT, "digit": 0}))
        answer(store, await task(store), b"anew")
        assert await views(page) == (2, {"mine": b"anew"})
        await page.leave()

    play(scene())


def test_where_there_is_no_view_the_page_is_told_why_in_its_place(store: Store) -> None:
    async def scene() -> None:
        run_id = ended(store)
        page = await page_of(store, run_id, look(mine=DIGIT))
        store.questions.answer((await task(store)).id, None, "this run has no checkpoint")
        _, found = await views(page)
        assert unpacked(found["mine"])[0] == {"problem": "this run has no checkpoint"}
        await page.leave()

    play(scene())


def test_while_all_workers_are_busy_the_page_is_told_so_and_asks_on_leaving_nothing_behind(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "PATIENCE_WITH_WORKERS", 0.1)

    async def scene() -> None:
        run_id = ended(store)
        page = await page_of(store, run_id, look(mine=DIGIT))
        _, found = await views(page)
        assert "busy" in unpacked(found["mine"])[0]["problem"]
        monkeypatch.setattr(stream, "PATIENCE_WITH_WORKERS", 5.0)
        await asyncio.sleep(0.3)
        asked = await task(store)
        assert store.questions.take("worker") is None, "one question waits, not one for each time"
        answer(store, asked, b"at last")
        while (found := (await views(page))[1]) != {"mine": b"at last"}:
            assert "busy" in unpacked(found["mine"])[0]["problem"]
        await page.leave()

    play(scene())


def test_however_many_questions_wait_streams_go_on(store: Store) -> None:
    async def scene() -> None:
        to_thread.current_default_thread_limiter().total_tokens = 1
        app = Starlette(routes=routes(store))
        pages = [await page_of(app, ended(store), look(mine=DIGIT)) for _ in range(3)]
        assert await soon(lambda: stream.ASKING.borrowed_tokens == 3)
        run_id = running(store)
        late = await page_of(app, run_id, {**LOOKING, "windows": ["loss"]})
        assert loss_steps(await late.message()) == [1, 2, 3, 4, 5]
        for page in (*pages, late):
            await page.leave()

    play(scene())


def test_an_answer_that_a_worker_is_at_is_waited_for_however_long_it_takes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "PATIENCE_WITH_WORKERS", 0.1)

    async def scene() -> None:
        page = await page_of(store, ended(store), look(slow=SLOW))
        asked = await task(store)
        await asyncio.sleep(0.5)
        assert store.questions.take("worker") is None
        answer(store, asked, b"at length")
        assert await views(page) == (None, {"slow": b"at length"})
        await page.leave()

    play(scene())


def test_a_question_that_the_store_failed_to_take_is_asked_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    ask, failures = store.questions.ask, [OperationalError("INSERT", {}, Exception("database is locked"))]

    def request(*arguments: Any) -> int:
        if failures:
            raise failures.pop()
        return ask(*arguments)

    monkeypatch.setattr(store.questions, "ask", request)

    async def scene() -> None:
        page = await page_of(store, ended(store), look(mine=DIGIT))
        answer(store, await task(store), b"after all")
        while (await views(page))[1] != {"mine": b"after all"}:
            pass
        await page.leave()

    play(scene())


def test_a_run_that_ends_or_goes_on_is_asked_for_its_views_anew(store: Store) -> None:
    async def scene() -> None:
        run_id = running(store)
        store.sights.show(run_id, text(DIGIT), 5, b"live")
        page = await page_of(store, run_id, look(mine=DIGIT))
        assert await views(page) == (None, {"mine": b"live"})
        store.set_state(run_id, "stopped")
        asked = await task(store)
        assert asked.request["at"] == "last"
        answer(store, asked, b"the last checkpoint")
        assert await views(page) == (None, {"mine": b"the last checkpoint"})
        store.sights.forget(run_id, [text(DIGIT)])
        store.requeue(run_id, ("stopped",))
        store.record(run_id, 6, encode(steps(6, 6)), step=6, state="running")
        store.sights.show(run_id, text(DIGIT), 6, b"live again")
        while (found := (await views(page))[1]) != {"mine": b"live again"}:
            assert found == {"mine": b"the last checkpoint"}
        await page.leave()

    play(scene())
