"""The tensors of a network's state dict: their names and shapes, in plain arithmetic."""

from collections.abc import Iterator
from dataclasses import dataclass

from playground.errors import SpecError
from playground.experiment import (
    CLASSES,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Layer,
    Linear,
    LocallyConnected2d,
    Network,
)
from playground.network.dropout import placed
from playground.network.facts import Shape, output_shape
from playground.network.names import HEAD, built_names
from playground.network.shapes import trace

COUNTER = "num_batches_tracked"  # int64; all other tensors are float32


@dataclass(frozen=True)
class Entry:
    """One tensor: whose it is, what `Net` calls it, and what an nn.Sequential of the same layers calls it."""

    layer: str  # as on every page: "Conv2d #1"
    own_name: str  # "layers.0.weight"
    name: str  # "0.weight"
    shape: Shape

    @property
    def tensor(self) -> str:
        """Which tensor of its layer.

        >>> Entry("Head", "head.bias", "7.bias", (10,)).tensor
        'bias'
        """
        return self.name.rpartition(".")[2]


def entries(network: Network, drops: bool | None = None) -> tuple[Entry, ...]:
    """The state dict in PyTorch's order; raises `SpecError` where the network can't be built.

    The nn.Sequential has the layers that are built and the head, but no Dropout that never drops anything; `drops`:
    whether the network's one rate is ever above 0, None for whether it is so now.

    >>> from playground.experiment import Flatten, ReLU
    >>> [(one.name, one.own_name) for one in entries(Network(layers=(Flatten(), Linear(), ReLU())))][1:3]
    [('1.bias', 'layers.1.bias'), ('3.weight', 'head.weight')]
    """
    found = trace(network)
    if found.problem is not None:
        raise SpecError(found.problem.field, found.problem.message)
    assert found.head is not None
    rate = bool(network.dropout) if drops is None else drops
    return tuple(walked(network, rate, [row.input_shape for row in found.rows], found.head.input_shape))


def walked(network: Network, drops: bool, inputs: list[Shape], head_input: Shape) -> Iterator[Entry]:
    place = 0
    for at, ((index, layer), title) in enumerate(zip(placed(network), built_names(network), strict=True)):
        if isinstance(layer, Dropout):
            place += drops if layer.p is None else layer.p > 0
        elif index is not None:
            for tensor, shape in tensors(layer, inputs[index]):
                yield Entry(title, f"layers.{at}.{tensor}", f"{place}.{tensor}", shape)
            place += 1
    for tensor, shape in tensors(Linear(units=CLASSES), head_input):
        yield Entry(HEAD, f"head.{tensor}", f"{place}.{tensor}", shape)


def tensors(layer: Layer, shape: Shape) -> Iterator[tuple[str, Shape]]:
    """(name, shape) of the tensors of a layer that receives a shape."""
    match layer:
        case Linear(units=units):
            yield from (("weight", (units, shape[0])), ("bias", (units,)))
        case Conv2d(channels=channels, kernel=kernel):
            yield from (("weight", (channels, shape[0], kernel, kernel)), ("bias", (channels,)))
        case LocallyConnected2d(channels=channels, kernel=kernel):
            _, height, width = output_shape(layer, shape)
            places = height * width
            yield from (("weight", (places, channels, shape[0] * kernel**2)), ("bias", (places * channels,)))
        case BatchNorm1d() | BatchNorm2d():
            yield from ((name, (shape[0],)) for name in ("weight", "bias", "running_mean", "running_var"))
            yield COUNTER, ()
