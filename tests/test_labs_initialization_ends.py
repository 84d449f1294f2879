"""What the lab Initialization says of studies that ended otherwise than planned: no verdict, and nothing untrue."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from playground.labs.claims import Claim
from playground.labs.initialization.clipping import CLIPPED, CLIPPING, DIVERGES, LEARNS, UNCLIPPED, Clipping
from playground.labs.initialization.lab import LAB
from playground.labs.initialization.numbers import NUMBERS
from playground.labs.initialization.reached import GUESSING, reached
from playground.labs.initialization.signal import SIGNAL, Signal
from playground.labs.initialization.symmetry import ALIKE, NOISY, PARTS, SYMMETRY, similarities
from playground.labs.initialization.vanishing import VANISHING
from playground.labs.outcome import Outcome, Results
from playground.labs.topic import Arm, Topic, planned
from playground.runs.states import State
from playground.runs.store import Store
from tests.lab_outcomes import outcome
from tests.lab_studies import studied

TRAINED = tuple(topic for topic in LAB.topics if topic is not NUMBERS)
GOOD = ("He", "tanh", "ReLU", "GELU", "clipped", "He instead", NOISY)  # they learn, and their signal stays
Three = tuple[State, State, State]  # of three seeds
StateOf = Callable[[Arm, int], State | None]
every_topic = pytest.mark.parametrize("topic", TRAINED, ids=lambda topic: topic.name)


def signal_of(arm: Arm, seed: int) -> dict[str, Any]:
    """As a worker measures it: of good arms all of it arrives, of others a millionth."""
    arriving = 1.0 if arm.name in GOOD else 1e-6 * (1 + seed)
    row = {"saturated": None, "dead": 0.0, "low": 0.0, "high": 1.0, "counts": [1.0] * 30}
    count = sum(layer.kind == "Linear" for layer in arm.experiment.network.layers)
    ends = [(1.0, arriving), *[(1.0, 1.0)] * (count - 2), (arriving, 1.0), (1.0, 0.3)]  # the head is the last
    return {"input_square": 1.0, "layers": [{**row, "deviation": one, "gradient": other} for one, other in ends]}


def ended(arm: Arm, seed: int, state: State) -> Outcome:
    rows = [(2.3, 0.1, 2.3, 0.1), (0.1, 1.0, 0.3, (0.9 if arm.name in GOOD else 0.2) + 0.01 * seed)]
    last = {ALIKE: 1.0, NOISY: 0.4}.get(arm.name, 0.0)
    cosines = [{"step": step, "cosine": [cosine] * 2} for step, cosine in ((0, max(last, 0.99)), (10, last))]
    measured = {"signal": signal_of(arm, seed), "symmetry": {"rows": cosines}}
    weights = sum(layer.kind == "Linear" for layer in arm.experiment.network.layers) + 1
    layers = pd.DataFrame({"step": [1], "gradient": [[0.1] * weights]})
    return replace(outcome(arm, seed, rows, state, measured=measured), layers=layers)


def came_out(topic: Topic, state_of: StateOf, is_over: bool = True, **setup: Any) -> tuple[Any, Results]:
    """The set-up and its results; None for a run that was deleted. Every run was measured, stopped ones too."""
    chosen = topic.setup.but(**setup)
    states = [(arm, seed, state_of(arm, seed)) for arm, seed in planned(topic, chosen)]
    return chosen, Results(tuple(ended(arm, seed, state) for arm, seed, state in states if state), is_over=is_over)


def verdicts(claims: Sequence[Claim]) -> list[str]:
    """What is decided, but for what was measured before the first step, and units that are alike by arithmetic."""
    known = ("gradient", f"**{ALIKE}**")
    return [claim.text for claim in claims if claim.holds is not None and not any(word in claim.text for word in known)]


def said(topic: Topic, setup: Any, found: Results) -> tuple[list[str], str, str]:
    """(verdicts, all text, which guess came true); the charts are drawn as well."""
    assert topic.charts(setup, found)
    assert topic.came_true is not None
    claims = topic.answer(setup, found)
    return verdicts(claims), "\n".join(claim.text for claim in claims), topic.came_true(setup, found)


@every_topic
def test_three_seeds_that_finished_are_decided(topic: Topic) -> None:
    decided, text, truth = said(topic, *came_out(topic, lambda arm, seed: "finished"))
    assert decided
    assert "Left out" not in text
    assert truth in topic.guesses


@every_topic
@pytest.mark.parametrize("state", ["stopped", "failed", "lost", "queued"])
def test_runs_without_an_end_decide_nothing(topic: Topic, state: State) -> None:
    decided, text, truth = said(topic, *came_out(topic, lambda arm, seed: state))
    assert not decided
    assert "Training follows" not in text
    assert "diverge" not in text.lower()
    assert truth == ("sigmoid" if topic is VANISHING else "")  # that was measured before the first step


@every_topic
def test_one_seed_that_diverges_in_each_arm_leaves_the_answer_open(topic: Topic) -> None:
    decided, text, truth = said(topic, *came_out(topic, lambda arm, seed: "diverged" if seed == 1 else "finished"))
    assert not decided
    assert "Training follows" not in text
    names = [arm.name for arm in topic.arms(topic.setup)]
    assert all(f"{name} (1 of 3 seeds)" in text for name in names)
    assert truth == ("sigmoid" if topic is VANISHING else "")


@every_topic
def test_arms_without_a_common_seed_are_not_compared(topic: Topic) -> None:
    names = [arm.name for arm in topic.arms(topic.setup)]

    def of_its_own(arm: Arm, seed: int) -> State | None:
        return "finished" if names.index(arm.name) == seed else None

    setup, found = came_out(topic, of_its_own, seeds=len(names))
    decided, text, truth = said(topic, setup, found)
    assert (decided, truth) == ([], "")
    assert "Training follows" not in text
    assert "each keeps" not in text
    assert "none keeps" not in text


@every_topic
@pytest.mark.parametrize("is_over", [True, False])
def test_half_of_the_runs_decide_nothing_that_hangs_on_the_others(topic: Topic, is_over: bool) -> None:
    rest: State = "stopped" if is_over else "running"
    states: StateOf = lambda arm, seed: "finished" if arm.name in GOOD else rest  # noqa: E731
    decided, text, truth = said(topic, *came_out(topic, states, is_over))
    of_the_noisy = [one for one in decided if NOISY in one]
    assert decided == of_the_noisy  # an arm of its own, which ended with all seeds
    assert "Training follows" not in text
    assert truth == {VANISHING.name: "sigmoid", SYMMETRY.name: PARTS}.get(topic.name, "")


@every_topic
def test_one_seed_decides_nothing(topic: Topic) -> None:
    decided, _, truth = said(topic, *came_out(topic, lambda arm, seed: "finished", seeds=1))
    assert (decided, truth) == ([], "")


def test_products_that_could_not_be_drawn_have_no_answer_and_one_alone_judges_no_guess() -> None:
    assert NUMBERS.came_true is not None
    failed = Results(problem="the worker ended", is_over=True)
    assert (NUMBERS.answer(NUMBERS.setup, failed), NUMBERS.came_true(NUMBERS.setup, failed)) == ((), "")
    one = Results(answered={"logs": [[-1.0, -14.0]]}, is_over=True)
    assert NUMBERS.came_true(NUMBERS.setup, one) == ""


# --- each topic's own -----------------------------------------------------------------------------------------------


def clipped(
    states: dict[str, tuple[State, State, State]], arms_else: State = "finished"
) -> tuple[str, bool | None, str]:
    """What is said of clipping as a remedy, whether that is as expected, and which guess came true."""
    setup, found = came_out(CLIPPING, lambda arm, seed: states[arm.name][seed] if arm.name in states else "finished")
    remedy = [claim for claim in CLIPPING.answer(setup, found) if claim.text.startswith("Without")]
    assert CLIPPING.came_true is not None
    truth = CLIPPING.came_true(setup, found)
    return (remedy[0].text, remedy[0].holds, truth) if remedy else ("", None, truth)


def test_all_seeds_of_both_arms_count_in_what_clipping_did() -> None:
    all_lost: Three = ("diverged", "diverged", "diverged")
    saved: Three = ("finished", "finished", "finished")
    partly: Three = ("finished", "diverged", "finished")
    told = "Without clipping {} of 3 diverged, with it {}."
    assert clipped({UNCLIPPED: all_lost, CLIPPED: saved}) == (told.format(3, "none"), True, LEARNS)
    assert clipped({UNCLIPPED: all_lost, CLIPPED: all_lost}) == (told.format(3, 3), False, DIVERGES)
    assert clipped({UNCLIPPED: all_lost, CLIPPED: partly}) == (told.format(3, 1), None, "")
    assert clipped({UNCLIPPED: partly, CLIPPED: saved}) == (told.format(1, "none"), None, LEARNS)
    assert clipped({UNCLIPPED: saved, CLIPPED: partly}) == (told.format("none", 1), None, "")


def test_clipping_is_no_remedy_and_no_failure_while_a_run_is_missing() -> None:
    lost: Three = ("diverged", "diverged", "diverged")
    stopped: Three = ("finished", "stopped", "finished")
    assert clipped({UNCLIPPED: lost, CLIPPED: stopped}) == ("", None, "")
    assert clipped({UNCLIPPED: stopped, CLIPPED: lost}) == ("", None, "")


def test_a_gradient_shorter_than_the_norm_is_not_said_to_be_clipped() -> None:
    for clip_norm, wanted in ((1.0, "clipped at 1 it keeps"), (1000.0, "1000, the longest that is allowed, is more")):
        setup, found = came_out(CLIPPING, lambda arm, seed: "finished", clip_norm=clip_norm)
        assert wanted in CLIPPING.answer(Clipping(clip_norm=clip_norm), found)[0].text
        assert setup.clip_norm == clip_norm


def test_units_of_runs_that_were_stopped_are_in_no_table_and_no_sentence() -> None:
    _, found = came_out(SYMMETRY, lambda arm, seed: "stopped" if arm.name == NOISY else "finished")
    assert NOISY not in set(similarities(found)["arm"])


def test_a_grain_that_breaks_nothing_is_not_said_to_break_the_symmetry() -> None:
    setup, found = came_out(SYMMETRY, lambda arm, seed: "finished")
    same = {"symmetry": {"rows": [{"step": step, "cosine": [1.0, 1.0]} for step in (0, 10)]}}
    still = Results(tuple(replace(one, measured=same) for one in found.outcomes), is_over=True)
    _, noisy, random, _ = SYMMETRY.answer(setup, still)
    assert (noisy.holds, random.holds) == (False, False)
    assert "breaks" not in noisy.text
    assert "orthogonal" not in random.text


def test_an_arm_that_diverged_is_not_ahead_of_sigmoid_and_one_that_was_stopped_is_named() -> None:
    setup, found = came_out(VANISHING, lambda arm, seed: "diverged" if arm.name == "GELU" else "finished")
    claim = VANISHING.answer(setup, found)[-1]
    assert claim.holds is False
    assert claim.text.startswith("Of the other arms GELU reached least; its accuracy minus sigmoid's: −11.0 points")
    assert "Diverged, which counts as 10 % where arms are compared: GELU." in claim.text
    setup, found = came_out(VANISHING, lambda arm, seed: "stopped" if (arm.name, seed) == ("tanh", 2) else "finished")
    claim = VANISHING.answer(setup, found)[-1]
    assert claim.text.startswith(
        "Training follows: each other arm is ahead of sigmoid, tanh least, by +70.0 points (2 "
    )
    assert claim.text.endswith("Left out, for not ending as planned: tanh (1 of 3 seeds).")


def test_arms_that_cannot_be_told_apart_by_signal_are_said_to_be_alike_and_without_a_common_seed_it_is_open() -> None:
    setup, found = came_out(SIGNAL, lambda arm, seed: "finished", starts=("too small", "too large"))
    assert "Of these arms none keeps its signal" in SIGNAL.answer(setup, found)[-1].text
    setup, found = came_out(SIGNAL, lambda arm, seed: "finished", starts=("He",))
    assert "Of these arms each keeps its signal" in SIGNAL.answer(setup, found)[-1].text
    setup, found = came_out(SIGNAL, lambda arm, seed: "finished" if (arm.name == "He") == (seed == 0) else "stopped")
    assert "There is no seed with which all arms ended as planned" in SIGNAL.answer(setup, found)[-1].text


def test_an_arm_that_was_not_measured_is_not_said_to_keep_its_signal() -> None:
    setup, found = came_out(SIGNAL, lambda arm, seed: "finished")
    outcomes = [replace(one, measured={}) if one.arm.name == "He" else one for one in found.outcomes]
    claim = SIGNAL.answer(setup, Results(tuple(outcomes), is_over=True))[-1]
    assert claim.holds is None
    assert "keeps" not in claim.text


def test_seeds_without_an_arm_as_planned_are_left_out_and_runs_that_diverged_count_as_guessing() -> None:
    states: dict[tuple[str, int], State] = {("too large", 0): "diverged", ("Xavier", 1): "stopped"}
    setup, found = came_out(SIGNAL, lambda arm, seed: states.get((arm.name, seed), "finished"), seeds=4)
    changed = [replace(one, is_changed=one.arm.name == "He" and one.seed == 2) for one in found.outcomes]
    table = reached(SIGNAL.arms(setup), Results(tuple(changed)))
    assert table.index.tolist() == [0, 3]
    assert table.loc[0].to_dict() == {"He": 0.9, "too small": 0.2, "too large": GUESSING, "Xavier": 0.2}


# --- trained --------------------------------------------------------------------------------------------------------


def test_over_three_trained_seeds_the_answer_holds_in_all_that_it_says(store: Store) -> None:
    chosen: dict[str, Any] = {"layers": 6, "width": 32, "starts": ("too small", "He")}
    found = studied(store, SIGNAL, LAB, **chosen)
    setup = Signal(**chosen)
    how, *claims = SIGNAL.answer(setup, found)
    assert how.holds is None
    assert [claim.holds for claim in claims] == [True, True, True], claims
    assert claims[-1].text.startswith(
        "Training follows: each arm whose signal stays within a factor of 100 both ways (He)"
    )
    assert SIGNAL.came_true is not None
    assert SIGNAL.came_true(setup, found) == "He"
