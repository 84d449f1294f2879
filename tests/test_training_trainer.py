"""The loop: the curve it gives, and what may and may not change it."""

import json
import math
import subprocess
import sys

import pytest
import torch
from torch.nn import functional as F

from playground.data.tensors import load
from playground.errors import SpecError
from playground.experiment import Augmentation, Data, Experiment, Initialization, Loss, Network, Optimizer
from playground.presets import TEMPLATES
from playground.training.events import Diverged, Evaluated, Event, Finished, LayersMeasured, Stepped
from playground.training.judged import JUDGED, steps_between
from playground.training.trainer import Trainer, train
from tests.small_runs import CNN, MLP, NORMALIZED, batches, small, stepped, steps, twin

NOISY = small(*CNN, dropout=0.3).but(
    data=Data(training_digits=100, augmentation=Augmentation(rotation=10, shift=2, noise=0.1))
)
RUNS = {"MLP": small(), "dropout and augmentation": NOISY, "normalized": small(*NORMALIZED, digits=101)}


@pytest.mark.parametrize("name", RUNS)
def test_same_experiment_and_seed_give_the_same_events_bit_for_bit(name: str) -> None:
    assert list(train(RUNS[name])) == list(train(RUNS[name]))


@pytest.mark.parametrize("name", RUNS)
def test_another_seed_gives_another_curve(name: str) -> None:
    other = RUNS[name].but(training=RUNS[name].training.but(seed=1))
    assert list(train(RUNS[name])) != list(train(other))


def test_four_trainers_taking_turns_give_the_curves_they_give_alone() -> None:
    seeds = [NOISY.but(training=NOISY.training.but(seed=seed)) for seed in range(4)]
    alone = [list(train(experiment)) for experiment in seeds]
    trainers = [Trainer(experiment) for experiment in seeds]
    together: list[list[Event]] = [list(trainer.start()) for trainer in trainers]
    while not all(trainer.finished for trainer in trainers):
        for trainer, events in zip(trainers, together, strict=True):
            torch.rand(3)  # whatever else the process draws
            events.extend(trainer.advance())
    assert together == alone


def test_another_process_gives_the_same_curve() -> None:
    code = (
        "import sys; from playground.experiment import read; from playground.training.trainer import train\n"
        "print([event.loss for event in train(read(sys.argv[1])) if hasattr(event, 'loss')])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, NOISY.model_dump_json()], capture_output=True, text=True, check=True
    )
    assert json.loads(result.stdout) == [event.loss for event in stepped(list(train(NOISY)))]


def test_a_run_draws_nothing_from_the_processes_own_generator() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    list(train(NOISY))
    assert torch.equal(before, torch.get_rng_state())


def test_evaluating_more_often_leaves_every_step_as_it_was() -> None:
    for experiment in RUNS.values():
        often, rarely = (Trainer(experiment, evaluate_every=every) for every in (1, 1000))
        often_events, rare_events = steps(often, 50), steps(rarely, 50)
        assert stepped(often_events) == stepped(rare_events)
        assert len(often_events) > len(rare_events)


def test_the_curve_is_that_of_a_plain_loop() -> None:
    trainer = Trainer(small())
    net = twin(trainer)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    for event, (x, y) in zip(stepped(steps(trainer, 20)), batches(trainer, 10), strict=False):
        logits = net(x)
        loss = F.cross_entropy(logits, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        assert event.loss == pytest.approx(loss.item(), rel=1e-4)
        assert event.accuracy == (logits.argmax(1) == y).double().mean().item()


def test_train_and_validation_are_measured_alike() -> None:
    """In eval mode, without penalty, on the first digits of each split: a plain forward pass gives the same."""
    trainer = Trainer(small(dropout=0.5).but(data=Data()))
    steps(trainer, 5)
    (found,) = trainer.start()
    assert isinstance(found, Evaluated)
    net = twin(trainer).eval()
    for digits, loss, accuracy, verdict in (
        (trainer.dataset.train, found.train_loss, found.train_accuracy, trainer.verdict[0]),
        (trainer.dataset.validation, found.validation_loss, found.validation_accuracy, trainer.verdict[1]),
    ):
        logits = net(digits.x[:JUDGED])
        assert verdict.tolist() == (logits.argmax(1) == digits.y[:JUDGED]).tolist()
        assert loss == pytest.approx(F.cross_entropy(logits, digits.y[:JUDGED]).item(), rel=1e-4)
        assert accuracy == (logits.argmax(1) == digits.y[:JUDGED]).double().mean().item()


def test_events_come_in_order_and_the_last_says_finished() -> None:
    events = list(train(small()))
    assert isinstance(events[0], Evaluated)
    assert [event.step for event in stepped(events)] == list(range(1, 21))
    assert isinstance(events[-2], Evaluated)
    assert events[-1] == Finished(20)
    assert [event.step for event in events] == sorted(event.step for event in events)
    assert any(isinstance(event, LayersMeasured) for event in events)
    assert stepped(events)[-1].epoch == 2.0


def test_a_finished_run_makes_no_more_steps() -> None:
    trainer = Trainer(small(unit="steps", steps=3))
    assert steps(trainer, 3)[-1] == Finished(3)
    assert trainer.finished
    assert trainer.advance() == ()


@pytest.mark.parametrize(("digits", "layers", "sizes"), [(103, MLP, [50, 50, 3]), (101, NORMALIZED, [50, 50])])
def test_the_last_batch_is_smaller_and_one_digit_alone_is_left_out_under_batch_norm(
    digits: int, layers: tuple, sizes: list[int]
) -> None:
    events = stepped(list(train(small(*layers, digits=digits, batch_size=50, epochs=1))))
    assert [event.batch_size for event in events] == sizes


def test_a_batch_larger_than_the_training_set_is_the_training_set() -> None:
    events = stepped(list(train(small(batch_size=10_000))))
    assert [(event.batch_size, event.epoch) for event in events] == [(100, 1.0), (100, 2.0)]


def test_evaluation_takes_at_most_a_tenth_of_the_time_by_digits() -> None:
    for digits, per_epoch in ((3_500, 55), (42_000, 657), (3_500, 3_500), (3_500, 1), (60_000, 8)):
        trained = 3 * steps_between(digits, per_epoch) * digits / per_epoch  # backward costs two forwards
        assert 2 * JUDGED / trained < 0.1


# --- what cannot go on, cannot start --------------------------------------------------------------------------------


def diverged(experiment: Experiment) -> Diverged:
    *_, found, last = train(experiment)
    assert isinstance(last, Diverged)
    assert isinstance(found, Stepped | Evaluated)
    assert found.step == last.step
    if isinstance(found, Stepped):
        assert not math.isfinite(found.loss + found.penalty)
    else:
        assert not math.isfinite(found.train_loss + found.validation_loss)
    return last


def test_a_rate_that_is_far_too_large_ends_the_run_and_is_named() -> None:
    mse = small(*MLP, MLP[1], epochs=50).but(optimizer=Optimizer(kind="SGD", learning_rate=10.0))
    end = diverged(mse.but(regularization=mse.regularization.but(weight_decay=0.5)))
    assert end.message.startswith(f"diverged at step {end.step}: ")
    assert "learning rate 10 is far above what SGD usually takes: try 0.1" in end.message


def test_an_overshooting_weight_decay_is_named() -> None:
    experiment = small(epochs=100).but(optimizer=Optimizer(kind="SGD", learning_rate=0.5))
    end = diverged(experiment.but(regularization=experiment.regularization.but(weight_decay=9)))
    assert "weight decay of 9" in end.message


def test_weights_that_start_too_large_are_named() -> None:
    huge = Initialization(kind="normal", std=10.0)
    layers = tuple(layer for _ in range(40) for layer in MLP[1:])
    experiment = small(MLP[0], *layers).but(network=Network(layers=(MLP[0], *layers), initialization=huge))
    assert "weights start too large: try the default initialization" in diverged(experiment).message


@pytest.mark.parametrize(("broken_at", "why"), [(20, "the last step"), (5, "a step that is evaluated")])
def test_an_update_that_breaks_the_network_ends_the_run_where_an_evaluation_finds_it(
    broken_at: int, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer(small())
    update = trainer.update

    def breaking(rate: float) -> None:
        update(rate)
        if trainer.step == broken_at - 1:
            trainer.weights[0].data.fill_(math.nan)

    monkeypatch.setattr(trainer, "update", breaking)
    *_, evaluated, last = steps(trainer, 20)
    assert isinstance(evaluated, Evaluated), why
    assert math.isnan(evaluated.validation_loss)
    assert isinstance(last, Diverged)
    assert last.step == trainer.step == broken_at
    assert last.message.startswith(f"diverged at step {broken_at}: ")
    assert trainer.finished


def test_an_absent_device_is_refused_beside_its_control(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SpecError, match='no "cuda"') as caught:
        Trainer(small(device="cuda"))
    assert caught.value.field == "training.device"


def test_batch_norm_refuses_batches_of_one_digit() -> None:
    with pytest.raises(SpecError) as caught:
        Trainer(small(*NORMALIZED, batch_size=1))
    assert caught.value.field == "training.batch_size"


# --- every choice trains --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_makes_its_first_steps(name: str) -> None:
    trainer = Trainer(TEMPLATES[name].but(data=Data(training_digits=64)), device="cpu")
    events = stepped(steps(trainer, 2))
    assert len(events) == 2
    assert all(math.isfinite(event.loss) for event in events)


@pytest.mark.parametrize("kind", ["cross-entropy", "binary cross-entropy", "focal", "MSE", "MAE", "Huber"])
def test_every_loss_learns_to_tell_the_digits(kind: str) -> None:
    loss = Loss.model_validate({"kind": kind})
    experiment = small(digits=500, epochs=10).but(loss=loss, optimizer=Optimizer(learning_rate=0.005))
    evaluated = [event for event in train(experiment) if isinstance(event, Evaluated)]
    assert evaluated[0].validation_accuracy < 0.3
    assert evaluated[-1].validation_accuracy > (0.5 if kind == "MAE" else 0.65)


def test_the_dataset_is_shared_and_stays_as_it_was() -> None:
    before = load(NOISY.data, 0).train.x.clone()
    list(train(NOISY))
    assert torch.equal(before, load(NOISY.data, 0).train.x)
