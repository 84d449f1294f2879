"""What is said of weights, against NumPy, scikit-learn and networks whose weights are known."""

from math import isnan, sqrt

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics.pairwise import cosine_similarity as sklearns

from playground.errors import SpecError
from playground.experiment import (
    AnyLayer,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Initialization,
    Linear,
    MaxPool2d,
    Network,
    ReLU,
)
from playground.network.build import Net, build
from playground.probes.weights import (
    Norm,
    cosine_similarity,
    fine_histogram,
    histogram,
    layer_weights,
    norms,
    received_map,
    spread,
    symmetry,
)
from tests.small_runs import CNN, MLP

WEIGHTS = arrays(np.float32, st.tuples(st.integers(2, 8), st.integers(1, 6)), elements=st.floats(-4, 4, width=32))


def net_of(*layers: AnyLayer, **given: object) -> Net:
    return build(Network.model_validate({"layers": layers, **given}), 0)


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


# --- which weights ----------------------------------------------------------------------------------------------------


def test_weights_are_found_by_the_name_of_their_layer() -> None:
    net = net_of(*CNN)
    assert layer_weights(net, "Conv2d #1").shape == (3, 1, 3, 3)
    assert layer_weights(net, "Linear #1").shape == (8, 507)
    assert torch.equal(layer_weights(net, "Head"), net.head.weight)


@pytest.mark.parametrize("name", ["ReLU #1", "Linear #7", ""])
def test_a_layer_without_weights_is_refused_with_those_that_have_some(name: str) -> None:
    with pytest.raises(SpecError, match=r"choose one of Linear #1, Head") as refusal:
        layer_weights(net_of(*MLP), name)
    assert refusal.value.field == "layer"


@pytest.mark.parametrize(
    ("layers", "name", "shape"),
    [
        (MLP, "Linear #1", (1, 28, 28)),
        (MLP, "Head", None),
        ((Flatten(),), "Head", (1, 28, 28)),
        ((MaxPool2d(), ReLU(), Flatten(), Dropout(), ReLU(), Linear()), "Linear #1", (1, 14, 14)),
        ((Flatten(), BatchNorm1d(), Linear()), "Linear #1", (1, 28, 28)),
        (CNN, "Conv2d #1", None),
        (CNN, "Linear #1", (3, 13, 13)),
        (CNN, "Head", None),
        ((Conv2d(channels=5), BatchNorm2d(), Flatten()), "Head", (5, 26, 26)),
    ],
)
def test_a_linears_weights_are_images_of_the_map_that_it_receives(
    layers: tuple[AnyLayer, ...], name: str, shape: tuple[int, ...] | None
) -> None:
    assert received_map(Network(layers=layers), name) == shape


def test_such_an_image_lies_as_the_digit_does() -> None:
    """Pixel (3, 7) alone is lit: a unit receives the weight at (3, 7) of its image."""
    net = net_of(*MLP)
    x = torch.zeros(1, 1, 28, 28)
    x[0, 0, 3, 7] = 1.0
    bias = net.weighted[0][1].bias
    assert bias is not None
    images = layer_weights(net, "Linear #1").reshape(-1, *(received_map(Network(layers=MLP), "Linear #1") or ()))
    with torch.no_grad():
        received = net.forward_all(x)[1][0] - bias
    torch.testing.assert_close(received, images[:, 0, 3, 7], rtol=1e-4, atol=1e-6)


# --- norms and histograms ---------------------------------------------------------------------------------------------


def test_norms_are_numpys_of_each_layers_weights_without_its_bias() -> None:
    net = net_of(*CNN)
    for norm, (name, module) in zip(norms(net), net.weighted, strict=True):
        values = module.weight.detach().numpy().ravel()
        assert norm.name == name
        assert norm.l2 == pytest.approx(np.linalg.norm(values), rel=1e-5)
        assert norm.rms == pytest.approx(np.sqrt(np.mean(values**2)), rel=1e-5)


def test_a_layer_of_zeros_has_norm_zero() -> None:
    assert norms(net_of(*MLP, initialization=Initialization(kind="zeros")))[0] == Norm("Linear #1", 0.0, 0.0)


@settings(max_examples=60)
@given(start=WEIGHTS, now=WEIGHTS, scale=st.sampled_from([1e-6, 0.1, 1.0, 1e6]))
def test_both_histograms_are_numpys_on_common_edges_and_lose_no_weight(
    start: np.ndarray, now: np.ndarray, scale: float
) -> None:
    now = (now * scale).astype(np.float32)
    found = histogram(torch.from_numpy(now), fine_histogram(torch.from_numpy(start)))
    assert 1 <= len(found.now) <= 96
    assert len(found.edges) == len(found.now) + 1
    assert found.now.sum() == now.size
    assert found.start.sum() == start.size
    widths = np.diff(found.edges)
    np.testing.assert_allclose(widths, widths[0], rtol=1e-6)
    assert found.edges[0] <= min(start.min(), now.min())
    assert found.edges[-1] >= max(start.max(), now.max())


def test_the_range_of_the_start_is_cut_into_whole_bins() -> None:
    """Else its last bin would hold fewer weights only because it reaches beyond the range."""
    start = drawn(70, 50)
    for growth in (0.5, 1.0, 1.4, 3.0, 20.0):
        edges = histogram(growth * start, fine_histogram(start)).edges
        for end in (start.min().item(), start.max().item()) if growth < 3 else (start.min().item(),):
            assert np.abs(edges - end).min() < 1e-6


@pytest.mark.parametrize("factor", [0.01, 0.7, 1.0, 1.3, 200.0])
def test_counts_are_numpys_for_weights_that_lie_on_no_edge(factor: float) -> None:
    start, now = drawn(70, 50), factor * drawn(70, 50, seed=1)
    found = histogram(now, fine_histogram(start))
    np.testing.assert_array_equal(found.now, np.histogram(now.numpy().astype(float), found.edges)[0])
    np.testing.assert_array_equal(found.start, np.histogram(start.numpy().astype(float), found.edges)[0])


def test_the_bins_of_a_convolution_in_channels_last_are_those_of_its_weights() -> None:
    weight = drawn(8, 4, 3, 3)
    start = fine_histogram(weight)
    lasting = weight.to(memory_format=torch.channels_last)
    np.testing.assert_array_equal(histogram(lasting, start).now, histogram(weight, start).now)


@pytest.mark.parametrize("value", [0.0, 0.05, -3.0])
def test_a_constant_start_is_one_bar_among_weights_that_have_moved(value: float) -> None:
    constant = torch.full((10, 10), value)
    start = fine_histogram(constant)
    for now in (constant, value + drawn(10, 10)):
        found = histogram(now, start)
        assert found.start.max() == found.start.sum() == found.now.sum() == 100
        place = int(found.start.argmax())
        assert found.edges[place] <= value <= found.edges[place + 1]


def test_weights_that_are_not_finite_are_counted_apart() -> None:
    now = drawn(10, 10)
    now[0, :3] = torch.tensor([torch.nan, torch.inf, -torch.inf])
    found = histogram(now, fine_histogram(drawn(10, 10)))
    assert (found.lost, found.now.sum()) == (3, 97)
    assert histogram(torch.full((4, 4), torch.nan), fine_histogram(drawn(4, 4))).lost == 16


# --- units side by side -----------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(weight=WEIGHTS)
def test_similarity_is_scikit_learns_where_no_unit_is_zero(weight: np.ndarray) -> None:
    weight = weight[np.linalg.norm(weight, axis=1) > 1e-3]
    if len(weight):
        found = cosine_similarity(torch.from_numpy(weight))
        np.testing.assert_allclose(found, sklearns(weight.astype(np.float64)), atol=1e-6)


@settings(max_examples=60)
@given(weight=WEIGHTS)
def test_symmetry_is_the_mean_of_the_matrix_off_its_diagonal(weight: np.ndarray) -> None:
    matrix = cosine_similarity(torch.from_numpy(weight)).astype(np.float64)
    n = len(matrix)
    assert symmetry(torch.from_numpy(weight)) == pytest.approx(matrix[~np.eye(n, dtype=bool)].mean(), abs=1e-6)


def test_filters_are_compared_as_flat_vectors() -> None:
    weight = drawn(6, 3, 5, 5).to(memory_format=torch.channels_last)
    np.testing.assert_allclose(cosine_similarity(weight), sklearns(weight.reshape(6, -1).numpy()), atol=1e-6)


def test_only_the_units_asked_for_are_compared() -> None:
    weight = drawn(9, 20)
    whole = cosine_similarity(weight)
    np.testing.assert_allclose(cosine_similarity(weight, [0, 4, 8]), whole[np.ix_([0, 4, 8], [0, 4, 8])], atol=1e-6)


@pytest.mark.parametrize("kind", ["constant", "zeros"])
def test_copies_of_one_unit_have_symmetry_1(kind: str) -> None:
    net = net_of(*MLP, initialization={"kind": kind})
    assert symmetry(layer_weights(net, "Linear #1")) == pytest.approx(1.0)
    np.testing.assert_allclose(cosine_similarity(layer_weights(net, "Linear #1")), 1.0, atol=1e-6)


def test_a_unit_of_zeros_is_like_other_zeros_and_like_nothing_else() -> None:
    weight = torch.tensor([[0.0, 0.0], [1.0, 2.0], [0.0, 0.0]])
    np.testing.assert_allclose(cosine_similarity(weight), [[1, 0, 1], [0, 1, 0], [1, 0, 1]])


def test_random_units_of_many_weights_have_nearly_no_symmetry() -> None:
    """The cosine of two random directions in d dimensions has mean 0 and variance 1/d."""
    units, inputs = 40, 784
    pairs = units * (units - 1) / 2
    assert abs(symmetry(drawn(units, inputs))) < 4 / sqrt(inputs * pairs)


def test_a_single_unit_has_no_symmetry() -> None:
    assert isnan(symmetry(drawn(1, 5)))


@given(count=st.integers(1, 5000), most=st.integers(2, 200))
def test_evenly_spread_places_rise_and_hold_the_first_and_the_last(count: int, most: int) -> None:
    places = spread(count, most)
    assert len(places) == min(count, most)
    assert (places[0], places[-1]) == (0, count - 1)
    steps = np.diff(places)
    assert len(steps) == 0 or (steps.min() >= 1 and steps.max() - steps.min() <= 1)
