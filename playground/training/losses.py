"""How wrong the network is on a batch: one number from logits [B, 10] and labels [B].

All losses follow PyTorch's `reduction="mean"`: the mean over digits, and over the ten outputs where each has an
error of its own (binary cross-entropy, MSE, MAE, Huber). MSE, MAE and Huber compare the *softmax* outputs with one-hot
targets: so every loss trains outputs that are probabilities, MSE is Brier's score (1950, here a mean over classes) and
MAE the noise-tolerant loss of Ghosh et al. 2017. They show why cross-entropy won: where softmax saturates at a wrong
answer, their gradient vanishes.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from playground.experiment import CLASSES, Loss

LossFunction = Callable[[Tensor, Tensor], Tensor]

ALMOST_ZERO = 1e-12


def loss_function(loss: Loss) -> LossFunction:
    """The loss as a function of logits [B, 10] and labels [B] (int64), a scalar.

    Class weights turn the mean over digits into a weighted one, each digit with the weight w_y of its class:
    Σ w_y · loss / Σ w_y, as in `F.cross_entropy`. A batch in which no digit counts has loss 0.
    """
    if loss.class_weights is None:
        if loss.kind == "cross-entropy":
            return lambda logits, labels: F.cross_entropy(logits, labels, label_smoothing=loss.label_smoothing)
        return lambda logits, labels: per_digit(loss, logits, labels).mean()

    weights = torch.tensor(loss.class_weights)

    def weighted(logits: Tensor, labels: Tensor) -> Tensor:
        of_class = weights.to(logits)
        of_digit = of_class[labels]
        total = of_digit.sum()
        if loss.kind == "cross-entropy":  # smoothing spreads over the classes with their own weights: PyTorch's rule
            summed = F.cross_entropy(
                logits, labels, weight=of_class, label_smoothing=loss.label_smoothing, reduction="sum"
            )
        else:
            summed = (of_digit * per_digit(loss, logits, labels)).sum()
        return torch.where(total > 0, summed / total.clamp(min=ALMOST_ZERO), 0 * summed)

    return weighted


def per_digit(loss: Loss, logits: Tensor, labels: Tensor) -> Tensor:
    """The loss of each digit, [B], class weights left out.

    - binary cross-entropy: ten yes-or-no questions, sigmoid against one-hot, the mean of the ten.
    - focal: -(1 - p_y)^gamma · log p_y with softmax p (Lin et al. 2017, eq. 4, for many classes); gamma 0 is
      cross-entropy.
    - Huber: e²/2 up to |e| = delta, then delta · (|e| - delta/2). Errors of probabilities stay within 1, so a delta
      of 1 is MSE/2; below, large errors pull no harder than delta.
    """
    if loss.kind == "focal":
        log_p = F.log_softmax(logits, 1).gather(1, labels[:, None]).squeeze(1)
        # Below a gamma of 1 the slope at p = 1 is infinite; the clamp makes it 0.
        return -((-torch.expm1(log_p)).clamp(min=ALMOST_ZERO) ** loss.gamma) * log_p
    if loss.kind == "cross-entropy":
        return F.cross_entropy(logits, labels, label_smoothing=loss.label_smoothing, reduction="none")

    targets = F.one_hot(labels, CLASSES).to(logits)
    match loss.kind:
        case "binary cross-entropy":
            errors = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
        case "MSE":
            errors = F.mse_loss(logits.softmax(1), targets, reduction="none")
        case "MAE":
            errors = F.l1_loss(logits.softmax(1), targets, reduction="none")
        case "Huber":
            errors = F.huber_loss(logits.softmax(1), targets, delta=loss.delta, reduction="none")
    return errors.mean(1)


def probabilities(logits: Tensor, loss: Loss) -> Tensor:
    """What the network answers, [B, 10]: softmax, or ten independent sigmoids for binary cross-entropy."""
    return logits.sigmoid() if loss.kind == "binary cross-entropy" else logits.softmax(1)
