"""Where the one dropout rate acts: after every hidden activation, next to the Dropout layers placed by hand."""

from playground.experiment import (
    GELU,
    Dropout,
    Layer,
    LeakyReLU,
    Network,
    ReLU,
    Sigmoid,
    SiLU,
    Tanh,
)
from playground.network.facts import WEIGHTED

ACTIVATIONS = (ReLU, LeakyReLU, GELU, SiLU, Tanh, Sigmoid)


def with_dropout(network: Network) -> tuple[Layer, ...]:
    """The layers really built: every activation has a Dropout after it, before the next weights.

    Where none was placed by hand, `Dropout(p=None)` comes right after the activation, the last one where several
    follow each other. It is put in at a rate of 0 too: it costs nothing, and the rate can change during training.

    >>> from playground.experiment import Linear
    >>> [layer.kind for layer in with_dropout(Network(layers=(Linear(), ReLU(), Linear(), Tanh(), Dropout(p=0.5))))]
    ['Linear', 'ReLU', 'Dropout', 'Linear', 'Tanh', 'Dropout']
    """
    return tuple(layer for _, layer in placed(network))


def placed(network: Network) -> tuple[tuple[int | None, Layer], ...]:
    """The layers of `with_dropout`, each with its index in `network.layers`; None for an automatic Dropout."""
    backwards: list[tuple[int | None, Layer]] = []
    dropped = False  # does a Dropout stand between here and the next weights?
    for index in reversed(range(len(network.layers))):
        layer = network.layers[index]
        if isinstance(layer, ACTIVATIONS) and not dropped:
            backwards.append((None, Dropout()))
            dropped = True
        elif isinstance(layer, (Dropout, *WEIGHTED)):
            dropped = isinstance(layer, Dropout)
        backwards.append((index, layer))
    return tuple(reversed(backwards))
