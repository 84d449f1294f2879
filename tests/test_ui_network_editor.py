"""The network editor, through its controls: a click or an entry, and the network that comes of it."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.experiment import (
    AnyLayer,
    Conv2d,
    Dropout,
    Experiment,
    Flatten,
    Linear,
    MaxPool2d,
    Network,
    PermutePixels,
    ReLU,
)
from playground.network.shapes import trace
from playground.presets import TEMPLATES
from playground.ui.help import HELP
from playground.ui.layer_fields import FIELDS, KINDS
from playground.ui.network_editor import seen, short
from playground.ui.session import Draft
from tests.ui_page import control, draft, experiment, insert, labelled, opened, press, run

pytestmark = pytest.mark.usefixtures("shared")

SOFTMAX = TEMPLATES["Softmax regression"]
CNN = TEMPLATES["CNN 16-32"]


def captions(app: object) -> list[str]:
    return [caption.value for caption in app.caption]  # type: ignore[attr-defined]


def test_a_layer_says_how_much_of_the_digit_it_sees_also_where_pixels_are_scattered() -> None:
    layers = (Conv2d(), PermutePixels(), Conv2d(), Flatten(), Linear())
    rows = trace(Network(layers=layers)).rows
    said = [seen(facts).partition("· ")[2].replace("\N{NO-BREAK SPACE}", " ") for facts in rows]
    assert said == ["sees 3 × 3", *["scattered pixels"] * 3, "sees all"]


def test_a_cnn_is_built_layer_by_layer() -> None:
    app = opened(Experiment(network=Network()))
    insert(app, "the digit", "Conv2d")
    insert(app, "Conv2d #1", "ReLU")
    insert(app, "ReLU #1", "MaxPool2d")
    insert(app, "MaxPool2d #1", "Flatten")
    control(app, f"network.layers.{draft(app).layer_ids[0]}.channels").set_value(8)
    run(app)
    assert experiment(app).network.layers == (Conv2d(channels=8), ReLU(), MaxPool2d(), Flatten())
    assert any("3·3·1·8 + 8 = 80 parameters" in caption for caption in captions(app))


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_can_be_inserted(kind: str) -> None:
    app = insert(opened(SOFTMAX), "Flatten #1", kind)
    assert experiment(app).network.layers == (Flatten(), KINDS[kind]())


def test_the_menu_has_every_kind_and_every_field_has_a_control_and_a_help() -> None:
    kinds = {kind.__name__: kind for kind in get_args(AnyLayer)}
    assert kinds == KINDS
    for name, kind in kinds.items():
        fields = set(kind.model_fields) - {"kind"}
        assert set(FIELDS.get(name, {})) == fields
        assert {f"{name}.{field}" for field in fields} <= HELP.keys()


def test_up_down_duplicate_and_delete_do_what_they_say() -> None:
    app = opened(TEMPLATES["MLP"])
    press(app, "Move ReLU #1 up")
    assert experiment(app).network.layers == (Flatten(), ReLU(), Linear())
    press(app, "Move ReLU #1 down")
    assert experiment(app).network.layers == TEMPLATES["MLP"].network.layers
    press(app, "Duplicate Linear #1")
    assert experiment(app).network.layers == (Flatten(), Linear(), Linear(), ReLU())
    press(app, "Delete Linear #2")
    assert experiment(app).network.layers == TEMPLATES["MLP"].network.layers


def test_the_first_layer_can_not_go_up_nor_the_last_down() -> None:
    app = opened(TEMPLATES["MLP"])
    assert labelled(app.button, "Move Flatten #1 up").disabled
    assert labelled(app.button, "Move ReLU #1 down").disabled


def test_a_layer_keeps_its_values_and_its_controls_when_it_moves() -> None:
    app = opened(Experiment(network=Network(layers=(Flatten(), Linear(units=7), Linear(units=9)))))
    second = draft(app).layer_ids[2]
    press(app, "Move Linear #2 up")
    assert experiment(app).network.layers == (Flatten(), Linear(units=9), Linear(units=7))
    assert draft(app).layer_ids[1] == second
    assert control(app, f"network.layers.{second}.units").value == 9


def test_an_entry_and_a_click_in_one_go_both_count() -> None:
    app = opened(TEMPLATES["MLP"])
    control(app, f"network.layers.{draft(app).layer_ids[1]}.units").set_value(64)
    press(app, "Delete ReLU #1")
    assert experiment(app).network.layers == (Flatten(), Linear(units=64))


def test_shapes_and_formulas_are_those_of_the_network_after_the_entry() -> None:
    app = opened(TEMPLATES["MLP"])
    control(app, f"network.layers.{draft(app).layer_ids[1]}.units").set_value(32)
    run(app)
    assert "784·32 + 32 = 25,120 parameters" in captions(app)
    assert any("32·10 + 10 = 330" in text.value for text in app.markdown)
    assert any(caption.startswith("25,450 parameters") for caption in captions(app))


def test_undo_and_redo_walk_through_the_edits() -> None:
    app = opened(TEMPLATES["MLP"])
    assert labelled(app.button, "Undo").disabled
    control(app, f"network.layers.{draft(app).layer_ids[1]}.units").set_value(32)
    run(app)
    press(app, "Delete ReLU #1")
    states = [(Flatten(), Linear(units=32)), (Flatten(), Linear(units=32), ReLU()), TEMPLATES["MLP"].network.layers]
    assert experiment(app).network.layers == states[0]
    for state in states[1:]:
        press(app, "Undo")
        assert experiment(app).network.layers == state
    assert labelled(app.button, "Undo").disabled
    for state in reversed(states[:-1]):
        press(app, "Redo")
        assert experiment(app).network.layers == state
    assert labelled(app.button, "Redo").disabled


def test_undo_in_one_go_with_an_entry_takes_back_that_entry() -> None:
    app = press(opened(TEMPLATES["MLP"]), "Delete ReLU #1")
    control(app, f"network.layers.{draft(app).layer_ids[1]}.units").set_value(64)
    press(app, "Undo")
    assert experiment(app).network.layers == (Flatten(), Linear())


def test_a_kernel_that_does_not_fit_is_said_at_its_layer_and_the_fix_mends_it() -> None:
    app = opened(Experiment(network=Network(layers=(MaxPool2d(kernel=9, stride=9), Conv2d(), Flatten(), ReLU()))))
    control(app, f"network.layers.{draft(app).layer_ids[1]}.kernel").set_value(5)
    run(app)
    (error,) = app.error
    assert error.value.startswith("kernel 5 does not fit the 3 × 3 map that Conv2d #1 receives")
    found = trace(experiment(app).network)
    assert found.problem is not None
    fix = found.problem.fixes[0]
    press(app, fix.label)
    assert experiment(app).network.layers == fix.layers
    assert not app.error
    assert control(app, f"network.layers.{draft(app).layer_ids[1]}.kernel").value == 3


def test_rows_after_the_problem_have_no_shape() -> None:
    app = opened(Experiment(network=Network(layers=(ReLU(), Linear(), ReLU(), Linear()))))
    rows = [text.value for text in app.markdown]
    assert any("ReLU #1" in row and "1 × 28 × 28" in row for row in rows)
    for name in ("Linear #1", "ReLU #2", "Linear #2"):
        assert any(f"**{name}** :gray[:small[]]" in row for row in rows)
    assert all("multiply-adds" not in caption for caption in captions(app))


def test_every_fix_of_a_broken_network_can_be_pressed_until_it_works() -> None:
    app = opened(Experiment(network=Network(layers=(Linear(), Conv2d(), Flatten(), MaxPool2d(), Linear()))))
    for _ in range(10):
        problem = trace(experiment(app).network).problem
        if problem is None:
            return
        press(app, problem.fixes[0].label)
    pytest.fail("still broken after ten fixes")


def test_the_head_follows_from_the_task_and_has_no_buttons() -> None:
    app = opened(SOFTMAX)
    assert any("**Head**" in text.value and "784·10 + 10 = 7,850" in text.value for text in app.markdown)
    assert all("Head" not in button.label for button in app.button)


def test_dropouts_from_the_networks_rate_are_shown_in_the_same_rerun_that_sets_it() -> None:
    app = opened(TEMPLATES["MLP"])
    assert all("from the network's rate" not in caption for caption in captions(app))
    control(app, "network.dropout").set_value(0.5)
    run(app)
    assert captions(app).count("dropout 0.5, from the network's rate") == 1
    assert experiment(app).network.dropout == 0.5


def test_a_dropout_layer_follows_the_networks_rate_until_it_gets_its_own() -> None:
    app = opened(Experiment(network=Network(layers=(Flatten(), Dropout()))))
    path = f"network.layers.{draft(app).layer_ids[1]}.p"
    assert control(app, path).value is None
    control(app, path).set_value(0.25)
    run(app)
    assert experiment(app).network.layers[1] == Dropout(p=0.25)
    control(app, path).set_value(None)
    run(app)
    assert experiment(app).network.layers[1] == Dropout(p=None)


def test_another_experiment_in_the_editors_is_shown_and_not_overwritten_by_old_controls() -> None:
    app = opened(CNN)
    control(app, f"network.layers.{draft(app).layer_ids[0]}.channels").set_value(5)
    run(app)
    old = draft(app)
    app.session_state["draft"] = Draft(TEMPLATES["LeNet-5"], tuple(range(100, 111)), old.edition + 1)
    run(app)
    assert experiment(app) == TEMPLATES["LeNet-5"]
    assert control(app, "network.layers.100.channels").value == 6


@pytest.mark.parametrize(
    ("count", "unit", "text"),
    [
        (950, "", "950"),
        (108_330, "", "108 k"),
        (999_499, "", "999 k"),
        (999_500, "", "1 M"),
        (2_400_000_000, "", "2.4 G"),
        (372, "B", "372 B"),
        (214_000_000, "B", "214 MB"),
    ],
)
def test_large_numbers_have_three_digits_and_a_prefix(count: int, unit: str, text: str) -> None:
    assert short(count, unit) == text


@given(st.integers(0, 999 * 10**9))
def test_a_large_number_is_never_written_with_an_exponent(count: int) -> None:
    assert "e" not in short(count)


def test_a_large_network_says_its_memory_and_multiply_adds_for_people() -> None:
    app = opened(Experiment(network=Network(layers=(Conv2d(channels=32, padding=1), Flatten(), Linear(units=512)))))
    assert "12,851,018 parameters · 206 MB · 13.1 M multiply-adds per digit" in captions(app)


def test_a_value_that_sees_as_much_as_the_digit_is_said_to_see_all() -> None:
    app = opened(Experiment(network=Network(layers=(Conv2d(kernel=27), Conv2d(kernel=2), Flatten()))))
    rows = [text.value.replace("\N{NO-BREAK SPACE}", " ") for text in app.markdown]
    assert any("Conv2d #1" in row and "sees 27 × 27" in row for row in rows)
    assert any("Conv2d #2" in row and "sees all" in row for row in rows)
