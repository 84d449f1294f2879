"""The lab on inductive bias: arms that differ in one thing, charts of anything, answers that say what was measured."""

import re
from collections.abc import Collection
from dataclasses import replace
from functools import partial
from typing import Any
from zlib import crc32

import numpy as np
import pytest
from numpy.typing import NDArray

from playground.experiment import Experiment
from playground.labs.inductive_bias import digits, locality, move, pooling, sharing, shift, shuffled
from playground.labs.inductive_bias.lab import LAB
from playground.labs.inductive_bias.moved import at_distance
from playground.labs.inductive_bias.networks import parameters
from playground.labs.outcome import Results
from playground.labs.topic import Arm, Topic
from playground.network.build import build
from playground.network.shapes import can_train
from playground.runs.states import State
from playground.runs.store import Store
from tests.lab_outcomes import came_out
from tests.lab_studies import studied

TOPICS = {topic.name: topic for topic in LAB.topics}
STILL = {"MLP": 0.86, "CNN": 0.94}


def cone(still: float, loss: float, reach: int = 8) -> dict[str, Any]:
    """Accuracy that falls by `loss` a pixel along each axis, as a map over shifts."""
    steps = abs(np.arange(-reach, reach + 1))
    accuracy = np.clip(still - loss * (steps[:, None] + steps), 0.1, 1)
    return {"digits": 200, "reach": reach, "accuracy": accuracy.tolist()}


def moved(arm: Arm, seed: int) -> dict[str, Any]:
    """The MLP loses 20 points a pixel, the global average 4, all else 12."""
    still = STILL.get(arm.name, 0.9) + 0.01 * seed
    loss = {"MLP": 0.2, pooling.GLOBAL: 0.04}.get(arm.name, 0.12)
    pairs = [(-30, still - 0.3), (0, still), (30, still - 0.2)]
    following = [
        {
            "pixels": pixels,
            "digits": 100,
            "unchanged": 1 - 0.1 * pixels * (2 if arm.name == "MLP" else 1),
            "moved": 0.1 * pixels,
            "errors": {"Conv2d #1": 0.0, "MaxPool2d #1": 0.5 * (pixels % 2), "Conv2d #2": 0.5 * (pixels % 2)}
            | {"MaxPool2d #2": 0.0 if pixels == 4 else 0.6 if pixels < 6 else None},
        }
        for pixels in range(1, 7)
    ]
    return {
        "shifts": cone(still, loss),
        "along shifts": {"digits": 200, "reach": 8, "accuracy": [max(still - loss * step, 0.1) for step in range(9)]},
        "rotation and scale": {"digits": 200, "rotation": pairs, "scale": [(0.5, still - 0.4), (1.0, still)]},
        "following": following if arm.name in STILL else [],
    }


def usual(arm: Arm, seed: int) -> float:
    """The CNN is ahead; shuffling costs it; kernels in between are best."""
    known = {"CNN, shuffled": 0.86, "MLP, shuffled": 0.862, sharing.OWN: 0.88, **STILL}
    near = 0.9 - 0.001 * abs((arm.at or 0) - 11) if arm.group == locality.LINE else 0.9
    return known.get(arm.name, STILL.get(arm.group, near)) + 0.01 * seed


def without(found: Results, left_out: Collection[tuple[str, int]], state: State = "diverged") -> Results:
    """The same study, but that these runs didn't finish."""
    return replace(
        found,
        outcomes=tuple(
            replace(one, state=state) if (one.arm.name, one.seed) in left_out else one for one in found.outcomes
        ),
    )


def text(claims: tuple[Any, ...]) -> str:
    return "\n".join(claim.text for claim in claims)


# --- arms -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("topic", LAB.topics, ids=TOPICS)
def test_arms_differ_in_their_layers_alone_or_in_the_number_of_digits(topic: Topic) -> None:
    arms = topic.arms(topic.setup)
    first = arms[0].experiment
    assert len({arm.name for arm in arms}) == len(arms)
    for arm in arms:
        alike: Experiment = arm.experiment.but(network=first.network)
        if topic is digits.TOPIC:
            alike = alike.but(data=first.data)
        assert alike == first
        assert can_train(arm.experiment)


def test_the_two_networks_have_as_many_parameters_as_the_page_says() -> None:
    counts = {}
    for arm in shift.TOPIC.arms(shift.TOPIC.setup):
        net = build(arm.experiment.network, 0)
        counts[arm.name] = sum(weights.numel() for weights in net.parameters())
        assert arm.note == f"{counts[arm.name]:,} parameters"
    assert counts == {"MLP": 20_680, "CNN": 20_490}


def test_strides_in_place_of_pooling_change_no_count_and_the_others_are_near() -> None:
    counts = {arm.name: parameters(arm.experiment) for arm in pooling.TOPIC.arms(pooling.TOPIC.setup)}
    assert counts[pooling.STRIDED] == counts[pooling.POOLED] == 20_490
    assert all(0.75 < count / 20_490 <= 1 for count in counts.values())


def test_every_kernel_has_the_budget_as_near_as_whole_channels_allow() -> None:
    for kernel, arm in zip(locality.KERNELS, locality.TOPIC.arms(locality.TOPIC.setup), strict=True):
        channels = locality.channels_for(kernel)
        each = (parameters(arm.experiment) - 10) / channels
        assert each == int(each)
        assert abs(channels * each - locality.BUDGET) <= each / 2 + 10


def test_not_sharing_takes_a_kernel_a_place_or_fewer_channels() -> None:
    counts = {arm.name: parameters(arm.experiment) for arm in sharing.TOPIC.arms(sharing.TOPIC.setup)}
    assert counts[sharing.OWN] > 50 * counts[sharing.SHARED]
    assert abs(counts[sharing.FEW] / counts[sharing.SHARED] - 1) < 0.05


# --- charts and answers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("topic", LAB.topics, ids=TOPICS)
def test_charts_are_there_before_a_run_and_after_it_with_a_title_and_what_to_look_for(topic: Topic) -> None:
    setup, found = came_out(topic, usual, moved, seeds=2)
    for results in (Results(), found):
        shown = topic.charts(setup, results)
        titles = [figure.layout.meta["title"] for figure in shown]
        assert len(set(titles)) == len(titles)
        assert all(figure.layout.meta["look_for"] for figure in shown)
    filled = [any(len(trace.y) > 1 for trace in figure.data) for figure in shown]
    assert all(filled), titles


@pytest.mark.parametrize("topic", LAB.topics, ids=TOPICS)
def test_there_is_no_answer_before_arms_have_ended(topic: Topic) -> None:
    arms = topic.arms(topic.setup)
    setup, found = came_out(topic, usual, moved, {arm.name: "failed" for arm in arms})
    assert topic.answer(setup, Results()) == topic.answer(setup, found) == ()
    assert not topic.came_true or topic.came_true(setup, found) == ""


def test_a_guess_that_luck_could_decide_is_left_open() -> None:
    def lead(arm: Arm, seed: int) -> float:
        few = 0.02 * (-1) ** seed if arm.at == digits.SIZES[0] else 0.0
        return 0.8 + (0.05 + few if arm.group == "CNN" else 0.0)

    def clear(arm: Arm, seed: int) -> float:
        few = 0.03 + 0.001 * seed if arm.at == digits.SIZES[0] else 0.0
        return 0.8 + (0.05 + few if arm.group == "CNN" else 0.0)

    assert digits.came_true(*came_out(digits.TOPIC, lead, seeds=4)) == ""
    assert digits.came_true(*came_out(digits.TOPIC, clear, seeds=4)) == digits.FEW

    def wavering(arm: Arm, seed: int) -> float:
        return {9: 0.9 + 0.02 * (-1) ** seed, 28: 0.898}.get(int(arm.at or 0), 0.88)

    assert locality.came_true(*came_out(locality.TOPIC, wavering, seeds=4)) == ""


@pytest.mark.parametrize("topic", LAB.topics, ids=TOPICS)
def test_answers_say_how_many_seeds_and_guesses_come_true(topic: Topic) -> None:
    setup, found = came_out(topic, usual, moved, seeds=2)
    assert "2 seeds" in text(topic.answer(setup, found))
    assert topic.came_true is not None
    assert topic.came_true(setup, found) in topic.guesses or topic is digits.TOPIC


def test_the_answer_on_shifts_has_the_numbers_that_were_measured() -> None:
    setup, found = came_out(shift.TOPIC, usual, moved, seeds=3)
    claims = shift.TOPIC.answer(setup, found)
    told = text(claims)
    assert "the CNN is right on 95.0 % of 256 validation digits, the MLP on 87.0 %: +8.0 points (3 seeds" in told
    assert "the first 200 test digits) the CNN is right on 59.0 %, the MLP on 27.0 %: +32.0 points (3 seeds" in told
    assert "costs it 36.0 points (3 seeds, 95 % interval 36.0 to 36.0), the MLP 60.0 points (3 seeds" in told
    assert [claim.holds for claim in claims] == [True, True, True, None]


def test_it_says_so_where_the_cnn_was_not_ahead_or_did_not_suffer() -> None:
    def flat(arm: Arm, seed: int) -> dict[str, Any]:
        return {**moved(arm, seed), "shifts": cone(0.9, 0.0)}

    setup, found = came_out(shift.TOPIC, lambda arm, seed: 0.9 if arm.name == "MLP" else 0.8, flat, seeds=3)
    assert [claim.holds for claim in shift.TOPIC.answer(setup, found)][:3] == [False, False, False]
    assert shift.came_true(setup, found) == shift.UNMOVED


def test_a_lead_that_luck_explains_is_undecided() -> None:
    setup, found = came_out(
        shift.TOPIC, lambda arm, seed: 0.9 if arm.name == "MLP" else 0.9 + 0.05 * (-1) ** seed, moved, seeds=4
    )
    assert shift.TOPIC.answer(setup, found)[0].holds is None


def test_shuffling_is_judged_by_what_it_costs_each_network() -> None:
    setup, found = came_out(shuffled.TOPIC, usual, seeds=3)
    cnn, mlp, _ = shuffled.TOPIC.answer(setup, found)
    assert ("change the CNN's accuracy by −8.0 points" in cnn.text, cnn.holds) == (True, True)
    assert ("change the MLP's by +0.2 points" in mlp.text, mlp.holds) == (True, True)
    assert shuffled.came_true(setup, found) == shuffled.CNN_ONLY
    costly = came_out(shuffled.TOPIC, lambda arm, seed: 0.8 if "shuffled" in arm.name else 0.9, seeds=3)
    assert [claim.holds for claim in shuffled.TOPIC.answer(*costly)][:2] == [True, False]
    assert shuffled.came_true(*costly) == shuffled.BOTH


def test_where_one_arm_failed_the_others_are_still_told_of() -> None:
    setup, found = came_out(shuffled.TOPIC, usual, states={"CNN, shuffled": "failed"}, seeds=1)
    (only,) = shuffled.TOPIC.answer(setup, found)
    assert "the MLP's" in only.text


def test_the_answer_on_digits_says_how_many_the_cnn_needs_for_what_the_mlp_reaches_with_all() -> None:
    def learned(arm: Arm, seed: int) -> float:
        assert arm.at is not None
        return 0.5 + 0.05 * np.log2(arm.at / 50) + (0.1 if arm.group == "CNN" else 0.0)

    setup, found = came_out(digits.TOPIC, learned, seeds=3)
    told = text(digits.TOPIC.answer(setup, found))
    assert "mean of all numbers of digits: +10.0 points" in told
    assert f"the MLP with 3,500 on {50 + 5 * np.log2(70):.1f} %: +1.0 points" in told
    assert "reaches that of the MLP with 3,500: 1,000." in told
    assert [claim.holds for claim in digits.TOPIC.answer(setup, found)] == [True, None, True, None]


def test_a_cnn_that_never_reaches_the_mlp_is_said_not_to() -> None:
    setup, found = came_out(digits.TOPIC, lambda arm, seed: 0.7 if arm.group == "CNN" else 0.9, seeds=3)
    assert [claim.holds for claim in digits.TOPIC.answer(setup, found)] == [False, None, False, None]
    assert "none of these numbers" in text(digits.TOPIC.answer(setup, found))


def test_the_mean_of_all_numbers_of_digits_is_of_seeds_that_have_all_of_them() -> None:
    def lead(arm: Arm, seed: int) -> float:
        return 0.5 + (0.1 * (seed + 1) if arm.group == "CNN" else 0.0)

    setup, found = came_out(digits.TOPIC, lead, seeds=3)
    told = text(digits.TOPIC.answer(setup, without(found, {("CNN, 200 digits", 2)})))
    assert "mean of all numbers of digits: +15.0 points (2 seeds" in told


def test_kernels_that_luck_can_not_tell_from_the_best_are_named() -> None:
    def near(arm: Arm, seed: int) -> float:
        return {9: 0.92 + 0.001 * seed, 11: 0.92, 14: 0.92 + 0.01 * (-1) ** seed}.get(int(arm.at or 0), 0.88)

    setup, found = came_out(locality.TOPIC, near, seeds=3)
    told = text(locality.TOPIC.answer(setup, found))
    assert "Best on average is a kernel of 14 × 14" in told
    assert "Luck could explain its lead over 9, 11." in told
    assert locality.came_true(setup, found) == locality.MIDDLE


def test_maps_that_do_not_follow_are_said_not_to() -> None:
    def lost(arm: Arm, seed: int) -> dict[str, Any]:
        rows = [{**row, "errors": dict.fromkeys(row["errors"], 0.7)} for row in moved(arm, seed)["following"]]
        return {"following": rows}

    setup, found = came_out(move.TOPIC, usual, moved)
    assert [claim.holds for claim in move.TOPIC.answer(setup, found)] == [True, True, True, None]
    assert move.came_true(setup, found) == move.FOLLOWS
    setup, found = came_out(move.TOPIC, usual, lost)
    assert [claim.holds for claim in move.TOPIC.answer(setup, found)][:2] == [False, False]


# --- studies that were cut short --------------------------------------------------------------------------------------


def each(arm: Arm, seed: int) -> float:
    """As usual, but that each seed has a level of its own: means over other seeds tell something else."""
    return usual(arm, seed) - 0.1 * seed


def measured_each(arm: Arm, seed: int) -> dict[str, Any]:
    return {**moved(arm, seed), "shifts": cone(STILL.get(arm.name, 0.9) - 0.1 * seed, 0.05)}


def cut_short(topic: Topic, how: str) -> tuple[Any, Results]:
    """A study of three seeds, some of whose runs, with all that was measured of them, didn't finish."""
    setup, found = came_out(topic, each, measured_each, seeds=3)
    names = [arm.name for arm in topic.arms(setup)]
    runs = [(one.arm.name, one.seed) for one in found.outcomes]
    if how == "no seeds shared":
        first = [one for one in found.outcomes if one.seed == 0]
        return setup, replace(found, outcomes=tuple(replace(one, seed=place) for place, one in enumerate(first)))
    left_out = {
        "all stopped": runs,
        "a seed of each arm diverged": [(name, place % 3) for place, name in enumerate(names)],
        "half ended": runs[len(runs) // 2 :],
        "one arm alone": [run for run in runs if run[0] != names[-1]],
    }
    return setup, without(found, left_out[how], "diverged" if "diverged" in how else "stopped")


HOW = ("all stopped", "a seed of each arm diverged", "no seeds shared", "half ended", "one arm alone")


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("topic", LAB.topics, ids=TOPICS)
def test_nothing_is_said_of_runs_that_did_not_finish(topic: Topic, how: str) -> None:
    setup, found = cut_short(topic, how)
    finished = replace(found, outcomes=tuple(one for one in found.outcomes if one.state == "finished"))
    assert topic.answer(setup, found) == topic.answer(setup, finished)
    assert topic.came_true is not None
    assert topic.came_true(setup, found) == topic.came_true(setup, finished)
    for results in (found, finished):
        assert topic.charts(setup, results)


@pytest.mark.parametrize("topic", LAB.topics, ids=TOPICS)
def test_a_study_that_was_stopped_has_no_answer(topic: Topic) -> None:
    setup, found = cut_short(topic, "all stopped")
    assert topic.answer(setup, found) == ()
    assert topic.came_true is not None
    assert topic.came_true(setup, found) == ""


@pytest.mark.parametrize("topic", LAB.topics, ids=TOPICS)
def test_arms_that_share_no_seed_are_not_compared(topic: Topic) -> None:
    setup, found = cut_short(topic, "no seeds shared")
    assert topic.answer(setup, found) == () or topic is move.TOPIC
    assert all("CNN keeps" not in claim.text for claim in topic.answer(setup, found))
    assert topic.came_true is not None
    assert topic.came_true(setup, found) == ""


@pytest.mark.parametrize("topic", LAB.topics, ids=TOPICS)
def test_one_seed_decides_nothing_that_luck_could(topic: Topic) -> None:
    setup, found = came_out(topic, usual, moved, seeds=1)
    decided = [claim.text for claim in topic.answer(setup, found) if claim.holds is not None]
    assert all("relative error" in claim for claim in decided)
    assert bool(decided) == (topic is move.TOPIC)
    assert topic.came_true is not None
    assert topic.came_true(setup, found) == ""


@pytest.mark.parametrize("topic", [shift.TOPIC, digits.TOPIC, sharing.TOPIC], ids=lambda topic: topic.name)
def test_the_two_shares_of_a_sentence_differ_by_the_points_it_says(topic: Topic) -> None:
    told = text(topic.answer(*cut_short(topic, "a seed of each arm diverged")))
    found = re.findall(r"on ([\d.]+) %.*? on ([\d.]+) %: [+−]([\d.]+) points", told)
    assert found
    for one, other, lead in found:
        assert abs(float(one) - float(other)) == pytest.approx(float(lead), abs=0.11)


# --- luck -------------------------------------------------------------------------------------------------------------


def at_random(luck: NDArray[np.float64], arm: Arm, seed: int) -> float:
    return float(luck[seed, int(arm.at or 0)])


def test_of_kernels_that_are_all_alike_few_are_said_to_differ() -> None:
    verdicts, guesses = [], []
    for study in range(40):
        luck = np.random.default_rng(study).normal(0.9, 0.01, (3, 29))
        setup, found = came_out(locality.TOPIC, partial(at_random, luck), seeds=3)
        verdicts += [claim.holds for claim in locality.TOPIC.answer(setup, found)]
        guesses.append(locality.came_true(setup, found))
    assert verdicts.count(True) <= 6  # of 80, 2 expected: 2.5 % each way
    assert verdicts.count(False) <= 6
    assert guesses.count("") >= 38


def test_where_the_whole_digit_is_best_the_claim_on_locality_comes_out_otherwise() -> None:
    setup, found = came_out(locality.TOPIC, lambda arm, seed: 0.8 + (arm.at or 0) / 280, seeds=3)
    assert [claim.holds for claim in locality.TOPIC.answer(setup, found)] == [None, False, True]
    assert locality.came_true(setup, found) == locality.WHOLE


def wavers(arm: Arm, seed: int) -> float:
    """Between 0 and 1, by nothing but luck."""
    return float(np.random.default_rng([seed, crc32(arm.name.encode())]).random())


def shift_wavers(arm: Arm, seed: int) -> dict[str, Any]:
    luck = wavers(arm, seed)
    kept = [{**row, "unchanged": 0.9 + 0.1 * luck} for row in moved(arm, seed)["following"]]
    return {**moved(arm, seed), "shifts": cone(0.9, 0.03 * luck), "following": kept}


@pytest.mark.parametrize("topic", LAB.topics, ids=TOPICS)
def test_a_guess_is_left_open_where_seeds_disagree(topic: Topic) -> None:
    assert topic.came_true is not None
    assert topic.came_true(*came_out(topic, wavers, shift_wavers, seeds=4)) == ""


def test_what_loses_clearly_least_is_the_guess_that_came_true() -> None:
    def losses(arm: Arm, seed: int) -> dict[str, Any]:
        return {"shifts": cone(0.9, (0.05 if arm.name == pooling.STRIDED else 0.12) + 0.001 * seed)}

    setup, found = came_out(pooling.TOPIC, usual, losses, seeds=3)
    assert pooling.came_true(setup, found) == pooling.STRIDED
    assert [claim.holds for claim in pooling.TOPIC.answer(setup, found)][2] is True  # no less than max pooling


def test_own_weights_that_win_are_said_to() -> None:
    setup, found = came_out(sharing.TOPIC, lambda arm, seed: 0.8 if arm.name == sharing.SHARED else 0.9, moved)
    assert [claim.holds for claim in sharing.TOPIC.answer(setup, found)][:2] == [False, False]
    assert sharing.came_true(setup, found) == sharing.NEED_NONE


@pytest.mark.parametrize("topic", LAB.topics, ids=TOPICS)
def test_seeds_stay_between_1_and_10(topic: Topic) -> None:
    assert topic.setup.seeds >= 3
    for seeds in (0, 11):
        with pytest.raises(ValueError, match="seeds"):
            type(topic.setup)(seeds=seeds)


def test_three_trained_seeds_say_that_shuffling_costs_the_cnn_and_not_that_it_costs_the_mlp(store: Store) -> None:
    small = {"digits": 500, "epochs": 6, "seeds": 3}
    found = studied(store, shuffled.TOPIC, LAB, **small)
    cnn, mlp, _ = shuffled.TOPIC.answer(shuffled.TOPIC.setup.but(**small), found)
    means = found.finals().groupby("arm")["validation_accuracy"].mean()
    for claim, name in ((cnn, "CNN"), (mlp, "MLP")):
        cost = 100 * (means[f"{name}, shuffled"] - means[name])
        assert f"{cost:+.1f} points (3 seeds".replace("-", "−") in claim.text
    assert cnn.holds is True
    assert mlp.holds is not False


def test_a_distance_is_the_mean_of_its_four_directions() -> None:
    accuracy = np.zeros((5, 5))
    accuracy[2, 4], accuracy[2, 0], accuracy[4, 2], accuracy[0, 2] = 0.1, 0.2, 0.3, 0.8
    assert at_distance(accuracy, 2) == pytest.approx(0.35)
