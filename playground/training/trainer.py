"""The training loop: a generator of events."""

from collections.abc import Iterator
from math import isfinite

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from playground.data.augmentation import augment
from playground.data.tensors import Dataset, load
from playground.errors import SpecError
from playground.experiment import LIVE_FIELDS, Device, Experiment
from playground.network.build import Net, build
from playground.network.shapes import check_batch, needs_batches_of_two
from playground.seeds import derive
from playground.training.batches import Course, Place, order
from playground.training.devices import find_device
from playground.training.divergence import explain
from playground.training.early_stopping import Watch
from playground.training.evaluation import are_correct, evaluate, share
from playground.training.events import Changed, Diverged, Evaluated, Event, Finished, Stepped
from playground.training.judged import FIRST_POINTS, JUDGED, steps_between
from playground.training.layers import Gauge
from playground.training.losses import loss_function
from playground.training.noise import Noise
from playground.training.optimizers import make_optimizer, plain_step, set_learning_rate, set_weight_decay
from playground.training.regularization import add_penalty_gradient, is_decayed, penalty
from playground.training.schedules import factor_at

Verdict = tuple[NDArray[np.bool_], NDArray[np.bool_]]
EARLY = (1, 2, 5)  # steps: layers are measured where they change fastest


def train(experiment: Experiment) -> Iterator[Event]:
    """All events of a run; to stop is not to ask for the next."""
    trainer = Trainer(experiment)
    yield from trainer.start()
    while not trainer.finished:
        yield from trainer.advance()


class Trainer:
    """One run between its steps: network, optimizer, place in the epochs, random stream.

    The initial weights come from the seed's "weights", the order of epoch e from its "order"/e, dropout and
    augmentation from its "noise"; nothing draws from torch's default generator outside of `Noise`. So trainers may
    take turns in a process, and measuring more or less often changes no weight.

    Raises `SpecError` for what can't be trained.
    """

    def __init__(
        self,
        experiment: Experiment,
        dataset: Dataset | None = None,
        device: Device | None = None,
        evaluate_every: int | None = None,
    ) -> None:
        seed = experiment.training.seed
        self.experiment = experiment
        self.now = experiment  # with the live changes
        self.device = find_device(device or experiment.training.device)
        self.dataset = dataset or load(experiment.data, seed)
        self.course = Course(len(self.dataset.train.y), needs_batches_of_two(experiment.network.layers))
        check_batch(experiment)

        self.net: Net = build(experiment.network, seed).to(self.device)
        self.optimizer = make_optimizer(experiment, self.net)
        self.optimizer_step = plain_step(self.optimizer)
        self.loss = loss_function(experiment.loss)
        self.noise = Noise(derive(seed, "noise"), self.device)
        self.parameters = list(self.net.parameters())
        self.weights = [module.get_parameter("weight") for _, module in self.net.weighted]
        decay_all = experiment.regularization.decay_all
        self.decayed = [parameter for parameter in self.parameters if is_decayed(parameter, decay_all)]
        self.images, self.labels = self.dataset.train.x.to(self.device), self.dataset.train.y.to(self.device)
        self.judged = [
            (digits.x[:JUDGED].to(self.device), digits.y[:JUDGED].to(self.device))
            for digits in (self.dataset.train, self.dataset.validation)
        ]

        nobody = np.zeros(0, np.bool_)
        self.verdict: Verdict = (nobody, nobody)  # of the last evaluation: right or not, train and validation
        self.evaluate_every = evaluate_every
        self.place = Place()
        self.step = 0
        self.digits_seen = 0
        self.first_loss = 0.0
        self.watch = Watch()
        self.finished = False

    # --- the run ----------------------------------------------------------------------------------------------------

    def start(self) -> tuple[Event, ...]:
        """What there is to see before the first step."""
        evaluated = self.evaluate()
        if self.watch.lowest is None:  # a fork goes on with what its run saw
            self.watch = self.watch.after(self.step, evaluated.validation_loss)
        return (evaluated,)

    def advance(self) -> tuple[Event, ...]:
        """Make one optimizer step. Its events: `Stepped` first; `Finished` or `Diverged`, if any, last."""
        if self.finished:
            return ()
        images, labels = self.next_batch()
        rate, held = self.learning_rate, penalty(self.now, self.decayed)
        logits, loss = self.learn(images, labels)
        gauge = Gauge(self.weights) if measures_layers(self.step + 1) else None
        self.update(rate)

        self.step += 1
        self.digits_seen += len(labels)
        self.place = self.course.after(self.place, self.now.training.batch_size)
        self.finished = self.step >= self.total_steps
        accuracy = share(are_correct(logits, labels))
        stepped = Stepped(self.step, self.epoch, loss.item(), held, accuracy, rate, len(labels))
        if self.step == 1:
            self.first_loss = stepped.loss
        if not isfinite(stepped.loss + stepped.penalty):
            self.finished = True
            return stepped, Diverged(self.step, explain(self.now, self.step, self.first_loss))
        return stepped, *self.look(gauge)

    def look(self, gauge: Gauge | None) -> Iterator[Event]:
        """What is due after a step, beside the step itself."""
        if gauge:
            yield gauge.measured(self.step)
        every = self.evaluate_every or steps_between(self.course.digits, self.steps_per_epoch)
        if self.finished or self.step in FIRST_POINTS or self.step % every == 0:
            evaluated = self.evaluate()
            yield evaluated
            if not isfinite(evaluated.train_loss + evaluated.validation_loss):  # this step's update broke the network
                self.finished = True
                yield Diverged(self.step, explain(self.now, self.step, self.first_loss))
                return
            self.watch = self.watch.after(self.step, evaluated.validation_loss)
            self.finished = self.finished or self.is_over_early
        if self.finished:
            yield self.ending

    def change(self, field: str, value: float) -> Changed:
        """Set one of `LIVE_FIELDS` from the next step on; the optimizer keeps its state.

        Raises `SpecError` for another field or a value out of bounds, and then changes nothing.
        """
        if field not in LIVE_FIELDS:
            raise SpecError(field, f"{field} can't change while a run lasts: train anew with it")
        section, name = field.split(".")
        old = self.live[field]
        try:
            now = self.now.but(**{section: getattr(self.now, section).but(**{name: value})})
        except SpecError as error:
            raise SpecError(field, error.message) from error
        check_batch(now)
        self.now = now
        self.net.set_dropout(now.network.dropout)
        set_weight_decay(self.optimizer, now.regularization.weight_decay)
        return Changed(self.step, field, old, self.live[field])

    # --- one step ---------------------------------------------------------------------------------------------------

    def next_batch(self) -> tuple[Tensor, Tensor]:
        """Images [B, 1, 28, 28] and labels [B]."""
        batch = self.course.next_digits(self.place, self.now.training.batch_size)
        chosen = order(self.course.digits, self.experiment.training.seed, self.place.epoch)[batch].to(self.device)
        return self.images.index_select(0, chosen), self.labels.index_select(0, chosen)

    def learn(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and loss; the gradients of the loss are in place."""
        augmentation = self.experiment.data.augmentation
        with self.noise:
            if augmentation.is_on:
                images = augment(images, augmentation, self.dataset.scale)
            logits = self.net(images)
        loss = self.loss(logits, labels)
        for parameter in self.parameters:  # optimizer.zero_grad() without its bookkeeping, 3 % of a small step
            parameter.grad = None
        loss.backward()
        return logits.detach(), loss.detach()

    def update(self, learning_rate: float) -> None:
        """Clip the gradients of the loss, add the penalty's, and let the optimizer step."""
        clip_norm = self.now.regularization.clip_norm
        if clip_norm is not None:
            clip_grad_norm_(self.parameters, clip_norm)
        add_penalty_gradient(self.now, self.decayed)
        set_learning_rate(self.optimizer, learning_rate)
        self.optimizer_step()

    def evaluate(self) -> Evaluated:
        """Loss and accuracy on the same digits of the train and the validation split each time."""
        (train_loss, train), (loss, validation) = (evaluate(self.net, self.loss, *digits) for digits in self.judged)
        self.verdict = train, validation
        return Evaluated(self.step, train_loss, share(train), loss, share(validation))

    # --- where the run stands ---------------------------------------------------------------------------------------

    @property
    def epoch(self) -> float:
        """Digits seen / training digits."""
        return self.course.epochs_done(self.place)

    @property
    def steps_per_epoch(self) -> int:
        """With the batch size as it is now."""
        return self.course.batches(self.now.training.batch_size)

    @property
    def total_steps(self) -> int:
        """Planned steps, or those made where the run is over early.

        What is left of the epochs follows from the batch size as it is now.
        """
        return self.step if self.is_over_early else self.planned_steps

    @property
    def planned_steps(self) -> int:
        training = self.now.training
        if training.unit == "steps":
            return training.steps
        return self.step + self.course.steps_left(self.place, training.batch_size, training.epochs)

    @property
    def ending(self) -> Finished:
        """What a run that has made its last step says, also when it is read back from its last checkpoint."""
        return Finished(self.step, self.watch.reason() if self.step < self.planned_steps else "")

    @property
    def is_over_early(self) -> bool:
        """Whether patience has run out."""
        return self.watch.is_over(self.experiment.training.patience)

    @property
    def learning_rate(self) -> float:
        """Of the next step: the one that is set, times the schedule's factor."""
        training = self.now.training
        progress = self.step / training.steps if training.unit == "steps" else self.place.progress(training.epochs)
        return self.now.optimizer.learning_rate * factor_at(self.now.schedule, self.step, self.place.epoch, progress)

    @property
    def live(self) -> dict[str, float]:
        """The values that may change while the run lasts, by field."""
        sections = (field.split(".") for field in LIVE_FIELDS)
        return {f"{section}.{name}": getattr(getattr(self.now, section), name) for section, name in sections}


def measures_layers(step: int) -> bool:
    """Whether the layers are measured at a step: often at first, every 10th, then half as often after each doubling.

    >>> [step for step in range(1, 31) if measures_layers(step)]
    [1, 2, 5, 10, 20, 30]
    >>> [step for step in range(9_980, 10_050) if measures_layers(step)]
    [9980, 9990, 10000, 10020, 10040]
    """
    return step in EARLY or step % (10 << (step // 10_000).bit_length()) == 0
