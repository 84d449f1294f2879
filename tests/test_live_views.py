"""Views inside a live run on their way to a page: watched, told in turns with the curves, renewed."""

import asyncio
import base64
import json
import time

import pytest

from playground.live import stream
from playground.live.messages import Conversation, Drawn, Known, Seen, Wishes
from playground.runs.journal import encode
from playground.runs.sights import SNAPSHOT
from playground.runs.store import Store
from playground.training.events import Stepped
from playground.views.pack import unpacked
from tests.live_page import (
    DIGIT,
    HEAVY,
    SLOW,
    WEIGHTS,
    answer,
    ended,
    kept,
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


def test_what_a_page_looks_at_is_watched_and_comes_as_bytes_under_the_pages_own_names(store: Store) -> None:
    async def scene() -> None:
        run_id = running(store)
        page = await page_of(store, run_id, look(mine=DIGIT, other=WEIGHTS))
        await page.message()
        await page.drawn()
        wanted = [(run_id, text(DIGIT)), (run_id, text(WEIGHTS))]
        assert await soon(lambda: sorted(store.sights.watched([run_id])) == wanted)
        store.sights.show(run_id, text(DIGIT), 5, b"what digit 12 does")
        assert await views(page) == (None, {"mine": b"what digit 12 does"})
        store.sights.show(run_id, text(WEIGHTS), 5, b"weights")
        assert await views(page) == (None, {"other": b"weights"})
        store.sights.show(run_id, text(DIGIT), 6, b"a step later")
        assert await views(page) == (None, {"mine": b"a step later"})
        assert await page.is_silent()
        assert store.questions.take("worker") is None
        await page.leave()

    play(scene())


def test_a_wish_wakes_the_poller_and_its_answer_is_there_in_less_than_three_tenths_of_a_second(store: Store) -> None:
    async def scene() -> None:
        live, over = running(store), ended(store)
        for run_id, at in ((live, None), (live, 0), (over, None), (over, 2)):
            page = await page_of(store, run_id, look())
            await page.message()
            await page.drawn()
            waits = []
            for digit in range(4):  # the machine may stand still for a moment, but not each time
                asked = {**DIGIT, "digit": digit}
                store.sights.show(live, text(asked), 5, b"shown")
                await asyncio.sleep(0.12)  # the poller sleeps
                begin = time.monotonic()
                await page.say(look(at, mine=asked))
                if (run_id, at) != (live, None):
                    answer(store, await task(store), b"shown")
                assert await views(page) == (at, {"mine": b"shown"})
                waits.append(time.monotonic() - begin)
            assert min(waits) < 0.3
            await page.leave()

    play(scene())


def test_a_wish_is_renewed_as_long_as_a_page_looks_and_not_while_its_tab_is_hidden(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "WATCH_EVERY", 0.1)
    monkeypatch.setattr(stream, "WATCH_FOR", 0.3)

    async def scene() -> None:
        run_id = running(store)
        page = await page_of(store, run_id, look(mine=DIGIT))
        await asyncio.sleep(0.7)
        assert store.sights.watched([run_id])
        await page.say({**look(mine=DIGIT), "hidden": True})
        assert await soon(lambda: not store.sights.watched([run_id]))
        await page.leave()

    play(scene())


def test_heavy_views_of_a_live_run_are_asked_anew_of_any_worker_with_each_snapshot(store: Store) -> None:
    async def scene() -> None:
        run_id = running(store)
        page = await page_of(store, run_id, look(heavy=HEAVY))
        await page.message()
        await page.drawn()
        assert await soon(lambda: store.sights.watched([run_id]) == [(run_id, SNAPSHOT)])
        assert store.questions.take("worker") is None
        for step in (5, 9):
            store.sights.show(run_id, SNAPSHOT, step, b"")
            asked = await task(store)
            assert asked.request == {"at": "now", "views": [json.loads(text(HEAVY))]}
            answer(store, asked, b"at %d" % step)
            assert await views(page) == (None, {"heavy": b"at %d" % step})
        assert await page.is_silent()
        assert store.questions.take("worker") is None
        await page.leave()

    play(scene())


def test_a_slow_view_of_a_live_run_is_asked_of_the_newest_kept_step_and_again_with_the_next(store: Store) -> None:
    async def scene() -> None:
        run_id = running(store)
        page = await page_of(store, run_id, look(slow=SLOW))
        await asyncio.sleep(0.2)
        assert store.questions.take("worker") is None, "nothing is kept yet"
        assert store.sights.watched([run_id]) == []
        for steps_kept in ((0, 2), (5,)):
            kept(store, run_id, *steps_kept)
            asked = await task(store)
            assert asked.request == {"at": steps_kept[-1], "views": [json.loads(text(SLOW))]}
            answer(store, asked, b"until %d" % steps_kept[-1])
            assert await views(page) == (None, {"slow": b"until %d" % steps_kept[-1]})
        await asyncio.sleep(0.6)
        assert store.questions.take("worker") is None
        await page.leave()

    play(scene())


# --- one browser's turns ----------------------------------------------------------------------------------------------


def test_views_wait_until_the_last_message_was_drawn_and_then_only_the_newest_comes(store: Store) -> None:
    async def scene() -> None:
        run_id = running(store)
        page = await page_of(store, run_id, look(mine=DIGIT))
        await page.message()
        for step in (5, 6, 7):
            store.sights.show(run_id, text(DIGIT), step, b"step %d" % step)
            assert await page.is_silent(0.2)
        await page.drawn()
        assert await views(page) == (None, {"mine": b"step 7"})
        assert await page.is_silent()
        await page.leave()

    play(scene())


def test_curves_and_views_that_are_new_come_in_one_message_with_one_answer_to_wait_for(store: Store) -> None:
    known = Known(run=store.run(running(store)))
    wishes = Wishes.model_validate_json(json.dumps({**look(mine=DIGIT), "windows": ["loss"]}))
    browser = Conversation(wishes=wishes)
    for step in range(1, 4):
        known.curves.extend(encode([Stepped(step, 0.1, 1.0, 0.0, 0.5, 0.1, 64)]))
        known.seen[wishes.sights["mine"]] = Seen(step, b"view %d" % step)
        message = browser.say(known)
        assert isinstance(message, bytes)
        header, contents = unpacked(message)
        assert header["windows"]["loss"]["columns"]["step"][-1] == step
        assert contents["mine"].tobytes() == b"view %d" % step
        assert browser.say(known) is None
        browser.hear(Drawn(drawn=True))


def test_a_page_that_looks_at_something_else_under_the_same_name_is_sent_that(store: Store) -> None:
    async def scene() -> None:
        run_id = running(store)
        for digit in (1, 2):
            store.sights.show(run_id, text({**DIGIT, "digit": digit}), 5, b"digit %d" % digit)
        page = await page_of(store, run_id, look())
        for digit in (1, 2, 1):
            await page.say(look(mine={**DIGIT, "digit": digit}))
            assert await views(page) == (None, {"mine": b"digit %d" % digit})
        await page.leave()

    play(scene())


def test_a_drawn_digit_is_asked_for_as_any_other(store: Store) -> None:
    async def scene() -> None:
        drawn = {"view": "answers", "digits": [base64.b64encode(bytes(784)).decode()] * 6}
        page = await page_of(store, ended(store), look(**{f"drawn {place}": drawn for place in range(3)}))
        asked = await task(store)
        assert asked.request["views"] == [drawn], "three names for one request"
        answer(store, asked, b"drawn")
        assert (await views(page))[1] == {f"drawn {place}": b"drawn" for place in range(3)}
        await page.leave()

    play(scene())


def test_curves_wait_a_moment_for_the_heavy_views_that_follow_a_run_and_are_drawn_with_them(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("playground.live.messages.time.monotonic", lambda: now[0])
    known = Known(run=store.run(running(store)))
    wishes = Wishes.model_validate_json(json.dumps({**look(mine=HEAVY), "windows": ["loss"]}))
    browser = Conversation(wishes=wishes)

    def says_after(seconds: float, step: int, has_view: bool) -> bool:
        now[0] += seconds
        browser.is_drawing = False
        known.curves.extend(encode([Stepped(step, 0.1, 1.0, 0.0, 0.5, 0.1, 64)]))
        if has_view:
            known.seen[wishes.sights["mine"]] = Seen(step, b"view %d" % step)
        return browser.say(known) is not None

    assert says_after(0, 6, has_view=False), "a curve that the page has nothing of comes at once"
    assert not says_after(0.1, 7, has_view=False)
    assert browser.waits
    assert says_after(0.1, 8, has_view=True)
    assert not says_after(0.25, 9, has_view=False)
    assert says_after(0.1, 10, has_view=False), "a view that takes long holds up no curve"
    browser.wishes = Wishes.model_validate_json(json.dumps({**look(mine=DIGIT), "windows": ["loss"]}))
    assert says_after(0.01, 11, has_view=False), "quick views come when they come"


def test_what_had_to_wait_is_said_though_nothing_else_happens(store: Store) -> None:
    async def scene() -> None:
        run_id = running(store)
        page = await page_of(store, run_id, {**look(mine=HEAVY), "windows": ["loss"]})
        await page.until(lambda message: "windows" in message)
        await page.drawn()
        store.record(run_id, 5, encode(steps(6, 6)), step=6)
        message = await page.message()
        assert loss_steps(message)[-1] == 6
        await page.leave()

    play(scene())


def test_how_far_a_run_is_alone_is_said_at_most_five_times_a_second(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("playground.live.messages.time.monotonic", lambda: now[0])
    run_id = running(store)
    known, browser = Known(run=store.run(run_id)), Conversation(wishes=Wishes.model_validate_json(json.dumps(look())))
    assert browser.say(known) is not None
    said = []
    for step in range(1, 11):
        browser.is_drawing = False
        now[0] += 0.06
        store.record(run_id, step, None, step=step)
        known.run = store.run(run_id)
        said.append(browser.say(known) is not None)
    assert sum(said) == 2
    browser.is_drawing = False
    store.set_state(run_id, "paused")
    known.run = store.run(run_id)
    assert "paused" in str(browser.say(known)), "another state waits for nothing"
