"""Whether a layer's maps move along with the digit, and how far the answer stays when it moves."""

from dataclasses import dataclass
from math import floor, sqrt

import torch
from torch import Tensor

from playground.experiment import Loss, Network
from playground.network.build import Net
from playground.network.fields import SIDE, Stage, stages
from playground.probes.activations import eval_mode, layers_of
from playground.probes.shifts import overlap, shifted
from playground.training.evaluation import predict
from playground.training.losses import probabilities


@dataclass(frozen=True)
class LayerEquivariance:
    """How far a layer's maps of moved digits are from its moved maps of the digits.

    `moved` (right, down): the shift in places of this map, the nearest whole ones to pixels / `jump`. `error`: RMS of
    the difference over the standard deviation of the map within a channel, so that 0 is exact and 1 no better than a
    constant. None where no place has its field inside the image before and after, or no map varies.
    """

    name: str
    kind: str
    jump: int
    moved: tuple[int, int]
    error: float | None


@torch.inference_mode()
def equivariance(
    net: Net, network: Network, x: Tensor, dx: int, dy: int, background: float
) -> tuple[LayerEquivariance, ...]:
    """Every layer that gives maps of the image, in order, over digits x [N, 1, 28, 28], in eval mode.

    A layer f is equivariant where f(shift x) = shift f(x). Compared are places whose receptive fields lie inside the
    image, before and after: at borders padding and the image's edge break it. A stack with strides can only follow
    shifts by multiples of their product, its jump. Flat layers have no map to move, nor has what is behind permuted
    pixels one of the image: they are left out, and so is all of an MLP.
    """
    found = []
    before, after = x, shifted(x, dx, dy, background)
    with eval_mode(net):
        for (name, kind, module), stage in zip(layers_of(net), stages(network), strict=True):
            before, after = module(before), module(after)
            if before.ndim == 4 and not stage.is_mixed:
                jump = stage.field.jump
                moved = nearest(dx / jump), nearest(dy / jump)
                found.append(LayerEquivariance(name, kind, jump, moved, difference(before, after, moved, stage)))
    return tuple(found)


def nearest(value: float) -> int:
    """The nearest whole number, the larger one of two.

    >>> nearest(0.5), nearest(-0.5), nearest(1.4)
    (1, 0, 1)
    """
    return floor(value + 0.5)


def difference(before: Tensor, after: Tensor, moved: tuple[int, int], stage: Stage) -> float | None:
    """RMS of `after` minus the moved `before`, both [N, C, H, W], over the deviation of the latter within a channel."""
    right, down = moved
    (to_y, from_y), (to_x, from_x) = (
        both_inside(stage, side, by) for side, by in zip(before.shape[2:], (down, right), strict=True)
    )
    expected, seen = before[:, :, from_y, from_x].double(), after[:, :, to_y, to_x].double()
    if not expected.numel():
        return None
    spread = (expected - expected.mean((2, 3), keepdim=True)).square().mean().item()
    return sqrt((seen - expected).square().mean().item() / spread) if spread else None


def both_inside(stage: Stage, side: int, by: int) -> tuple[slice, slice]:
    """Along one axis: the places after a shift, and those before it, whose fields lie inside the image both times."""
    field = stage.field
    whole = [place for place in range(side) if len(field.pixels(place, SIDE)) == field.size]
    if not whole:
        return slice(0, 0), slice(0, 0)
    to, of = overlap(len(whole), by)
    return slice(to.start + whole[0], to.stop + whole[0]), slice(of.start + whole[0], of.stop + whole[0])


@dataclass(frozen=True)
class AnswerChange:
    """What a shift does to answers: the share of digits whose predicted class stays, and how much probability moves to
    other classes, mean over digits of ½ Σ|p' - p| (total variation, from 0 to 1)."""

    unchanged: float
    moved: float


@torch.inference_mode()
def answer_change(net: Net, x: Tensor, dx: int, dy: int, background: float, loss: Loss) -> AnswerChange:
    """Over digits x [N, 1, 28, 28], in eval mode."""
    before, after = (probabilities(predict(net, one), loss) for one in (x, shifted(x, dx, dy, background)))
    unchanged = (before.argmax(1) == after.argmax(1)).double().mean().item()
    return AnswerChange(unchanged, (after - before).abs().sum(1).mean().item() / 2)
