"""The effective field against autograd through the whole network, finite differences and known cases."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from playground.experiment import AnyLayer, AvgPool2d, Conv2d, Flatten, Linear, MaxPool2d, Network, ReLU, Tanh
from playground.network.build import Net, build
from playground.network.fields import UnitField, unit_field
from playground.network.names import AUTOMATIC_DROPOUT, HEAD
from playground.presets import TEMPLATES
from playground.probes.effective_field import effective_field, half_radius, radii, share_within
from tests.small_runs import NORMALIZED
from tests.strategies import networks


def digits(count: int = 5) -> Tensor:
    return torch.rand(count, 1, 28, 28, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def net_of(*layers: AnyLayer) -> Net:
    return build(Network(layers=(*layers, Flatten())), 0).double()


def by_autograd(net: Net, x: Tensor, layer: str, unit: tuple[int, ...]) -> Tensor:
    """The absolute gradient of the unit for each digit [N, 28, 28], one digit at a time through all layers."""
    net.eval()
    found = []
    for digit in x:
        one = digit[None].clone().requires_grad_()
        value = net.forward_all(one)[(*net.names, HEAD).index(layer)][(0, *unit)]
        found.append(torch.autograd.grad(value, one)[0][0, 0].abs())
    return torch.stack(found)


def units(net: Net, network: Network, data: st.DataObject) -> tuple[str, tuple[int, ...]]:
    """Any layer of the builder, and any of its units."""
    layer = data.draw(st.sampled_from([name for name in (*net.names, HEAD) if not name.startswith(AUTOMATIC_DROPOUT)]))
    shape = unit_field(network, layer, 0).shape
    return layer, tuple(data.draw(st.integers(0, size - 1)) for size in shape)


@given(networks, st.data())
@settings(max_examples=40)
def test_it_is_the_mean_absolute_gradient_through_all_layers(network: Network, data: st.DataObject) -> None:
    net = build(network, 0).double()
    layer, unit = units(net, network, data)
    x = digits(3)
    expected = by_autograd(net, x, layer, unit)
    found = effective_field(net, x, layer, *unit)
    np.testing.assert_allclose(found.values, expected.mean(0), rtol=1e-5, atol=1e-12)
    assert (found.digits, found.moved) == (3, int((expected.amax((1, 2)) > 0).sum()))


@given(networks, st.data())
@settings(max_examples=40)
def test_it_lies_inside_the_theoretical_field_always(network: Network, data: st.DataObject) -> None:
    net = build(network, 1).double()
    layer, unit = units(net, network, data)
    field = unit_field(network, layer, *unit)
    outside = np.ones((28, 28), bool)
    outside[np.ix_(field.rows.seen, field.columns.seen)] = False
    for gradient in (by_autograd(net, digits(2), layer, unit), effective_field(net, digits(2), layer, *unit).values):
        assert not np.asarray(gradient)[..., outside].any()


def test_it_is_what_small_changes_of_single_pixels_do() -> None:
    net = net_of(Conv2d(channels=3, kernel=5, padding=2), Tanh(), AvgPool2d(), Conv2d(channels=2, padding=1), Tanh())
    x, step = digits(1), 1e-5
    steps = step * torch.eye(784, dtype=torch.float64).view(-1, 1, 28, 28)
    with torch.no_grad():
        up, down = (net.forward_all(x + sign * steps)[net.names.index("Tanh #2")][:, 1, 0, 6] for sign in (1, -1))
    expected = ((up - down) / (2 * step)).abs().view(28, 28)
    found = effective_field(net, x, "Tanh #2", 1, 0, 6).values
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-7)


def test_of_a_first_convolution_it_is_the_kernels_absolute_values_cut_at_the_border() -> None:
    net = net_of(Conv2d(channels=4, kernel=5, padding=2))
    kernel = net.weighted[0][1].weight.detach()[3, 0].abs().numpy()
    found = effective_field(net, digits(), "Conv2d #1", 3, 0, 10).values
    np.testing.assert_allclose(found[:3, 8:13], kernel[2:], rtol=1e-6)
    assert np.count_nonzero(found) == 15


def test_equal_convolutions_in_a_row_make_a_field_that_falls_off_like_a_gaussian() -> None:
    # Luo et al. 2016, section 2.2: n kernels of k equal weights give a variance of n (k² - 1) / 12 along each axis.
    net = net_of(*[Conv2d(channels=2, kernel=3) for _ in range(6)])
    with torch.no_grad():
        for _, module in net.weighted:
            module.weight.fill_(0.1)
    found = effective_field(net, digits(1), "Conv2d #6", 0, 5, 5).values[5:18, 5:18]
    profile = found.sum(0) / found.sum()
    expected = np.ones(1)
    for _ in range(6):
        expected = np.convolve(expected, np.ones(3) / 3)
    np.testing.assert_allclose(profile, expected, rtol=1e-5)
    assert (profile * np.arange(-6, 7) ** 2).sum() == pytest.approx(6 * (3**2 - 1) / 12, rel=1e-5)


def test_of_several_digits_it_is_the_mean_of_each_ones_own_so_that_signs_cant_cancel() -> None:
    net = build(TEMPLATES["CNN 32-64"].network, 0).double()
    x = digits(20)
    for unit in (("MaxPool2d #2", 5, 0, 3), ("Linear #1", 7)):
        alone = [effective_field(net, digit[None], *unit).values for digit in x]
        np.testing.assert_allclose(effective_field(net, x, *unit).values, np.mean(alone, 0), rtol=1e-5)


def test_a_dead_unit_is_moved_by_no_digit_and_has_no_share_anywhere() -> None:
    net = net_of(Conv2d(channels=2), ReLU(), MaxPool2d())
    with torch.no_grad():
        net.weighted[0][1].get_parameter("bias")[1] = -100
    found = effective_field(net, digits(), "MaxPool2d #1", 1, 3, 3)
    assert (found.moved, found.values.any()) == (0, False)
    assert share_within(found.values, (7.5, 7.5), radii((7.5, 7.5), 4)) is None


def test_a_unit_that_sees_only_padding_is_moved_by_no_digit() -> None:
    net = net_of(Conv2d(channels=2, kernel=1, padding=2), Conv2d(channels=1, kernel=2))
    assert effective_field(net, digits(), "Conv2d #2", 0, 0, 5).moved == 0
    assert effective_field(net, digits(), "Conv2d #2", 0, 1, 5).moved == 5


@pytest.mark.parametrize("layer", ["ReLU #1", "Head"])
@pytest.mark.parametrize("is_training", [True, False])
def test_a_look_leaves_the_network_as_it_was(layer: str, is_training: bool) -> None:
    net = build(Network(layers=(Conv2d(channels=2), *NORMALIZED), dropout=0.5), 0).train(is_training)
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    state = torch.get_rng_state()
    one, two = (effective_field(net, digits().float(), layer, 3).values for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert net.training == is_training
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())
    assert all(parameter.grad is None for parameter in net.parameters())


fields = networks.flatmap(
    lambda network: st.sampled_from(["Flatten #1", HEAD]).flatmap(
        lambda layer: st.integers(0, unit_field(network, layer, 0).shape[0] - 1).map(
            lambda unit: unit_field(network, layer, unit)
        )
    )
).filter(lambda field: bool(field.rows.inside and field.columns.inside))


@given(fields, st.integers(0, 1000))
@settings(max_examples=40)
def test_shares_rise_from_0_to_1_at_half_the_size_of_the_theoretical_field(field: UnitField, seed: int) -> None:
    values = np.zeros((28, 28), np.float32)
    rows, columns = field.rows.inside, field.columns.inside
    values[np.ix_(rows, columns)] = np.random.default_rng(seed).random((len(rows), len(columns)))
    within = radii(field.centre, field.rows.size)
    shares = share_within(values, field.centre, within)
    assert shares is not None
    assert (within[0], shares[0], shares[-1]) == (0, 0, pytest.approx(1))
    assert within[-1] <= field.rows.size / 2
    assert (np.diff(shares) >= 0).all()
    assert within[0] <= half_radius(shares, within) <= within[-1]


@pytest.mark.parametrize(("centre", "size"), [((13.5, 13.5), 10), ((14.0, 14.0), 9), ((13.5, 13.5), 28)])
def test_a_field_whose_pixels_count_alike_rises_with_the_square_of_the_radius(
    centre: tuple[float, float], size: int
) -> None:
    values = np.zeros((28, 28), np.float32)
    start = int(centre[0] - (size - 1) / 2)
    values[start : start + size, start : start + size] = 3
    within = radii(centre, size)
    shares = share_within(values, centre, within)
    assert shares is not None
    np.testing.assert_allclose(shares, (2 * within / size) ** 2, rtol=1e-6)


def test_a_single_pixel_off_the_centre_is_reached_at_its_outer_edge() -> None:
    values = np.zeros((28, 28), np.float32)
    values[10, 12] = 5
    within = radii((10.0, 10.0), 9)
    np.testing.assert_array_equal(within, [0, 0.5, 1.5, 2.5, 3.5, 4.5])
    shares = share_within(values, (10.0, 10.0), within)
    assert shares is not None
    np.testing.assert_array_equal(shares, [0, 0, 0, 1, 1, 1])


def test_a_field_that_is_not_finite_has_no_share() -> None:
    within = radii((13.5, 13.5), 28)
    for broken in (np.nan, np.inf):
        assert share_within(np.full((28, 28), broken, np.float32), (13.5, 13.5), within) is None


def test_the_units_of_a_fully_connected_network_are_found_too() -> None:
    net = net_of(Flatten(), Linear(units=4))
    expected = net.weighted[0][1].weight.detach()[2].abs().view(28, 28)
    np.testing.assert_allclose(effective_field(net, digits(), "Linear #1", 2).values, expected, rtol=1e-6)
