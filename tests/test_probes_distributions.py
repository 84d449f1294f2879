"""Distributions of activations, against NumPy on what leaves each layer."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from playground.experiment import AnyLayer, Conv2d, Flatten, LeakyReLU, Linear, Network, ReLU, Sigmoid, Tanh
from playground.network.build import Net, build
from playground.probes.activations import activations
from playground.probes.distributions import BINS, LayerDistribution, distributions, histogram
from tests.small_runs import CNN, NORMALIZED, small
from tests.strategies import networks

PASSING = ("Flatten", "Dropout", "PermutePixels")


def some_digits(count: int) -> Tensor:
    """More than one chunk of them makes sums that have to be merged."""
    return torch.randn(count, 1, 28, 28, generator=torch.Generator().manual_seed(count)) + 0.5


def values_of(net: Net, x: Tensor) -> dict[str, np.ndarray]:
    """Every layer's output [N, ...] in float64, one digit at a time."""
    rows = [activations(net, digit[None])[:-1] for digit in x]
    names = [layer.name for layer in rows[0] if layer.kind not in PASSING]
    found = {"Input": x.numpy().astype(np.float64)}
    for name in names:
        found[name] = np.stack([layer.values for row in rows for layer in row if layer.name == name]).astype(np.float64)
    return found


def net_of(*layers: AnyLayer) -> Net:
    return build(Network(layers=layers), 0)


def of(name: str, found: tuple[LayerDistribution, ...]) -> LayerDistribution:
    return next(layer for layer in found if layer.name == name)


@settings(max_examples=15)
@given(networks, st.sampled_from([1, 5, 70]))
def test_mean_deviation_extent_and_zeros_are_those_of_all_values(network: Network, count: int) -> None:
    net, x = build(network, 0), some_digits(count)
    wanted, found = values_of(net, x), distributions(net, x)
    assert [layer.name for layer in found] == list(wanted)
    for layer in found:
        values = wanted[layer.name]
        tolerance = 1e-5 * (1 + np.abs(values).max())
        np.testing.assert_allclose(layer.mean, values.mean(), rtol=1e-4, atol=tolerance)
        np.testing.assert_allclose(layer.deviation, values.std(), rtol=1e-3, atol=tolerance)
        np.testing.assert_allclose([layer.low, layer.high], [values.min(), values.max()], rtol=1e-4, atol=tolerance)
        np.testing.assert_allclose(layer.zeros, (values == 0).mean(), atol=1e-4)
        assert layer.units == values.shape[1]


def test_every_value_but_the_zeros_is_in_the_histogram_where_there_are_few() -> None:
    net, x = net_of(Flatten(), Linear(units=40), ReLU()), some_digits(50)
    layer, values = of("ReLU #1", distributions(net, x)), values_of(net, x)["ReLU #1"]
    wanted, _ = np.histogram(values[values != 0], layer.edges.astype(np.float64))
    assert layer.every == 1
    assert layer.edges.shape == (BINS + 1,)
    assert np.abs(layer.counts - wanted).sum() <= 4  # rounding at an edge
    assert layer.counts.sum() == (values != 0).sum()


def test_a_large_layers_histogram_has_the_shape_of_all_its_values() -> None:
    net, x = net_of(Conv2d(channels=8), Flatten()), some_digits(64)
    layer, values = of("Conv2d #1", distributions(net, x)), values_of(net, x)["Conv2d #1"]
    wanted, _ = np.histogram(values, layer.edges.astype(np.float64))
    assert layer.every > 1
    assert abs(layer.counts.sum() * layer.every / values.size - 1) < 0.01
    assert np.abs(layer.counts / layer.counts.sum() - wanted / wanted.sum()).sum() < 0.05


def test_a_dead_unit_is_a_relu_that_never_exceeds_zero_at_any_place_for_any_digit() -> None:
    net = net_of(*CNN)
    conv, linear, _ = (module for _, module in net.weighted)
    assert conv.bias is not None
    assert linear.bias is not None
    with torch.no_grad():
        conv.bias[1] = -1000
        linear.bias[torch.tensor([0, 2, 5])] = -1000
    found = distributions(net, some_digits(40))
    assert of("ReLU #1", found).dead == 1
    values = values_of(net, some_digits(40))["ReLU #2"]
    assert of("ReLU #2", found).dead == (values.max(0) <= 0).sum() >= 3
    assert {layer.name for layer in found if layer.dead is not None} == {"ReLU #1", "ReLU #2"}


def test_a_unit_that_fires_once_is_not_dead() -> None:
    net = net_of(Conv2d(channels=1, kernel=1), ReLU(), Flatten())
    (_, conv), _ = net.weighted
    assert conv.bias is not None
    with torch.no_grad():
        conv.weight.fill_(1)
        conv.bias.fill_(-1)
    x = torch.zeros(40, 1, 28, 28)
    assert of("ReLU #1", distributions(net, x)).dead == 1
    x[35, 0, 3, 4] = 1.5
    assert of("ReLU #1", distributions(net, x)).dead == 0


def test_a_leaky_relu_passes_gradient_below_zero_and_cant_die_unless_its_slope_is_zero() -> None:
    for slope, wanted in ((0.01, None), (0.0, 12)):
        net = net_of(Flatten(), Linear(units=12), LeakyReLU(negative_slope=slope))
        (_, linear), _ = net.weighted
        assert linear.bias is not None
        with torch.no_grad():
            linear.bias.fill_(-1000)
        assert of("LeakyReLU #1", distributions(net, some_digits(10))).dead == wanted


@pytest.mark.parametrize(("layer", "low", "high"), [(Tanh(), -0.99, 0.99), (Sigmoid(), 0.01, 0.99)], ids=str)
def test_saturated_is_the_share_of_values_close_to_their_ends(layer: AnyLayer, low: float, high: float) -> None:
    net = net_of(Flatten(), Linear(units=12), layer)
    (_, linear), _ = net.weighted
    with torch.no_grad():
        linear.weight.mul_(4)
    x = some_digits(30)
    values = values_of(net, x)[f"{layer.kind} #1"]
    wanted = ((values < low) | (values > high)).mean()
    assert 0.05 < wanted < 0.95
    found = distributions(net, x)
    assert of(f"{layer.kind} #1", found).saturated == pytest.approx(wanted, abs=1e-3)
    assert of("Linear #1", found).saturated is None


def test_a_layer_that_isnt_finite_says_so_and_keeps_what_is() -> None:
    net = net_of(Flatten(), Linear(units=3), ReLU())
    (_, linear), _ = net.weighted
    assert linear.bias is not None
    with torch.no_grad():
        linear.bias[0] = torch.nan
        linear.bias[1] = torch.inf
    found = of("Linear #1", distributions(net, some_digits(20)))
    assert np.isnan([found.mean, found.deviation, found.zeros]).all()
    assert found.counts.sum() == 20
    assert np.isfinite([found.low, found.high]).all()


def test_a_layer_without_a_finite_value_has_no_ends_and_an_empty_histogram() -> None:
    net = net_of(Flatten(), Linear(units=3))
    (_, linear), _ = net.weighted
    assert linear.bias is not None
    with torch.no_grad():
        linear.bias.fill_(torch.nan)
    found = of("Linear #1", distributions(net, some_digits(20)))
    assert np.isnan([found.low, found.high]).all()
    assert not found.counts.any()
    assert np.isfinite(found.edges).all()


@pytest.mark.parametrize("factor", [1e-30, 1e30])
def test_a_signal_whose_squares_have_no_place_in_single_precision_has_its_deviation_all_the_same(factor: float) -> None:
    net, x = net_of(Flatten(), Linear(units=30)), some_digits(20)
    (_, linear), _ = net.weighted
    assert linear.bias is not None
    with torch.no_grad():
        linear.bias.zero_()
    wanted = of("Linear #1", distributions(net, x)).deviation * factor
    with torch.no_grad():
        linear.weight.mul_(factor)
    assert of("Linear #1", distributions(net, x)).deviation == pytest.approx(wanted, rel=1e-3)


def test_a_dead_layers_ends_are_zero_though_its_bins_have_a_width() -> None:
    net = net_of(Flatten(), Linear(units=3), ReLU())
    (_, linear), _ = net.weighted
    assert linear.bias is not None
    with torch.no_grad():
        linear.bias.fill_(-1000)
    found = of("ReLU #1", distributions(net, some_digits(20)))
    assert (found.low, found.high, found.zeros) == (0, 0, 1)
    assert (found.edges[0], found.edges[-1]) == (-0.5, 0.5)


def test_a_layer_whose_values_are_all_alike_stands_in_the_middle_of_its_histogram() -> None:
    for value in (3.0, -0.25):
        edges, counts = histogram(torch.full((7,), value), value, value)
        assert edges[0] < value < edges[-1]
        assert counts[BINS // 2] == 7
    edges, counts = histogram(torch.zeros(7), 0.0, 0.0)
    assert edges[0] < 0 < edges[-1]
    assert not counts.any()


def test_a_look_leaves_the_network_as_it_was() -> None:
    net = build(small(*NORMALIZED, dropout=0.5).network, 0).train()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    state = torch.get_rng_state()
    distributions(net, some_digits(40))
    assert net.training
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())
