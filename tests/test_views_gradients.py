"""What a browser is told of gradients."""

import json

import pytest
import torch
from torch.nn import functional as F

from playground.experiment import Experiment, Initialization
from playground.training.trainer import Trainer
from playground.views.gradients import check_view, gradients_view
from playground.views.moment import Moment
from playground.views.pack import packed, unpacked
from playground.views.requests import Check, Gradients
from tests.small_runs import CNN, small


def moment_of(trainer: Trainer) -> Moment:
    return Moment(trainer.experiment, trainer.net, trainer.dataset, trainer.step)


@pytest.fixture(scope="module")
def moment() -> Moment:
    trainer = Trainer(small(*CNN, digits=400))
    for _ in range(5):
        trainer.advance()
    return moment_of(trainer)


def test_gradients_are_those_of_the_first_64_training_digits(moment: Moment) -> None:
    header, arrays = gradients_view(moment, Gradients(view="gradients"))
    net, digits = moment.net, moment.dataset.train
    net.eval()
    wanted = torch.autograd.grad(
        F.cross_entropy(net(digits.x[:64]), digits.y[:64]), [module.weight for _, module in net.weighted]
    )
    net.train()
    assert header["digits"] == 64
    assert [layer["name"] for layer in header["layers"]] == ["Conv2d #1", "Linear #1", "Head"]
    for layer, gradient in zip(header["layers"], wanted, strict=True):
        assert layer["gradient"] == pytest.approx(gradient.double().square().mean().sqrt().item(), rel=1e-4)
        assert layer["ratio"] == pytest.approx(layer["gradient"] / layer["weight"])
    assert arrays == {}


def test_a_smaller_training_split_is_used_whole() -> None:
    header, _ = gradients_view(moment_of(Trainer(small(digits=30))), Gradients(view="gradients"))
    assert header["digits"] == 30


def test_the_check_says_of_each_layer_and_of_all_by_how_much_the_two_differ(moment: Moment) -> None:
    header, _ = check_view(moment, Check(view="check"))
    assert header["digits"] == 16
    assert header["checked"] == sum(layer["checked"] for layer in header["layers"]) == 18
    for count in ("kinks", "hidden"):
        assert header[count] == sum(layer[count] for layer in header["layers"])
    assert header["relative"] == max(layer["relative"] for layer in header["layers"])
    for layer in header["layers"]:
        judged = [one["relative"] for one in layer["weights"] if not one["kink"] and not one["hidden"]]
        assert layer["relative"] == max(judged, default=0.0)
    assert header["relative"] < 1e-5


def test_another_draw_checks_other_weights(moment: Moment) -> None:
    places = [
        [
            weight["index"]
            for layer in check_view(moment, Check(view="check", draw=draw))[0]["layers"]
            for weight in layer["weights"]
        ]
        for draw in (0, 0, 1)
    ]
    assert places[0] == places[1] != places[2]


@pytest.mark.parametrize(
    "experiment",
    [small(), small(*CNN), small().but(network=small().network.but(initialization=Initialization(kind="zeros")))],
    ids=["MLP", "CNN", "zeros"],
)
def test_both_views_can_be_sent(experiment: Experiment) -> None:
    moment = moment_of(Trainer(experiment))
    for header, arrays in (
        gradients_view(moment, Gradients(view="gradients")),
        check_view(moment, Check(view="check")),
    ):
        assert unpacked(packed(header, arrays))[0] == header


def test_numbers_that_are_not_finite_are_none() -> None:
    trainer = Trainer(small())
    torch.nn.init.constant_(trainer.net.head.weight, torch.nan)
    for header, _ in (
        gradients_view(moment_of(trainer), Gradients(view="gradients")),
        check_view(moment_of(trainer), Check(view="check")),
    ):
        json.dumps(header, allow_nan=False)
    layers = gradients_view(moment_of(trainer), Gradients(view="gradients"))[0]["layers"]
    assert [layer["gradient"] for layer in layers] == [None, None]
    assert check_view(moment_of(trainer), Check(view="check"))[0]["relative"] is None
