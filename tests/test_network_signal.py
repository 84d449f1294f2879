"""The expected signal against the papers' formulas and against wide networks that are measured."""

from itertools import pairwise
from math import pi, sqrt
from typing import get_args

import pytest
import torch

from playground.experiment import (
    GELU,
    AnyLayer,
    Flatten,
    Initialization,
    InitializationKind,
    Linear,
    Loss,
    Network,
    ReLU,
    Sigmoid,
    Tanh,
)
from playground.network.build import build
from playground.network.functions import FUNCTIONS
from playground.network.signal import expected, variance
from playground.probes.signal import signal

WIDTH = 1000
DEPTH = 6
SIZES = (784, *(WIDTH,) * DEPTH, 10)
FORMULAS = [kind for kind in get_args(InitializationKind) if kind != "constant"]


@pytest.mark.parametrize("kind", FORMULAS)
def test_the_variance_is_that_of_weights_that_were_drawn(kind: InitializationKind) -> None:
    initialization = Initialization(kind=kind, std=0.02, bound=0.3)
    for _, module in build(Network(layers=(Flatten(), Linear(units=300)), initialization=initialization), 0).weighted:
        weight = module.weight.detach()
        wanted = variance(initialization, weight.shape[1], weight.shape[0])
        assert weight.square().mean().item() == pytest.approx(wanted, rel=0.07)  # 4 standard errors of 3,000 weights


def test_relu_with_he_keeps_the_second_moment_and_loses_half_of_it_a_layer_with_xavier() -> None:
    for kind, factor in (("He normal", 1.0), ("Xavier normal", sqrt(1 / 2))):
        layers = expected(SIZES, "ReLU", Initialization(kind=kind), 1.0, 0.3)
        for before, after in pairwise(layers):
            assert after.deviation / before.deviation == pytest.approx(factor, rel=1e-4)
            assert before.gradient / after.gradient == pytest.approx(factor, rel=1e-4)
        assert layers[0].deviation == pytest.approx(sqrt(variance_kept(kind) * (1 / 2 - 1 / (2 * pi))), rel=1e-4)


def variance_kept(kind: str) -> float:
    """fan_in · Var(w) of the first layer."""
    return 784 * (2 / 784 if kind == "He normal" else 2 / (784 + WIDTH))


def test_tanh_of_a_small_signal_is_the_linear_network_of_glorot_and_bengio() -> None:
    small = Initialization(kind="normal", std=0.1 / sqrt(WIDTH))
    layers = expected(SIZES, "Tanh", small, 1.0, 0.3)
    for before, after in pairwise(layers):
        assert after.deviation / before.deviation == pytest.approx(0.1, rel=0.01)
        assert before.gradient / after.gradient == pytest.approx(0.1, rel=0.01)


def test_sigmoid_at_the_deviation_of_one_over_root_n_quarters_the_gradient_and_a_little_more() -> None:
    layers = expected(SIZES, "Sigmoid", Initialization(kind="normal", std=1 / sqrt(WIDTH)), 1.0, 0.3)
    for before, after in pairwise(layers):
        assert 0.2 < before.gradient / after.gradient < 0.25


def test_zeros_send_nothing_on_and_no_theory_holds_for_one_constant() -> None:
    assert expected(SIZES, "Tanh", Initialization(kind="constant"), 1.0, 0.3) == ()
    for activation in FUNCTIONS:
        layers = expected(SIZES, activation, Initialization(kind="zeros"), 1.0, 0.3)
        assert {(one.deviation, one.gradient) for one in layers} == {(0.0, 0.0)}


@pytest.mark.parametrize(
    ("layer", "kind", "settings"),
    [
        (Tanh(), "Xavier normal", {}),
        (Tanh(), "normal", {"std": 0.1}),  # saturated
        (Tanh(), "orthogonal", {}),
        (ReLU(), "He uniform", {}),
        (ReLU(), "Xavier normal", {"bias": 0.3}),
        (GELU(), "He normal", {}),
        (Sigmoid(), "default", {}),
        (Sigmoid(), "normal", {"std": 0.1, "bias": -0.5}),
    ],
    ids=str,
)
def test_a_wide_network_has_the_signal_that_is_expected_of_it(
    layer: AnyLayer, kind: InitializationKind, settings: dict[str, float]
) -> None:
    initialization = Initialization(kind=kind, **settings)
    net = build(Network(layers=(Flatten(), *(Linear(units=WIDTH), layer) * DEPTH), initialization=initialization), 1)
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(200, 1, 28, 28, generator=generator)
    y = torch.randint(10, (200,), generator=generator)
    input_square, (*hidden, head) = signal(net, x, y, Loss())
    wanted = expected(SIZES, layer.kind, initialization, input_square, head.gradient)
    for found, theory in zip(hidden, wanted, strict=True):
        assert found.deviation == pytest.approx(theory.deviation, rel=0.15)
        assert found.gradient == pytest.approx(theory.gradient, rel=0.15)
