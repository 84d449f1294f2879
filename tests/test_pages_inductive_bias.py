"""Page Inductive bias, without a browser: Run, answers, a failed arm, and a digit moved by hand."""

import numpy as np
import pytest

from playground.labs.inductive_bias import move, shift, shuffled
from playground.labs.inductive_bias.lab import LAB
from playground.labs.study import begin, results
from playground.labs.topic import Topic
from playground.probes import biases
from playground.probes.shifts import shifted
from playground.runs import control, tasks
from playground.runs.moments import saved_moment
from playground.runs.questions import Task
from playground.runs.store import Store
from playground.training.evaluation import predict
from playground.ui.labs import moving_digit
from playground.ui.labs.inductive_bias import CONTROLS
from playground.views.pack import unpacked
from tests.lab_studies import finish, run_study
from tests.opened_pages import button, container, opened, texts

PAGE = "inductive_bias.py"
SMALL = {"digits": 100, "epochs": 1, "seeds": 1}


@pytest.fixture(autouse=True)
def few_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(biases, "DIGITS", 10)
    monkeypatch.setattr(biases, "FOLLOWED", 10)


def test_each_topic_has_its_controls_and_opens_with_an_empty_answer(shared: Store) -> None:
    assert [*CONTROLS] == [topic.name for topic in LAB.topics]
    for topic in LAB.topics:
        app = opened(PAGE, topic=topic.name)
        assert app.title[0].value == "Inductive bias: why a CNN"
        assert app.header[0].value == topic.question
        assert not container(app, "answer").children


def test_run_makes_a_run_for_each_arm_and_seed_and_a_reload_makes_none(shared: Store) -> None:
    app = opened(PAGE)
    button(app, "Run").click().run()
    assert not app.exception
    (progress,) = shared.studies.going_on()
    study_id = progress.study
    made = [(trial.arm, trial.seed) for _, trial in shared.studies.trials(study_id)]
    assert made == [(name, seed) for seed in range(3) for name in ("MLP", "CNN")]
    opened(PAGE, study=study_id)
    assert len(shared.runs(with_trials=True)) == 6


def test_the_answer_has_the_numbers_of_the_runs(shared: Store) -> None:
    study_id = run_study(shared, shift.TOPIC, LAB, **SMALL)
    study = shared.studies.study(study_id)
    assert study is not None
    finals = results(shared, shift.TOPIC, study).finals().set_index("arm")["validation_accuracy"]
    said = texts(container(opened(PAGE, study=study_id), "answer"))
    assert f"the CNN is right on {100 * finals['CNN']:.1f} % of 256 validation digits" in said
    assert f"the MLP on {100 * finals['MLP']:.1f} %" in said
    assert "After a shift by 3 pixels (mean of four directions, the first 10 test digits)" in said


def test_a_failed_arm_is_shown_as_failed_and_the_others_stay(shared: Store) -> None:
    study_id = begin(shared, LAB, shuffled.TOPIC, shuffled.TOPIC.setup.but(**SMALL))
    broken = next(run for run, trial in shared.studies.trials(study_id) if trial.arm == "CNN, shuffled")
    shared.set_state(broken, "failed", "the disk is full")
    finish(shared, shuffled.TOPIC, study_id)
    app = opened(PAGE, study=study_id)
    cards = [texts(container(app, f"arm-{place}")) for place in range(4)]
    assert ["failed" in card for card in cards] == [False, False, False, True]
    assert "the disk is full" in cards[3]
    assert "the MLP's" in texts(container(app, "answer"))


# --- a digit moved by hand ------------------------------------------------------------------------------------------


def answered_here(store: Store, run_id: str, digit: int, dx: int, dy: int) -> Task | None:
    task = store.questions.ask("move", {"digit": digit, "dx": dx, "dy": dy}, run_id)
    tasks.answer(store, "here")
    return store.questions.get(task)


@pytest.mark.parametrize("topic", [move.TOPIC, shift.TOPIC], ids=["its own runs", "those of the topic Shifts"])
def test_a_digit_is_moved_by_arrows_and_by_sliders(
    shared: Store, monkeypatch: pytest.MonkeyPatch, topic: Topic
) -> None:
    monkeypatch.setattr(control, "move_digit", answered_here)
    app = opened(PAGE, study=run_study(shared, topic, LAB, **SMALL))
    if topic is not move.TOPIC:
        app.segmented_control[0].set_value(move.TOPIC.title).run()
    assert "0 % of the probability has moved" in texts(app.main)
    app.button(key="moving.right").click().run()
    assert [slider.value for slider in app.slider if slider.label in ("Right", "Down")] == [1, 0]
    app.button(key="moving.up").click().run()
    assert [slider.value for slider in app.slider if slider.label in ("Right", "Down")] == [1, -1]
    slider = next(slider for slider in app.slider if slider.label == "Down")
    slider.set_value(-4).run()
    app.button(key="moving.left").click().run()
    assert [slider.value for slider in app.slider if slider.label in ("Right", "Down")] == [0, -4]
    assert not app.exception
    assert "relative error" in texts(app.main)


def test_before_any_run_it_says_what_it_takes(shared: Store) -> None:
    assert "Press Run first" in texts(opened(PAGE, topic=move.TOPIC.name).main)


def test_a_busy_crew_is_said_to_be_busy(shared: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    study_id = run_study(shared, move.TOPIC, LAB, **SMALL)
    monkeypatch.setattr(control, "move_digit", lambda *asked: None)
    assert "No worker answered in time" in texts(opened(PAGE, study=study_id).main)


def test_what_is_shown_of_a_moved_digit_is_what_the_network_makes_of_it(shared: Store) -> None:
    study_id = run_study(shared, move.TOPIC, LAB, **SMALL)
    run_id = next(run for run, trial in shared.studies.trials(study_id) if trial.arm == "CNN")
    task = answered_here(shared, run_id, 7, 2, -3)
    assert task is not None
    assert task.result is not None
    facts, arrays = unpacked(task.result)
    run = shared.run(run_id)
    assert run is not None
    moment = saved_moment(shared, run, "last")
    x = shifted(moment.x(7), 2, -3, moment.dataset.scale.background)
    np.testing.assert_allclose(facts["moved_to"], predict(moment.net, x).softmax(1)[0].numpy(), atol=1e-6)
    np.testing.assert_allclose(facts["still"], predict(moment.net, moment.x(7)).softmax(1)[0].numpy(), atol=1e-6)
    image = moment.digits.images[7]
    np.testing.assert_array_equal(arrays["Input"][:25, 2:], image[3:, :26])
    np.testing.assert_allclose(arrays["Conv2d #1"], moment.net.layers[0](x)[0, :8].detach(), atol=1e-5)
    assert facts["errors"]["Conv2d #1"] < 1e-5


def test_maps_are_drawn_on_one_scale_a_layer_and_show_how_far_they_reach() -> None:
    maps = np.zeros((2, 7, 7), np.float32)
    maps[0, 0, 0], maps[1, 3, 3] = 4.0, 2.0
    picture = moving_digit.picture(maps)
    alpha = picture[:: moving_digit.TALL // 7, :: moving_digit.TALL // 7, 3]
    assert (alpha[0, 0], alpha[1, 1]) == (255, moving_digit.FAINT)
    assert picture[3 * 16, 112 + moving_digit.GAP + 3 * 16, 3] == 127
    assert (moving_digit.picture(np.zeros((1, 7, 7), np.float32))[..., :112, 3] == moving_digit.FAINT).all()
