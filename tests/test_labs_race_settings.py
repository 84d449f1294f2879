"""The settings of a race: a value changes what it names, nothing else, and what is refused says why."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.errors import SpecError
from playground.experiment import Data, Experiment, Flatten, LeakyReLU, Linear, Network, Optimizer, ReLU, Tanh, Training
from playground.labs.race.setting import Setting, check_network, shown
from playground.labs.race.settings import FIXED, raced, setting_of, settings_of
from playground.presets import TEMPLATES
from tests.strategies import experiments, networks

MLP = TEMPLATES["MLP"]


def works(experiment: Experiment) -> bool:
    try:
        check_network(experiment)
    except SpecError:
        return False
    return True


def joined(experiment: Experiment, network: Network) -> Experiment:
    return experiment.but(
        network=network.but(dropout=experiment.network.dropout, initialization=experiment.network.initialization)
    )


def outcome_of(experiment: Experiment, setting: Setting, text: str) -> tuple[SpecError | None, Experiment | None]:
    try:
        return None, setting.apply(experiment, setting.parse(text))
    except SpecError as error:
        return error, None


trainable = st.builds(joined, experiments, networks).filter(works)
cases = trainable.flatmap(
    lambda experiment: st.tuples(st.just(experiment), st.sampled_from([*settings_of(experiment).values()]))
)


def leaves(part: Any, path: str = "") -> dict[str, Any]:
    """Each field by its path; the layers are one."""
    if not isinstance(part, dict):
        return {path: part}
    return {name: value for key, one in part.items() for name, value in leaves(one, f"{path}.{key}").items()}


@given(cases)
@settings(max_examples=40)
def test_a_value_changes_the_field_that_it_names_and_nothing_else(case: tuple[Experiment, Setting]) -> None:
    experiment, setting = case
    before = leaves(experiment.model_dump())
    field = "network.layers" if setting.field.startswith("network.layers") else setting.field
    for value in setting.tried(experiment):
        changed = setting.apply(experiment, value)
        assert works(changed)
        after = leaves(changed.model_dump())
        assert {path for path in before if before[path] != after[path]} <= {f".{field}"}


@given(cases)
@settings(max_examples=40)
def test_the_present_value_is_tried_and_changes_nothing(case: tuple[Experiment, Setting]) -> None:
    experiment, setting = case
    now = setting.read(experiment)
    if now is not None and setting.can_be(experiment, now):
        assert setting.apply(experiment, now) == experiment
        assert shown(now) in [shown(value) for value in setting.tried(experiment)]


@given(cases, st.text(max_size=12) | st.floats().map(str) | st.integers().map(str))
@settings(max_examples=80)
def test_whatever_is_typed_is_a_value_that_trains_or_is_refused_with_a_reason(
    case: tuple[Experiment, Setting], text: str
) -> None:
    experiment, setting = case
    refusal, changed = outcome_of(experiment, setting, text)
    if changed is None:
        assert refusal is not None
        assert refusal.field == setting.field
        assert len(refusal.message) > 20
    else:
        assert works(changed)


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_value_that_is_tried_reads_as_it_is_shown(template: str) -> None:
    experiment = TEMPLATES[template]
    for setting in settings_of(experiment).values():
        tried = setting.tried(experiment)
        assert len(tried) >= 2
        assert setting.parse_all(", ".join(map(shown, tried))) == tried


def test_only_settings_with_an_effect_are_offered() -> None:
    nowhere = Experiment(network=Network(layers=(Flatten(),)))
    assert {"dropout", "width ×", "activation", "momentum", "depth"}.isdisjoint(raced(nowhere))
    nesterov = MLP.but(optimizer=Optimizer(kind="Nesterov"), training=Training(unit="steps"))
    assert {"dropout", "width ×", "activation", "momentum", "depth", "steps"} <= set(raced(nesterov))
    assert "epochs" not in raced(nesterov)
    assert "seed" not in raced(MLP)


def test_all_activations_are_swapped_and_one_that_is_so_already_keeps_its_slope() -> None:
    layers = (Flatten(), Linear(units=4), LeakyReLU(negative_slope=0.3), Linear(units=4), Tanh())
    mixed = Experiment(network=Network(layers=layers))
    changed = setting_of(mixed, "activation").apply(mixed, "LeakyReLU")
    assert changed.network.layers == (*layers[:3], Linear(units=4), LeakyReLU())


def test_depth_repeats_the_last_block() -> None:
    deeper = setting_of(MLP, "depth").apply(MLP, 3)
    assert deeper.network.layers == (Flatten(), *3 * (Linear(units=128), ReLU()))
    assert setting_of(deeper, "depth").read(deeper) == 3
    assert setting_of(deeper, "depth").apply(deeper, 1) == MLP


def test_a_width_is_a_factor_on_all_hidden_layers_or_the_units_of_one() -> None:
    lenet = TEMPLATES["LeNet-5"]
    halved = setting_of(lenet, "width ×").apply(lenet, 0.5)
    sizes = [getattr(layer, "channels", getattr(layer, "units", 0)) for layer in halved.network.layers]
    assert [size for size in sizes if size] == [3, 8, 60, 42]
    wide = setting_of(lenet, "units of Linear #2").apply(lenet, 100)
    assert [getattr(layer, "units", 0) for layer in wide.network.layers if layer.kind == "Linear"] == [120, 100]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("learning rate", "fast", "“fast” is no number"),
        ("learning rate", "0", "learning rate 0: "),
        ("batch size", "2.5", "no whole number"),
        ("optimizer", "Adamw2", "choose SGD, Momentum"),
        ("depth", "1000000000", "1 to 50"),
        ("width ×", "inf", "at most 64"),
        ("units of Linear #1", "4096000", "units of Linear #1 4096000"),
    ],
)
def test_a_refusal_says_the_value_and_the_way_out(name: str, text: str, said: str) -> None:
    setting = setting_of(MLP, name)
    with pytest.raises(SpecError) as refused:
        setting.apply(MLP, setting.parse(text))
    assert said in refused.value.message


def test_nothing_typed_is_refused() -> None:
    with pytest.raises(SpecError, match="no value for learning rate"):
        FIXED[0].parse_all(" , ")


def test_a_word_stands_for_none() -> None:
    setting = setting_of(MLP, "gradient clipping")
    assert setting.read(MLP) == "off"
    clipped = setting.apply(MLP, 1.0)
    assert clipped.regularization.clip_norm == 1.0
    assert setting.apply(clipped, "off") == MLP
    assert setting_of(MLP, "training digits").apply(MLP, 300).data == Data(training_digits=300)
