"""The topics of the lab on overfitting: what their arms change, what they draw, and what they say, either way."""

import math
from dataclasses import replace

import pytest

from playground.errors import SpecError
from playground.experiment import Linear
from playground.labs import study as studies
from playground.labs.difference import differences
from playground.labs.outcome import Results
from playground.labs.overfitting import capacity, fit, folds, polynomials, remedies, scratch
from playground.labs.overfitting.lab import LAB
from playground.labs.overfitting.remedy import REMEDIES
from playground.labs.overfitting.turning import branch, branch_name, nearest_kept, turn_of
from playground.labs.topic import Arm, Topic, planned
from playground.runs.past import Origin
from playground.runs.states import State
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


# --- fit --------------------------------------------------------------------------------------------------------------


def test_underfit_differs_from_overfit_in_nothing_but_its_width() -> None:
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
    assert "85.0 % of the validation digits: a gap of +15.0 points (2 seeds" in text
    assert "lowest, 0.5, after 1.0 epochs, and rises by 40.0 %" in text
    assert "eval mode, on 256 training and 256 validation digits" in text
    assert [claim.holds for claim in fit.answer(setup, found)] == [True, True, True, True]
    assert fit.came_true(setup, found) == "after some epochs"


def test_what_comes_out_otherwise_is_said_so() -> None:
    setup, found = results(fit.TOPIC, lambda arm, seed: FALLING, seeds=2)
    assert [claim.holds for claim in fit.answer(setup, found)][:2] == [False, False]
    assert fit.came_true(setup, found) == "never"


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
    first = capacity.answer(setup, found)[0]
    assert "32 has the lowest validation loss: 0.51 (3 seeds" in first.text
    assert first.holds is True
    marks = [trace.text for trace in capacity.charts(setup, found)[0].data if trace.text]
    assert marks == [("least at width 32",)]


def test_sweeps_fill_up_as_their_runs_end() -> None:
    setup, found = results(capacity.TOPIC, at_width, seeds=1)
    half = Results(found.outcomes[:4])
    line = next(trace for trace in capacity.charts(setup, half)[0].data if trace.mode == "lines+markers")
    assert list(line.x) == [2, 4, 8, 16]


def test_a_remedy_at_the_turning_point_is_trained_on_the_same_seeds_and_drawn_at_its_width(store: Store) -> None:
    setup = capacity.CapacitySetup(seeds=2, seed=5)
    study_id = store.studies.create("overfitting", "capacity", setup.model_dump_json(), 2)
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
    setup = polynomials.PolynomialsSetup(seeds=2)
    found = Results(answered=polynomial_study(0, 2, setup.points, setup.noise, setup.degree), is_over=True)
    claims = polynomials.answer(setup, found)
    assert [claim.holds for claim in claims] == [True, claims[1].holds, None, True, True]
    assert claims[1].holds is not False
    least = polynomials.mean_errors(found.answered)
    best = min(least, key=lambda degree: least[degree])
    assert f"least at degree {best}: {least[best]:.3g}, the mean over 2 draws of 30 points" in claims[0].text
    assert polynomials.came_true(setup, found) == "3 to 6"
    curves, errors, ridge, lasso, _ = polynomials.charts(setup, found)
    assert {"degree 1", "degree 3", "degree 20", "training points"} <= {trace.name for trace in curves.data}
    for kind, figure in (("ridge", ridge), ("lasso", lasso)):
        ours = [list(trace.y) for trace in figure.data if trace.name == "ours"]
        assert ours == [list(one) for one in zip(*found.answered[kind]["ours"], strict=True)]
    assert errors.layout.yaxis.type == "log"


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
