"""Mistakes and forgetting, against sorting by hand and a definition read digit by digit."""

from itertools import pairwise

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from playground.experiment import Loss
from playground.network.build import Net, build
from playground.probes.mistakes import forgetting, mistakes
from tests.small_runs import MLP, NORMALIZED, small

VERDICTS = arrays(np.bool_, st.tuples(st.integers(0, 8), st.integers(1, 5)))


def digits(count: int = 60) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(count, 1, 28, 28, generator=generator), torch.randint(10, (count,), generator=generator)


def network() -> Net:
    return build(small(*MLP).network, 0)


def test_the_wrong_digits_are_those_whose_most_probable_class_is_not_their_label() -> None:
    x, y = digits()
    found = mistakes(network(), x, y, Loss())
    with torch.no_grad():
        answers = network()(x).softmax(1)
    said = answers.argmax(1)
    assert set(found.wrong) == set((said != y).nonzero().flatten().tolist())
    np.testing.assert_array_equal(found.said, said)
    np.testing.assert_allclose(found.confidence, answers.max(1).values, rtol=1e-5)
    np.testing.assert_allclose(found.of_label, answers[torch.arange(len(y)), y], rtol=1e-5)


def test_the_most_confident_mistake_comes_first() -> None:
    found = mistakes(network(), *digits(), Loss())
    confidence = found.confidence[found.wrong]
    assert len(confidence) > 10
    assert (np.diff(confidence) <= 0).all()


def test_with_binary_cross_entropy_each_probability_is_a_sigmoid_of_its_own() -> None:
    x, y = digits()
    found = mistakes(network(), x, y, Loss(kind="binary cross-entropy"))
    with torch.no_grad():
        np.testing.assert_allclose(found.confidence, network()(x).sigmoid().max(1).values, rtol=1e-5)


def test_mistakes_of_a_diverged_network_have_no_probability_and_come_last() -> None:
    net = network()
    x, _ = digits()
    x[3] = torch.nan
    y = (net(x).argmax(1) + 1) % 10
    found = mistakes(net, x, y, Loss())
    assert found.wrong[-1] == 3
    assert np.isnan(found.confidence[3])
    assert np.isfinite(found.confidence[found.wrong[:-1]]).all()


def test_a_look_at_mistakes_leaves_the_network_as_it_was() -> None:
    net = build(small(*NORMALIZED, dropout=0.5).network, 0).train()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    state = torch.get_rng_state()
    mistakes(net, *digits(), Loss())
    assert net.training
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())


@given(VERDICTS)
def test_a_digit_is_forgotten_each_time_it_is_right_and_then_wrong(verdicts: np.ndarray) -> None:
    events = forgetting(verdicts).events
    for digit, history in enumerate(verdicts.T.tolist()):
        assert events[digit] == sum(before and not after for before, after in pairwise(history))


@given(VERDICTS)
def test_a_digit_is_first_learned_where_it_is_first_right(verdicts: np.ndarray) -> None:
    first = forgetting(verdicts).first_learned
    for digit, history in enumerate(verdicts.T.tolist()):
        assert first[digit] == (history.index(True) if any(history) else -1)


@given(VERDICTS)
def test_what_was_never_learned_was_never_forgotten(verdicts: np.ndarray) -> None:
    found = forgetting(verdicts)
    assert not found.events[found.first_learned < 0].any()
