"""Permuted units: the same function, unless the next layer isn't told."""

import json

import pytest
import torch

from playground.errors import SpecError
from playground.experiment import BatchNorm1d, Conv2d, Flatten, Linear, Network, ReLU
from playground.network.build import build
from playground.probes.permutation import permute, permuted
from playground.runs.store import Store
from playground.runs.tasks import answer
from playground.training.trainer import Trainer
from tests.held_runs import held, train_to
from tests.small_runs import CNN, small, steps

LAYERS = (Flatten(), Linear(units=30), BatchNorm1d(), ReLU(), Linear(units=20), ReLU())


def trained() -> Trainer:
    trainer = Trainer(small(*LAYERS))
    steps(trainer, 20)
    return trainer


def test_permuting_units_changes_no_logit_beyond_rounding_unless_the_next_layer_is_not_told() -> None:
    trainer = trained()
    for layer, units in (("Linear #1", 30), ("Linear #2", 20)):
        found = permute(trainer.net, layer, trainer.dataset.validation.x[:100], draw=3)
        assert found.change < 1e-5 * found.largest
        assert found.control > 0.1 * found.largest
        assert sorted(found.order) == list(range(units))
        assert found.order != tuple(range(units))


def test_each_place_has_the_unit_that_the_order_says_and_the_network_is_left_alone() -> None:
    net = build(Network(layers=LAYERS), 0)
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    order = torch.randperm(30, generator=torch.Generator().manual_seed(0))
    twin = permuted(net, 0, order, True)
    for place, unit in enumerate(order):
        assert torch.equal(twin.weighted[0][1].weight[place], net.weighted[0][1].weight[unit])
        assert torch.equal(twin.weighted[1][1].weight[:, place], net.weighted[1][1].weight[:, unit])
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())


def test_filters_can_be_permuted_where_the_next_layer_receives_their_maps() -> None:
    net = build(small(Conv2d(channels=5), ReLU(), *CNN).network, 0)
    found = permute(net, "Conv2d #1", torch.randn(20, 1, 28, 28, generator=torch.Generator().manual_seed(0)), 0)
    assert found.change < 1e-5 * found.largest < found.control


@pytest.mark.parametrize("layer", ["Head", "ReLU #1", "Conv2d #1"])
def test_a_layer_that_cant_be_permuted_says_why(layer: str) -> None:
    with pytest.raises(SpecError, match="choose one of Conv2d #1, Linear #1" if layer != "Conv2d #1" else "507 inputs"):
        permute(build(small(*CNN).network, 0), layer, torch.zeros(2, 1, 28, 28), 0)


def test_a_worker_permutes_the_last_checkpoint_of_a_run(store: Store) -> None:
    active = held(store, small(*LAYERS))
    train_to(active, 20)
    task_id = store.questions.ask("permutation", {"layer": "Linear #2", "draw": 1}, active.id)
    answer(store, "w")
    task = store.questions.get(task_id)
    assert task is not None
    assert task.result is not None, task.message
    found = json.loads(task.result)
    digits = active.trainer.dataset.validation.x[:100]
    wanted = permute(active.trainer.net, "Linear #2", digits, 1)
    assert found == {"step": 20, "digits": 100, **vars(wanted), "order": list(wanted.order)}
