"""The settings, through their controls: what is entered becomes the experiment, and what can't be is said beside it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from playground.data import download
from playground.data.download import Progress
from playground.data.folders import data_folder
from playground.experiment import (
    Data,
    Experiment,
    Initialization,
    InitializationKind,
    LossKind,
    OptimizerKind,
    ScheduleKind,
    Spec,
)
from playground.presets import TEMPLATES
from playground.runs.settings import shared_store
from playground.ui.data_look import GAP, tiled
from playground.ui.foreseen import foreseen
from playground.ui.help import HELP
from playground.ui.session import Draft
from playground.ui.summaries import titles
from playground.ui.widgets import LEARNING_RATES, PENALTIES, plain, with_value
from tests.idx_files import write_mnist
from tests.ui_page import control, draft, experiment, labelled, opened, press, run

MLP = TEMPLATES["MLP"]


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PLAYGROUND_DATA", str(tmp_path))
    monkeypatch.delenv("MNIST_ROOT", raising=False)
    monkeypatch.setattr(download, "_download", None)
    shared_store.cache_clear()
    yield
    shared_store().close()
    shared_store.cache_clear()


def panel(app: AppTest, name: str) -> str:
    """A panel's label, without Streamlit's marks."""
    labels = [str(getattr(block, "label", "")) for block in app.expander]
    (label,) = [label for label in labels if label.startswith(f"**{name}**")]
    return label.replace("**", "").replace(":primary[:small[changed]]", "(changed)")


def leaves(spec: Spec, above: str = "") -> Iterator[str]:
    for name in type(spec).model_fields:
        value = getattr(spec, name)
        if isinstance(value, Spec):
            yield from leaves(value, f"{above}{name}.")
        else:
            yield f"{above}{name}"


# --- help and labels ------------------------------------------------------------------------------------------------


def test_every_field_of_an_experiment_has_a_help() -> None:
    shares = {"data.train_share", "data.validation_share", "data.test_share"}  # one control: data.shares
    assert set(leaves(Experiment())) - shares - {"version", "network.layers"} <= HELP.keys()


def test_every_control_on_the_page_has_a_help() -> None:
    app = opened(TEMPLATES["CNN 32-64"])
    kinds = ("button", "menu_button", "number_input", "select_slider", "slider", "selectbox", "toggle", "button_group")
    controls: list[Any] = [found for kind in kinds for found in app.get(kind)]
    assert len(controls) > 60
    assert [found.label for found in controls if not found.help] == []


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


# --- digits ---------------------------------------------------------------------------------------------------------


def test_the_shares_always_make_a_whole() -> None:
    app = opened(MLP)
    control(app, "data.shares").set_value((20, 90))
    run(app)
    data = experiment(app).data
    assert (data.train_share, data.validation_share, data.test_share) == (20, 70, 10)
    assert any(caption.value == "1,000 train · 3,500 validation · 500 test" for caption in app.caption)


def test_no_validation_digits_is_refused_beside_the_shares() -> None:
    app = opened(MLP)
    control(app, "data.shares").set_value((80, 80))
    run(app)
    assert "0 % is left for validation" in app.get_by_key("error.data.validation_share").error[0].value
    assert experiment(app) == MLP


def test_all_training_digits_stay_all_when_the_split_changes() -> None:
    app = opened(MLP)
    assert control(app, "data.digits_used").options[-1] == "all 3,500"
    control(app, "data.shares").set_value((50, 75))
    run(app)
    assert experiment(app).data.training_digits is None
    assert control(app, "data.digits_used").options[-1] == "all 2,500"


def test_more_training_digits_than_the_split_has_are_said_and_kept() -> None:
    app = opened(MLP)
    control(app, "data.digits_used").set_value(3000)
    run(app)
    control(app, "data.shares").set_value((50, 75))
    run(app)
    assert (
        "3,000 training digits are more than the 2,500" in app.get_by_key("error.data.training_digits").error[0].value
    )
    assert experiment(app).data.training_digits == 3000


def test_a_doubtful_augmentation_is_warned_of() -> None:
    app = opened(MLP)
    control(app, "data.augmentation.flip").set_value("horizontal")
    run(app)
    assert any(warning.value.startswith("Horizontal flip") for warning in app.warning)


def test_full_mnist_without_its_files_keeps_the_sample_and_offers_two_ways() -> None:
    app = opened(MLP)
    control(app, "data.wanted_source").set_value("mnist")
    run(app)
    assert experiment(app) == MLP
    assert panel(app, "Digits") == "Digits · 3,500 train · standardized"
    assert not app.button(key="mnist.download").disabled
    app.text_input(key="mnist.folder").set_value("/no/such/folder")
    run(app)
    assert "is not a folder" in app.get_by_key("error.mnist.folder").error[0].value
    assert experiment(app) == MLP


def test_a_folder_with_the_idx_files_makes_full_mnist_the_source(tmp_path: Path) -> None:
    folder = write_mnist(tmp_path / "elsewhere")
    app = opened(MLP)
    control(app, "data.wanted_source").set_value("mnist")
    run(app)
    app.text_input(key="mnist.folder").set_value(str(folder))
    run(app)
    assert experiment(app).data == Data(source="mnist")
    assert any(
        caption.value == "82 train · 18 validation · 20 test, MNIST's own: its share can't be chosen"
        for caption in app.caption
    )
    control(app, "data.train_of_rest").set_value(68)
    run(app)
    data = experiment(app).data
    assert (data.train_share, data.validation_share, data.test_share) == (68, 17, 15)
    assert panel(app, "Digits").startswith("Digits · 80 train")


def test_damaged_files_are_named_and_the_sample_goes_on_working() -> None:
    folder = write_mnist(data_folder() / "MNIST" / "raw")
    app = opened(MLP)
    control(app, "data.wanted_source").set_value("mnist")
    run(app)
    assert experiment(app).data.source == "mnist"
    damaged = folder / "train-images-idx3-ubyte"
    damaged.write_bytes(damaged.read_bytes()[:1000])
    run(app)
    assert "train-images-idx3-ubyte" in app.get_by_key("error.data.source").error[0].value
    assert experiment(app) == MLP


def test_a_set_up_with_full_mnist_opens_where_there_is_none() -> None:
    app = opened(MLP.but(data=Data(source="mnist")))
    assert experiment(app) == MLP
    assert not app.button(key="mnist.download").disabled


def test_nesterov_without_momentum_is_said() -> None:
    app = opened(MLP)
    control(app, "optimizer.kind").set_value("Nesterov")
    run(app)
    control(app, "optimizer.momentum").set_value(0.0)
    run(app)
    assert "Nesterov looks ahead" in app.get_by_key("error.optimizer.kind").error[0].value


class FakeDownload:
    """Stands in for a transfer: says what it is told to."""

    def __init__(self, progress: Progress) -> None:
        self.told = progress

    def progress(self) -> Progress:
        return self.told


def test_a_download_shows_how_far_it_is_and_when_it_failed_why(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(MLP)
    control(app, "data.wanted_source").set_value("mnist")
    running = FakeDownload(Progress(5_000_000, 10_000_000, "running"))
    monkeypatch.setattr(download, "_download", running)
    run(app)
    (bar,) = app.progress
    assert bar.value == 50
    assert bar.text == "Downloading MNIST: 5.0 of 10.0 MB"
    running.told = Progress(5_000_000, 10_000_000, "failed", "full MNIST could not be downloaded: no network.")
    run(app)
    assert not app.progress
    assert "no network" in app.get_by_key("error.mnist.download").error[0].value
    assert not app.button(key="mnist.download").disabled
    assert experiment(app) == MLP


def test_a_download_that_ended_well_makes_full_mnist_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(MLP)
    control(app, "data.wanted_source").set_value("mnist")
    run(app)
    write_mnist(data_folder() / "MNIST" / "raw")
    run(app)
    assert experiment(app).data.source == "mnist"


def test_the_look_at_the_digits_shows_samples_means_and_counts() -> None:
    app = press(opened(MLP), "Look at the digits")
    assert [heading.value for heading in app.subheader] == ["Training digits", "Mean digit", "Counts"]
    assert any(caption.value == "Some of each class, of 3,500" for caption in app.caption)
    assert len(app.get("image")) == 2
    assert len(app.get("plotly_chart")) == 1


def test_the_look_at_augmented_digits_says_when_no_worker_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.runs.control.wait", lambda *_: False)
    augmented = MLP.but(data=Data.model_validate({"augmentation": {"rotation": 10}}))
    app = press(opened(augmented), "Look at the digits")
    assert app.subheader[0].value == "Augmentation"
    assert any("No worker answered" in warning.value for warning in app.warning)


def test_tiles_stand_in_rows_with_a_gap() -> None:
    digits = np.arange(1, 4, dtype=np.uint8)[:, None, None] * np.ones((1, 28, 28), np.uint8)
    image = tiled([digits[:2], digits[2:]], 2)
    pitch = 2 * (28 + GAP)
    assert image.shape == (2 * pitch - 2 * GAP, 2 * pitch - 2 * GAP)
    assert [image[0, 0], image[0, pitch], image[pitch, 0], image[pitch, pitch]] == [1, 2, 3, 0]
    assert image[0, pitch - 1] == 0
