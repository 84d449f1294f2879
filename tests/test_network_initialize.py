"""Initial weights against PyTorch's own, and against the variances of the papers."""

from math import sqrt

import pytest
import torch
from torch import nn

from playground.experiment import Conv2d, Flatten, Initialization, InitializationKind, Linear, Network, ReLU
from playground.network.build import Net, build
from playground.seeds import derive

LAYERS = (Conv2d(channels=16, kernel=5), ReLU(), Flatten(), Linear(units=200), ReLU())


def net(kind: InitializationKind, seed: int = 0, **settings: float) -> Net:
    return build(Network(layers=LAYERS, initialization=Initialization(kind=kind, **settings)), seed)


def test_default_weights_are_the_ones_pytorch_draws_from_the_same_seed() -> None:
    for k, (_, module) in enumerate(net("default", seed=3).weighted):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive(3, "weights", k))
            if isinstance(module, nn.Conv2d):
                theirs: nn.Module = nn.Conv2d(1, 16, 5)
            else:
                assert isinstance(module, nn.Linear)
                theirs = nn.Linear(module.in_features, module.out_features)
        for name, values in theirs.state_dict().items():
            assert torch.equal(module.state_dict()[name], values)


def fans(weight: torch.Tensor) -> tuple[int, int]:
    """fan_in and fan_out: connections into a unit, and out of an input."""
    window = weight[0, 0].numel()
    return weight.shape[1] * window, weight.shape[0] * window


@pytest.mark.parametrize(
    ("kind", "formula"),
    [
        ("normal", lambda fan_in, fan_out: 0.02),
        ("uniform", lambda fan_in, fan_out: 0.3 / sqrt(3)),
        ("Xavier normal", lambda fan_in, fan_out: sqrt(2 / (fan_in + fan_out))),
        ("Xavier uniform", lambda fan_in, fan_out: sqrt(2 / (fan_in + fan_out))),
        ("He normal", lambda fan_in, fan_out: sqrt(2 / fan_in)),
        ("He uniform", lambda fan_in, fan_out: sqrt(2 / fan_in)),
    ],
)
def test_weights_have_the_standard_deviation_of_the_formula_and_the_bias_that_is_set(kind, formula) -> None:  # type: ignore[no-untyped-def]
    for _, module in net(kind, std=0.02, bound=0.3, bias=0.25).weighted:
        weight, bias = module.state_dict()["weight"], module.state_dict()["bias"]
        sigma = formula(*fans(weight))
        error = 4 / sqrt(weight.numel())  # 4 standard errors, generous for a uniform distribution
        assert abs(weight.std().item() / sigma - 1) < error
        assert abs(weight.mean().item()) < sigma * error
        assert (bias == 0.25).all()


@pytest.mark.parametrize(("kind", "limit"), [("uniform", 0.3), ("Xavier uniform", None), ("He uniform", None)])
def test_uniform_weights_keep_within_their_bound(kind: InitializationKind, limit: float | None) -> None:
    for _, module in net(kind, bound=0.3).weighted:
        weight = module.state_dict()["weight"]
        fan_in, fan_out = fans(weight)
        bound = limit or sqrt(6 / (fan_in if kind == "He uniform" else fan_in + fan_out))
        assert 0.9 * bound < weight.abs().max() <= bound


@pytest.mark.parametrize(("kind", "value"), [("zeros", 0.0), ("constant", -0.1)])
def test_constant_weights_are_the_value_bit_for_bit(kind: InitializationKind, value: float) -> None:
    for _, module in net(kind, value=-0.1).weighted:
        weight = module.state_dict()["weight"]
        assert torch.equal(weight, torch.full_like(weight, value))


def test_a_grain_of_noise_is_gaussian_around_the_constant() -> None:
    for _, module in net("constant", value=0.5, noise=0.01).weighted:
        grain = (module.weight.detach() - 0.5).flatten() / 0.01
        error = 4 / sqrt(len(grain))
        assert abs(grain.mean()) < error
        assert abs(grain.std() - 1) < error
        assert abs(grain.pow(4).mean() - 3) < 10 * error  # a Gaussian's; its own deviation is √96


def test_orthogonal_weights_are_orthonormal_rows_or_columns() -> None:
    for _, module in net("orthogonal").weighted:
        weight = module.state_dict()["weight"].flatten(1)
        product = weight @ weight.T if weight.shape[0] <= weight.shape[1] else weight.T @ weight
        torch.testing.assert_close(product, torch.eye(len(product)), atol=1e-5, rtol=0)


def test_arms_that_differ_in_one_layer_start_alike_wherever_shapes_match() -> None:
    other = build(Network(layers=(Conv2d(channels=4, kernel=5), *LAYERS[1:])), seed=0)
    one, two = dict(net("default").weighted), dict(other.weighted)
    assert torch.equal(one["Head"].weight, two["Head"].weight)
    assert torch.equal(one["Conv2d #1"].weight[:4], two["Conv2d #1"].weight)
    assert not torch.equal(one["Head"].weight, net("default", seed=1).head.weight)


def test_pytorchs_default_generator_is_left_alone() -> None:
    before = torch.random.get_rng_state()
    net("default")
    net("orthogonal")
    assert torch.equal(torch.random.get_rng_state(), before)
