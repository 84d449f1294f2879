"""The digits a network gets wrong, those it forgot again and again, and those it never learned."""

import numpy as np
from numpy.typing import NDArray

from playground.data.tensors import Digitset
from playground.probes.mistakes import Forgetting, Mistakes, forgetting, mistakes
from playground.training.intervals import wilson_interval
from playground.views import requests
from playground.views.moment import Moment
from playground.views.pack import View

LOOKED_AT = 500  # digits at most: the view is made several times a second while it trains
MOST_WRONG = 40
MOST_FOLLOWED = 20


def mistakes_view(moment: Moment, request: requests.Mistakes) -> View:
    """The first 500 digits of a split or all, judged in eval mode by the labels that it was trained on.

    Arrays of the first 40 mistakes, most confident first ("wrong."), the 20 most often forgotten ("forgotten.") and 20
    never learned ("unlearned."), each `index`, `label`, `truth` (the label without noise), `said`, `confidence`,
    `of_label`; `forgotten.times`, and `forgotten.first`: the step at which it was first right.
    """
    whole = moment.dataset.train if request.split == "train" else moment.dataset.validation
    digits = Digitset(whole.x[:LOOKED_AT], whole.y[:LOOKED_AT], whole.index[:LOOKED_AT])
    known = moment.logits.get((request.split, len(digits)))
    found = mistakes(moment.net, digits.x.to(moment.device), digits.y, moment.experiment.loss, known)
    steps, followed = followed_digits(moment, request.split)
    often = np.argsort(-followed.events, kind="stable")
    often = often[followed.events[often] > 0]
    unlearned = np.flatnonzero(followed.first_learned < 0) if len(steps) else often[:0]
    unlearned = unlearned[np.argsort(found.of_label[unlearned], kind="stable")]
    truth = moment.digits.labels[digits.index]
    correct = len(digits) - len(found.wrong)
    header = {
        "split": request.split,
        "source": moment.experiment.data.source,
        "digits": len(digits),
        "of": len(whole),
        "wrong": len(found.wrong),
        "accuracy": correct / len(digits),
        "interval": list(wilson_interval(correct, len(digits))),
        "noise": noise(found, digits.y.numpy(), truth),
        "followed": len(followed.events),
        "evaluations": len(steps),
        "first_step": int(steps[0]) if len(steps) else None,
        "last_step": int(steps[-1]) if len(steps) else None,
        "forgotten": len(often),
        "unlearned": len(unlearned),
    }
    often = often[:MOST_FOLLOWED]
    return header, {
        **columns("wrong", found.wrong[:MOST_WRONG], digits, truth, found),
        **columns("forgotten", often, digits, truth, found),
        "forgotten.times": followed.events[often].astype(np.int32),
        "forgotten.first": steps[followed.first_learned[often]].astype(np.int32),
        **columns("unlearned", unlearned[:MOST_FOLLOWED], digits, truth, found),
    }


def followed_digits(moment: Moment, split: str) -> tuple[NDArray[np.int64], Forgetting]:
    """The steps of the evaluations and what they say of a split's first digits.

    That of step 0 doesn't count: what an untrained network gets right by luck isn't learned.
    """
    verdicts = moment.verdicts()
    trained = verdicts.steps > 0
    return verdicts.steps[trained], forgetting((verdicts.train if split == "train" else verdicts.validation)[trained])


def noise(found: Mistakes, labels: NDArray[np.int64], truth: NDArray[np.uint8]) -> dict[str, int] | None:
    """Of the digits with a noisy label: how many there are, and how many get their true one; None without any."""
    is_noisy = labels != truth
    if not is_noisy.any():
        return None
    return {"digits": int(is_noisy.sum()), "true": int((found.said == truth)[is_noisy].sum())}


def columns(
    kind: str, chosen: NDArray[np.int64], digits: Digitset, truth: NDArray[np.uint8], found: Mistakes
) -> dict[str, np.ndarray]:
    """What there is to say of the digits at the chosen positions."""
    return {
        f"{kind}.index": digits.index[chosen].astype(np.int32),
        f"{kind}.label": digits.y.numpy()[chosen].astype(np.uint8),
        f"{kind}.truth": truth[chosen],
        f"{kind}.said": found.said[chosen].astype(np.uint8),
        f"{kind}.confidence": found.confidence[chosen].astype(np.float32),
        f"{kind}.of_label": found.of_label[chosen].astype(np.float32),
    }
