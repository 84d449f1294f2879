"""The final measurement: once, on digits that nothing was picked or tuned on."""

from typing import Any

import torch

from playground.data.tensors import Digitset
from playground.experiment import CLASSES, Loss
from playground.network.build import Net
from playground.training.evaluation import predict
from playground.training.intervals import wilson_interval
from playground.training.losses import probabilities


def measure(net: Net, digits: Digitset, loss: Loss | None = None) -> dict[str, Any]:
    """What the network makes of the digits, in eval mode, ready for JSON.

    - `labels`, `predictions` [N]; `probabilities` [N][10]: softmax, or sigmoid where `loss` is binary cross-entropy.
    - `digits` N, `correct`, `accuracy`, and `interval`: its 95 % Wilson interval.
    - `precision`, `recall`, `f1`, `support` [10], one a class (0 where nothing was predicted or there), and `macro`:
      the plain mean over classes of the first three.
    - `confusion` [10][10]: rows are labels, columns predictions.
    """
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support  # here: it takes a second

    device = next(net.parameters()).device
    logits = predict(net, digits.x.to(device)).cpu()
    labels, predictions = digits.y.cpu().numpy(), logits.argmax(1).numpy()
    classes = range(CLASSES)
    precision, recall, f1, support = precision_recall_fscore_support(
        labels, predictions, labels=classes, zero_division=0
    )
    correct = int((predictions == labels).sum())
    return {
        "digits": len(labels),
        "correct": correct,
        "accuracy": correct / len(labels),
        "interval": list(wilson_interval(correct, len(labels))),
        "labels": labels.tolist(),
        "predictions": predictions.tolist(),
        "probabilities": probabilities(logits.to(torch.float64), loss or Loss()).tolist(),
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "f1": f1.tolist(),
        "support": support.tolist(),
        "macro": {"precision": float(precision.mean()), "recall": float(recall.mean()), "f1": float(f1.mean())},
        "confusion": confusion_matrix(labels, predictions, labels=classes).tolist(),
    }
