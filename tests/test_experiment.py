"""One frozen Experiment holds all that is needed to repeat a run."""

import pytest
from hypothesis import given

from playground.errors import SpecError
from playground.experiment import Augmentation, Data, Experiment, Loss, Training, read
from playground.seeds import derive
from tests.strategies import experiments


@given(experiments)
def test_an_experiment_comes_back_from_its_json(experiment: Experiment) -> None:
    assert read(experiment.model_dump_json()) == experiment


def test_what_is_left_out_of_the_json_has_its_default() -> None:
    assert read('{"training": {"seed": 3}}') == Experiment(training=Training(seed=3))


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('{"training": {"batch_size": 0}}', "training.batch_size"),
        ('{"optimizer": {"learning_rate": 1e999}}', "optimizer.learning_rate"),
        ('{"network": {"layers": [{"kind": "Linear", "units": -1}]}}', "network.layers.0.Linear.units"),
        ('{"network": {"layers": [{"kind": "Conv3d"}]}}', "network.layers.0"),
        ('{"surprise": 1}', "surprise"),
        ("not json", ""),
    ],
)
def test_a_wrong_value_is_named_by_its_dotted_path(text: str, field: str) -> None:
    with pytest.raises(SpecError) as caught:
        read(text)
    assert caught.value.field == field


def test_shares_that_are_no_whole_are_refused_with_their_sum() -> None:
    with pytest.raises(SpecError, match="add up to 110 %"):
        Data().but(test_share=25)


def test_class_weights_that_are_all_zero_are_refused() -> None:
    with pytest.raises(SpecError, match="at least one class"):
        Loss().but(class_weights=(0.0,) * 10)


def test_a_changed_copy_leaves_the_original_as_it_was() -> None:
    training = Training()
    assert training.but(seed=5).seed == 5
    assert training.seed == 0


def test_augmentation_is_on_as_soon_as_one_change_is() -> None:
    assert not Augmentation().is_on
    assert Augmentation(shift=1).is_on


@pytest.mark.parametrize("seed", [0, 1, 2**31 - 1])
def test_each_purpose_draws_from_a_stream_of_its_own(seed: int) -> None:
    drawn = {
        derive(seed, *purpose) for purpose in (("split",), ("weights", 0), ("weights", 1), ("order", 0), ("noise",))
    }
    assert len(drawn) == 5
    assert all(0 <= value < 2**63 for value in drawn)
