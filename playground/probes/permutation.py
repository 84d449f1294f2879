"""Hidden units have no order: a network with its units permuted is the same function."""

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from playground.errors import SpecError
from playground.network.build import Net
from playground.training.evaluation import predict


@dataclass(frozen=True)
class Permutation:
    """What permuting the units of one layer does to the logits of some digits.

    `order`: the unit that stands at each place afterwards. `change`: the largest change of any logit; `control`: the
    same where the next layer isn't told; `largest`: the largest logit, to compare them with.
    """

    order: tuple[int, ...]
    change: float
    control: float
    largest: float


def permute(net: Net, layer: str, x: Tensor, draw: int) -> Permutation:
    """Permute the units of a hidden layer at random, seeded by `draw`, and compare the logits of digits x, eval mode.

    The network stays as it is. Raises `SpecError("layer", …)` where the layer has no next one that takes its units as
    they are: the head, and maps that are flattened.
    """
    names = [name for name, _ in net.weighted]
    if layer not in names[:-1]:
        raise SpecError("layer", f"{layer} is no hidden layer with weights: choose one of {', '.join(names[:-1])}")
    place = names.index(layer)
    units = len(net.weighted[place][1].weight)
    following = net.weighted[place + 1][1].weight.shape[1]
    if following != units:
        message = f"{layer} has {units} units, the next layer {following} inputs: choose a layer that isn't flattened"
        raise SpecError("layer", message)
    order = torch.randperm(units, generator=torch.Generator().manual_seed(draw))
    before = predict(net, x)
    change, control = (
        (predict(permuted(net, place, order, told), x) - before).abs().max().item() for told in (True, False)
    )
    return Permutation(tuple(order.tolist()), change, control, before.abs().max().item())


@torch.no_grad()
def permuted(net: Net, place: int, order: Tensor, told: bool) -> Net:
    """A copy with the units of a weighted layer in another order: the rows of its weights, its biases, and what
    belongs to each unit up to the next weighted layer, of which the columns follow where it is `told`."""
    twin = copy.deepcopy(net)
    (_, module), (_, following) = twin.weighted[place : place + 2]
    modules = (*twin.layers, twin.head)
    for one in modules[modules.index(module) : modules.index(following)]:
        for value in own(one):
            value.copy_(value[order])
    if told:
        following.weight.copy_(following.weight[:, order])
    return twin


def own(module: nn.Module) -> list[Tensor]:
    """What a layer holds for each of its units: weights, biases, and the statistics of a normalization."""
    return [value for value in module.state_dict(keep_vars=True).values() if value.ndim]
