"""From the spec to a PyTorch module."""

from collections.abc import Callable

from torch import Tensor, channels_last, nn
from torch.nn.utils import skip_init

from playground.errors import SpecError
from playground.experiment import (
    CLASSES,
    GELU,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    LeakyReLU,
    Linear,
    LocallyConnected2d,
    MaxPool2d,
    Network,
    PermutePixels,
    ReLU,
    Sigmoid,
    SiLU,
    Tanh,
)
from playground.network import modules
from playground.network.dropout import placed
from playground.network.facts import Shape
from playground.network.initialize import initialize
from playground.network.names import HEAD, built_names
from playground.network.shapes import trace

Weighted = nn.Linear | nn.Conv2d | modules.LocallyConnected2d
# One entry a kind: the spec and the shape it receives → the module. `skip_init` leaves the weights to `initialize`, so
# that PyTorch's default generator is not drawn from.
MODULES: dict[type, Callable[..., nn.Module]] = {
    Linear: lambda spec, shape: skip_init(nn.Linear, shape[0], spec.units),
    Conv2d: lambda spec, shape: skip_init(
        nn.Conv2d, shape[0], spec.channels, spec.kernel, stride=spec.stride, padding=spec.padding
    ),
    LocallyConnected2d: lambda spec, shape: modules.LocallyConnected2d(
        shape, spec.channels, spec.kernel, spec.stride, spec.padding
    ),
    MaxPool2d: lambda spec, shape: nn.MaxPool2d(spec.kernel, spec.stride),
    AvgPool2d: lambda spec, shape: nn.AvgPool2d(spec.kernel, spec.stride),
    PermutePixels: lambda spec, shape: modules.PermutePixels(*shape[1:]),
    Flatten: lambda spec, shape: nn.Flatten(),
    Dropout: lambda spec, shape: nn.Dropout(spec.p or 0.0),
    BatchNorm1d: lambda spec, shape: nn.BatchNorm1d(shape[0]),
    BatchNorm2d: lambda spec, shape: nn.BatchNorm2d(shape[0]),
    ReLU: lambda spec, shape: nn.ReLU(),
    LeakyReLU: lambda spec, shape: nn.LeakyReLU(spec.negative_slope),
    GELU: lambda spec, shape: nn.GELU(),
    SiLU: lambda spec, shape: nn.SiLU(),
    Tanh: lambda spec, shape: nn.Tanh(),
    Sigmoid: lambda spec, shape: nn.Sigmoid(),
}


class Net(nn.Module):
    """The layers of `with_dropout(network)`, called `names`, and the head; digits [B, 1, 28, 28] → logits [B, 10]."""

    layers: nn.ModuleList
    head: nn.Linear
    names: tuple[str, ...]

    def __init__(self, network: Network) -> None:
        super().__init__()
        found = trace(network)
        if found.problem is not None:
            raise SpecError(found.problem.field, found.problem.message)
        assert found.head is not None
        self.layers = nn.ModuleList()
        self._ruled: list[nn.Dropout] = []  # by the network's one rate
        for index, spec in placed(network):
            # A Dropout, the only layer that is added, asks for no size.
            shape: Shape = () if index is None else found.rows[index].input_shape
            module = MODULES[type(spec)](spec, shape)
            self.layers.append(module)
            if isinstance(module, nn.Dropout) and isinstance(spec, Dropout) and spec.p is None:
                self._ruled.append(module)
        self.head = skip_init(nn.Linear, found.head.input_shape[0], CLASSES)
        self.names = built_names(network)
        self.set_dropout(network.dropout)

    @property
    def weighted(self) -> tuple[tuple[str, Weighted], ...]:
        """Every Linear, Conv2d and LocallyConnected2d and the head, with its name, in order."""
        named = zip(self.names, self.layers, strict=True)
        return (*((name, m) for name, m in named if isinstance(m, Weighted)), (HEAD, self.head))

    def set_dropout(self, rate: float) -> None:
        """Set the rate of every Dropout without a p of its own."""
        for module in self._ruled:
            module.p = rate
        self._fast_order = pooled_first([m for m in self.layers if not (isinstance(m, nn.Dropout) and m.p == 0)])

    def forward(self, x: Tensor) -> Tensor:
        """Logits [B, 10] of digits [B, 1, 28, 28]."""
        for module in self._fast_order:
            x = module(x)
        return self.head(x)

    def forward_all(self, x: Tensor) -> list[Tensor]:
        """What leaves every layer, in the order of `names`, then the logits."""
        outputs = []
        for module in (*self.layers, self.head):
            x = module(x)
            outputs.append(x)
        return outputs


def pooled_first(modules: list[nn.Module]) -> list[nn.Module]:
    """The modules with each MaxPool2d before a ReLU that it follows.

    ReLU never swaps the order of two values, so the maximum of the ReLUs is the ReLU of the maximum; a window of which
    all values are negative gives 0 and passes no gradient either way. Values and gradients are equal bit for bit, and
    ReLU has a quarter of the work after a pooling of 2.
    """
    order = list(modules)
    for i in range(len(order) - 1):
        if isinstance(order[i], nn.ReLU) and isinstance(order[i + 1], nn.MaxPool2d):
            order[i], order[i + 1] = order[i + 1], order[i]
    return order


def build(network: Network, seed: int) -> Net:
    """The network with its initial weights, on the CPU; raises `SpecError` with the first layer that can't work.

    A network with a Conv2d keeps its weights and maps in PyTorch's channels_last layout, the faster one for
    convolutions on CPUs; values don't depend on it.
    """
    net = Net(network)
    initialize(net, network.initialization, seed)
    if any(isinstance(module, nn.Conv2d) for module in net.layers):
        net.to(memory_format=channels_last)
    return net
