"""The view of the map, against the network's own outputs and scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from playground.data.tensors import load
from playground.errors import SpecError
from playground.experiment import Experiment
from playground.network.build import build
from playground.views import map
from playground.views.map import MAPPED, map_view
from playground.views.moment import Moment
from playground.views.pack import packed
from playground.views.requests import Map
from tests.small_runs import CNN, small

HIDDEN = Map(view="map", layer="Linear #1")
NEIGHBOURS = Map(view="map", layer="Linear #1", method="t-SNE")


def moment(experiment: Experiment | None = None) -> Moment:
    experiment = experiment or small(*CNN)
    return Moment(experiment, build(experiment.network, 0), load(experiment.data, 0), 0)


def few(count: int) -> Moment:
    """A run with only so many validation digits, of 5,000."""
    data = small().data.but(train_share=98, validation_share=1, test_share=1)
    now = moment(small(*CNN).but(data=data))
    assert len(now.dataset.validation) == count
    return now


def test_the_map_is_the_first_500_validation_digits_with_labels_and_answers() -> None:
    now = moment()
    header, arrays = map_view(now, HIDDEN)
    digits = now.dataset.validation
    with torch.no_grad():
        said = now.net(digits.x[:MAPPED]).argmax(1).numpy()
    np.testing.assert_array_equal(arrays["index"], digits.index[:500])
    np.testing.assert_array_equal(arrays["label"], digits.y[:500])
    np.testing.assert_array_equal(arrays["said"], said)
    assert header["wrong"] == int((said != digits.y[:500].numpy()).sum())
    assert (header["split"], header["digits"], header["dimensions"]) == ("validation", 500, 8)


def test_the_points_are_the_principal_components_of_the_layer_with_their_shares() -> None:
    now = moment()
    header, arrays = map_view(now, HIDDEN)
    with torch.no_grad():
        outputs = now.net.forward_all(now.dataset.validation.x[:500])[now.net.names.index("Linear #1")]
    pca = PCA(2).fit(outputs.numpy().astype(np.float64))
    np.testing.assert_allclose(header["shares"], pca.explained_variance_ratio_, rtol=1e-3)
    wanted = pca.transform(outputs.numpy().astype(np.float64))
    np.testing.assert_allclose(np.abs(arrays["points"]), np.abs(wanted), atol=1e-2 * np.abs(wanted).max())


def test_t_sne_says_its_perplexity_and_no_shares() -> None:
    header, arrays = map_view(few(50), NEIGHBOURS)
    assert (header["perplexity"], header["shares"]) == (49 / 3, None)
    assert arrays["points"].shape == (50, 2)


@pytest.mark.parametrize("request_", [HIDDEN, NEIGHBOURS], ids=["PCA", "t-SNE"])
def test_the_same_moment_gives_the_same_map_and_draws_nothing(request_: Map) -> None:
    now = few(50)
    state, numpy_state = torch.get_rng_state(), np.random.get_state(legacy=False)
    np.testing.assert_array_equal(map_view(now, request_)[1]["points"], map_view(now, request_)[1]["points"])
    assert torch.equal(state, torch.get_rng_state())
    assert str(numpy_state) == str(np.random.get_state(legacy=False))


@pytest.mark.parametrize("layer", ["Input", "Conv2d #1", "ReLU #1", "MaxPool2d #1", "Flatten #1", "ReLU #2", "Head"])
def test_every_layer_and_the_input_has_a_map(layer: str) -> None:
    header, arrays = map_view(moment(), Map(view="map", layer=layer))
    assert np.isfinite(arrays["points"]).all()
    assert packed(header, arrays)


@pytest.mark.parametrize("request_", [HIDDEN, NEIGHBOURS], ids=["PCA", "t-SNE"])
def test_a_layer_that_has_died_puts_all_digits_at_one_point(request_: Map) -> None:
    now = few(50)
    (_, linear) = now.net.weighted[1]
    with torch.no_grad():
        linear.weight.zero_()
    assert not map_view(now, request_)[1]["points"].any()


def test_a_layer_that_has_diverged_is_refused_with_a_way_out() -> None:
    now = moment()
    with torch.no_grad():
        now.net.weighted[1][1].weight.fill_(torch.nan)
    with pytest.raises(SpecError, match="earlier step"):
        map_view(now, HIDDEN)


def test_of_a_huge_layer_as_many_digits_are_mapped_as_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    now, name = moment(), "Conv2d #1"
    values = now.net.forward_all(now.dataset.validation.x[:1])[now.net.names.index(name)].numel()
    monkeypatch.setattr(map, "MOST_VALUES", 20 * values + 1)
    header, arrays = map_view(now, Map(view="map", layer=name))
    assert header["digits"] == len(arrays["points"]) == len(arrays["said"]) == 20
    assert map_view(now, HIDDEN)[0]["digits"] == MAPPED, "another layer is small"
