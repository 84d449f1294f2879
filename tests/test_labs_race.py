"""A race: its arms, its queue, its charts, and what it says of made-up and of measured numbers."""

import re
from typing import Any

import pytest

from playground.errors import SpecError
from playground.experiment import Loss
from playground.figures.race import SO_FAR
from playground.labs.outcome import Outcome, Results
from playground.labs.race.charts import Split, View, charts
from playground.labs.race.lab import LAB, RACE
from playground.labs.race.race import RaceSetup, Sweep, arms, start
from playground.labs.race.told import answer
from playground.labs.study import begin, results, setup_of
from playground.labs.topic import Arm, planned
from playground.presets import TEMPLATES
from playground.runs.states import State
from playground.runs.store import Store
from tests.lab_outcomes import outcome
from tests.lab_studies import BASE, studied

RATES = Sweep(setting="learning rate", values=(0.001, 0.01, 0.1))
SPLITS: tuple[Split, ...] = ("train", "validation")
BATCHES = Sweep(setting="batch size", values=(20, 50))
TWELVE = Sweep(setting="batch size", values=tuple(range(10, 22)))


def race(*sweeps: Sweep, **more: Any) -> RaceSetup:
    return RaceSetup(experiment=BASE, sweeps=sweeps or (RATES,), **more)


def ended(
    setup: RaceSetup, losses: dict[str, list[float]], states: dict[str, State] | None = None, is_over: bool = True
) -> Results:
    """Runs that end with these validation losses, a list by seed for each arm, and accuracies of 1 − loss."""
    made: list[Outcome] = []
    for arm, seed in planned(RACE, setup):
        state = (states or {}).get(arm.name, "finished")
        loss = losses[arm.name][seed - setup.seed]
        made.append(outcome(arm, seed, [(2.3, 0.1, 2.3, 0.1), (0.1, 1.0, loss, 1 - loss)], state))
    return Results(tuple(made), is_over=is_over)


def words(setup: RaceSetup, found: Results) -> str:
    return "\n".join(claim.text for claim in answer(setup, found))


# --- arms and the queue -----------------------------------------------------------------------------------------------


def test_arms_are_the_experiment_but_for_the_values_and_paired_by_seed() -> None:
    setup = race(RATES, BATCHES, seeds=2, seed=5)
    made = [arm.experiment for arm in arms(setup)]
    assert [one.optimizer.learning_rate for one in made] == [0.001, 0.001, 0.01, 0.01, 0.1, 0.1]
    assert [one.training.batch_size for one in made] == [20, 50] * 3
    assert arms(setup)[2].name == "learning rate 0.01, batch size 20"
    same = {one.but(optimizer=BASE.optimizer, training=BASE.training) for one in made}
    assert same == {BASE}
    assert [seed for _, seed in planned(RACE, setup)] == [5] * 6 + [6] * 6


def test_a_set_up_comes_back_from_its_json() -> None:
    mixed = Sweep(setting="training digits", values=(100, 300, "all"))
    setup = race(mixed, Sweep(setting="dropout", values=(0.0, 0.5)))
    assert RaceSetup.model_validate_json(setup.model_dump_json()) == setup


@pytest.mark.parametrize(
    ("sweeps", "more", "said"),
    [
        ((RATES, RATES), {}, "another one beside the first"),
        ((Sweep(setting="seed", values=(1, 2)), Sweep(setting="momentum", values=(0.0, 0.9))), {}, "momentum"),
        ((TWELVE, RATES), {"seeds": 4}, "36 arms over 4 seeds are 144"),
        ((TWELVE, Sweep(setting="dropout", values=(0, 0.1, 0.2, 0.3))), {}, "12 × 4 values are 48 arms: at most 36"),
        ((Sweep(setting="batch size", values=(0, 10)),), {}, "batch size 0"),
    ],
)
def test_a_race_that_cannot_be_run_is_refused_with_the_reason(
    sweeps: tuple[Sweep, ...], more: dict[str, Any], said: str
) -> None:
    with pytest.raises(SpecError, match=re.escape(said)):
        race().but(sweeps=sweeps, **more)


def test_a_race_keeps_its_settings_for_another_experiment_as_far_as_they_have_an_effect_there() -> None:
    deep = race(Sweep(setting="depth", values=(1, 2)), BATCHES)
    again = start(TEMPLATES["CNN 16-32"], deep)
    assert [sweep.setting for sweep in again.sweeps] == ["batch size"]
    assert [sweep.setting for sweep in start(TEMPLATES["Softmax regression"]).sweeps] == ["learning rate"]


def test_a_race_begins_anew_with_fewer_seeds_or_one_setting_where_all_would_be_refused() -> None:
    rates = Sweep(setting="learning rate", values=(0.01, 0.1))
    grid = race(rates, BATCHES, seeds=10)
    assert start(BASE, grid).seeds == 4
    with_momentum = BASE.but(optimizer=BASE.optimizer.but(kind="Momentum"))
    kinds = Sweep(setting="optimizer", values=("Momentum", "Nesterov"))
    pairs = RaceSetup(experiment=with_momentum, sweeps=(Sweep(setting="momentum", values=(0.5, 0.9)), kinds))
    assert [sweep.setting for sweep in start(with_momentum, pairs).sweeps] == ["momentum"]


UNITS = Sweep(setting="units of Linear #1", values=(8, 32))


@pytest.mark.parametrize(
    "sweeps",
    [(Sweep(setting="depth", values=(2, 3)), UNITS), (UNITS, Sweep(setting="width ×", values=(2.0, 3.0)))],
)
def test_two_settings_that_undo_each_other_are_no_grid(sweeps: tuple[Sweep, ...]) -> None:
    with pytest.raises(SpecError, match="choose another pair"):
        race().but(sweeps=sweeps)


def test_a_race_of_many_lets_a_single_run_pass_and_keeps_to_the_limit(store: Store) -> None:
    begin(store, LAB, RACE, race(TWELVE, RATES))
    store.crew.sign_of_life("w", ready=True)
    single = store.create(BASE, "somebody's own")
    assert store.place_in_queue(single) == 1
    taken = [store.claim("w", 3) for _ in range(5)]
    assert taken[0] is not None
    assert taken[0].id == single
    assert [run is not None for run in taken] == [True, True, True, False, False]
    assert len(store.runs(("queued",), with_trials=True)) == 36 + 1 - 3


def test_a_small_race_is_trained_and_its_lowest_loss_is_named(store: Store) -> None:
    found = studied(store, RACE, LAB, experiment=BASE, sweeps=(RATES,), seeds=2)
    setup = race(seeds=2)
    means = found.finals().groupby("arm")["validation_loss"].mean()
    assert len(means) == 3
    assert (
        f"Of 3 arms that finished, **{means.idxmin()}** has the lowest validation loss: {means.min():.3g} (2 seeds"
        in (words(setup, found))
    )
    loss, accuracy, final, _ = charts(setup, found)
    assert [trace.name for trace in loss.data if trace.line.width == 2] == ["0.001", "0.01", "0.1"]
    assert accuracy.layout.meta["title"] == "Validation accuracy"
    assert list(final.data[0].x) == [0.001, 0.01, 0.1]
    assert list(final.data[0].y) == [pytest.approx(means[f"learning rate {value}"]) for value in (0.001, 0.01, 0.1)]


def test_a_study_that_this_version_cannot_read_is_none(store: Store) -> None:
    study_id = begin(store, LAB, RACE, race())
    study = store.studies.study(study_id)
    assert study is not None
    assert setup_of(RACE, study) == race()
    assert len(results(store, RACE, study).outcomes) == 3
    broken = study.setup.replace("learning rate", "speed of light")
    with pytest.raises(ValueError, match="no setting of this experiment"):
        RaceSetup.model_validate_json(broken)


# --- what it says -----------------------------------------------------------------------------------------------------

NAMES = [f"learning rate {value}" for value in (0.001, 0.01, 0.1)]


def losses(*by_arm: list[float]) -> dict[str, list[float]]:
    return dict(zip(NAMES, by_arm, strict=True))


def test_a_clear_lead_is_a_verdict() -> None:
    setup = race(seeds=3)
    found = ended(setup, losses([0.5, 0.52, 0.51], [0.2, 0.22, 0.21], [0.4, 0.41, 0.43]))
    said = answer(setup, found)
    assert "**learning rate 0.01** has the lowest validation loss: 0.21 (3 seeds, 95 % interval 0.185 to 0.235)" in (
        said[0].text
    )
    assert said[1].holds is True
    assert "Learning rate 0.1 is next, behind by 0.203" in said[1].text


def test_where_luck_could_decide_nothing_is_decided() -> None:
    setup = race(seeds=3)
    found = ended(setup, losses([0.5, 0.52, 0.51], [0.2, 0.3, 0.25], [0.3, 0.21, 0.27]))
    said = answer(setup, found)
    assert said[1].holds is None
    assert said[1].text.startswith("Luck could decide between it and learning rate 0.1,")


def test_one_seed_decides_nothing() -> None:
    found = ended(race(), losses([0.5], [0.2], [0.3]))
    assert [claim.holds for claim in answer(race(), found)] == [None, None]
    assert "one seed doesn't decide it" in words(race(), found)


def test_an_arm_that_diverged_is_no_candidate_and_is_told_of() -> None:
    setup = race()
    found = ended(setup, losses([0.5], [0.3], [0.1]), {NAMES[2]: "diverged"})
    assert "Of 2 arms that finished, **learning rate 0.01**" in words(setup, found)
    assert "**learning rate 0.1** diverged at step 10: it is left out." in words(setup, found)
    final = charts(setup, found)[2]
    assert [note.text for note in final.layout.annotations] == ["✕ diverged"]


def test_the_best_value_at_the_edge_is_said_to_be_there() -> None:
    setup = race()
    assert "0.1 is the largest learning rate tried" in words(setup, ended(setup, losses([0.5], [0.3], [0.1])))
    assert "tried" not in words(setup, ended(setup, losses([0.5], [0.1], [0.3])))


@pytest.mark.parametrize(
    ("setting", "values", "said"),
    [
        ("depth", (1, 2), ""),
        ("batch size", (1, 20), ""),
        ("epochs", (1, 2), ""),
        ("epochs", (2, 3), "2 is the smallest of the epochs tried"),
    ],
)
def test_beyond_the_least_that_can_be_nothing_better_lies(setting: str, values: tuple[int, int], said: str) -> None:
    setup = race(Sweep(setting=setting, values=values))
    first, second = (arm.name for arm in arms(setup))
    text = words(setup, ended(setup, {first: [0.1], second: [0.3]}))
    assert ("tried" in text) == bool(said)
    assert said in text


@pytest.mark.parametrize(("loss", "is_known"), [(Loss(), True), (Loss(kind="MSE"), False)])
def test_a_grid_says_what_chance_is_only_of_the_loss_of_which_it_is_that(loss: Loss, is_known: bool) -> None:
    setup = RaceSetup(experiment=BASE.but(loss=loss), sweeps=(RATES, BATCHES))
    found = ended(setup, {arm.name: [1000.0 if place else 0.1] for place, arm in enumerate(arms(setup))})
    figure = charts(setup, found)[0]
    assert ("above chance, 2.303" in figure.layout.meta["look_for"]) == is_known
    assert (10**figure.layout.coloraxis.cmax < 3) == is_known


@pytest.mark.parametrize(("shares", "is_noisy"), [((0.0, 0.2), True), ((0.0,), False)])
def test_train_says_where_it_is_judged_by_wrong_labels(shares: tuple[float, ...], is_noisy: bool) -> None:
    setup = race(Sweep(setting="label noise", values=shares)) if is_noisy else race()
    said = {split: charts(setup, Results(), View(split))[0].layout.meta["look_for"] for split in SPLITS}
    assert ("by its noisy labels" in said["train"]) == is_noisy
    assert "noisy" not in said["validation"]


def test_arms_with_different_losses_are_compared_by_accuracy() -> None:
    setup = race(Sweep(setting="loss", values=("cross-entropy", "MSE")))
    found = ended(setup, {"loss cross-entropy": [0.2], "loss MSE": [0.3]})
    assert "**loss cross-entropy** has the highest validation accuracy: 80.0 %" in words(setup, found)
    assert charts(setup, found)[0].layout.meta["title"] == "Validation accuracy"
    assert "only accuracies compare" in charts(setup, found)[1].layout.meta["look_for"]


# --- charts -----------------------------------------------------------------------------------------------------------


def test_before_any_run_the_charts_are_empty_axes() -> None:
    for setup in (race(), race(RATES, BATCHES), race(Sweep(setting="optimizer", values=("SGD", "Adam")))):
        for chart in charts(setup, Results()):
            assert chart.layout.meta["look_for"]
            chart.to_json()


def test_a_reader_chooses_the_split_and_the_axis() -> None:
    setup = race()
    found = ended(setup, losses([0.5], [0.3], [0.1]))
    figure = charts(setup, found, View("train", "step"))[0]
    assert figure.layout.meta["title"] == "Train loss"
    assert list(figure.data[0].x) == [0, 10]
    assert list(figure.data[0].y) == [2.3, 0.1]
    assert list(charts(setup, found)[0].data[0].x) == [0, 1]


def test_a_grid_shows_what_ended_what_trains_still_and_what_diverged() -> None:
    setup = race(Sweep(setting="learning rate", values=(0.001, 0.01)), BATCHES)
    ends: dict[str, State] = {"learning rate 0.001, batch size 50": "running"}
    ends["learning rate 0.01, batch size 50"] = "diverged"
    values = {arm.name: [0.1 * place] for place, arm in enumerate(arms(setup), start=1)}
    figure = charts(setup, ended(setup, values, ends, is_over=False))[0]
    done, so_far, words, gone = figure.data
    assert [list(row) for row in done.text] == [["0.1", ""], ["0.3", ""]]
    assert [list(row) for row in so_far.text] == [["", "0.2"], ["", ""]]
    assert (list(words.x), list(words.y), list(words.text)) == ([1], [0], ["0.2"])
    assert (done.opacity, so_far.opacity) == (1, SO_FAR)
    assert (list(gone.x), list(gone.y), list(gone.text)) == ([1], [1], ["✕ diverged"])
    assert "1 run so far" in so_far.customdata[0][1]


def test_zero_among_values_that_lie_factors_apart_stands_beside_them() -> None:
    setup = race(Sweep(setting="weight decay", values=(0.0, 0.001, 0.1)))
    axis = charts(setup, Results())[2].layout.xaxis
    assert (list(axis.tickvals), list(axis.ticktext)) == ([0, 1, 2], ["0", "0.001", "0.1"])


def test_twelve_arms_have_twelve_colours() -> None:
    figure = charts(race(TWELVE), Results())[0]
    assert len({trace.line.color for trace in figure.data}) == 12


def test_an_arm_somebody_changed_is_left_out() -> None:
    setup = race()
    found = ended(setup, losses([0.5], [0.3], [0.1]))
    touched = outcome(Arm(NAMES[2], BASE), 0, [(0.1, 1.0, 0.1, 0.9)], is_changed=True)
    found = Results((*found.outcomes[:2], touched), is_over=True)
    assert "**learning rate 0.1** was changed while it ran: it is left out." in words(setup, found)
