"""A page with nothing but the editors, as AppTest runs it."""

from typing import Any

from streamlit.testing.v1 import AppTest

from playground.experiment import Experiment
from playground.ui.session import Draft


def script() -> None:
    import streamlit as st

    from playground.runs.settings import shared_store
    from playground.ui import session
    from playground.ui.network_editor import network_editor
    from playground.ui.settings import settings

    draft = session.draft()
    network, layer_ids = network_editor(draft)
    session.edit(draft.experiment.but(network=network), layer_ids)
    if layer_ids != draft.layer_ids:
        st.rerun()
    session.edit(settings(session.draft(), shared_store()))


def opened(experiment: Experiment) -> AppTest:
    """The page with an experiment in its editors."""
    app = AppTest.from_function(script, default_timeout=30)
    app.session_state["draft"] = Draft(experiment, tuple(range(len(experiment.network.layers))))
    app.session_state["next_layer_id"] = len(experiment.network.layers)
    return run(app)


def run(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception, app.exception
    return app


def draft(app: AppTest) -> Draft:
    found: Draft = app.session_state["draft"]
    return found


def experiment(app: AppTest) -> Experiment:
    return draft(app).experiment


def labelled(controls: Any, label: str) -> Any:
    """The one control with that label."""
    (found,) = [control for control in controls if control.label == label]
    return found


def press(app: AppTest, label: str) -> AppTest:
    labelled(app.button, label).click()
    return run(app)


def insert(app: AppTest, below: str, kind: str) -> AppTest:
    labelled(app.menu_button, f"Insert below {below}").set_value(kind)
    return run(app)


def control(app: AppTest, path: str) -> Any:
    """The control of a field, by its dotted path."""
    return app.get_by_key(draft(app).key(path))


def panel(app: AppTest, name: str) -> str:
    """A panel's label, without Streamlit's marks."""
    labels = [str(getattr(block, "label", "")) for block in app.expander]
    (label,) = [label for label in labels if label.startswith(f"**{name}**")]
    return label.replace("**", "").replace(":primary[:small[changed]]", "(changed)")
