"""The network as a table: shape, parameters and receptive field of each layer, totals, and what is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from playground.data.digits import load_digits
from playground.data.splits import split
from playground.errors import SpecError
from playground.experiment import Data, Experiment, Layer, Network, check_momentum
from playground.network.fixes import Fix, fixes
from playground.network.walk import LayerFacts, walk

__all__ = ["Fix", "LayerFacts", "Problem", "Trace", "can_train", "check_batch", "needs_batches_of_two", "trace"]

BYTES = 4  # float32
MOST_BATCH_BYTES = 4 * 2**30


@dataclass(frozen=True)
class Problem:
    """The first layer that can't work, why, and networks in which that is mended, the best one first.

    `index` is `len(network.layers)` where it is the head; `field` is the path of the control to show it beside.
    """

    index: int
    field: str
    message: str
    fixes: tuple[Fix, ...]


@dataclass(frozen=True)
class Trace:
    """The facts of each layer up to the problem; `head` is None where there is one."""

    rows: tuple[LayerFacts, ...]
    head: LayerFacts | None
    problem: Problem | None

    @property
    def parameters(self) -> int:
        """How many numbers are learned, the head's among them."""
        return sum(facts.parameters for facts in self._all)

    @property
    def multiply_adds(self) -> int:
        """Multiplications by a weight, each with an addition, for one digit forward."""
        return sum(facts.multiply_adds for facts in self._all)

    @property
    def values(self) -> int:
        """How many numbers leave the layers and the head, for one digit."""
        return sum(prod(facts.output_shape) for facts in self._all)

    @property
    def memory_bytes(self) -> int:
        """What training takes in float32: weights, gradients and Adam's two averages (16 bytes a parameter), and what
        leaves every layer for one digit (4 bytes a value; a batch holds as many of these as it has digits)."""
        return 4 * BYTES * self.parameters + BYTES * self.values

    @property
    def _all(self) -> tuple[LayerFacts, ...]:
        return self.rows if self.head is None else (*self.rows, self.head)


def trace(network: Network) -> Trace:
    """Follow one digit through the network; never raises.

    >>> from playground.experiment import Conv2d, Flatten
    >>> found = trace(Network(layers=(Conv2d(channels=16), Flatten())))
    >>> found.rows[0].shape_text, found.rows[0].formula, found.parameters
    ('16 × 26 × 26', '3·3·1·16 + 16 = 160', 108330)
    >>> trace(Network(layers=(Conv2d(),))).problem.fixes[0].label
    'Add Flatten at the end'
    """
    rows, flaw = walk(network.layers)
    if flaw is None:
        return Trace(rows[:-1], rows[-1], None)
    problem = Problem(flaw.index, flaw.field, flaw.message, fixes(network.layers, flaw))
    return Trace(rows, None, problem)


def needs_batches_of_two(layers: Sequence[Layer]) -> bool:
    """Whether a batch of one digit would leave a batch normalization with one value a channel, which has no variance.

    So it is for BatchNorm1d, and for BatchNorm2d on a 1 × 1 map.
    """
    rows, _ = walk(layers)
    return any(facts.kind.startswith("BatchNorm") and prod(facts.output_shape[1:]) == 1 for facts in rows)


def can_train(experiment: Experiment) -> bool:
    """Whether the network works, and nothing else is known that the trainer refuses."""
    if trace(experiment.network).problem is not None:
        return False
    try:
        check_batch(experiment)
        check_momentum(experiment.optimizer)
        check_training_digits(experiment.data)
    except SpecError:
        return False
    return True


def check_training_digits(data: Data) -> None:
    """Raise `SpecError("data.training_digits", …)` where the training split has fewer."""
    if data.training_digits is not None:  # a split takes some milliseconds, and pages ask at every click
        digits = load_digits(data.source)
        split(digits.labels, data, 0, digits.official_test)


def check_batch(experiment: Experiment) -> None:
    """Raise `SpecError("training.batch_size", …)` where a batch is too small to normalize or too large for memory."""
    size = experiment.training.batch_size
    if size == 1 and needs_batches_of_two(experiment.network.layers):
        raise SpecError(
            "training.batch_size",
            "batch size 1 leaves batch normalization one value a channel, which has no variance: "
            "make it 2 or more, or remove the batch normalization",
        )
    each = BYTES * trace(experiment.network).values
    if size * each > MOST_BATCH_BYTES:
        raise SpecError(
            "training.batch_size",
            f"a batch of {size:,} digits would take {size * each / 2**30:.1f} GiB for what leaves the layers, "
            f"more than {MOST_BATCH_BYTES / 2**30:.0f} GiB: lower it to {MOST_BATCH_BYTES // each:,}",
        )
