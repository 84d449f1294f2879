"""What people come for, in a real browser, from the first start to the test split."""

import os
import re
import signal

import psutil
import pytest
from playwright.sync_api import Page, expect

from playground.experiment import Training
from playground.link import to_link
from playground.presets import TEMPLATES
from playground.runs.states import ENDED
from tests.browser.steps import (
    LONG,
    button,
    choose_template,
    open_train,
    see_state,
    settle,
    status,
    step_now,
    trace,
    traces,
    train,
    unfold,
    wait_for_points,
    wait_until,
)
from tests.server import Server

pytestmark = pytest.mark.browser

LONG_RUN = to_link(TEMPLATES["MLP"].but(training=Training(epochs=2000)))


@pytest.fixture(autouse=True)
def nothing_left_running(server: Server) -> None:
    """Each journey has the machine for itself."""
    for run in server.store.runs(with_trials=True):
        server.store.ask(run.id, "stop")


def slider(page: Page, label: str, presses: int) -> None:
    """Move a slider by so many places, with the keyboard."""
    thumb = page.locator(f'input[type=range][aria-label="{label}"]')
    for _ in range(abs(presses)):
        thumb.press("ArrowRight" if presses > 0 else "ArrowLeft")


def long_run(page: Page) -> None:
    """The MLP, for longer than any journey looks."""
    page.goto(f"/train?x={LONG_RUN}")
    expect(button(page, "Train")).to_be_enabled()
    settle(page)
    train(page)
    see_state(page, "running")


def test_a_newcomer_gets_from_home_to_a_learning_curve_with_two_clicks(page: Page) -> None:
    page.goto("/")
    button(page, "Start with a small CNN").click()
    train(page)
    wait_for_points(page, "Loss", "batch", 20)
    wait_for_points(page, "Accuracy", "validation", 2)
    assert {"train", "validation"} <= {found["name"] for found in traces(page, "Loss")}
    see_state(page, "finished")
    accuracy = trace(page, "Accuracy", "validation")["y"]
    assert accuracy[0] < 0.3
    assert accuracy[-1] > 0.9
    assert trace(page, "Loss", "train")["y"][-1] < 0.5


def test_a_network_is_built_broken_mended_by_the_offered_fix_and_trained(page: Page) -> None:
    open_train(page, "Softmax regression")
    insert(page, "Insert below the digit", "Conv2d")
    insert(page, "Insert below Conv2d #1", "ReLU")
    insert(page, "Insert below ReLU #1", "MaxPool2d")
    expect(page.get_by_text("16 × 13 × 13")).to_be_visible()
    page.get_by_role("button", name="Delete Flatten #1").click()
    expect(page.get_by_role("alert")).to_contain_text("Flatten")
    expect(button(page, "Train")).to_be_disabled()
    page.get_by_role("button", name=re.compile("Flatten")).last.click()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(button(page, "Train")).to_be_enabled()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(button(page, "Train")).to_be_disabled()
    page.get_by_role("button", name="Redo", exact=True).click()
    expect(button(page, "Train")).to_be_enabled()
    train(page)
    wait_for_points(page, "Gradients per layer", "Conv2d #1", 3)


def insert(page: Page, where: str, kind: str) -> None:
    page.get_by_role("button", name=where, exact=True).click()
    page.get_by_role("menuitem", name=re.compile(rf"^{kind}\b")).or_(
        page.get_by_role("option", name=re.compile(rf"^{kind}\b"))
    ).first.click()
    expect(page.get_by_role("button", name=f"Delete {kind} #1", exact=True)).to_be_visible()
    settle(page)


def test_the_learning_rate_changes_while_it_runs_and_the_curve_is_marked(page: Page, server: Server) -> None:
    long_run(page)
    wait_for_points(page, "Learning rate", "learning rate", 10)
    slider(page, "Learning rate", 3)  # 0.001, 0.0015, 0.002, 0.003
    run_id = page.url.split("run=")[1]
    page.wait_for_function(
        """() => [...document.querySelectorAll(".js-plotly-plot")].some((plot) =>
            (plot.data ?? []).some((trace) => JSON.stringify(trace.text ?? "").includes("0.001 → ")))""",
        timeout=LONG,
    )
    run = server.store.run(run_id)
    assert run is not None
    assert run.state == "running"
    wait_for_points(page, "Learning rate", "learning rate", 10)
    wait_until(page, lambda: trace(page, "Learning rate", "learning rate")["y"][-1] == pytest.approx(0.003))
    assert trace(page, "Learning rate", "learning rate")["y"][0] == pytest.approx(0.001)


def paused_run(page: Page) -> int:
    """A long run, paused; the step at which it stands."""
    long_run(page)
    button(page, "Pause").click()
    see_state(page, "paused")
    page.wait_for_timeout(500)
    return step_now(page)


def test_pause_step_reload_and_resume_lose_nothing(page: Page) -> None:
    step = paused_run(page)
    button(page, "Step").click()
    expect(status(page)).to_contain_text(f"step {step + 1:,} ")
    page.reload()
    see_state(page, "paused")
    expect(status(page)).to_contain_text(f"step {step + 1:,} ")
    wait_for_points(page, "Loss", "train", 2)
    button(page, "Resume").click()
    see_state(page, "running")
    wait_until(page, lambda: step_now(page) > step + 1)
    button(page, "Stop").click()
    see_state(page, "stopped")


def test_a_paused_run_goes_on_to_the_end_of_its_epoch(page: Page) -> None:
    step = paused_run(page)
    button(page, "by").click()
    page.get_by_role("menuitem", name="One epoch").or_(page.get_by_role("option", name="One epoch")).first.click()
    wait_until(page, lambda: step_now(page) > step)
    see_state(page, "paused")
    epoch = 55  # steps: 3,500 digits in batches of 64
    expect(status(page)).to_contain_text(f"step {(step // epoch + 1) * epoch:,} ")


def test_an_entry_that_was_not_left_yet_counts_when_train_is_pressed(page: Page, server: Server) -> None:
    open_train(page, "Softmax regression")
    unfold(page, "Training ·")
    epochs = page.get_by_label("Epochs", exact=True)
    epochs.select_text()
    epochs.press_sequentially("3")
    train(page)
    run = server.store.run(page.url.split("run=")[1])
    assert run is not None
    assert run.experiment.training.epochs == 3


def test_a_second_tab_and_a_closed_one_see_the_same_run_go_on(page: Page, server: Server) -> None:
    long_run(page)
    second = page.context.new_page()
    second.goto(page.url)
    see_state(second, "running")
    step = step_now(second)
    page.goto("about:blank")
    wait_until(second, lambda: step_now(second) > step)
    button(second, "Stop").click()
    see_state(second, "stopped")
    page.goto(second.url)
    see_state(page, "stopped")


def test_a_run_is_stopped_from_the_list_in_the_sidebar(page: Page, server: Server) -> None:
    long_run(page)
    page.goto("/")
    running = page.get_by_test_id("stSidebar")
    expect(running.get_by_text("Running now")).to_be_visible()
    running.get_by_role("button", name="Stop").click()
    expect(running.get_by_text("Running now")).to_have_count(0)
    assert all(run.state in ENDED for run in server.store.runs(ENDED))
    assert server.store.runs() == []


def test_a_killed_worker_is_shown_as_lost_with_a_way_on_and_the_rest_goes_on(page: Page, server: Server) -> None:
    long_run(page)
    run = server.store.run(page.url.split("run=")[1])
    assert run is not None
    worker = next(
        process
        for process in psutil.Process(server.process.pid).children(recursive=True)
        if run.worker in process.cmdline()
    )
    page.wait_for_timeout(6000)  # past a checkpoint
    os.kill(worker.pid, signal.SIGKILL)
    see_state(page, "lost")
    expect(status(page)).to_contain_text("Resume")
    button(page, "Resume").click()
    see_state(page, "running")
    lost_at = server.store.run(run.id)
    assert lost_at is not None
    wait_until(page, lambda: step_now(page) > lost_at.step)


def test_zoom_survives_the_updates_of_a_running_chart(page: Page) -> None:
    long_run(page)
    wait_for_points(page, "Loss", "batch", 50)
    plot = page.locator(".js-plotly-plot").first
    box = plot.locator(".nsewdrag").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.3)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.8, steps=5)
    page.mouse.up()
    zoomed = plot.evaluate("plot => plot.layout.xaxis.range.map(Number)")
    last = trace(page, "Loss", "batch")["x"][-1]
    wait_until(page, lambda: trace(page, "Loss", "batch")["x"][-1] > last)
    assert plot.evaluate("plot => plot.layout.xaxis.range.map(Number)") == zoomed


def test_every_change_keeps_its_label_while_the_lines_go_on(page: Page) -> None:
    long_run(page)
    labels = page.locator(".js-plotly-plot").first.locator(".scatterlayer text").filter(has_text="learning rate")
    for count in (1, 2, 3):
        slider(page, "Learning rate", 1)
        expect(labels).to_have_count(count)
    last = trace(page, "Loss", "batch")["x"][-1]
    wait_until(page, lambda: trace(page, "Loss", "batch")["x"][-1] > 1.5 * last)
    expect(labels).to_have_count(3)


def test_a_penalty_switched_on_and_off_keeps_its_lines_and_every_zoom(page: Page) -> None:
    long_run(page)
    wait_for_points(page, "Accuracy", "batch", 50)
    plot = page.locator(".js-plotly-plot").nth(1)
    plot.evaluate("plot => Plotly.relayout(plot, { 'xaxis.range': [5, 20] })")
    for presses in (2, -2):
        slider(page, "Weight decay (L2)", presses)
        wait_until(page, lambda: any(found["name"] == "penalty" for found in traces(page, "Loss")))
        settle(page)
        assert plot.evaluate("plot => plot.layout.xaxis.range.map(Number)") == [5, 20]
    assert max(trace(page, "Loss", "penalty")["y"]) > 0


def test_a_second_tab_shows_what_the_first_one_changed(page: Page) -> None:
    long_run(page)
    second = page.context.new_page()
    second.goto(page.url)
    see_state(second, "running")
    settle(second)
    slider(page, "Learning rate", 1)
    control = second.locator('input[type=range][aria-label="Learning rate"]').first
    expect(control).to_have_attribute("aria-valuetext", "0.0015")


def test_the_sidebars_link_leads_back_to_the_run(page: Page) -> None:
    long_run(page)
    address = page.url
    page.get_by_role("link", name="Home").click()
    expect(button(page, "Start with a small CNN")).to_be_visible()
    page.get_by_role("link", name="Train", exact=True).click()
    see_state(page, "running")
    assert page.url == address
    page.go_back()
    expect(button(page, "Start with a small CNN")).to_be_visible()


def test_on_a_phone_a_link_in_the_sidebar_folds_it_away(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/")
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_test_id("stSidebar").get_by_role("link", name="Train", exact=True).click()
    expect(page.get_by_test_id("stExpandSidebarButton")).to_be_visible()
    expect(button(page, "Train")).to_be_in_viewport()


def test_a_line_reaches_its_newest_point_whether_or_not_the_axes_were_drawn_anew(page: Page) -> None:
    long_run(page)
    wait_for_points(page, "Loss", "batch", 50)
    plot = page.locator(".js-plotly-plot").first
    looks = plot.evaluate(
        """async (plot) => {
            const looks = [];
            for (let look = 0; look < 60; look++) {
                await new Promise((resolve) => setTimeout(() => requestAnimationFrame(resolve), 50));
                const index = plot.data.findIndex((trace) => trace.name === "batch");
                const line = plot.querySelectorAll(".scatterlayer .trace")[index].querySelector(".js-line").getBBox();
                const axis = plot._fullLayout.xaxis;
                const last = plot.data[index].x.at(-1);
                looks.push({ last, reach: axis.range[1], miss: Math.abs(line.x + line.width - axis.l2p(last)) });
            }
            return looks;
        }"""
    )
    assert max(look["miss"] for look in looks) < 1.5, "pixels"
    assert len({look["last"] for look in looks}) > 5
    assert len({look["reach"] for look in looks}) < len({look["last"] for look in looks}), "axes were spared"
    assert all(look["last"] <= look["reach"] for look in looks)


def test_the_digit_that_is_watched_can_be_changed_while_it_trains(page: Page) -> None:
    long_run(page)
    panel = page.get_by_text("What this digit does to every layer").locator("xpath=ancestor::section").first
    panel.scroll_into_view_if_needed()
    expect(panel).to_contain_text(re.compile(r"step [\d,]+"))
    expect(panel.locator("canvas").first).to_be_visible()
    before = page.url
    number = panel.get_by_role("spinbutton")
    number.fill("4321")
    number.press("Enter")
    expect(panel).to_contain_text("label 8")
    assert page.url == before


def test_an_ended_run_is_measured_on_the_test_split_and_its_confusions_open(page: Page) -> None:
    open_train(page, "Softmax regression")
    train(page)
    see_state(page, "finished")
    button(page, "Measure on the test set").click()
    expect(page.get_by_text(re.compile("95% interval"))).to_be_visible()
    expect(button(page, "Measure on the test set")).to_have_count(0)
    settle(page)
    matrix = page.locator(".st-key-test-confusion .nsewdrag").first
    matrix.scroll_into_view_if_needed()
    box = matrix.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.05, box["y"] + box["height"] * 0.05)  # 0 taken for 0
    expect(page.get_by_text(re.compile(r"0, rightly · \d+ test digits"))).to_be_visible()
    expect(page.locator(".st-key-test img").first).to_be_visible()


def test_a_chart_is_saved_as_png(page: Page) -> None:
    open_train(page, "Softmax regression")
    train(page)
    wait_for_points(page, "Loss", "batch", 10)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save Loss as PNG").click()
    assert download.value.path().read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("path", ["/", "/train"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows_sideways_on_a_phone(page: Page, path: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(path)
    expect(page.get_by_test_id("stMain").get_by_role("button").first).to_be_visible()
    page.wait_for_timeout(1500)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    inner = page.get_by_test_id("stMain").evaluate("main => [main.scrollWidth, main.clientWidth]")
    assert inner[0] <= inner[1]


def test_no_page_asks_anything_of_another_host(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/")
    open_train(page, "Softmax regression")
    train(page)
    wait_for_points(page, "Loss", "batch", 10)
    host = page.url.split("/")[2]
    assert [url for url in asked if host not in url and not url.startswith(("data:", "blob:"))] == []


def test_an_old_template_comes_back_with_undo(page: Page) -> None:
    open_train(page, "LeNet-5")
    expect(page.get_by_text("Tanh #1").first).to_be_visible()
    choose_template(page, "MLP")
    expect(page.get_by_text("Tanh #1")).to_have_count(0)
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_text("Tanh #1").first).to_be_visible()
