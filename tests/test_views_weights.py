"""What a browser is told of weights."""

import numpy as np
import pytest
import torch
from sklearn.metrics.pairwise import cosine_similarity

from playground.errors import SpecError
from playground.experiment import AnyLayer, Conv2d, Flatten, Initialization, Linear, LocallyConnected2d
from playground.network.build import build
from playground.training.trainer import Trainer
from playground.views.moment import Moment
from playground.views.pack import packed, unpacked
from playground.views.requests import Weights
from playground.views.weights import View, shown_weights, weights_view
from tests.small_runs import CNN, MLP, small


def moment_of(*layers: AnyLayer, steps: int = 5) -> Moment:
    trainer = Trainer(small(*layers))
    for _ in range(steps):
        trainer.advance()
    return Moment(trainer.experiment, trainer.net, trainer.dataset, trainer.step)


def look(moment: Moment, layer: str) -> View:
    return weights_view(moment, Weights(view="weights", layer=layer))


def test_the_first_layers_weights_are_images_of_28_by_28() -> None:
    moment = moment_of(*MLP)
    header, arrays = look(moment, "Linear #1")
    weight = moment.net.weighted[0][1].weight.detach().numpy()
    assert (header["layer"], header["kind"], header["shape"]) == ("Linear #1", "Linear", [12, 784])
    assert header["most"] == pytest.approx(np.abs(weight).max())
    np.testing.assert_array_equal(arrays["images"], weight.reshape(12, 1, 28, 28))


def test_a_convolutions_kernels_are_images_one_for_each_unit_and_input() -> None:
    moment = moment_of(Conv2d(channels=3), Conv2d(channels=4, kernel=5), Flatten())
    header, arrays = look(moment, "Conv2d #2")
    assert (header["kind"], header["shape"]) == ("Conv2d", [4, 3, 5, 5])
    np.testing.assert_array_equal(arrays["images"], moment.net.weighted[1][1].weight.detach().numpy())


def test_without_weight_sharing_each_place_has_kernels_of_its_own() -> None:
    moment = moment_of(LocallyConnected2d(channels=2, kernel=25), Flatten())
    header, arrays = look(moment, "LocallyConnected2d #1")
    assert (header["kind"], header["shape"]) == ("LocallyConnected2d", [2 * 4 * 4, 1, 25, 25])
    weight = moment.net.weighted[0][1].weight.detach().numpy()
    np.testing.assert_array_equal(arrays["images"], weight.reshape(32, 1, 25, 25)[arrays["units"]])


def test_a_linear_behind_a_convolution_shows_one_image_for_each_channel_of_its_map() -> None:
    moment = moment_of(*CNN)
    np.testing.assert_array_equal(
        look(moment, "Linear #1")[1]["images"], moment.net.weighted[1][1].weight.detach().numpy().reshape(8, 3, 13, 13)
    )


def test_a_linear_that_receives_no_map_is_a_matrix() -> None:
    moment = moment_of(*MLP)
    _, arrays = look(moment, "Head")
    assert "images" not in arrays
    np.testing.assert_array_equal(arrays["matrix"], moment.net.head.weight.detach().numpy())


def test_of_large_layers_evenly_spread_units_and_inputs_are_shown_and_named() -> None:
    shrunk = (Conv2d(channels=40, stride=2), Conv2d(channels=200, stride=2), Flatten())
    moment = moment_of(*shrunk, Linear(units=300), Linear(units=300), steps=0)
    _, arrays = look(moment, "Conv2d #2")
    assert arrays["images"].shape == (64, 16, 3, 3)
    units, inputs = arrays["units"], arrays["inputs"]
    assert (units[0], units[-1], inputs[0], inputs[-1]) == (0, 199, 0, 39)
    weight = dict(moment.net.weighted)["Conv2d #2"].weight.detach().numpy()
    np.testing.assert_array_equal(arrays["images"], weight[np.ix_(units, inputs)])
    assert arrays["cosine"].shape == (128, 128)
    assert look(moment, "Linear #2")[1]["matrix"].shape == (128, 256)


def test_fewer_units_are_shown_where_their_images_are_large() -> None:
    images = shown_weights(torch.zeros(64, 16 * 28 * 28), (16, 28, 28))["images"]
    assert images.shape == (4, 16, 28, 28)


def test_norms_are_said_of_all_layers_now_and_at_the_start() -> None:
    moment = moment_of(*CNN)
    header, _ = look(moment, "Head")
    start = build(moment.experiment.network, moment.experiment.training.seed)
    assert [norm["name"] for norm in header["norms"]] == ["Conv2d #1", "Linear #1", "Head"]
    for norm, (_, now), (_, before) in zip(header["norms"], moment.net.weighted, start.weighted, strict=True):
        assert norm["norm"] == pytest.approx(now.weight.norm().item(), rel=1e-5)
        assert norm["start_norm"] == pytest.approx(before.weight.norm().item(), rel=1e-5)
        assert norm["rms"] == pytest.approx(now.weight.square().mean().sqrt().item(), rel=1e-5)
        assert norm["start_rms"] == pytest.approx(before.weight.square().mean().sqrt().item(), rel=1e-5)
        assert norm["norm"] != norm["start_norm"]


def test_before_the_first_step_the_histogram_is_that_of_the_start() -> None:
    _, arrays = look(moment_of(*CNN, steps=0), "Linear #1")
    np.testing.assert_array_equal(arrays["now"], arrays["start"])
    assert arrays["now"].sum() == 8 * 507


def test_after_some_steps_it_has_moved_and_the_start_has_not() -> None:
    moment = moment_of(*CNN, steps=20)
    _, arrays = look(moment, "Linear #1")
    start = build(moment.experiment.network, 0).weighted[1][1].weight.detach().numpy().astype(float)
    np.testing.assert_array_equal(arrays["start"], np.histogram(start, arrays["edges"].astype(float))[0])
    assert (arrays["now"] != arrays["start"]).any()


def test_similarity_is_scikit_learns_and_symmetry_the_mean_of_it() -> None:
    moment = moment_of(*MLP)
    header, arrays = look(moment, "Linear #1")
    wanted = cosine_similarity(moment.net.weighted[0][1].weight.detach().numpy())
    np.testing.assert_allclose(arrays["cosine"], wanted, atol=1e-5)
    assert header["symmetry"] == pytest.approx(wanted[~np.eye(12, dtype=bool)].mean(), abs=1e-6)


def test_equal_initial_weights_stay_copies_of_one_another_while_training() -> None:
    network = small(*MLP).network.but(initialization=Initialization(kind="constant"))
    trainer = Trainer(small().but(network=network))
    for _ in range(10):
        trainer.advance()
    header, _ = look(Moment(trainer.experiment, trainer.net, trainer.dataset, trainer.step), "Linear #1")
    assert header["symmetry"] == pytest.approx(1.0, abs=1e-6)


def test_a_look_shares_no_memory_with_the_network_and_leaves_it_alone() -> None:
    moment = moment_of(*CNN)
    before = {name: tensor.clone() for name, tensor in moment.net.state_dict().items()}
    state = torch.get_rng_state()
    for layer in ("Conv2d #1", "Linear #1", "Head"):
        _, arrays = look(moment, layer)
        for array in arrays.values():
            array += 1
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(tensor, before[name]) for name, tensor in moment.net.state_dict().items())
    assert (look(moment, "Head")[1]["start"] != arrays["start"]).all(), "nor what is remembered of the start"


def test_the_view_can_be_sent_also_of_weights_that_are_not_finite() -> None:
    moment = moment_of(*MLP)
    moment.net.weighted[0][1].weight.data[0, 0] = torch.inf
    header, arrays = look(moment, "Linear #1")
    assert unpacked(packed(header, arrays))[0] == header
    assert header["lost"] == 1
    assert header["most"] is None
    assert header["norms"][0]["norm"] is None


def test_a_layer_without_weights_is_refused() -> None:
    with pytest.raises(SpecError, match="ReLU #1 has no weights"):
        look(moment_of(*MLP), "ReLU #1")
