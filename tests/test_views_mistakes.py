"""The view of mistakes, against judging every digit by hand."""

import numpy as np
import pytest
import torch

from playground.data.digits import load_digits
from playground.data.tensors import Digitset, load
from playground.experiment import Experiment
from playground.network.build import Net, build
from playground.training.intervals import wilson_interval
from playground.views.map import map_view
from playground.views.mistakes import LOOKED_AT, mistakes_view
from playground.views.moment import Moment, Verdicts
from playground.views.pack import packed
from playground.views.requests import Map, Mistakes
from tests.small_runs import MLP, small

TRAIN, VALIDATION = Mistakes(view="mistakes", split="train"), Mistakes(view="mistakes")
SHORT = small(*MLP)
NOISY = SHORT.but(data=SHORT.data.but(label_noise=0.4))


def moment(experiment: Experiment = SHORT, verdicts: Verdicts | None = None) -> Moment:
    net, dataset = build(experiment.network, 0), load(experiment.data, 0)
    if verdicts is None:
        return Moment(experiment, net, dataset, 0)
    return Moment(experiment, net, dataset, 0, lambda: verdicts)


def verdicts(validation: list[list[int]], steps: list[int]) -> Verdicts:
    right = np.array(validation, bool)
    return Verdicts(np.array(steps), ~right, right)


def said(net: Net, digits: Digitset) -> np.ndarray:
    with torch.no_grad():
        return net(digits.x).argmax(1).numpy()


def test_the_header_counts_the_mistakes_among_a_splits_first_five_hundred_digits() -> None:
    now = moment(small(*MLP, digits=1_200))
    for request, digits in ((TRAIN, now.dataset.train), (VALIDATION, now.dataset.validation)):
        header, _ = mistakes_view(now, request)
        judged = min(len(digits), LOOKED_AT)
        correct = int((said(now.net, digits) == digits.y.numpy())[:LOOKED_AT].sum())
        assert (header["split"], header["digits"], header["of"]) == (request.split, judged, len(digits))
        assert header["wrong"] == judged - correct
        assert header["accuracy"] == correct / judged
        assert header["interval"] == list(wilson_interval(correct, judged))


def test_beside_a_map_of_the_same_moment_the_mistakes_are_the_same() -> None:
    alone, beside = moment(), moment()
    map_view(beside, Map(view="map", layer="Head"))
    assert beside.logits
    (header, arrays), (other, others) = mistakes_view(alone, VALIDATION), mistakes_view(beside, VALIDATION)
    assert header == other
    assert arrays.keys() == others.keys()
    for name, array in arrays.items():
        np.testing.assert_allclose(array, others[name], rtol=1e-5)


def test_a_row_says_which_digit_was_taken_for_which_and_how_surely() -> None:
    now = moment()
    _, arrays = mistakes_view(now, VALIDATION)
    digits = load_digits("sample")
    with torch.no_grad():
        answers = now.net(now.x(*arrays["wrong.index"].tolist())).softmax(1).numpy()
    rows = np.arange(len(answers))
    assert len(rows) == 40
    np.testing.assert_array_equal(arrays["wrong.label"], digits.labels[arrays["wrong.index"]])
    np.testing.assert_array_equal(arrays["wrong.said"], answers.argmax(1))
    np.testing.assert_allclose(arrays["wrong.confidence"], answers.max(1), rtol=1e-4)
    np.testing.assert_allclose(arrays["wrong.of_label"], answers[rows, arrays["wrong.label"]], rtol=1e-4)


def test_the_most_often_forgotten_come_first_with_the_step_that_first_got_them_right() -> None:
    history = verdicts([[1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 0], [0, 1, 1], [1, 0, 1]], [0, 5, 10, 15, 20, 25])
    now = moment(verdicts=history)
    header, arrays = mistakes_view(now, VALIDATION)
    index = now.dataset.validation.index
    assert arrays["forgotten.index"].tolist() == [index[1], index[0]]
    assert arrays["forgotten.times"].tolist() == [2, 1]
    assert arrays["forgotten.first"].tolist() == [10, 5]
    assert (header["forgotten"], header["followed"], header["evaluations"]) == (2, 3, 5)
    assert (header["first_step"], header["last_step"]) == (5, 25)


def test_lucky_guesses_before_the_first_step_are_neither_learned_nor_forgotten() -> None:
    now = moment(verdicts=verdicts([[1, 1], [0, 0]], [0, 5]))
    header, arrays = mistakes_view(now, VALIDATION)
    assert header["forgotten"] == 0
    assert sorted(arrays["unlearned.index"]) == sorted(now.dataset.validation.index[:2])


def test_the_least_probable_of_those_never_learned_come_first() -> None:
    history = verdicts([[0] * 30], [5])
    header, arrays = mistakes_view(moment(verdicts=history), VALIDATION)
    assert header["unlearned"] == 30
    assert len(arrays["unlearned.index"]) == 20
    assert (np.diff(arrays["unlearned.of_label"]) >= 0).all()


def test_each_split_has_its_own_history() -> None:
    now = moment(verdicts=verdicts([[1, 0], [0, 0]], [5, 10]))
    assert mistakes_view(now, VALIDATION)[1]["forgotten.index"].tolist() == [now.dataset.validation.index[0]]
    assert mistakes_view(now, TRAIN)[1]["forgotten.index"].tolist() == []
    assert mistakes_view(now, TRAIN)[1]["unlearned.index"].tolist() == []


@pytest.mark.parametrize("steps", [[], [0]])
def test_before_the_first_evaluation_nothing_is_called_never_learned(steps: list[int]) -> None:
    header, arrays = mistakes_view(moment(verdicts=verdicts([[0, 1]] * len(steps) or [[]], steps or [0])), VALIDATION)
    assert (header["evaluations"], header["unlearned"], header["forgotten"]) == (0, 0, 0)
    assert len(arrays["unlearned.index"]) == len(arrays["forgotten.index"]) == 0


def test_noisy_training_labels_are_those_it_was_trained_on_beside_the_true_ones() -> None:
    now = moment(NOISY)
    header, arrays = mistakes_view(now, TRAIN)
    truth = load_digits("sample").labels[now.dataset.train.index]
    is_noisy = truth != now.dataset.train.y.numpy()
    answers = said(now.net, now.dataset.train)
    assert header["noise"] == {"digits": 40, "true": int((answers == truth)[is_noisy].sum())}
    assert header["wrong"] == int((answers != now.dataset.train.y.numpy()).sum())
    assert (arrays["wrong.label"] != arrays["wrong.truth"]).any()


def test_without_noise_among_the_digits_there_is_nothing_to_say_of_it() -> None:
    assert mistakes_view(moment(), TRAIN)[0]["noise"] is None
    assert mistakes_view(moment(NOISY), VALIDATION)[0]["noise"] is None


def test_a_network_that_has_diverged_is_still_told_of() -> None:
    now = moment(verdicts=verdicts([[1, 0], [0, 0]], [5, 10]))
    with torch.no_grad():
        now.net.head.weight.fill_(torch.nan)
    header, arrays = mistakes_view(now, VALIDATION)
    assert np.isnan(arrays["wrong.confidence"]).all()
    assert packed(header, arrays)


def test_any_answer_can_be_packed() -> None:
    assert packed(*mistakes_view(moment(), VALIDATION))
