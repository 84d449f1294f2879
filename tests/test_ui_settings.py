"""The settings, through their controls: what is entered becomes the experiment, and what can't be is said beside it."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from streamlit.testing.v1 import AppTest

from playground.experiment import Experiment, InitializationKind, LossKind, OptimizerKind, ScheduleKind, Spec
from playground.presets import TEMPLATES
from playground.ui.help import HELP
from playground.ui.session import Draft
from playground.ui.widgets import LEARNING_RATES, PENALTIES, plain, with_value
from tests.ui_page import control, draft, experiment, labelled, opened, run

pytestmark = pytest.mark.usefixtures("shared")

MLP = TEMPLATES["MLP"]


def leaves(spec: Spec, above: str = "") -> Iterator[str]:
    for name in type(spec).model_fields:
        value = getattr(spec, name)
        if isinstance(value, Spec):
            yield from leaves(value, f"{above}{name}.")
        else:
            yield f"{above}{name}"


# --- help -----------------------------------------------------------------------------------------------------------


def test_every_field_of_an_experiment_has_a_help() -> None:
    shares = {"data.train_share", "data.validation_share", "data.test_share"}  # one control: data.shares
    assert set(leaves(Experiment())) - shares - {"version", "network.layers"} <= HELP.keys()


def test_every_control_on_the_page_has_a_help() -> None:
    app = opened(TEMPLATES["CNN 32-64"])
    kinds = ("button", "menu_button", "number_input", "select_slider", "slider", "selectbox", "toggle", "button_group")
    controls: list[Any] = [found for kind in kinds for found in app.get(kind)]
    assert len(controls) > 60
    assert [found.label for found in controls if not found.help] == []


# --- values ---------------------------------------------------------------------------------------------------------


def test_opening_the_page_changes_nothing() -> None:
    for template in TEMPLATES.values():
        assert experiment(opened(template)) == template


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("optimizer.learning_rate", 0.02),
        ("regularization.weight_decay", 0.0001),
        ("network.dropout", 0.35),
        ("training.batch_size", 8),
        ("training.epochs", 3),
        ("training.seed", 99),
        ("training.patience", 5),
        ("training.device", "cpu"),
        ("optimizer.kind", "RMSprop"),
        ("schedule.kind", "cosine"),
        ("regularization.clip_norm", 1.0),
        ("regularization.l1", 0.001),
        ("regularization.decay_all", True),
        ("loss.label_smoothing", 0.1),
        ("data.scaling", "zero-one"),
        ("data.label_noise", 0.2),
        ("data.folds", 5),
        ("data.augmentation.rotation", 15),
        ("data.augmentation.flip", "horizontal"),
    ],
)
def test_a_control_sets_the_field_its_key_names_and_no_other(path: str, value: Any) -> None:
    app = opened(MLP)
    control(app, path).set_value(value)
    run(app)
    changed = {
        field for field in leaves(Experiment()) if at(experiment(app), field) != at(MLP, field) and field != "version"
    }
    assert changed == {path}
    assert at(experiment(app), path) == value


def at(spec: Any, path: str) -> Any:
    for name in path.split("."):
        spec = getattr(spec, name)
    return spec


def test_every_kind_shows_the_fields_that_matter_for_it_and_no_others() -> None:
    betas, epsilon = {"β₁", "β₂"}, {"ε"}
    of_optimizer: dict[str, set[str]] = {
        "SGD": set(),
        "Momentum": {"Momentum"},
        "Nesterov": {"Momentum"},
        "Adam": betas | epsilon,
        "AdamW": betas | epsilon,
        "AMSGrad": betas | epsilon,
        "RMSprop": {"α"} | epsilon,
        "Adagrad": epsilon,
    }
    of_schedule = {"constant": set(), "step": {"Epochs", "Factor"}, "cosine": set(), "warm-up": {"Steps"}}
    of_initialization = {kind: {"Biases"} for kind in get_args(InitializationKind)} | {"default": set()}
    of_initialization["constant"] = {"Biases", "Value", "Noise"}
    of_initialization["normal"] = {"Biases", "σ"}
    of_initialization["uniform"] = {"Biases", "Bound"}
    of_loss: dict[str, set[str]] = {kind: set() for kind in get_args(LossKind)} | {
        "focal": {"Gamma"},
        "Huber": {"Delta"},
    }
    assert of_optimizer.keys() == set(get_args(OptimizerKind))
    assert of_schedule.keys() == set(get_args(ScheduleKind))
    app = opened(TEMPLATES["Softmax regression"])
    always = {"Seed", "Clip the gradient at norm", "Patience (early stopping)", "Folds"}
    for path, fields in {
        "optimizer.kind": of_optimizer,
        "schedule.kind": of_schedule,
        "network.initialization.kind": of_initialization,
        "loss.kind": of_loss,
    }.items():
        before = at(experiment(app), path)
        for kind, labels in fields.items():
            control(app, path).set_value(kind)
            run(app)
            assert at(experiment(app), path) == kind
            shown = {found.label for found in app.number_input} - always
            others = of_optimizer["Adam"] if path != "optimizer.kind" else set()
            assert shown - {"Epochs"} == (labels | others) - {"Epochs"}
        control(app, path).set_value(before)
        run(app)


def test_a_value_that_is_not_on_the_slider_is_kept() -> None:
    rare = MLP.but(optimizer=MLP.optimizer.but(learning_rate=0.00137))
    app = opened(rare)
    assert control(app, "optimizer.learning_rate").value == 0.00137
    assert experiment(app) == rare
    control(app, "optimizer.learning_rate").set_value(0.005)
    run(app)
    run(app)
    assert experiment(app).optimizer.learning_rate == 0.005


def test_sliders_reach_from_the_smallest_to_the_largest_value_and_no_two_look_alike() -> None:
    assert (LEARNING_RATES[0], LEARNING_RATES[-1]) == (1e-6, 10)
    assert PENALTIES[:2] == (0, 1e-6)
    for grid in (LEARNING_RATES, PENALTIES):
        assert list(grid) == sorted(set(grid))
        assert len({plain(value) for value in grid}) == len(grid)
        assert all(float(plain(value)) == value for value in grid)
    assert list(with_value(PENALTIES, 0.0)) == list(PENALTIES)


def test_settings_survive_when_they_are_hidden_and_when_the_page_is_left() -> None:
    app = opened(MLP)
    control(app, "optimizer.beta1").set_value(0.8)
    run(app)
    for kind in ("SGD", "Adam"):
        control(app, "optimizer.kind").set_value(kind)
        run(app)
    assert experiment(app).optimizer.beta1 == 0.8
    assert control(app, "optimizer.beta1").value == 0.8


def test_another_template_puts_its_own_values_into_every_control() -> None:
    app = opened(MLP)
    control(app, "optimizer.learning_rate").set_value(0.5)
    run(app)
    deep = TEMPLATES["Deep narrow MLP"]
    ids = tuple(range(200, 200 + len(deep.network.layers)))
    app.session_state["draft"] = Draft(deep, ids, draft(app).edition + 1)
    run(app)
    assert experiment(app) == deep
    assert control(app, "optimizer.learning_rate").value == deep.optimizer.learning_rate


def test_class_weights_are_ten_numbers_and_all_zero_is_refused_beside_them() -> None:
    app = opened(MLP)
    control(app, "loss.weigh_classes").set_value(True)
    run(app)
    control(app, "loss.class_weights.3").set_value(2.5)
    run(app)
    assert experiment(app).loss.class_weights == (1, 1, 1, 2.5, 1, 1, 1, 1, 1, 1)
    for digit in range(10):
        control(app, f"loss.class_weights.{digit}").set_value(0.0)
    run(app)
    (error,) = app.error
    assert "all class weights are 0" in error.value
    assert experiment(app).loss.class_weights == (1, 1, 1, 2.5, 1, 1, 1, 1, 1, 1)
    assert control(app, "loss.class_weights.3").value == 0
    control(app, "loss.weigh_classes").set_value(False)
    run(app)
    assert not app.error
    assert experiment(app) == MLP


def test_a_value_out_of_bounds_is_refused_beside_its_control_and_all_else_is_taken() -> None:
    app = opened(MLP)
    control(app, "optimizer.beta2").set_value(1.0)
    control(app, "training.seed").set_value(5)
    run(app)
    (error,) = app.get_by_key("error.optimizer.beta2").error
    assert "less than 1" in error.value
    assert experiment(app) == MLP.but(training=MLP.training.but(seed=5))


def test_a_fold_is_chosen_once_there_are_folds_and_one_that_is_not_there_is_refused_beside_its_control() -> None:
    app = opened(MLP)
    assert [found.label for found in app.number_input if found.label == "Validation fold"] == []
    control(app, "data.folds").set_value(4)
    run(app)
    control(app, "data.fold").set_value(3)
    run(app)
    assert (experiment(app).data.folds, experiment(app).data.fold) == (4, 3)
    assert any("3,188 train · 1,062 validation · 750 test" in caption.value for caption in app.caption)
    control(app, "data.fold").set_value(5)
    run(app)
    (error,) = app.get_by_key("error.data.fold").error
    assert "there is no fold 5 of 4: choose 1 to 4" in error.value
    assert experiment(app).data.fold == 3


def test_a_batch_of_one_with_batch_normalization_is_said_beside_the_batch_size() -> None:
    app = opened(TEMPLATES["MLP"])
    labelled(app.menu_button, "Insert below Linear #1").set_value("BatchNorm1d")
    run(app)
    control(app, "training.batch_size").set_value(1)
    run(app)
    (error,) = app.get_by_key("error.training.batch_size").error
    assert "batch size 1" in error.value


def live_script() -> None:
    from playground.ui import session
    from playground.ui.training_editor import live_settings

    live_settings(session.draft(), session.draft().experiment, is_live=True)


def test_while_a_run_lasts_the_four_live_settings_say_when_they_take_effect() -> None:
    app = run(AppTest.from_function(live_script))
    sliders = list(app.select_slider)
    assert [found.label for found in sliders] == ["Learning rate", "Weight decay (L2)", "Dropout", "Batch size"]
    assert all(found.help.endswith("Takes effect at the next step.") for found in sliders)
    assert any("Changes take effect at the next step" in caption.value for caption in app.caption)
    assert all("next step" not in found.help for found in opened(MLP).select_slider)


def test_nesterov_without_momentum_is_said() -> None:
    app = opened(MLP)
    control(app, "optimizer.kind").set_value("Nesterov")
    run(app)
    control(app, "optimizer.momentum").set_value(0.0)
    run(app)
    assert "Nesterov looks ahead" in app.get_by_key("error.optimizer.kind").error[0].value
