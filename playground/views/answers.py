"""What the network says of a few digits: now, and at all kept steps so far."""

from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.probes.answers import answers, since, top
from playground.views import requests
from playground.views.moment import Moment
from playground.views.pack import View


def answers_view(moment: Moment, request: requests.Answers) -> View:
    """`probabilities` [N, 10] in eval mode; `labels` are None for drawn digits, `predictions` where there is NaN.

    `output` says what they are: softmax, which sums to 1, or sigmoid, ten of their own.
    """
    found = answered(moment, request.digits)
    predictions = [None if said < 0 else int(said) for said in top(found)]
    return {**about(moment, request.digits), "predictions": predictions}, {"probabilities": found}


def ribbons_view(moment: Moment, request: requests.Ribbons) -> View:
    """`steps` [M], the kept ones and the moment's own, `probabilities` [M, N, 10], and since when each class is said.

    `first` and `settled` [N, 10]: the first of the steps at which the class is the answer, and the first from which on
    it always is; -1 where there is none. The column of a digit's label says when the network got it right.
    """
    steps, rows = [], []
    for then in chain((kept for kept in moment.kept() if kept.step < moment.step), [moment]):  # one network at a time
        steps.append(then.step)
        rows.append(answered(then, request.digits))
    times, found = np.array(steps, np.int32), np.stack(rows)
    said = since(times, found)
    arrays = {"steps": times, "probabilities": found, "first": said.first, "settled": said.settled}
    return about(moment, request.digits), arrays


def answered(moment: Moment, digits: tuple[requests.Digit, ...]) -> NDArray[np.float32]:
    return answers(moment.net, moment.x(*digits), moment.experiment.loss)


def about(moment: Moment, digits: tuple[requests.Digit, ...]) -> dict[str, Any]:
    is_sigmoid = moment.experiment.loss.kind == "binary cross-entropy"
    return {"labels": [moment.label(digit) for digit in digits], "output": "sigmoid" if is_sigmoid else "softmax"}
