"""The lab Initialization: its arms, its tables, and what its answers say of what was measured."""

from math import log, nan
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from playground.data.tensors import load
from playground.labs.difference import differences
from playground.labs.initialization.charts import shown_layers
from playground.labs.initialization.clipping import CLIPPED, CLIPPING, LEARNS, UNCLIPPED, Clipping, norms
from playground.labs.initialization.deep import ACTIVATIONS, STARTS, deep, sizes
from playground.labs.initialization.lab import LAB
from playground.labs.initialization.measured import changes, signals, theories
from playground.labs.initialization.numbers import FADES, GROWS, NUMBERS, Numbers
from playground.labs.initialization.numbers import STAYS as STAYS_ABOUT_1
from playground.labs.initialization.signal import SIGNAL, Signal
from playground.labs.initialization.symmetry import ALIKE, NOISY, PARTS, SYMMETRY, similarities
from playground.labs.initialization.told import behind, is_as_expected, stays
from playground.labs.initialization.vanishing import VANISHING
from playground.labs.outcome import Results
from playground.labs.topic import Topic
from playground.network.build import build
from playground.network.products import log_norms
from playground.network.shapes import trace
from playground.network.signal import expected
from playground.probes.signal import signal
from playground.runs.store import Store
from playground.training.trainer import Trainer
from tests.lab_studies import studied

SMALL: dict[str, Any] = {"layers": 4, "width": 32, "starts": ("zeros", "constant", "Xavier", "He")}


# --- arms -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_initialization_makes_a_network_that_works_and_the_papers_choice_comes_first(activation: Any) -> None:
    setup = Signal(activation=activation, starts=tuple(STARTS), layers=30, width=512)
    arms = SIGNAL.arms(setup)
    assert len(arms) == 8
    assert arms[0].name == ("Xavier" if activation in ("Tanh", "Sigmoid") else "He")
    for arm in arms:
        found = trace(arm.experiment.network)
        assert found.problem is None
        assert tuple(row.output_shape[0] for row in found.rows if row.kind == "Linear") == sizes(30, 512)[1:-1]


@pytest.mark.parametrize("topic", [SIGNAL, SYMMETRY], ids=lambda topic: topic.name)
def test_arms_differ_in_nothing_but_how_they_start(topic: Topic) -> None:
    first, *others = topic.arms(topic.setup)
    for arm in others:
        assert arm.experiment.but(network=first.experiment.network) == first.experiment
        assert arm.experiment.network.layers == first.experiment.network.layers
        assert differences(first.experiment, arm.experiment)


@pytest.mark.parametrize("cause", ["weights", "rate"])
def test_without_clipping_nothing_else_differs(cause: Any) -> None:
    clipped, unclipped, _ = CLIPPING.arms(Clipping(cause=cause, clip_norm=0.3))
    assert differences(clipped.experiment, unclipped.experiment) == ("gradient clipping 0.3 → off",)


@pytest.mark.parametrize("topic", LAB.topics, ids=lambda topic: topic.name)
def test_every_topic_has_charts_and_no_answer_before_it_was_run(topic: Topic) -> None:
    assert topic.charts(topic.setup, Results())
    assert topic.answer(topic.setup, Results()) == ()
    assert topic.came_true is not None
    assert topic.came_true(topic.setup, Results()) in ("", *topic.guesses)


def test_the_histograms_show_layers_evenly_from_the_first_to_the_last() -> None:
    for layers in range(2, 31):
        shown = shown_layers(layers)
        assert (shown[0], shown[-1], len(shown)) == (1, layers, min(layers, 5))
        assert shown == sorted(set(shown))


# --- signal ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("signal")
    store = Store(f"sqlite:///{folder / 'runs.sqlite'}", folder)
    return studied(store, SIGNAL, LAB, **SMALL, seeds=2)


def test_the_table_has_what_the_probe_measures_of_the_very_networks_that_train(measured: Results) -> None:
    rows = signals(measured.outcomes)
    assert len(rows) == 4 * 2 * 4
    experiment = deep(4, 32, "ReLU", STARTS["He"])
    train = load(experiment.data, 1).train
    _, layers = signal(build(experiment.network, 1), train.x[:500], train.y[:500], experiment.loss)
    own = rows[(rows["arm"] == "He") & (rows["seed"] == 1)]
    assert own["layer"].tolist() == [1, 2, 3, 4]
    for column in ("deviation", "gradient", "dead"):
        assert own[column].tolist() == pytest.approx([getattr(layer, column) for layer in layers[:-1]])


def test_theory_starts_from_the_measured_pixels_and_logits_and_has_none_for_a_constant(measured: Results) -> None:
    theory = theories(SIGNAL.arms(Signal(**{**SMALL, "starts": ("constant", "He")})), measured.outcomes)
    he = next(one for one in measured.outcomes if one.arm.name == "He").measured["signal"]
    wanted = expected((784, 32, 32, 32, 32, 10), "ReLU", STARTS["He"], he["input_square"], he["layers"][-1]["gradient"])
    assert theory["deviation"].tolist() == [one.deviation for one in wanted]
    assert set(theory["arm"]) == {"He"}


def test_a_change_goes_from_the_first_layer_to_the_last_and_of_gradients_the_other_way(measured: Results) -> None:
    rows = signals(measured.outcomes)
    found = {(row["arm"], row["seed"]): row for row in changes(rows).to_dict("records")}
    first, _, _, last = rows[(rows["arm"] == "Xavier") & (rows["seed"] == 0)].to_dict("records")
    assert found["Xavier", 0]["deviation"] == last["deviation"] / first["deviation"]
    assert found["Xavier", 0]["gradient"] == first["gradient"] / last["gradient"]
    assert (found["zeros", 0]["deviation"], found["zeros", 0]["gradient"]) == (0, 0)


def test_the_answer_says_each_arms_change_and_what_training_made_of_it(measured: Results) -> None:
    claims = SIGNAL.answer(Signal(**SMALL), measured)
    texts = [claim.text for claim in claims]
    assert "500 training digits, eval mode, 2 seeds" in texts[0]
    told = {text.split("**")[1]: claim for text, claim in zip(texts[1:-1], claims[1:-1], strict=True)}
    assert told.keys() == {"zeros", "constant", "Xavier", "He"}
    assert "× 0 (theory × 0)" in told["zeros"].text
    assert "no theory" in told["constant"].text
    assert told["constant"].holds is None
    assert told["He"].holds is True
    mean = np.exp(np.log(changes(signals(measured.outcomes)).query("arm == 'He'")["deviation"]).mean())
    assert f"signal from layer 1 to 4 × {mean:.3g} (" in told["He"].text
    reached = measured.finals().groupby("arm")["validation_accuracy"].mean()
    assert f"He {100 * reached['He']:.1f} % (2 seeds" in texts[-1]


def test_a_change_is_as_expected_within_what_chance_does_to_a_network_of_that_width() -> None:
    assert is_as_expected(1.5, 1.0, 20, 128) is True
    assert is_as_expected(20.0, 1.0, 20, 128) is False
    assert is_as_expected(1.5, 1.0, 2, 4096) is False
    assert is_as_expected(0.0, 0.0, 20, 128) is True
    assert is_as_expected(0.0, 1e-50, 20, 128) is True  # float32 ends before
    assert is_as_expected(0.0, 0.5, 20, 128) is False
    assert is_as_expected(nan, 0.5, 20, 128) is None


def test_a_signal_stays_if_neither_direction_changes_it_by_more_than_a_hundred() -> None:
    for deviation, gradient, wanted in ((0.5, 2, True), (0.005, 1, False), (1, 500, False), (0, 0, False)):
        assert stays(pd.DataFrame({"deviation": [deviation], "gradient": [gradient]})) is wanted


def test_the_gap_is_the_worst_of_the_good_arms_minus_the_best_of_the_others_seed_by_seed() -> None:
    table = pd.DataFrame({"a": [0.9, 0.7], "b": [0.8, 0.9], "c": [0.3, 0.4]})
    gap = behind(table, ["a", "b"], ["c"])
    assert gap is not None
    assert (gap.mean, gap.count) == (pytest.approx(0.4), 2)
    assert behind(table[:0], ["a"], ["c"]) is None


def test_ten_sigmoid_layers_lose_the_gradient_and_the_answer_says_by_which_factor(store: Store) -> None:
    found = studied(store, VANISHING, LAB, width=32)
    claim, *_ = VANISHING.answer(VANISHING.setup.but(width=32), found)
    assert claim.holds is True
    assert "less than 1/1,000" in claim.text
    assert VANISHING.came_true is not None
    assert VANISHING.came_true(VANISHING.setup, found) == "sigmoid"


# --- symmetry, clipping, numbers ------------------------------------------------------------------------------------


def test_constant_units_stay_alike_noisy_ones_part_and_the_answer_says_their_cosines(store: Store) -> None:
    setup = {"width": 8, "steps": 300, "noise": 0.01}
    found = studied(store, SYMMETRY, LAB, **setup)
    rows = similarities(found)
    assert rows[rows["arm"] == ALIKE]["second"].tolist() == pytest.approx([1.0] * (len(rows) // 3), abs=1e-6)
    claims = SYMMETRY.answer(SYMMETRY.setup.but(**setup), found)
    assert [claim.holds for claim in claims] == [True, True, True, None]
    last = rows[(rows["arm"] == NOISY) & (rows["step"] == 300)]["first"]
    assert f"{last.mean():.4f} (3 seeds, 95 % interval" in claims[1].text
    assert "the grain breaks the symmetry" in claims[1].text
    assert SYMMETRY.came_true is not None
    assert SYMMETRY.came_true(SYMMETRY.setup, found) == PARTS


def test_the_norm_of_the_gradient_is_that_before_it_is_clipped(store: Store) -> None:
    setup = Clipping(layers=2, clip_norm=0.1)
    found = studied(store, CLIPPING, LAB, layers=2, clip_norm=0.1, seeds=1)
    rows = norms(found.outcomes, 2)
    trainer = Trainer(CLIPPING.arms(setup)[0].experiment)
    trainer.learn(*trainer.next_batch())
    gradients = [weight.grad for weight in trainer.weights if weight.grad is not None]
    wanted = torch.cat([gradient.flatten() for gradient in gradients]).norm().item()
    first = rows[rows["step"] == 1].set_index("arm")["norm"]
    assert first[CLIPPED] == pytest.approx(wanted, rel=1e-4)
    assert first[UNCLIPPED] == first[CLIPPED]
    assert wanted > 0.1


def test_a_run_that_diverges_without_clipping_and_ends_with_it_is_told_so(store: Store) -> None:
    found = studied(store, CLIPPING, LAB)
    assert [one.state for one in found.outcomes] == ["finished", "diverged", "finished"] * 3
    claims = CLIPPING.answer(Clipping(), found)
    assert "Without clipping 3 of 3 diverged, with it none." in claims[1].text
    assert [claim.holds for claim in claims] == [None, True, None]
    assert "Diverged, which counts as 10 % where arms are compared: no clipping." in claims[2].text
    assert CLIPPING.came_true is not None
    assert CLIPPING.came_true(Clipping(), found) == LEARNS


def test_saturated_and_dead_shares_are_charted_for_functions_that_have_them() -> None:
    for activation, is_there in (("GELU", False), ("ReLU", True), ("Tanh", True)):
        titles = [chart.layout.meta["title"] for chart in SIGNAL.charts(Signal(activation=activation), Results())]
        assert ("Saturated values, dead units" in titles) is is_there


@pytest.mark.parametrize("size", [1, 2, 16, 64])
def test_products_of_any_size_grow_as_theory_says(store: Store, size: int) -> None:
    found = studied(store, NUMBERS, LAB, size=size, seeds=10)
    told, _ = NUMBERS.answer(Numbers(size=size, seeds=10), found)
    assert told.holds is True


@pytest.mark.parametrize(("scale", "truth"), [(0.5, FADES), (0.572, STAYS_ABOUT_1), (0.8, GROWS)])
def test_run_draws_products_and_the_answer_says_how_long_they_are(store: Store, scale: float, truth: str) -> None:
    found = studied(store, NUMBERS, LAB, scale=scale, seeds=8)
    assert found.is_over
    assert found.answered["logs"][2] == pytest.approx(log_norms(scale, 4, 100, 2).tolist())
    told, keeps = NUMBERS.answer(Numbers(scale=scale, seeds=8), found)
    mean = np.mean([log_norms(scale, 4, 100, seed)[-1] for seed in range(8)]) / log(10)
    assert f"10 to the power of {mean:.1f} (8 seeds".replace("-", "−") in told.text
    assert told.holds is True
    assert "0.572" in keeps.text
    assert NUMBERS.came_true is not None
    assert NUMBERS.came_true(Numbers(), found) == truth
