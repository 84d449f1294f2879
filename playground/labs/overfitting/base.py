"""The MLP that all topics begin with, and what is said of every number that is measured on it."""

from playground.experiment import AnyLayer, Data, Experiment, Flatten, Linear, Network, ReLU, Training
from playground.training.judged import JUDGED

WHOLE = 3_500  # training digits of the sample, at the shares by default


def mlp(width: int, depth: int, digits: int, epochs: int, label_noise: float = 0.0) -> Experiment:
    """So many hidden layers of one width, trained with Adam on so many digits."""
    return Experiment(
        data=Data(training_digits=digits, label_noise=label_noise),
        network=Network(layers=hidden(width, depth)),
        training=Training(epochs=epochs),
    )


def hidden(width: int, depth: int) -> tuple[AnyLayer, ...]:
    """
    >>> [layer.kind for layer in hidden(8, 2)]
    ['Flatten', 'Linear', 'ReLU', 'Linear', 'ReLU']
    """
    return Flatten(), *(layer for _ in range(depth) for layer in (Linear(units=width), ReLU()))


def measured_on(digits: int) -> str:
    """How the numbers of curves come about.

    >>> measured_on(100)
    'eval mode, on 100 training and 256 validation digits'
    """
    return f"eval mode, on {min(digits, JUDGED)} training and {JUDGED} validation digits"
