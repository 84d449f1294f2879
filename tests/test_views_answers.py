"""What a page gets of a few digits' answers: now, and over the kept steps."""

import base64
import weakref
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

from playground.errors import SpecError
from playground.experiment import Loss
from playground.training.trainer import Trainer
from playground.views.answers import answers_view, ribbons_view
from playground.views.moment import Moment
from playground.views.pack import packed, unpacked
from playground.views.requests import Answers, Digit, Ribbons
from tests.small_runs import CNN, small, steps

DRAWN = base64.b64encode(bytes(range(196)) * 4).decode()


@cache
def trained() -> tuple[Moment, ...]:
    """The network after 0, 1, 2, 4 and 8 steps."""
    experiment = small(*CNN)
    trainer = Trainer(experiment)
    moments = []
    for step in (0, 1, 2, 4, 8):
        steps(trainer, step - trainer.step)
        moments.append(Moment(experiment, deepcopy(trainer.net), trainer.dataset, step))
    return tuple(moments)


def now(count: int = 4, with_own: bool = False) -> Moment:
    """The moment after `count` kept ones."""

    def kept() -> Iterator[Moment]:
        yield from trained()[: count + with_own]

    return replace(trained()[count], kept=kept)


def ask(*digits: Digit) -> Answers:
    return Answers(view="answers", digits=digits)


def ask_ribbons(*digits: Digit) -> Ribbons:
    return Ribbons(view="ribbons", digits=digits)


def test_the_probabilities_are_those_of_the_networks_logits_for_the_scaled_digits() -> None:
    moment = now()
    header, arrays = answers_view(moment, ask(7, DRAWN))
    drawn = np.frombuffer(bytes(range(196)) * 4, np.uint8).reshape(28, 28)
    x = moment.dataset.scale.apply(np.stack([moment.digits.images[7], drawn])[:, None])
    with torch.no_grad():
        wanted = moment.net.eval()(torch.from_numpy(x)).softmax(1).numpy()
    np.testing.assert_allclose(arrays["probabilities"], wanted, rtol=1e-5)
    assert header["labels"] == [int(moment.digits.labels[7]), None]
    assert header["predictions"] == wanted.argmax(1).tolist()
    assert header["output"] == "softmax"


def test_it_is_said_where_the_ten_are_sigmoids_of_their_own() -> None:
    moment = now()
    binary = replace(moment, experiment=moment.experiment.but(loss=Loss(kind="binary cross-entropy")))
    header, arrays = answers_view(binary, ask(7))
    assert header["output"] == "sigmoid"
    with torch.no_grad():
        np.testing.assert_allclose(arrays["probabilities"], moment.net.eval()(moment.x(7)).sigmoid().numpy(), rtol=1e-5)


def test_a_network_that_answers_with_nan_predicts_nothing() -> None:
    moment = now()
    broken = replace(moment, net=deepcopy(moment.net))
    with torch.no_grad():
        broken.net.head.bias.fill_(torch.nan)
    header, _ = answers_view(broken, ask(7))
    assert header["predictions"] == [None]


@pytest.mark.parametrize("with_own", [False, True])
def test_ribbons_go_through_the_kept_steps_and_end_with_the_moment_once(with_own: bool) -> None:
    _, arrays = ribbons_view(now(with_own=with_own), ask_ribbons(3, DRAWN))
    assert arrays["steps"].tolist() == [0, 1, 2, 4, 8]
    for row, then in zip(arrays["probabilities"], trained(), strict=True):
        np.testing.assert_array_equal(row, answers_view(then, ask(3, DRAWN))[1]["probabilities"])


def test_ribbons_hold_one_kept_network_at_a_time() -> None:
    alive: list[weakref.ref[Moment]] = []

    def kept() -> Iterator[Moment]:
        for then in trained()[:4]:
            assert not any(one() for one in alive[:-1]), "the one before the last is gone"
            one = replace(then)
            alive.append(weakref.ref(one))
            yield one
            del one

    ribbons_view(replace(now(), kept=kept), ask_ribbons(3))
    assert len(alive) == 4


def test_ribbons_say_since_when_each_class_is_the_answer() -> None:
    _, arrays = ribbons_view(now(), ask_ribbons(3, DRAWN))
    tops = arrays["probabilities"].argmax(2)
    for digit in range(2):
        last = tops[-1, digit]
        assert arrays["first"][digit, last] == arrays["steps"][np.flatnonzero(tops[:, digit] == last)[0]]
        assert arrays["settled"][digit, last] >= arrays["first"][digit, last]
        assert (arrays["settled"][digit] >= 0).sum() == 1


def test_before_the_first_step_there_is_one_row() -> None:
    _, arrays = ribbons_view(now(0), ask_ribbons(3))
    assert arrays["probabilities"].shape == (1, 1, 10)


def test_both_views_travel() -> None:
    for header, arrays in (answers_view(now(), ask(1, DRAWN)), ribbons_view(now(), ask_ribbons(1, DRAWN))):
        back, tables = unpacked(packed(header, arrays))
        assert back == header
        assert {name: array.dtype for name, array in tables.items()} == {
            name: array.dtype for name, array in arrays.items()
        }


def test_a_digit_that_is_not_there_is_named() -> None:
    with pytest.raises(SpecError, match="no digit 5,000"):
        answers_view(now(), ask(5_000))
