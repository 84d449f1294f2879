"""The templates: what they are, that they work, and how well."""

import pytest
import torch
from torch.nn import functional as F

from playground.experiment import read
from playground.network.build import build
from playground.network.shapes import check_batch, trace
from playground.presets import TEMPLATES
from playground.training.measure import measure
from playground.training.trainer import Trainer

# Counted by hand; LeCun et al. 1998 give LeNet-5 "about 60,000" parameters.
PARAMETERS = {
    "Softmax regression": 7_850,
    "MLP": 101_770,
    "CNN 16-32": 12_810,
    "CNN 32-64": 421_642,
    "LeNet-5": 61_706,
    "Deep narrow MLP": 15_178,
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_builds_round_trips_and_has_the_parameters_counted_by_hand(name: str) -> None:
    template = TEMPLATES[name]
    assert trace(template.network).parameters == PARAMETERS[name]
    assert build(template.network, template.training.seed)(torch.zeros(2, 1, 28, 28)).shape == (2, 10)
    assert read(template.model_dump_json()) == template
    check_batch(template)


def test_the_gradient_of_the_deep_narrow_mlp_vanishes_and_that_of_the_mlp_does_not() -> None:
    def first_to_last(name: str) -> float:
        """RMS gradient of the first weights, as a share of the head's."""
        net = build(TEMPLATES[name].network, seed=0)
        x = torch.randn(64, 1, 28, 28, generator=torch.Generator().manual_seed(0))
        F.cross_entropy(net(x), torch.arange(64) % 10).backward()
        first, last = net.weighted[0][1].weight.grad, net.weighted[-1][1].weight.grad
        assert first is not None
        assert last is not None
        return (first.square().mean() / last.square().mean()).sqrt().item()

    assert first_to_last("Deep narrow MLP") < 1e-5
    assert first_to_last("MLP") > 1e-2


def test_the_larger_cnn_reads_96_percent_of_the_test_digits_after_its_10_epochs() -> None:
    trainer = Trainer(TEMPLATES["CNN 32-64"], device="cpu")
    trainer.start()
    while not trainer.finished:
        trainer.advance()
    assert trainer.epoch == 10
    assert measure(trainer.net, trainer.dataset.test)["accuracy"] >= 0.96
