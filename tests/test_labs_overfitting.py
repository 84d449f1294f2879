"""The topics of the lab on overfitting: what their arms change, what they draw, and what they say, either way."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from playground.errors import SpecError
from playground.experiment import Linear
from playground.labs import study as studies
from playground.labs.difference import differences
from playground.labs.outcome import Outcome, Results
from playground.labs.overfitting import capacity, fit, folds, polynomials, remedies, scratch
from playground.labs.overfitting.lab import LAB
from playground.labs.overfitting.remedy import REMEDIES
from playground.labs.overfitting.turning import branch, branch_name, nearest_kept, turn_of
from playground.labs.topic import Arm, Topic, planned
from playground.runs.past import Origin
from playground.runs.states import LIVE, State
from playground.runs.store import Store
from playground.training.polynomial_study import study as polynomial_study
from tests.lab_outcomes import Row, outcome, results
from tests.lab_studies import finish, studied

TURNING: list[Row] = [(2.3, 0.1, 2.3, 0.1), (0.3, 0.9, 0.5, 0.84), (0.01, 1.0, 0.7, 0.85)]
FALLING: list[Row] = [(2.3, 0.1, 2.3, 0.1), (1.0, 0.7, 1.0, 0.7), (0.5, 0.8, 0.6, 0.8)]
# The first arm alone, small enough to overfit in a moment.
OVERFIT = replace(fit.TOPIC, arms=lambda setup: fit.arms(setup)[:1])
SMALL = {"width": 256, "digits": 30, "epochs": 100}


def said(topic: Topic, setup: object, found: Results) -> str:
    return "\n".join(claim.text for claim in topic.answer(setup, found))


# --- every topic ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("topic", LAB.topics, ids=lambda topic: topic.name)
def test_a_topic_draws_before_its_first_run_and_says_nothing(topic: Topic) -> None:
    figures = topic.charts(topic.setup, Results())
    titles = [figure.layout.meta["title"] for figure in figures]
    assert len(set(titles)) == len(titles) >= 2
    assert all(figure.layout.meta["look_for"] for figure in figures)
    assert topic.answer(topic.setup, Results()) == ()
    assert topic.came_true is not None
    assert topic.came_true(topic.setup, Results()) == ""


@pytest.mark.parametrize("topic", LAB.topics, ids=lambda topic: topic.name)
def test_arms_have_names_of_their_own_and_can_be_trained(topic: Topic) -> None:
    names = [arm.name for arm in topic.arms(topic.setup)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("topic", LAB.topics, ids=lambda topic: topic.name)
def test_a_failed_run_leaves_the_charts_and_the_answer_to_the_others(topic: Topic) -> None:
    plan = planned(topic, topic.setup)
    states: list[State] = ["failed"]
    states += ["finished"] * (len(plan) - 1)
    runs = [outcome(arm, seed, FALLING, state) for (arm, seed), state in zip(plan, states, strict=False)]
    found = Results(tuple(runs), is_over=True)
    assert len(topic.charts(topic.setup, found)) == len(topic.charts(topic.setup, Results()))
    for claim in topic.answer(topic.setup, found):
        assert "nan" not in claim.text


def rows_of(arm: Arm, seed: int) -> list[Row]:
    return TURNING if arm.name == "Overfit" else FALLING


def states_of(topic: Topic, ended: Callable[[int, int], bool], otherwise: State) -> tuple[Any, Results]:
    """All runs of a study by 3 seeds, of which those end that `ended` (place of the arm, seed) says."""
    setup, found = results(topic, rows_of, seeds=3)
    names = [arm.name for arm in topic.arms(setup)]
    runs = (
        one if ended(names.index(one.arm.name), one.seed) else replace(one, state=otherwise) for one in found.outcomes
    )
    return setup, Results(tuple(runs), is_over=otherwise not in LIVE)


@pytest.mark.parametrize("topic", LAB.topics, ids=lambda topic: topic.name)
def test_of_stopped_runs_nothing_is_said(topic: Topic) -> None:
    setup, found = states_of(topic, lambda place, seed: False, "stopped")
    topic.charts(setup, found)
    assert topic.answer(setup, found) == ()
    assert topic.came_true is not None
    assert topic.came_true(setup, found) == ""


@pytest.mark.parametrize("topic", LAB.topics, ids=lambda topic: topic.name)
@pytest.mark.parametrize(
    ("ended", "otherwise"),
    [
        pytest.param(lambda place, seed: seed != place % 3, "diverged", id="one seed diverged in each arm"),
        pytest.param(lambda place, seed: seed == place % 3, "diverged", id="most arms share no seed"),
        pytest.param(lambda place, seed: seed == 0, "running", id="a third has ended"),
        pytest.param(lambda place, seed: place % 2 == 0, "running", id="half of the arms have ended"),
    ],
)
def test_of_a_study_in_part_no_verdict_comes_from_one_seed_or_from_runs_without_a_partner(
    topic: Topic, ended: Callable[[int, int], bool], otherwise: State
) -> None:
    setup, found = states_of(topic, ended, otherwise)
    topic.charts(setup, found)
    claims = topic.answer(setup, found)
    assert not any("nan" in claim.text for claim in claims)
    assert topic.came_true is not None
    topic.came_true(setup, found)
    done = {(one.arm.name, one.seed) for one in found.outcomes if one.state == "finished"}
    only = Results(tuple(one for one in found.outcomes if (one.arm.name, one.seed) in done), is_over=found.is_over)
    assert topic.answer(setup, only) == claims  # the runs that haven't finished change nothing
    if all(sum(name == arm for name, _ in done) == 1 for arm, _ in done):
        assert all(claim.holds is None for claim in claims)
        assert topic.came_true(setup, found) == ""


@pytest.mark.parametrize("topic", [fit.TOPIC, remedies.TOPIC, capacity.TOPIC], ids=lambda topic: topic.name)
def test_arms_without_a_seed_in_common_are_not_compared(topic: Topic) -> None:
    setup, found = results(topic, rows_of, seeds=1)
    apart = Results(tuple(replace(one, seed=place) for place, one in enumerate(found.outcomes)), is_over=True)
    assert all(claim.holds is None for claim in topic.answer(setup, apart))
    assert "changes" not in said(topic, setup, apart)


# --- fit --------------------------------------------------------------------------------------------------------------


def test_underfit_differs_from_overfit_in_nothing_but_its_width_or_its_learning_rate() -> None:
    slow, base = (fit.arms(fit.FitSetup(underfit="learning rate 1e-5"))[place].experiment for place in (1, 0))
    assert differences(base, slow) == ("learning rate 0.001 → 1e-5",)
    overfit, underfit, good = (arm.experiment for arm in fit.arms(fit.FitSetup()))
    assert differences(overfit, underfit) == ("units 256 → 2",)
    assert differences(overfit, good) == ("training digits 300 → 3,500", "shift 0 → 2", "dropout 0 → 0.3")


def test_knobs_shape_overfit_and_the_others_follow() -> None:
    setup = fit.FitSetup(width=32, depth=3, digits=100, epochs=7, label_noise=0.1)
    for arm in fit.arms(setup):
        assert arm.experiment.training.epochs == 7
        assert arm.experiment.data.label_noise == 0.1
        assert sum(isinstance(layer, Linear) for layer in arm.experiment.network.layers) == 3
    assert [arm.experiment.data.training_digits for arm in fit.arms(setup)] == [100, 100, 3500]


def test_the_answer_says_the_measured_numbers_and_how_they_were_measured() -> None:
    setup, found = results(fit.TOPIC, lambda arm, seed: TURNING if arm.name == "Overfit" else FALLING, seeds=2)
    text = said(fit.TOPIC, setup, found)
    assert "100.0 % of the training digits" in text
    assert "train loss meanwhile goes from 0.3 to 0.01" in text
    assert "**Underfit** (width 2) ends with 80.0 % on train" in text
    assert "85.0 % of the validation digits: a gap of +15.0 points (2 seeds" in text
    assert "lowest, 0.5, after 1.0 epochs (measured up to 1 apart), and rises by 40.0 %" in text
    assert "eval mode, on 256 training and 256 validation digits" in text
    assert [claim.holds for claim in fit.answer(setup, found)] == [True, True, True, True]
    assert fit.came_true(setup, found) == "after some epochs"


def test_what_comes_out_otherwise_is_said_so() -> None:
    setup, found = results(fit.TOPIC, lambda arm, seed: FALLING, seeds=2)
    assert fit.answer(setup, found)[0].holds is False
    assert "the end: it hasn't turned" in fit.answer(setup, found)[1].text


def test_a_guess_on_the_turn_is_judged_only_where_the_seeds_agree() -> None:
    risen: list[Row] = [(2.3, 0.1, 2.3, 0.1), (0.3, 0.9, 0.5, 0.84), (0.01, 1.0, 0.505, 0.85)]
    setup, found = results(fit.TOPIC, lambda arm, seed: FALLING, seeds=2)
    assert fit.came_true(setup, found) == "never"
    setup, found = results(fit.TOPIC, lambda arm, seed: TURNING if seed else risen, seeds=2)
    assert fit.came_true(setup, found) == ""
    setup, found = results(fit.TOPIC, lambda arm, seed: TURNING, seeds=1)
    assert fit.came_true(setup, found) == ""


def test_where_the_loss_turned_is_said_with_the_distance_of_the_measurements_beside_it() -> None:
    one = outcome(fit.arms(fit.FitSetup())[0], 0, TURNING).evaluated.assign(epoch=[0.0, 5.0, 20.0])
    assert turn_of(one).apart == 15
    assert "after 5.0 epochs (measured up to 15 apart)" in fit.turning([turn_of(one)]).text


# --- turning points and branches --------------------------------------------------------------------------------------


def test_the_turning_point_is_where_validation_loss_was_lowest() -> None:
    turn = turn_of(outcome(Arm("one", fit.arms(fit.FitSetup())[0].experiment), 0, TURNING).evaluated)
    assert (turn.step, turn.epoch, turn.loss, turn.is_last) == (10, 1.0, 0.5, False)
    assert turn.rise == pytest.approx(0.4)


def test_a_branch_begins_with_the_weights_of_the_turning_point_and_joins_its_study(store: Store) -> None:
    chosen = fit.FitSetup(seeds=2, **SMALL)
    study_id = studies.begin(store, LAB, OVERFIT, chosen)
    finish(store, OVERFIT, study_id)
    study = store.studies.study(study_id)
    assert study is not None
    base = studies.results(store, OVERFIT, study).ended("Overfit")
    turned = [one for one in base if not turn_of(one.evaluated).is_last]
    assert turned
    forks = branch(store, study_id, base, "dropout")
    assert [store.past.origin(fork) for fork in forks] == [
        Origin(one.run_id, turn_of(one.evaluated).step) for one in turned
    ]
    assert branch(store, study_id, base, "dropout") == []
    assert len(store.studies.trials(study_id)) == 2 + len(forks)
    finish(store, OVERFIT, study_id)
    again = studies.results(store, OVERFIT, study)
    made = again.ended(branch_name("dropout"))
    assert [one.run_id for one in made] == forks
    for one, parent in zip(made, turned, strict=True):
        assert one.arm.experiment == REMEDIES["dropout"](parent.arm.experiment)
        step = turn_of(parent.evaluated).step
        assert one.stepped["loss"][:step].tolist() == parent.stepped["loss"][:step].tolist()
        assert one.stepped["loss"][step:].tolist() != parent.stepped["loss"][step:].tolist()
    drawn = {trace.name for trace in fit.charts(chosen, again)[0].data}
    assert branch_name("dropout") in drawn
    assert "**Branch: dropout** changes validation accuracy by" in said(OVERFIT, chosen, again)


def test_the_nearest_kept_step_is_taken_where_the_turning_point_itself_is_not_kept(store: Store) -> None:
    found = studied(store, OVERFIT, LAB, **SMALL)
    run_id = found.outcomes[0].run_id
    kept = [one.step for one in store.past.kept(run_id)]
    assert nearest_kept(store, run_id, kept[3]) == kept[3]
    assert nearest_kept(store, run_id, 10_000) == kept[-1]
    assert nearest_kept(store, "nobody", 3) is None


# --- remedies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REMEDIES)
def test_a_remedy_changes_one_setting(name: str) -> None:
    base, remedied = remedies.arms(remedies.RemediesSetup(remedies=(name,)))
    assert len(differences(base.experiment, remedied.experiment)) == 1


def test_at_most_three_remedies_at_once_and_only_known_ones() -> None:
    with pytest.raises(SpecError, match="at most 3"):
        remedies.RemediesSetup().but(remedies=tuple(REMEDIES)[:4])
    with pytest.raises(SpecError, match="there is no remedy prayer"):
        remedies.RemediesSetup().but(remedies=("prayer",))


def test_each_remedy_is_compared_with_overfit_of_the_same_seed() -> None:
    def rows(arm: Arm, seed: int) -> list[Row]:
        gain = {"Overfit": 0.0, "dropout": 0.02, "shifted copies": 0.04}.get(arm.name, -0.01)
        return [(0.0, 1.0, 1.0 - 5 * gain, 0.8 + gain + 0.01 * seed)]

    setup, found = results(remedies.TOPIC, rows, seeds=3, guess="dropout")
    text = said(remedies.TOPIC, setup, found)
    assert "**Dropout** changes validation accuracy by +2.0 points (3 seeds" in text
    assert "**Shifted copies** changes validation accuracy by +4.0 points" in text
    assert remedies.came_true(setup, found) == "shifted copies"
    worse = next(claim for claim in remedies.answer(setup, found) if "More data" in claim.text)
    assert worse.holds is False
    _, alike = results(remedies.TOPIC, lambda arm, seed: [(0.0, 1.0, 1.0, 0.8 + 0.01 * seed)], seeds=3)
    assert remedies.came_true(setup, alike) == ""


def test_early_stopping_that_never_stopped_gets_no_verdict() -> None:
    def rows(arm: Arm, seed: int) -> list[Row]:
        return TURNING if arm.name == "Overfit" or seed in lasts else TURNING[:2]

    lasts: set[int] = {0, 1, 2}
    setup, found = results(remedies.TOPIC, rows, remedies=("early stopping",))
    never = remedies.answer(setup, found)[1]
    assert never.text == "**Early stopping** didn't stop within 2 epochs: it is the same as Overfit."
    assert never.holds is None
    lasts = set()
    setup, found = results(remedies.TOPIC, rows, remedies=("early stopping",))
    stopped = remedies.answer(setup, found)[1]
    assert "It stopped after 1.0 of 2 epochs; its numbers are those of the weights when patience was up" in stopped.text
    assert stopped.holds is True
    lasts = {1}
    setup, found = results(remedies.TOPIC, rows, remedies=("early stopping",))
    partly = remedies.answer(setup, found)[1]
    assert "after 1.0 of 2 epochs, in 2 of 3 seeds" in partly.text
    assert partly.holds is None


# --- capacity ---------------------------------------------------------------------------------------------------------


def at_width(arm: Arm, seed: int) -> list[Row]:
    """Least validation loss at width 32, error that only falls."""
    at = arm.at or 0
    if arm.group == capacity.OF_DIGITS:
        return [(0.0, 1.0, 1.0, 0.5 + 0.1 * math.log10(at))]
    return [(0.0, 1.0, 0.5 + abs(math.log2(at) - 5) / 10 + 0.01 * seed, 0.5 + 0.02 * math.log2(at))]


def test_the_turning_point_of_the_widths_is_marked_and_said() -> None:
    setup, found = results(capacity.TOPIC, at_width)
    assert capacity.turning_width(found) == 32
    assert capacity.came_true(setup, found) == "there is a best width"
    first, widest, _ = capacity.answer(setup, found)
    assert "Of the widths, 32 has the lowest mean validation loss: 0.51 (3 seeds" in first.text
    assert first.holds is None
    assert "From width 32 to 512, validation loss changes by 0.4 (3 seeds" in widest.text
    assert "more often right, though its loss is higher" in widest.text
    assert widest.holds is True
    marks = [trace.text for trace in capacity.charts(setup, found)[0].data if trace.text]
    assert marks == [("least at width 32",)]


def test_sweeps_fill_up_as_their_runs_end() -> None:
    setup, found = results(capacity.TOPIC, at_width, seeds=1)
    half = Results(found.outcomes[:4])
    assert capacity.turning_width(half) is None
    assert capacity.turning_width(Results(half.outcomes, is_over=True)) == 16
    assert "Of the 4 widths that finished" in said(capacity.TOPIC, setup, Results(half.outcomes, is_over=True))
    line = next(trace for trace in capacity.charts(setup, half)[0].data if trace.mode == "lines+markers")
    assert list(line.x) == [2, 4, 8, 16]


def test_a_remedy_at_the_turning_point_is_trained_on_the_same_seeds_and_drawn_at_its_width(store: Store) -> None:
    setup = capacity.CapacitySetup(seeds=2, seed=5)
    study_id = store.studies.create("overfitting", "capacity", setup.model_dump_json(), 2)
    capacity.add_remedied(store, study_id, setup, 16, "dropout")
    capacity.add_remedied(store, study_id, setup, 16, "dropout")
    trials = [trial for _, trial in store.studies.trials(study_id)]
    assert [(trial.arm, trial.seed) for trial in trials] == [("width 16 + dropout", 5), ("width 16 + dropout", 6)]
    run = store.run(store.studies.trials(study_id)[0][0])
    assert run is not None
    (plain,) = (arm for arm in capacity.arms(setup) if arm.name == "width 16")
    assert differences(plain.experiment, run.experiment) == ("dropout 0 → 0.5",)
    extra = outcome(Arm("width 16 + dropout", run.experiment), 5, FALLING)
    base = outcome(plain, 5, TURNING)
    found = Results((base, extra), is_over=True)
    diamonds = [trace for trace in capacity.charts(setup, found)[0].data if trace.name == "width 16 + dropout"]
    assert [(list(trace.x), list(trace.y)) for trace in diamonds] == [([16.0], [0.6])]
    text = said(capacity.TOPIC, setup, found)
    assert "**width 16 + dropout** changes the validation loss of width 16 by -0.1" in text


# --- polynomials ------------------------------------------------------------------------------------------------------


def test_the_answer_on_polynomials_says_what_a_worker_measured() -> None:
    setup = polynomials.PolynomialsSetup(seeds=4)
    found = Results(answered=polynomial_study(0, 4, setup.points, setup.noise, setup.degree), is_over=True)
    claims = polynomials.answer(setup, found)
    assert [claim.holds for claim in claims] == [True, True, None, True, True]
    judged, tested = (polynomials.mean_errors(found.answered, f"{name}_error") for name in ("validation", "test"))
    best = min(judged, key=lambda degree: judged[degree])
    assert f"least at degree {best}; the test error there is {tested[best]:.3g}, the mean over 4 draws of 30" in (
        claims[0].text
    )
    assert "though train error is the lowest there" in claims[1].text
    assert polynomials.came_true(setup, found) == "3 to 6"
    curves, errors, ridge, lasso, _ = polynomials.charts(setup, found)
    assert {"degree 1", "degree 3", "degree 20", "training points"} <= {trace.name for trace in curves.data}
    for kind, figure in (("ridge", ridge), ("lasso", lasso)):
        ours = [list(trace.y) for trace in figure.data if trace.name == "ours"]
        assert ours == [list(one) for one in zip(*found.answered[kind]["ours"], strict=True)]
    assert errors.layout.yaxis.type == "log"


def test_degrees_and_strengths_are_chosen_without_a_look_at_the_test_error() -> None:
    setup = polynomials.PolynomialsSetup(seeds=2)
    found = polynomial_study(0, 2, setup.points, setup.noise, setup.degree)
    chosen = (polynomials.best_degree(found), [polynomials.place_of_best(found[kind]) for kind in ("ridge", "lasso")])
    for one in found["fits"]:
        one["test_error"] = 1 / one["degree"]
    for kind in ("ridge", "lasso"):
        found[kind]["test_error"] = found[kind]["test_error"][::-1]
    again = (polynomials.best_degree(found), [polynomials.place_of_best(found[kind]) for kind in ("ridge", "lasso")])
    assert again == chosen


def test_where_train_error_is_least_is_measured_and_luck_leaves_a_guess_open() -> None:
    setup = polynomials.PolynomialsSetup(seeds=1)
    answered = polynomial_study(0, 1, setup.points, setup.noise, setup.degree)
    found = Results(answered=answered, is_over=True)
    assert polynomials.came_true(setup, found) == ""
    assert polynomials.answer(setup, found)[0].holds is None
    next(one for one in answered["fits"] if one["degree"] == 19)["train_error"] = 0.0
    assert "and train error is least at degree 19" in polynomials.answer(setup, found)[1].text


# --- folds ------------------------------------------------------------------------------------------------------------


def test_rounds_validate_on_each_fold_once_and_the_test_digits_are_in_none() -> None:
    setup = folds.FoldsSetup(folds=4)
    rounds = [folds.parts(setup, fold) for fold in range(1, 5)]
    validated = [index for one in rounds for index in one.validation]
    assert len(set(validated)) == len(validated) == 1_250
    assert not set(validated) & set(rounds[0].test)
    assert [arm.experiment.data.fold for arm in folds.arms(setup)] == [1, 2, 3, 4]


def test_the_mean_of_the_folds_is_said_beside_a_single_splits_luck() -> None:
    def rows(arm: Arm, seed: int) -> list[Row]:
        return [(0.1, 1.0, 0.4, 0.8 + 0.02 * ((arm.experiment.data.fold + seed) % 5))]

    setup, found = results(folds.TOPIC, rows, seeds=3)
    text = said(folds.TOPIC, setup, found)
    assert "anything from 80.0 % to 88.0 %; the mean of 5 folds is 84.0 % (seed 0, 250 digits of each fold" in text
    assert "the mean of all 5 by 0.0 points" in text
    assert folds.came_true(setup, found) == "more than 4 points"
    assert [claim.holds for claim in folds.answer(setup, found)] == [None] * 4  # a mean can't vary more: no verdict
    assert folds.came_true(setup, Results(found.outcomes[:5], is_over=True)) == ""  # one seed
    one_short = Results(found.outcomes[:-1], is_over=True)
    assert len(folds.complete(setup, one_short)) == 2


# --- from scratch -----------------------------------------------------------------------------------------------------


def test_the_loop_by_hand_gives_the_losses_of_the_built_in_run(store: Store) -> None:
    found = studied(store, scratch.TOPIC, LAB, width=16, epochs=10, seeds=2)
    claims = scratch.answer(scratch.ScratchSetup(), found)
    assert [claim.holds for claim in claims] == [True, True]
    assert "Over 50 steps the loss of a batch differs by at most" in claims[0].text
    built_in, by_hand = scratch.charts(scratch.ScratchSetup(), found)[0].data
    assert list(by_hand.y) == pytest.approx(list(built_in.y), abs=1e-5)


def test_the_loop_by_hand_is_judged_on_ended_runs_only() -> None:
    (arm,) = scratch.arms(scratch.ScratchSetup())

    def run(seed: int, state: State, by_hand: list[float]) -> Outcome:
        measured = {scratch.KIND: {"losses": by_hand}}
        one = outcome(arm, seed, FALLING, state, measured=measured)
        return replace(one, stepped=pd.DataFrame({"step": [1, 2], "loss": [2.0, 1.0]}))

    setup = scratch.ScratchSetup(seeds=3)
    found = Results((run(0, "stopped", [5.0]), run(1, "finished", [2.0, 1.0 + 1e-6])), is_over=True)
    (claim,) = scratch.answer(setup, found)
    assert "seed 1" in claim.text
    assert claim.holds is True
    assert scratch.came_true(setup, found) == "by rounding"
    assert scratch.came_true(setup, Results(found.outcomes[:1], is_over=True)) == ""
