"""Back through time on the page Inside, in a real browser: kept steps, a run that goes on meanwhile, a film, forks."""

import re
from itertools import groupby

import pytest
from playwright.sync_api import Page, expect

from playground.experiment import Training
from tests.browser.inside_steps import (
    ALL_IN_SIGHT,
    LAST,
    SECTIONS,
    accuracy,
    cursor,
    kept_steps,
    look_at,
    open_inside,
    panel,
    see_step,
    slide_to,
    slider,
    step_of,
    trained,
)
from tests.browser.steps import LONG, button, see_state, settle, step_now, trace, train, wait_for_points, wait_until
from tests.server import Server

pytestmark = pytest.mark.browser


def test_the_slider_leads_all_views_and_the_curves_cursor_back_to_the_first_step_and_forward(
    page: Page, server: Server, finished: str
) -> None:
    open_inside(page, finished)
    look_at(page, "Your digit").get_by_role("button", name="Pin digit 0 of the data").click()
    page.set_viewport_size(ALL_IN_SIGHT)  # type: ignore[arg-type]
    steps = kept_steps(server, finished)
    assert (steps[0], steps[-1]) == (0, LAST)
    found, places = {}, {}
    for place in (0, len(steps) // 2):
        assert slide_to(page, place) == steps[place]
        for title in SECTIONS:
            see_step(page, title, steps[place])
            expect(panel(page, title).locator(".dlp-when")).to_have_text(f"step {steps[place]}")
        found[place] = accuracy(page)
        for title in ("Loss", "Accuracy", "RMS per layer"):
            expect(cursor(page, title)).to_be_visible()
        places[place] = cursor(page, "Loss").evaluate("line => line.getBoundingClientRect().left")
    page.get_by_role("button", name="Newest").click()
    for title in SECTIONS:
        see_step(page, title, LAST)
    expect(cursor(page, "Loss")).to_be_hidden()
    expect(page.get_by_role("button", name="Newest")).to_be_disabled()
    assert found[0] < 0.3 < found[len(steps) // 2] < accuracy(page)
    assert places[0] < places[len(steps) // 2]


def test_a_run_goes_on_training_while_the_page_looks_back(page: Page, server: Server, running: str) -> None:
    open_inside(page, running)
    expect(slider(page)).to_be_enabled()
    slide_to(page, 0)
    see_step(page, "Activations", 0)
    for title in ("Weights", "Mistakes"):
        look_at(page, title)
        see_step(page, title, 0)
    early = accuracy(page)
    trained = step_now(page)
    wait_until(page, lambda: step_now(page) > trained + 20)
    assert step_of(page, "Mistakes") == 0
    expect(panel(page, "Mistakes").locator(".dlp-when")).to_have_text("step 0")
    page.get_by_role("button", name="Newest").click()
    wait_until(page, lambda: step_of(page, "Mistakes") > trained + 20)
    assert early < 0.3
    wait_until(page, lambda: accuracy(page) > 0.5)


def test_views_follow_a_running_run_say_when_they_are_older_and_stay_where_it_pauses(
    page: Page, server: Server, running: str
) -> None:
    open_inside(page, running)
    first = step_of(page, "Activations")
    wait_until(page, lambda: step_of(page, "Activations") > first)
    when = panel(page, "Activations").locator(".dlp-when")
    found: list[int] = []

    def is_older() -> bool:
        found[:] = [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", when.inner_text())]
        return len(found) == 2

    wait_until(page, is_older)  # "step 120 · training is at 134"
    assert found[0] < found[1]
    button(page, "Pause").click()
    see_state(page, "paused")
    stands = server.store.run(running)
    assert stands is not None
    see_step(page, "Activations", stands.step)
    expect(when).to_have_text(f"step {stands.step:,}")
    button(page, "Step").click()
    see_step(page, "Activations", stands.step + 1)


def test_a_finished_run_is_looked_into_after_a_reload(page: Page, finished: str) -> None:
    open_inside(page, finished)
    page.reload()
    settle(page)
    for title in ("Activations", "Gradients", "Weights", "Receptive field", "Mistakes", "Map"):
        look_at(page, title)
        see_step(page, title, LAST)


def test_the_film_plays_through_the_steps_and_stops_at_the_last(page: Page, server: Server) -> None:
    run_id = trained(server, Training(unit="steps", steps=12))
    open_inside(page, run_id)
    panel(page, "Activations").evaluate(
        """root => {
            window.film = [];
            new MutationObserver(() => window.film.push(Number(root.dataset.step)))
                .observe(root, { attributeFilter: ["data-step"] });
        }"""
    )
    longest = 0
    for _ in range(3):  # the machine may stand still for a moment, but not each time
        play = page.get_by_role("button", name="Play as a film")
        play.click()
        expect(page.get_by_role("button", name="Stop the film")).to_be_visible()
        expect(play).to_be_visible(timeout=LONG)
        see_step(page, "Activations", 12)
        film = [step for step, _ in groupby(page.evaluate("window.film.splice(0)"))]
        shown = film[1:] if film[0] == 12 else film  # the newest step may be drawn once more before it begins
        assert shown == sorted(shown)
        assert (shown[0], shown[-1]) == (0, 12)
        longest = max(longest, len(shown))
        if longest > 9:
            break
    assert longest > 9, "a step is left out only where it takes too long"
    expect(slider(page)).to_have_attribute("aria-valuetext", re.compile("step 12 of 12"))


@pytest.mark.parametrize("presses", [0, 4])
def test_a_fork_has_its_parents_curve_up_to_the_fork_and_then_goes_its_own_way_if_it_was_changed(
    page: Page, server: Server, finished: str, presses: int
) -> None:
    open_inside(page, finished)
    steps = kept_steps(server, finished)
    step = slide_to(page, 3 * len(steps) // 4)
    assert 20 < step < LAST - 20
    see_step(page, "Activations", step)
    page.get_by_role("button", name="Fork here").click()
    expect(page.get_by_text(f"Fork of CNN 16-32 at step {step}")).to_be_visible()
    assert "/train" in page.url
    settle(page)
    expect(page.get_by_role("button", name="Delete Conv2d #2", exact=True)).to_be_visible()
    for _ in range(presses):
        page.locator('input[type=range][aria-label="Learning rate"]').press("ArrowRight")
    settle(page)
    train(page)
    see_state(page, "finished")
    assert finished not in page.url
    wait_for_points(page, "Loss", "batch", LAST)
    fork = trace(page, "Loss", "batch")
    page.goto(f"/train?run={finished}")
    wait_for_points(page, "Loss", "batch", LAST)
    parent = trace(page, "Loss", "batch")
    assert fork["x"] == parent["x"]
    place = parent["x"].index(step)
    assert fork["y"][: place + 1] == parent["y"][: place + 1]
    assert (fork["y"] == parent["y"]) is (presses == 0)
