"""Each layer's gradient against plain autograd, and the check of gradients against what it has to find."""

import copy
from math import inf, isnan, nan

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from playground.experiment import (
    AnyLayer,
    Conv2d,
    Flatten,
    Initialization,
    Linear,
    Loss,
    MaxPool2d,
    Network,
    ReLU,
    Sigmoid,
    Tanh,
)
from playground.network.build import Net, build
from playground.probes import gradients
from playground.probes.gradients import (
    Checked,
    chosen,
    finite_difference_check,
    largest_relative,
    layer_gradients,
)
from tests import strategies
from tests.small_runs import CNN, NORMALIZED, small

SMOOTH: tuple[AnyLayer, ...] = (Conv2d(channels=3), Tanh(), Flatten(), Linear(units=8), Sigmoid())
LOSSES = [
    Loss(),
    Loss(label_smoothing=0.2, class_weights=(1.0, 2.0) * 5),
    Loss(kind="binary cross-entropy"),
    Loss(kind="focal"),
    Loss(kind="MSE"),
    Loss(kind="MAE"),
    Loss(kind="Huber"),
]


def digits(count: int = 8) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(count, 1, 28, 28, generator=generator), torch.arange(count) % 10


def net_of(*layers: AnyLayer, **given: object) -> Net:
    return build(Network.model_validate({"layers": layers, **given}), 0)


def rms(values: torch.Tensor) -> float:
    return values.double().square().mean().sqrt().item()


def one(**changes: object) -> Checked:
    facts = {"layer": "Head", "index": (0, 0), "weight": 1.0, "autograd": 0.5, "numeric": 0.5, "noise": 1e-11}
    return Checked(**{**facts, "crosses_kink": False, **changes})  # type: ignore[arg-type]


# --- the gradient of each layer -------------------------------------------------------------------------------------


def test_a_layers_gradient_is_autograds_on_an_independent_plain_network() -> None:
    net, (x, y) = net_of(*CNN), digits()
    plain = nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(507, 8), nn.ReLU(), nn.Linear(8, 10)
    )
    plain.load_state_dict(dict(zip(plain.state_dict(), net.state_dict().values(), strict=True)))
    F.cross_entropy(plain(x), y).backward()
    found = layer_gradients(net, x, y, Loss())
    weights = [plain[place].weight for place in (0, 4, 6)]
    assert [layer.name for layer in found] == ["Conv2d #1", "Linear #1", "Head"]
    assert [layer.gradient for layer in found] == pytest.approx([rms(w.grad) for w in weights], rel=1e-4)  # type: ignore[arg-type]
    assert [layer.weight for layer in found] == pytest.approx([rms(w) for w in weights], rel=1e-5)  # type: ignore[arg-type]
    assert found[0].ratio == pytest.approx(found[0].gradient / found[0].weight)


def test_the_gradient_is_that_of_eval_mode_without_dropout_and_with_running_statistics() -> None:
    net, (x, y) = build(small(*NORMALIZED, dropout=0.5).network, 0).train(), digits()
    first, second = layer_gradients(net, x, y, Loss()), layer_gradients(net, x, y, Loss())
    calm = copy.deepcopy(net).eval()
    F.cross_entropy(calm(x), y).backward()
    assert first == second
    assert [layer.gradient for layer in first] == pytest.approx(
        [rms(module.weight.grad) for _, module in calm.weighted],  # type: ignore[arg-type]
        rel=1e-4,
    )


def test_weights_of_zero_that_are_pulled_at_have_an_infinite_ratio_and_those_left_alone_a_ratio_of_zero() -> None:
    net = net_of(Flatten(), Linear(units=4), ReLU(), initialization=Initialization(kind="zeros", bias=1.0))
    hidden, head = layer_gradients(net, *digits(), Loss())
    assert (hidden.gradient, hidden.ratio) == (0.0, 0.0)
    assert head.gradient > 0
    assert head.ratio == inf


def test_a_gradient_too_small_for_float32_to_square_is_not_called_zero() -> None:
    net = net_of(Flatten(), *(Linear(units=2), Tanh()) * 6, initialization=Initialization(kind="normal", std=1e-5))
    first = layer_gradients(net, *digits(), Loss())[0]
    assert 0 < first.gradient < 1e-23


# --- the check ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.kind)
def test_a_smooth_networks_gradients_agree_with_finite_differences_to_five_digits(loss: Loss) -> None:
    found = finite_difference_check(net_of(*SMOOTH), *digits(), loss, draw=0)
    assert not any(check.crosses_kink for check in found)
    assert 0 < largest_relative(found) < 1e-5


@settings(max_examples=50)
@given(network=strategies.networks, draw=st.integers(0, 999))
def test_whatever_the_network_gradients_agree_away_from_kinks(network: Network, draw: int) -> None:
    found = finite_difference_check(build(network, draw), *digits(4), Loss(), draw, count=4)
    assert largest_relative(found) < 1e-3


def test_a_wrong_gradient_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Autograd is given a slope of tanh of its own, wrong by a tenth."""

    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(context, x):  # type: ignore[no-untyped-def]
            context.save_for_backward(x)
            return torch.tanh(x)

        @staticmethod
        def backward(context, slope):  # type: ignore[no-untyped-def]
            (x,) = context.saved_tensors
            return 1.1 * slope * (1 - torch.tanh(x) ** 2)

    monkeypatch.setattr(nn.Tanh, "forward", lambda _, x: Wrong.apply(x))
    found = finite_difference_check(net_of(*SMOOTH), *digits(), Loss(), draw=0)
    assert largest_relative([check for check in found if check.layer == "Conv2d #1"]) == pytest.approx(0.1 / 1.1, 0.01)
    assert largest_relative([check for check in found if check.layer == "Head"]) < 1e-5, "what lies behind is right"


def test_autograds_side_is_the_gradient_of_the_same_loss_in_float64() -> None:
    net, (x, y) = net_of(*SMOOTH), digits()
    twin = copy.deepcopy(net).double()
    F.cross_entropy(twin(x.double()), y).backward()
    gradients = {name: module.weight.grad for name, module in twin.weighted}
    for check in finite_difference_check(net, x, y, Loss(), draw=3):
        gradient = gradients[check.layer]
        assert gradient is not None
        assert check.autograd == pytest.approx(gradient[check.index].item(), rel=1e-9, abs=1e-18)


def test_the_numeric_side_is_made_of_losses_alone_on_either_side_of_the_weight() -> None:
    net, (x, y) = net_of(*SMOOTH), digits()
    twin, h = copy.deepcopy(net).double(), gradients.STEP
    modules = dict(twin.weighted)
    for check in finite_difference_check(net, x, y, Loss(), draw=1, count=2):
        weight, losses = modules[check.layer].weight.data, []
        for value in (check.weight + h, check.weight - h):
            weight[check.index] = value
            losses.append(F.cross_entropy(twin(x.double()), y).item())
        weight[check.index] = check.weight
        assert check.numeric == pytest.approx((losses[0] - losses[1]) / (2 * h), rel=1e-6, abs=1e-9)


def test_a_unit_that_stands_on_its_kink_is_said_to_be_there() -> None:
    """All weights zero: every ReLU's input is exactly 0, and the loss has another slope on either side."""
    net = net_of(Flatten(), Linear(units=3), ReLU(), initialization=Initialization(kind="zeros"))
    nn.init.constant_(net.head.weight, 0.5)
    net.head.weight.data[0] = 1.0
    hidden = [check for check in finite_difference_check(net, *digits(), Loss(), 0) if check.layer == "Linear #1"]
    assert all(check.crosses_kink for check in hidden)
    assert any(check.relative > 0.1 for check in hidden)
    assert largest_relative(hidden) == 0.0, "no verdict is made of them"


def test_a_pooling_that_changes_its_choice_is_a_kink_too() -> None:
    net = net_of(Conv2d(channels=1, kernel=1), MaxPool2d(), Flatten(), initialization=Initialization(kind="zeros"))
    nn.init.normal_(net.head.weight, generator=torch.Generator().manual_seed(0))
    (check,) = (check for check in finite_difference_check(net, *digits(), Loss(), 0) if check.layer == "Conv2d #1")
    assert check.crosses_kink, "the largest pixel on one side, the smallest on the other"


def test_a_gradient_of_which_rounding_leaves_few_digits_is_not_judged() -> None:
    small = one(autograd=1e-9, numeric=1.2e-9)
    assert small.is_hidden
    assert largest_relative([small]) == 0.0
    assert not one(autograd=1e-6, numeric=1.00001e-6).is_hidden, "ten thousand times the noise"
    assert not one(autograd=0.0, numeric=0.0).is_hidden, "two exact zeros do agree"


def test_a_difference_that_rounding_does_not_explain_is_judged_however_small_the_gradient() -> None:
    wrong = one(autograd=0.0, numeric=2e-9)
    assert not wrong.is_hidden
    assert wrong.relative == largest_relative([wrong]) == 1.0


def test_differences_are_relative_to_the_larger_of_the_two() -> None:
    check = one(autograd=0.5, numeric=0.4)
    assert check.difference == pytest.approx(0.1)
    assert check.relative == pytest.approx(0.2)
    assert largest_relative([check, one(autograd=1.0, numeric=0.9)]) == pytest.approx(0.2)


def test_two_exact_zeros_of_a_loss_of_zero_differ_by_nothing() -> None:
    assert one(autograd=0.0, numeric=0.0, noise=0.0).relative == 0.0


def test_a_loss_that_is_not_a_number_beside_a_gradient_of_zero_is_no_agreement() -> None:
    for lost in (one(autograd=0.0, numeric=nan), one(autograd=nan, numeric=0.0)):
        assert isnan(lost.relative)
        assert isnan(largest_relative([one(), lost]))


def test_another_draw_takes_other_weights_and_the_same_one_the_same() -> None:
    net, (x, y) = net_of(*SMOOTH), digits()
    first, again, other = (finite_difference_check(net, x, y, Loss(), draw) for draw in (0, 0, 1))
    assert first == again
    assert [check.index for check in first] != [check.index for check in other]


def test_each_layer_has_its_six_weights_all_different_or_as_many_as_it_has() -> None:
    net = net_of(Conv2d(channels=1, kernel=2), Flatten(), Linear(units=1))
    found = finite_difference_check(net, *digits(), Loss(), draw=0)
    by_layer = {name: {check.index for check in found if check.layer == name} for name, _ in net.weighted}
    assert {name: len(places) for name, places in by_layer.items()} == {"Conv2d #1": 4, "Linear #1": 6, "Head": 6}


def test_half_of_the_weights_lie_where_the_gradient_is_at_least_its_rms() -> None:
    gradient = np.zeros((100, 100))
    gradient[7, :5] = 1.0
    places = chosen(gradient, 6, np.random.default_rng(0))
    assert sum(gradient[place] for place in places) >= 3


@pytest.mark.parametrize(
    "look",
    [
        lambda net, x, y: layer_gradients(net, x, y, Loss()),
        lambda net, x, y: finite_difference_check(net, x, y, Loss(), 0),
    ],
    ids=["gradients", "check"],
)
def test_a_look_leaves_weights_gradients_mode_and_chance_as_they_were(look) -> None:  # type: ignore[no-untyped-def]
    net, (x, y) = build(small(*NORMALIZED, dropout=0.5).network, 0).train(), digits()
    F.cross_entropy(net(x), y).backward()
    before = copy.deepcopy(net.state_dict())
    pulls = [None if p.grad is None else p.grad.clone() for p in net.parameters()]
    state = torch.get_rng_state()
    look(net, x, y)
    assert net.training
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())
    for parameter, pull in zip(net.parameters(), pulls, strict=True):
        assert parameter.grad is not None
        assert pull is not None
        assert torch.equal(parameter.grad, pull)
