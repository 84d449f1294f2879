"""Weight decay and dropout in a few lines of one's own, on the weights, batches and masks of a run."""

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from playground.data.tensors import load
from playground.errors import SpecError
from playground.experiment import Experiment, Flatten, Linear, Loss, Regularization, ReLU, Schedule
from playground.network.build import build
from playground.seeds import derive
from playground.training.batches import order
from playground.training.noise import Noise

Batch = tuple[Tensor, Tensor]


def train_by_hand(
    parameters: list[Tensor], batches: Iterable[Batch], rate: float, decay: float, p: float
) -> Iterator[float]:
    """The loss of each batch in turn; `parameters` are weights and biases, layer after layer."""
    for images, labels in batches:
        x = images.flatten(1)
        *hidden, (weights, bias) = zip(parameters[::2], parameters[1::2], strict=True)
        for w, b in hidden:
            x = (x @ w.T + b).clamp(min=0)
            x = x * torch.empty_like(x).bernoulli_(1 - p) / (1 - p)  # dropout: a share p to 0, the rest enlarged
        logits = x @ weights.T + bias
        loss = (logits.logsumexp(1) - logits.gather(1, labels[:, None])[:, 0]).mean()
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                if parameter.ndim > 1:
                    gradient = gradient + decay * parameter  # weight decay, biases spared
                parameter -= rate * gradient
        yield loss.item()


def by_hand(experiment: Experiment, steps: int) -> list[float]:
    """The batch loss of so many steps by the hand-written loop: initial weights, batches and masks as the run's.

    Raises `SpecError` for an experiment with anything that the few lines leave out.
    """
    check(experiment)
    training = experiment.training
    parameters = [weight.detach().requires_grad_() for weight in build(experiment.network, training.seed).parameters()]
    rate, decay = experiment.optimizer.learning_rate, experiment.regularization.weight_decay
    loop = train_by_hand(parameters, batches_of(experiment), rate, decay, experiment.network.dropout)
    with Noise(derive(training.seed, "noise"), torch.device("cpu")):
        return [loss for _, loss in zip(range(steps), loop, strict=False)]


def batches_of(experiment: Experiment) -> Iterator[Batch]:
    """The run's batches, epoch after epoch, without end: images [B, 1, 28, 28] and labels [B]."""
    training = experiment.training
    digits = load(experiment.data, training.seed).train
    epoch = 0
    while True:
        for chosen in order(len(digits), training.seed, epoch).split(training.batch_size):
            yield digits.x[chosen], digits.y[chosen]
        epoch += 1


def check(experiment: Experiment) -> None:
    """Raise `SpecError` where the hand-written loop would train something else."""
    body = experiment.network.layers[1:]
    is_mlp = experiment.network.layers[:1] == (Flatten(),) and len(body) % 2 == 0
    pairs = zip(body[::2], body[1::2], strict=True) if is_mlp else ()
    if not is_mlp or not all(isinstance(one, Linear) and isinstance(other, ReLU) for one, other in pairs):
        raise SpecError("network.layers", "the loop by hand knows Flatten, then pairs of Linear and ReLU: take an MLP")
    rest = {
        "optimizer.kind": (experiment.optimizer.kind, "SGD"),
        "schedule.kind": (experiment.schedule.kind, Schedule().kind),
        "loss": (experiment.loss, Loss()),
        "regularization": (experiment.regularization.but(weight_decay=0), Regularization()),
        "data.augmentation": (experiment.data.augmentation.is_on, False),
    }
    for field, (value, known) in rest.items():
        if value != known:
            raise SpecError(field, f"the loop by hand trains without {field} = {value}: set it to {known}")
