"""Which digits a network gets wrong, how sure it is of that, and which it forgot or never learned."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, from_numpy

from playground.experiment import Loss
from playground.network.build import Net
from playground.training.evaluation import predict
from playground.training.losses import probabilities


@dataclass(frozen=True, eq=False)
class Mistakes:
    """What a network says to N digits, and `wrong`: the positions of its mistakes, the most confident first.

    `said` [N]: the class of the largest logit. `confidence` [N] and `of_label` [N]: the probabilities of what was said
    and of the label.
    """

    said: NDArray[np.int64]
    confidence: NDArray[np.float32]
    of_label: NDArray[np.float32]
    wrong: NDArray[np.int64]


def mistakes(net: Net, x: Tensor, y: Tensor, loss: Loss, logits: NDArray[np.float32] | None = None) -> Mistakes:
    """The answers to digits x [N, 1, 28, 28] with labels y [N], in eval mode.

    Probabilities are softmax, or sigmoid where `loss` is binary cross-entropy; NaN where the network has diverged, and
    those mistakes come last. `logits` [N, 10], where they are known already, spare the pass.
    """
    if logits is None:
        logits = predict(net, x).cpu().numpy()
    said, labels = logits.argmax(1), y.cpu().numpy()
    answers = probabilities(from_numpy(logits), loss).numpy()
    each = np.arange(len(said))
    confidence = answers[each, said]
    wrong = np.flatnonzero(said != labels)
    surest = np.argsort(-confidence[wrong], kind="stable")
    return Mistakes(said, confidence, answers[each, labels], wrong[surest])


@dataclass(frozen=True, eq=False)
class Forgetting:
    """`events` [digits]: how often each was forgotten. `first_learned` [digits]: the first evaluation at which it was
    right, -1 where it never was."""

    events: NDArray[np.int64]
    first_learned: NDArray[np.int64]


def forgetting(verdicts: NDArray[np.bool_]) -> Forgetting:
    """Forgetting events in verdicts [evaluations, digits], true where right.

    Toneva et al. 2019, "An empirical study of example forgetting": right at one evaluation and wrong at the next.
    """
    events = (verdicts[:-1] & ~verdicts[1:]).sum(0)
    count, digits = verdicts.shape
    first = verdicts.argmax(0) if count else np.zeros(digits, np.int64)
    return Forgetting(events, np.where(verdicts.any(0), first, -1))
