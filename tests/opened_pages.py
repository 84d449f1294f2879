"""Pages opened without a browser, and runs for them to show."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from playground.experiment import Experiment, Flatten, Linear, Network, ReLU, Training
from playground.runs.active import ActiveRun
from playground.runs.store import Store
from tests.held_runs import train_to_end

ROUTER = str(Path(__file__).parents[1] / "pages" / "router.py")
SMALL = Experiment(
    network=Network(layers=(Flatten(), Linear(units=8), ReLU())), training=Training(unit="steps", steps=3, device="cpu")
)


def opened(page: str = "train.py", **query: str) -> AppTest:
    app = AppTest.from_file(ROUTER, default_timeout=30)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    if page != "home.py":
        app.switch_page(page).run()
    assert not app.exception
    return app


def button(app: AppTest, label: str) -> Any:
    return next(found for found in app.button if found.label == label)


def status(app: AppTest) -> str:
    """The text of the status container, without Streamlit's colour marks."""
    return str(container(app, "status").children[0].value).split("[**")[-1]


def has_key(block: Any, key: str) -> bool:
    return getattr(getattr(block, "proto", None), "id", "").endswith(f"-{key}")


def container(app: AppTest, key: str) -> Any:
    (found,) = (block for block in walk(app.main) if has_key(block, key))
    return found


def texts(within: Any) -> str:
    """All that is written there, a line an element."""
    return "\n".join(str(found.value) for found in walk(within) if hasattr(found, "value"))


def walk(block: Any) -> Iterator[Any]:
    yield block
    for child in getattr(block, "children", {}).values():
        yield from walk(child)


def trained(store: Store, experiment: Experiment = SMALL) -> str:
    """A run trained to its end, here and now."""
    run_id = store.create(experiment, "trained")
    run = store.claim("here", 4)
    assert run is not None
    active = ActiveRun(run, store)
    train_to_end(active)
    return run_id
