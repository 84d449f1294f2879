"""Where a layer puts digits, against running the network by hand and scikit-learn's PCA."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from playground.errors import SpecError
from playground.network.build import build
from playground.probes.representation import principal_components, representation, t_sne
from tests.small_runs import CNN, NORMALIZED, small


def digits(count: int = 70) -> torch.Tensor:
    return torch.rand(count, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def cloud(seed: int, count: int, dimensions: int) -> np.ndarray:
    """Points whose directions differ in variance, so that the principal ones are well defined."""
    rng = np.random.default_rng(seed)
    spread = 2.0 ** -np.arange(dimensions)
    return (rng.gamma(2, size=(count, dimensions)) * spread @ rng.normal(size=(dimensions, dimensions))).astype(
        np.float32
    )


def blobs(count: int = 60) -> np.ndarray:
    """Three groups far apart, in twenty dimensions."""
    rng = np.random.default_rng(0)
    centres = 10 * rng.normal(size=(3, 20))
    return (centres[np.arange(count) % 3] + rng.normal(size=(count, 20))).astype(np.float32)


def test_each_layer_gives_its_flat_outputs_and_the_logits_come_along() -> None:
    net = build(small(*CNN).network, 0)
    x = digits()
    with torch.no_grad():
        outputs = dict(zip((*net.names, "Head"), net.forward_all(x), strict=True))
    for layer, output in outputs.items():
        found = representation(net, x, layer)
        np.testing.assert_allclose(found.values, output.flatten(1), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(found.logits, outputs["Head"], rtol=1e-4, atol=1e-5)


def test_the_input_is_what_the_first_layer_gets() -> None:
    x = digits(3)
    found = representation(build(small(*CNN).network, 0), x, "Input")
    np.testing.assert_array_equal(found.values, x.flatten(1))


def test_a_layer_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(SpecError, match=r"Conv2d #9.*MaxPool2d #1") as refused:
        representation(build(small(*CNN).network, 0), digits(1), "Conv2d #9")
    assert refused.value.field == "layer"


def test_a_look_at_a_layer_drops_nothing_and_leaves_the_network_as_it_was() -> None:
    net = build(small(*NORMALIZED, dropout=0.5).network, 0).train()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    state = torch.get_rng_state()
    first, second = (representation(net, digits(), "ReLU #1") for _ in range(2))
    np.testing.assert_array_equal(first.values, second.values)
    assert net.training
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())


@given(st.integers(0, 1000), st.integers(5, 30), st.integers(2, 12))
def test_principal_components_are_those_of_scikit_learn_but_for_their_signs(seed: int, count: int, width: int) -> None:
    values = cloud(seed, count, width)
    found = principal_components(values)
    pca = PCA(2).fit(values.astype(np.float64))
    np.testing.assert_allclose(found.shares, pca.explained_variance_ratio_, rtol=1e-3, atol=1e-6)
    wanted = pca.transform(values.astype(np.float64))
    for own, its in zip(found.points.T, wanted.T, strict=True):
        # A component is known as well as its variance stands out from the next one's.
        np.testing.assert_allclose(np.abs(own), np.abs(its), atol=2e-3 * np.abs(wanted).max())


@given(st.integers(0, 1000), st.sampled_from([1e-30, 1.0, 1e30]))
def test_the_map_grows_with_its_values_and_keeps_its_shares(seed: int, factor: float) -> None:
    values = cloud(seed, 20, 6)
    whole, scaled = principal_components(values), principal_components((values * np.float32(factor)).astype(np.float32))
    np.testing.assert_allclose(scaled.shares, whole.shares, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(scaled.points / factor, whole.points, atol=1e-2 * np.abs(whole.points).max())


def test_the_longer_tail_is_positive_whatever_the_sign_of_the_values() -> None:
    for values in (cloud(1, 40, 5), -cloud(1, 40, 5)):
        assert ((principal_components(values).points ** 3).sum(0) > 0).all()


@pytest.mark.parametrize("values", [np.zeros((6, 4)), np.full((6, 4), 0.1), np.ones((1, 4))])
def test_points_that_do_not_vary_all_lie_at_zero(values: np.ndarray) -> None:
    found = principal_components(values.astype(np.float32))
    assert not found.points.any()
    assert not found.shares.any()
    assert not t_sne(values.astype(np.float32), 0).any()


def test_a_layer_of_one_unit_varies_along_one_axis_alone() -> None:
    found = principal_components(np.arange(5, dtype=np.float32)[:, None])
    np.testing.assert_allclose(np.abs(found.points), [[2, 0], [1, 0], [0, 0], [1, 0], [2, 0]], atol=1e-5)
    np.testing.assert_allclose(found.shares, [1, 0], atol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused_with_a_way_out(bad: float) -> None:
    values = cloud(0, 5, 3)
    values[2, 1] = bad
    for project in (principal_components, lambda values: t_sne(values, 0)):
        with pytest.raises(SpecError, match=r"not finite.*earlier step"):
            project(values)


def test_t_sne_keeps_neighbours_together() -> None:
    values = blobs()
    points = t_sne(values, 0)
    assert trustworthiness(values, points) > 0.9
    groups = [points[start::3] for start in range(3)]
    widest = max(np.linalg.norm(group - group.mean(0), axis=1).max() for group in groups)
    nearest = min(np.linalg.norm(groups[a].mean(0) - groups[b].mean(0)) for a, b in ((0, 1), (0, 2), (1, 2)))
    assert nearest > widest


@settings(max_examples=5)
@given(st.integers(1, 12))
def test_t_sne_works_on_however_few_digits(count: int) -> None:
    points = t_sne(cloud(0, count, 5), 0)
    assert points.shape == (count, 2)
    assert np.isfinite(points).all()


def test_the_same_seed_gives_the_same_t_sne() -> None:
    np.testing.assert_array_equal(t_sne(blobs(), 3), t_sne(blobs(), 3))
