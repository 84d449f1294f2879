"""What each layer is called on every page, chart and error: its kind and which one of its kind it is."""

from collections import Counter
from collections.abc import Iterable, Sequence

from playground.experiment import Layer, Network
from playground.network.dropout import placed

HEAD = "Head"
AUTOMATIC_DROPOUT = "Dropout (auto)"


def layer_names(layers: Sequence[Layer]) -> tuple[str, ...]:
    """The names of the layers in order, then the head's: one more than there are layers.

    >>> from playground.experiment import Linear, ReLU
    >>> layer_names([Linear(), ReLU(), Linear()])
    ('Linear #1', 'ReLU #1', 'Linear #2', 'Head')
    """
    return (*numbered(layer.kind for layer in layers), HEAD)


def built_names(network: Network) -> tuple[str, ...]:
    """The names of the layers of `with_dropout(network)`; those placed by hand are called as in `layer_names`.

    >>> from playground.experiment import Linear, ReLU
    >>> built_names(Network(layers=(Linear(), ReLU())))
    ('Linear #1', 'ReLU #1', 'Dropout (auto) #1')
    """
    return numbered(AUTOMATIC_DROPOUT if index is None else layer.kind for index, layer in placed(network))


def short_name(network: Network) -> str:
    """What kind of network it is, with the sizes of its weighted layers.

    >>> from playground.experiment import Conv2d, Flatten, Linear, ReLU
    >>> short_name(Network(layers=(Conv2d(channels=8), ReLU(), Flatten(), Linear(units=32))))
    'CNN 8-32'
    """
    sizes = [str(getattr(layer, "channels", getattr(layer, "units", ""))) for layer in network.layers]
    kinds = {layer.kind for layer in network.layers}
    kind = "CNN" if "Conv2d" in kinds else "Locally connected" if "LocallyConnected2d" in kinds else "MLP"
    return f"{kind} {'-'.join(size for size in sizes if size) or 'without hidden layers'}"


def numbered(kinds: Iterable[str]) -> tuple[str, ...]:
    """Each kind with a number that counts up.

    >>> numbered(["ReLU", "Tanh", "ReLU"])
    ('ReLU #1', 'Tanh #1', 'ReLU #2')
    """
    seen: Counter[str] = Counter()
    names = []
    for kind in kinds:
        seen[kind] += 1
        names.append(f"{kind} #{seen[kind]}")
    return tuple(names)
