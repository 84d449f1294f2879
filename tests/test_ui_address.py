"""The address of page Train: what it opens, what it says while one edits, what it hides; and what Share offers."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from playground.experiment import Conv2d, Data, Experiment, Flatten, Linear, Network, Optimizer, Training
from playground.link import from_link, to_link
from playground.presets import TEMPLATES
from playground.runs.past import Origin
from playground.runs.states import STATES
from playground.runs.store import Store
from playground.ui import session
from playground.ui.hidden import EDITORS, PANELS
from tests.opened_pages import ROUTER, SMALL, button, opened, trained

LINKED = Experiment(
    data=Data(training_digits=300, label_noise=0.2),
    network=Network(layers=(Conv2d(channels=5), Flatten(), Linear(units=7)), dropout=0.1),
    optimizer=Optimizer(kind="SGD", learning_rate=0.07),
    training=Training(unit="steps", steps=70, seed=5),
)
DEFAULTS = TEMPLATES[session.FIRST_TEMPLATE]


def held(app: AppTest) -> Experiment:
    experiment: Experiment = app.session_state["draft"].experiment
    return experiment


def written(app: AppTest) -> dict[str, Any]:
    """What the page's script puts into the browser's address."""
    scripts: Any = app.get("html")
    script = next(one.value for one in scripts if "history.replaceState" in one.value)
    text = script.split("parts = ")[1].split(", query = ")[0]
    parts: dict[str, Any] = json.loads(text)
    return parts


def controls(app: AppTest) -> set[str]:
    """The labels of all that can be set, and of the folded panels."""
    kinds = ("number_input", "selectbox", "button", "select_slider", "expander", "toggle")
    found: list[Any] = [one for kind in kinds for one in app.get(kind)]
    return {one.label for one in found}


def seed(app: AppTest) -> Any:
    return next(one for one in app.number_input if one.label == "Seed")


def test_a_link_opens_train_with_its_set_up_and_train_begins_that(shared: Store) -> None:
    app = opened(x=to_link(LINKED))
    assert held(app) == LINKED
    assert shared.runs(STATES) == []
    button(app, "Train").click().run()
    assert shared.runs(STATES)[0].experiment == LINKED


@pytest.mark.parametrize("link", ["", to_link(LINKED)[:-9], "x" * 9_000])
def test_a_link_that_can_not_be_read_opens_the_defaults_and_says_why(shared: Store, link: str) -> None:
    app = opened(x=link)
    assert held(app) == DEFAULTS
    assert any("This link can't be opened" in error.value for error in app.error)
    assert not button(app, "Train").disabled
    seed(app).set_value(9).run()
    assert app.error == []


def test_what_a_session_had_comes_back_with_undo_after_a_link(shared: Store) -> None:
    app = opened()
    seed(app).set_value(9).run()
    mine = held(app)
    app.query_params["x"] = to_link(LINKED)
    app.run()
    assert held(app) == LINKED
    button(app, "Undo").click().run()
    assert held(app) == mine


def test_an_edit_stays_though_the_browser_still_sends_the_address_as_it_was(shared: Store) -> None:
    app = opened(x=to_link(LINKED))
    for value in (1, 2, 3):
        app.query_params["x"] = to_link(LINKED)
        seed(app).set_value(value).run()
        assert held(app).training.seed == value


def test_a_link_counts_again_after_another_page(shared: Store) -> None:
    app = opened(x=to_link(LINKED))
    seed(app).set_value(1).run()
    app.switch_page("home.py").run()
    app.query_params["x"] = to_link(LINKED)
    app.switch_page("train.py").run()
    assert held(app) == LINKED


def test_the_address_says_what_the_editors_hold(shared: Store) -> None:
    app = opened()
    assert written(app) == {}
    seed(app).set_value(9).run()
    assert from_link(written(app)["x"]) == held(app)
    assert held(app).training.seed == 9


def test_the_run_alone_stands_in_the_address_until_the_editors_differ_from_it(shared: Store) -> None:
    run_id = trained(shared)
    app = opened(run=run_id)
    assert written(app) == {"run": run_id}
    seed(app).set_value(9).run()
    found = written(app)
    assert found["run"] == run_id
    again = opened(run=run_id, x=found["x"])
    assert held(again) == held(app) == SMALL.but(training=SMALL.training.but(seed=9))
    assert written(again) == found


def test_train_leaves_the_run_alone_in_the_address(shared: Store) -> None:
    app = opened(x=to_link(LINKED))
    button(app, "Train").click().run()
    (run,) = shared.runs(STATES)
    assert dict(app.query_params) == {"run": run.id}
    assert written(app) == {"run": run.id}


def test_a_links_live_settings_are_not_sent_to_a_run_that_goes_on(shared: Store) -> None:
    run_id = shared.create(SMALL, "mine")
    shared.set_state(run_id, "running")
    opened(run=run_id, x=to_link(SMALL.but(optimizer=Optimizer(learning_rate=0.5))))
    assert shared.open_controls([run_id]) == []


def test_a_fork_that_has_not_begun_survives_a_reload(shared: Store) -> None:
    parent = trained(shared)
    longer = SMALL.but(training=SMALL.training.but(steps=9))
    app = opened(x=to_link(longer), **{"from": f"{parent}.2"})
    assert app.session_state["kept.origin"] == Origin(parent, 2)
    assert written(app) == {"x": to_link(longer), "from": f"{parent}.2"}
    button(app, "Train").click().run()
    assert shared.past.origin(app.query_params["run"]) == Origin(parent, 2)


@pytest.mark.parametrize("fork", ["nothing.2", "no step", "../../etc.1"])
def test_a_fork_of_what_is_not_kept_says_so(shared: Store, fork: str) -> None:
    app = opened(x=to_link(LINKED), **{"from": fork})
    assert held(app) == LINKED
    assert any("isn't kept here" in error.value for error in app.error)
    assert written(app) == {"x": to_link(LINKED)}


def test_hidden_panels_are_not_there_and_keep_what_the_link_says(shared: Store) -> None:
    app = opened(x=to_link(LINKED), hide=",".join(PANELS))
    assert held(app) == LINKED
    assert app.selectbox == []
    assert app.number_input == []
    assert app.expander == []
    button(app, "Train").click().run()
    assert shared.runs(STATES)[0].experiment == LINKED


def test_each_hidden_panel_takes_its_own_controls_away(shared: Store) -> None:
    everything = controls(opened())
    for panel in EDITORS:
        app = opened(hide=panel)
        assert controls(app) < everything
        assert held(app) == DEFAULTS


def test_what_is_hidden_stays_hidden_on_the_way_through_the_pages(shared: Store) -> None:
    run_id = trained(shared)
    app = opened(run=run_id, hide="network,map")
    assert written(app) == {"hide": "network,map", "run": run_id}
    links = {link.proto.label: link.proto.query_string for link in app.get("page_link")}
    assert links["Train"] == links["Inside"] == f"hide=network%2Cmap&run={run_id}"
    app.query_params.clear()
    app.switch_page("inside.py").run()
    assert "Map" not in [header.value for header in app.header]
    assert "Weights" in [header.value for header in app.header]


def test_names_of_no_panel_are_ignored_and_said(shared: Store) -> None:
    app = opened(hide="network,<b>sun")
    assert any("bsun, which is no panel here" in caption.value for caption in app.caption)
    assert all(one.label != "Undo" for one in app.button)


def test_share_gives_links_that_open_what_is_there(shared: Store) -> None:
    run_id = trained(shared)
    app = opened(run=run_id)
    seed(app).set_value(9).run()
    set_up, run = (parse_qs(urlsplit(code.value).query) for code in app.code)
    assert from_link(set_up["x"][0]) == held(app)
    assert run == {"run": [run_id]}


def test_the_readme_names_every_panel_that_a_link_can_hide() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    assert [panel for panel in PANELS if f"`{panel}`" not in readme] == []


@pytest.mark.parametrize(("page", "name"), [("train.py", "run"), ("race.py", "run"), ("race.py", "study")])
def test_a_link_can_not_put_a_picture_from_elsewhere_on_a_page(shared: Store, page: str, name: str) -> None:
    app = AppTest.from_file(ROUTER, default_timeout=30).run()
    app.query_params[name] = "![](//evil.io/a.png)"
    app.switch_page(page).run()
    assert "There is no" in app.warning[0].value
    assert not any("![" in one.value for one in app.warning)
