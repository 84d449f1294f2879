"""Where a layer puts digits: its outputs as points, and these points in two dimensions."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from playground.errors import SpecError
from playground.network.build import Net
from playground.network.names import HEAD
from playground.probes.activations import INPUT, eval_mode

CHUNK = 50  # digits a pass: wide maps of more leave the processor's cache
ROUNDING = 1e-7  # a smaller share of the variance is float32's rounding
COMPONENTS_FOR_T_SNE = 50  # as van der Maaten and Hinton 2008
PERPLEXITY = 30.0
FEWEST = 4  # digits that t-SNE can do anything with
START = 1e-4  # scikit-learn's deviation of the first component


@dataclass(frozen=True, eq=False)
class Representation:
    """`values` float32 [N, D]: a layer's outputs, flat. `logits` float32 [N, 10]."""

    values: NDArray[np.float32]
    logits: NDArray[np.float32]


@torch.inference_mode()
def representation(net: Net, x: Tensor, layer: str) -> Representation:
    """What leaves a layer for digits x [N, 1, 28, 28], in eval mode; "Input" is what the first layer gets.

    Raises `SpecError` where the network has no such layer. The network's mode is put back.
    """
    names = (INPUT, *net.names, HEAD)
    if layer not in names:
        raise SpecError("layer", f'there is no layer "{layer}": choose one of {", ".join(names)}')
    depth = names.index(layer)
    modules = (*net.layers, net.head)
    values, logits = [], []
    with eval_mode(net):
        for chunk in x.split(CHUNK):
            for module in modules[:depth]:
                chunk = module(chunk)
            values.append(chunk.flatten(1))
            for module in modules[depth:]:
                chunk = module(chunk)
            logits.append(chunk)
    return Representation(torch.cat(values).cpu().numpy(), torch.cat(logits).cpu().numpy())


@dataclass(frozen=True, eq=False)
class Projection:
    """`points` float64 [N, count]; `shares` float64 [count]: of the variance along each axis, largest first."""

    points: NDArray[np.float64]
    shares: NDArray[np.float64]


def principal_components(values: NDArray[np.float32], count: int = 2) -> Projection:
    """Points [N, D] along their `count` directions of largest variance; zeros where they don't vary.

    From the N × N Gram matrix of the centred points, G = U Λ Uᵀ: points U √Λ, shares Λ / tr Λ. Exact, and cheap for the
    thousands of dimensions of a convolution. A direction's sign means nothing: here the longer tail (the sum of cubes)
    is positive. Raises `SpecError` where a value is not finite.
    """
    from scipy.linalg import eigh  # here: it takes a third of a second
    from scipy.linalg.blas import ssyrk

    if not np.isfinite(values).all():
        raise SpecError(
            "layer", "this layer gives values that are not finite, as after a divergence: look at an earlier step"
        )
    (n, dimensions), largest = values.shape, np.abs(values).max(initial=0)
    projection = Projection(np.zeros((n, count)), np.zeros(count))
    if not largest:
        return projection
    centred = values / largest  # squares of large values leave float32
    centred -= centred.mean(0, dtype=np.float64).astype(np.float32)
    gram = ssyrk(1.0, centred.T, trans=1, lower=1).astype(np.float64)  # the lower half: half the work
    total = np.trace(gram)
    if total <= n * dimensions * np.finfo(np.float32).eps ** 2:
        return projection
    found = min(count, n)
    variances, directions = eigh(gram, lower=True, subset_by_index=(n - found, n - 1))
    shares = variances[::-1] / total
    shares[shares < ROUNDING] = 0
    points = directions[:, ::-1] * np.sqrt(shares * total) * float(largest)
    projection.points[:, :found] = points * np.where((points**3).sum(0) < 0, -1, 1)
    projection.shares[:found] = shares
    return projection


def t_sne(values: NDArray[np.float32], seed: int) -> NDArray[np.float64]:
    """Points [N, 2] whose neighbours are those of the points [N, D]; distances between groups mean little.

    t-SNE (van der Maaten and Hinton 2008) of the first 50 principal components, from the first two as a start, so that
    maps of one layer at two steps resemble each other; perplexity 30, less where there are few digits. Zeros where
    the points don't vary. Raises `SpecError` where a value is not finite.
    """
    from sklearn.manifold import TSNE  # here: it takes a second

    components = principal_components(values, COMPONENTS_FOR_T_SNE)
    if len(values) < FEWEST or not components.shares.any():
        return np.zeros((len(values), 2))
    points = components.points / components.points.std(0)[0]
    start = (START * points[:, :2]).astype(np.float32)
    found = TSNE(perplexity=perplexity(len(values)), init=start, random_state=seed).fit_transform(points)
    return found.astype(np.float64)


def perplexity(digits: int) -> float:
    """
    >>> perplexity(500), perplexity(31)
    (30.0, 10.0)
    """
    return min(PERPLEXITY, (digits - 1) / 3)
