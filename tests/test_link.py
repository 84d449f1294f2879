"""An experiment in a link: the same one out of it, whatever this version's defaults; a bad link says what is wrong."""

import json
import random
import string
import zlib
from base64 import urlsafe_b64encode
from typing import Any, get_args

import pytest
from hypothesis import given, settings

from playground.errors import SpecError
from playground.experiment import AnyLayer, Data, Experiment, Flatten, LeakyReLU, Linear, Loss, Network
from playground.link import LONGEST, from_link, to_link
from playground.presets import TEMPLATES
from tests.strategies import experiments

PIXELS = "1.eNqrVspLLSnPL8pWsqpWykmsTC0qVrKKrlbKzsxLUbJScstJLClJzVOqja2tBQBSYw9t"  # {"network": {"layers": [Flatten]}}
ANSWER = """
A default has changed, so links of version 1 that leave it out would now mean another experiment. Keep the default; or
raise VERSION in playground/link.py, and let from_link put the old default into version 1's JSON where it is missing.
"""
EMPTY = "1.eNqrrgUAAXUA-Q"
MEANING_OF_EMPTY = """
{"version": 1,
 "data": {"source": "sample", "train_share": 70, "validation_share": 15, "test_share": 15, "folds": null, "fold": 1,
          "training_digits": null, "label_noise": 0.0, "scaling": "standardized",
          "augmentation": {"rotation": 0.0, "shift": 0, "scale": 0.0, "flip": "none", "crop": 0, "noise": 0.0}},
 "network": {"layers": [], "dropout": 0.0,
             "initialization": {"kind": "default", "std": 0.01, "bound": 0.05, "value": 0.05, "noise": 0.0,
                                "bias": 0.0}},
 "loss": {"kind": "cross-entropy", "label_smoothing": 0.0, "gamma": 2.0, "delta": 1.0, "class_weights": null},
 "optimizer": {"kind": "Adam", "learning_rate": 0.001, "momentum": 0.9, "beta1": 0.9, "beta2": 0.999, "alpha": 0.99,
               "epsilon": 1e-8},
 "schedule": {"kind": "constant", "step_epochs": 5, "gamma": 0.5, "warmup_steps": 100},
 "regularization": {"weight_decay": 0.0, "decay_all": false, "l1": 0.0, "clip_norm": null},
 "training": {"batch_size": 64, "unit": "epochs", "epochs": 10, "steps": 500, "patience": null, "seed": 0,
              "device": "auto"}}
"""
LAYERS = (
    "1.eNptzz0PgkAMxvHv0tlFRzbfFzTEl8k4NFyDF47WHAUhhO8uk7lTx_7-w5MOwKQv8SUkAzjsydeQ3AYoLRtIILVM6GGcfWQt3C5MKKnk6Fw_BaZcycT1gF0m"
    "4mJctsUvZuSrRimzHbk6DDuHqsQhbbw8pdGQVqj54yi-mpu_HI-dKL1GTxCW_Tfut_F9tvF9QX7EvajETjv3cXwDcfRytw"
)
MEANING_OF_LAYERS = """
[{"kind": "Linear", "units": 128},
 {"kind": "Conv2d", "channels": 16, "kernel": 3, "stride": 1, "padding": 0},
 {"kind": "LocallyConnected2d", "channels": 16, "kernel": 3, "stride": 1, "padding": 0},
 {"kind": "MaxPool2d", "kernel": 2, "stride": 2}, {"kind": "AvgPool2d", "kernel": 2, "stride": 2},
 {"kind": "PermutePixels"}, {"kind": "Flatten"}, {"kind": "Dropout", "p": null},
 {"kind": "BatchNorm1d"}, {"kind": "BatchNorm2d"}, {"kind": "ReLU"}, {"kind": "LeakyReLU", "negative_slope": 0.01},
 {"kind": "GELU"}, {"kind": "SiLU"}, {"kind": "Tanh"}, {"kind": "Sigmoid"}]
"""


def link_of(content: bytes) -> str:
    return f"1.{urlsafe_b64encode(zlib.compress(content)).decode().rstrip('=')}"


def said(link: str) -> str:
    with pytest.raises(SpecError) as caught:
        from_link(link)
    return caught.value.message


def outcome(link: str) -> Experiment | str:
    """What a page gets: an experiment or a message."""
    try:
        return from_link(link)
    except SpecError as error:
        return error.message


def agrees(meaning: Any, found: Any) -> bool:
    """Whether all that the meaning says is so; fields that came later may stand beside it."""
    if isinstance(meaning, dict):
        return all(agrees(value, found[name]) for name, value in meaning.items())
    if isinstance(meaning, list):
        return len(meaning) == len(found) and all(map(agrees, meaning, found))
    return bool(meaning == found)


@settings(max_examples=60)
@given(experiments)
def test_an_experiment_comes_back_from_its_link(experiment: Experiment) -> None:
    link = to_link(experiment)
    assert from_link(link) == experiment
    assert len(link) <= LONGEST


def test_what_a_link_of_version_1_leaves_out_means_the_same_for_ever() -> None:
    assert agrees(json.loads(MEANING_OF_EMPTY), from_link(EMPTY).model_dump(mode="json")), ANSWER
    assert agrees(json.loads(MEANING_OF_LAYERS), from_link(LAYERS).network.model_dump(mode="json")["layers"]), ANSWER


def test_the_pinned_link_has_every_kind_of_layer() -> None:
    assert {type(layer) for layer in from_link(LAYERS).network.layers} >= set(get_args(AnyLayer))


def test_a_link_is_short_and_needs_no_escapes_in_an_address() -> None:
    links = [to_link(template) for template in TEMPLATES.values()]
    assert max(map(len, links)) < 200
    assert set("".join(links)) <= {*string.ascii_letters, *string.digits, *"._-"}


def test_the_longest_experiment_has_a_link() -> None:
    odd = random.Random(0)
    layers = tuple(LeakyReLU(negative_slope=odd.random()) for _ in range(100))
    weights = tuple(odd.random() for _ in range(10))
    experiment = Experiment(network=Network(layers=layers), loss=Loss(class_weights=weights))
    assert from_link(to_link(experiment)) == experiment


def test_no_damage_to_a_link_raises_anything_but_its_error_or_gives_another_experiment() -> None:
    experiment = TEMPLATES["CNN 32-64"].but(data=Data(training_digits=500))
    link, chance = to_link(experiment), random.Random(0)
    opened = 0
    for _ in range(10_000):
        found = outcome(damaged(link, chance))
        if isinstance(found, Experiment):
            assert found == experiment
            opened += 1
    assert opened < 100  # where the damage changed nothing, as a letter put in for itself


def damaged(link: str, chance: random.Random) -> str:
    """With letters changed, cut off, put in, or random ones after the mark."""
    at = chance.randrange(len(link))
    letter = chance.choice(string.ascii_letters + string.digits + "-_ .é\0")
    return chance.choice(
        [
            link[:at] + letter + link[at + 1 :],
            link[:at],
            link[at:],
            link[:at] + letter * chance.randrange(1, 9) + link[at:],
            link[:at] + link[at + chance.randrange(1, 9) :],
            "1." + "".join(chance.choices(string.ascii_letters, k=at)),
        ]
    )


def test_no_damage_to_the_json_inside_raises_anything_but_the_links_error() -> None:
    content, chance = Experiment(network=Network(layers=(Flatten(), Linear()))).model_dump_json(), random.Random(1)
    for _ in range(3_000):
        at = chance.randrange(len(content))
        changed = content[:at] + chance.choice(string.printable) + content[at + chance.randrange(3) :]
        outcome(link_of(changed.encode()))


@pytest.mark.parametrize("letters", [1, 2, 3, 4])
def test_a_link_that_lost_its_end_is_said_to_be_cut_off(letters: int) -> None:
    assert "cut off" in said(to_link(TEMPLATES["LeNet-5"])[: -20 - letters])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"training": {"warmth": 1}}, "it sets training.warmth, which this version doesn't know"),
        ({"network": {"layers": [{"kind": "Attention"}]}}, "a layer Attention, which this version doesn't know"),
        ({"optimizer": {"kind": "Lion"}}, "optimizer.kind is Lion, which this version doesn't know"),
        ({"optimizer": {"learning_rate": 100}}, "optimizer.learning_rate: "),
        ({"data": {"train_share": 50}}, "shares add up to 80 %"),
        ([], "it holds no set-up"),
    ],
)
def test_a_link_that_this_version_can_not_read_says_what_it_does_not_know(content: Any, reason: str) -> None:
    assert reason in said(link_of(json.dumps(content).encode()))


def test_a_link_of_a_newer_version_says_so() -> None:
    assert "of version 2" in said("2" + PIXELS[1:])


@pytest.mark.parametrize(
    "link",
    [
        pytest.param("1." + "A" * 10**6, id="long"),
        pytest.param(link_of(b"0" * 2_000_000), id="a bomb that is no longer than a link may be"),
        pytest.param(link_of(b"[" * 30_000), id="deep"),
        pytest.param(link_of(b'{"training": {"seed": ' + b"9" * 30_000 + b"}}"), id="a number without end"),
        pytest.param(link_of(b"\xff\xfe"), id="no text"),
        pytest.param("", id="empty"),
        pytest.param("²." + PIXELS[2:], id="a digit that is none"),
    ],
)
def test_a_hostile_link_is_refused(link: str) -> None:
    assert said(link)


def test_what_a_link_says_is_never_markup_on_a_page() -> None:
    picture = "![seen](https://example.org/p.png) <b> `x` :red[y] $z$"
    for content in ({picture: 1}, {"loss": {"kind": picture}}, {"network": {"layers": [{"kind": picture}]}}):
        assert not set("![]()/<>`$") & set(said(link_of(json.dumps(content).encode())))
