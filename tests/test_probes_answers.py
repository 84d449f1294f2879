"""Probabilities against plain PyTorch, and since when a class is the answer against going through the steps."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from playground.experiment import Loss
from playground.network.build import build
from playground.probes.answers import NEVER, answers, since, top
from tests.small_runs import CNN, NORMALIZED, small


def some(count: int = 3) -> torch.Tensor:
    return torch.rand(count, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def test_they_are_the_softmax_of_the_logits_or_ten_sigmoids_for_binary_cross_entropy() -> None:
    net = build(small(*CNN).network, 0)
    with torch.no_grad():
        logits = net.forward_all(some())[-1]
    np.testing.assert_allclose(answers(net, some(), Loss()), logits.softmax(1).numpy(), rtol=1e-4)
    own = answers(net, some(), Loss(kind="binary cross-entropy"))
    np.testing.assert_allclose(own, logits.sigmoid().numpy(), rtol=1e-4)
    assert own.dtype == np.float32


def test_an_answer_drops_nothing_and_leaves_the_network_as_it_was() -> None:
    net = build(small(*NORMALIZED, dropout=0.5).network, 0).train()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    state = torch.get_rng_state()
    np.testing.assert_array_equal(answers(net, some(), Loss()), answers(net, some(), Loss()))
    assert net.training
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())


def test_a_digits_answer_does_not_depend_on_those_beside_it() -> None:
    net = build(small(*NORMALIZED).network, 0)
    together = answers(net, some(), Loss())
    alone = np.concatenate([answers(net, some()[i : i + 1], Loss()) for i in range(3)])
    np.testing.assert_allclose(together, alone, rtol=1e-5)


def test_the_top_class_has_the_largest_probability_and_there_is_none_among_nans() -> None:
    rows = np.array([[0.2, 0.5, 0.3], [np.nan, np.nan, np.nan], [0.1, np.nan, 0.2]], np.float32)
    assert top(rows).tolist() == [1, NEVER, NEVER]


@given(arrays(np.int64, (5, 2), elements=st.integers(0, 9)))
def test_first_and_settled_are_what_going_through_the_steps_finds(said: np.ndarray) -> None:
    steps = np.array([0, 1, 2, 4, 7], np.int32)
    found = since(steps, np.eye(10, dtype=np.float32)[said])
    for digit in range(2):
        for label in range(10):
            right = [int(step) for step, one in zip(steps, said[:, digit], strict=True) if one == label]
            assert found.first[digit, label] == (right[0] if right else NEVER)
            settled = NEVER
            for step, one in zip(steps[::-1], said[::-1, digit], strict=True):
                if one != label:
                    break
                settled = int(step)
            assert found.settled[digit, label] == settled


@pytest.mark.parametrize("lost", [0, 2])
def test_a_class_is_not_settled_where_a_later_answer_is_not_a_number(lost: int) -> None:
    found = np.eye(10, dtype=np.float32)[[[3], [3], [3]]]
    found[lost] = np.nan
    when = since(np.array([1, 2, 4], np.int32), found)
    assert when.first[0, 3] == (2 if lost == 0 else 1)
    assert when.settled[0, 3] == (2 if lost == 0 else NEVER)
