"""The labels of the panels: they say the values that the controls give, in the same rerun."""

from typing import Any

import pytest

from playground.experiment import Experiment, Initialization
from playground.presets import TEMPLATES
from playground.ui.foreseen import foreseen
from playground.ui.session import Draft
from playground.ui.summaries import titles
from tests.ui_page import control, experiment, opened, panel, run

pytestmark = pytest.mark.usefixtures("shared")

MLP = TEMPLATES["MLP"]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Training", "Training · Adam 0.001 · batch 64 · 10 epochs"),
        ("Digits", "Digits · 3,500 train · standardized"),
        ("Objective", "Objective · cross-entropy · L2 0"),
        ("Initialization", "Initialization · default"),
    ],
)
def test_a_panel_says_its_values(name: str, line: str) -> None:
    assert panel(opened(MLP), name) == line


@pytest.mark.parametrize(
    ("path", "value", "name", "line"),
    [
        ("optimizer.learning_rate", 0.01, "Training", "Training · Adam 0.01 · batch 64 · 10 epochs (changed)"),
        ("training.batch_size", 128, "Training", "Training · Adam 0.001 · batch 128 · 10 epochs (changed)"),
        ("training.seed", 3, "Training", "Training · Adam 0.001 · batch 64 · 10 epochs (changed)"),
        ("training.patience", 5, "Training", "Training · Adam 0.001 · batch 64 · 10 epochs · patience 5 (changed)"),
        ("data.digits_used", 100, "Digits", "Digits · 100 train · standardized (changed)"),
        ("data.folds", 5, "Digits", "Digits · 3,400 train · fold 1 of 5 · standardized (changed)"),
        ("data.shares", (50, 60), "Digits", "Digits · 2,500 train · standardized (changed)"),
        ("data.augmentation.shift", 1, "Digits", "Digits · 3,500 train · standardized · augmented (changed)"),
        ("regularization.weight_decay", 0.001, "Objective", "Objective · cross-entropy · L2 0.001 (changed)"),
        ("regularization.l1", 1e-5, "Objective", "Objective · cross-entropy · L2 0 · L1 1e-5 (changed)"),
        ("loss.kind", "focal", "Objective", "Objective · focal · L2 0 (changed)"),
        ("network.initialization.kind", "normal", "Initialization", "Initialization · normal σ 0.01 (changed)"),
    ],
)
def test_a_panels_label_follows_an_entry_in_the_same_rerun(path: str, value: Any, name: str, line: str) -> None:
    app = opened(MLP)
    control(app, path).set_value(value)
    run(app)
    assert panel(app, name) == line
    assert panel(app, name) == titles(experiment(app))[name].replace("**", "").replace(
        ":primary[:small[changed]]", "(changed)"
    )


def test_a_grain_of_noise_on_constant_weights_is_said_in_the_label_and_in_the_formula() -> None:
    app = opened(MLP)
    control(app, "network.initialization.kind").set_value("constant")
    run(app)
    assert panel(app, "Initialization") == "Initialization · constant 0.05 (changed)"
    assert any("stay alike" in caption.value for caption in app.caption)
    control(app, "network.initialization.noise").set_value(0.001)
    run(app)
    assert experiment(app).network.initialization == Initialization(kind="constant", noise=0.001)
    assert panel(app, "Initialization") == "Initialization · constant 0.05 ± 0.001 (changed)"
    assert not any("stay alike" in caption.value for caption in app.caption)


def test_the_label_of_the_objective_says_changed_as_soon_as_the_classes_are_weighed() -> None:
    app = opened(MLP)
    for is_on, mark in ((True, " (changed)"), (False, "")):
        control(app, "loss.weigh_classes").set_value(is_on)
        run(app)
        assert panel(app, "Objective") == f"Objective · cross-entropy · L2 0{mark}"


@pytest.mark.parametrize(
    "entries",
    [
        [("loss.weigh_classes", True), ("loss.class_weights.3", 2.5), ("loss.weigh_classes", False)],
        [("regularization.clip_norm", 1.0), ("regularization.clip_norm", None)],
        [("data.digits_used", 100), ("data.digits_used", 0)],
        [("data.shares", (50, 60)), ("training.epochs", 3)],
    ],
    ids=lambda entries: entries[0][0],
)
def test_what_is_foreseen_is_what_the_controls_then_give(
    entries: list[tuple[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Experiment] = []

    def noted(draft: Draft) -> Experiment:
        seen.append(foreseen(draft))
        return seen[-1]

    monkeypatch.setattr("playground.ui.settings.foreseen", noted)
    app = opened(MLP)
    for path, value in entries:
        control(app, path).set_value(value)
        run(app)
        assert seen[-1] == experiment(app)


def test_the_label_of_training_is_as_before_once_clipping_is_emptied() -> None:
    app = opened(MLP)
    for value, mark in ((1.0, " (changed)"), (None, "")):
        control(app, "regularization.clip_norm").set_value(value)
        run(app)
        assert panel(app, "Training") == f"Training · Adam 0.001 · batch 64 · 10 epochs{mark}"
