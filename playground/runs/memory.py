"""How much memory a run takes while it trains, before it does: plain arithmetic over the network's table.

All in float32 on the CPU. `tests/benchmarks/bench_memory.py` compares with what real runs take.
"""

from dataclasses import dataclass, fields
from math import prod

from playground.experiment import (
    GELU,
    IMAGE_SHAPE,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Experiment,
    Flatten,
    Layer,
    LeakyReLU,
    Linear,
    LocallyConnected2d,
    MaxPool2d,
    Network,
    OptimizerKind,
    ReLU,
    Sigmoid,
    SiLU,
    Tanh,
)
from playground.network.dropout import placed
from playground.network.shapes import Trace, trace
from playground.training.judged import JUDGED

FLOAT = 4  # bytes
WORKER = 450_000_000  # bytes of a worker that trains nothing, without the libraries' code, which all workers share
BESIDE = 25_000_000  # what a run takes for its records, journal and small change
# Of each weight: its averages in the optimizer.
AVERAGES: dict[OptimizerKind, int] = {
    "SGD": 0,
    "Momentum": 1,
    "Nesterov": 1,
    "Adam": 2,
    "AdamW": 2,
    "AMSGrad": 3,
    "RMSprop": 1,
    "Adagrad": 1,
}
SAVES_INPUT = (Linear, Conv2d, MaxPool2d, AvgPool2d, BatchNorm1d, BatchNorm2d, LeakyReLU, GELU, SiLU)
SAVES_OUTPUT = (ReLU, Tanh, Sigmoid)


@dataclass(frozen=True)
class Needs:
    """Bytes, at the most that is held at once.

    `weights`: with gradients, the optimizer's averages, and copies of both for checkpoints. `batch`: what the layers
    hold of a batch until it has gone backward. `evaluation`: of the digits that are judged in one pass, forward.
    """

    digits: int
    weights: int
    batch: int
    evaluation: int

    @property
    def total(self) -> int:
        """A batch is let go before digits are judged."""
        return BESIDE + self.digits + self.weights + max(self.batch, self.evaluation)

    @property
    def largest(self) -> str:
        """The name of what takes the most."""
        return max((field.name for field in fields(self)), key=lambda name: getattr(self, name))


def needs(experiment: Experiment, digits: int, training_digits: int) -> Needs:
    """Of a network that works, trained on `training_digits` of the `digits` that the source has."""
    found = trace(experiment.network)
    copies = 2 + AVERAGES[experiment.optimizer.kind]  # the weights, their gradients
    saved = 2 * (1 + AVERAGES[experiment.optimizer.kind])  # the step to end with, and a checkpoint on its way
    batch = min(experiment.training.batch_size, training_digits)
    return Needs(
        digits=digits * prod(IMAGE_SHAPE) * (1 + FLOAT),
        weights=FLOAT * found.parameters * (copies + saved),
        batch=FLOAT * batch * values_held(experiment.network, found),
        evaluation=FLOAT * JUDGED * most_at_once(experiment.network, found),
    )


def values_held(network: Network, found: Trace) -> int:
    """Numbers that one digit leaves in the layers for its way backward, and the most that this way adds at once."""
    shapes = shapes_between(network, found)
    held = prod(IMAGE_SHAPE)  # the batch itself
    for place, (layer, shape, output) in enumerate(shapes):
        after = shapes[place + 1][0] if place + 1 < len(shapes) else Linear()  # the head
        if isinstance(layer, SAVES_OUTPUT) or (isinstance(after, SAVES_INPUT) and not isinstance(layer, Flatten)):
            held += prod(output)
        held += beside(layer, shape, output)
    widest = max((prod(shape) + prod(output) for _, shape, output in shapes), default=0)
    patches = max((unfolded(layer, shape, output) for layer, shape, output in shapes), default=0)
    return held + widest + 2 * patches


def beside(layer: Layer, shape: tuple[int, ...], output: tuple[int, ...]) -> int:
    """Numbers that a layer keeps of one digit for the way backward, besides its input and output."""
    match layer:
        case MaxPool2d():
            return 2 * prod(output)  # which pixel was the largest, as 64-bit indices
        case Dropout():
            return 2 * prod(output)  # the mask, and the output
        case LocallyConnected2d():
            return unfolded(layer, shape, output)
    return 0


def unfolded(layer: Layer, shape: tuple[int, ...], output: tuple[int, ...]) -> int:
    """Numbers in all windows of one digit, where the layer lays them out side by side."""
    return layer.kernel**2 * shape[0] * prod(output[1:]) if isinstance(layer, LocallyConnected2d) else 0


def most_at_once(network: Network, found: Trace) -> int:
    """Numbers of one digit that are there at once on the way forward alone: what enters a layer and what leaves it."""
    shapes = shapes_between(network, found)
    return max(
        (prod(shape) + prod(output) + 2 * unfolded(layer, shape, output) for layer, shape, output in shapes), default=0
    )


def shapes_between(network: Network, found: Trace) -> list[tuple[Layer, tuple[int, ...], tuple[int, ...]]]:
    """(layer, what enters, what leaves) of the layers that are really built and do something."""
    shape: tuple[int, ...] = IMAGE_SHAPE
    result: list[tuple[Layer, tuple[int, ...], tuple[int, ...]]] = []
    for index, layer in placed(network):
        if isinstance(layer, Dropout) and (network.dropout if layer.p is None else layer.p) == 0:
            continue
        output = shape if index is None else found.rows[index].output_shape
        result.append((layer, shape, output))
        shape = output
    return result
