"""Why a run may have diverged, from simple evidence."""

from math import log

from playground.experiment import CLASSES, Experiment

USUAL_RATE = {
    "SGD": 0.1,
    "Momentum": 0.01,
    "Nesterov": 0.01,
    "Adam": 1e-3,
    "AdamW": 1e-3,
    "AMSGrad": 1e-3,
    "RMSprop": 1e-3,
    "Adagrad": 0.01,
}
GUESSING = log(CLASSES)  # the cross-entropy of a network that knows nothing


def explain(experiment: Experiment, step: int, first_loss: float) -> str:
    """A sentence for a loss that is no longer a finite number: the likeliest cause, and what to try.

    `first_loss` is the loss of step 1. The evidence, the strongest first: the learning rate is 10 times the usual;
    weight decay overshoots (a step multiplies w by 1 - rate · decay, which must stay above -1); the network was wildly
    wrong before it learned anything, so its inputs or weights start too large; else the learning rate after all.
    """
    kind, rate = experiment.optimizer.kind, experiment.optimizer.learning_rate
    usual, decay = USUAL_RATE[kind], experiment.regularization.weight_decay
    begin = f"diverged at step {step:,}: the loss is no longer a finite number."
    if rate >= 10 * usual and step > 1:
        return f"{begin} The learning rate {rate:g} is far above what {kind} usually takes: try {usual:g}"
    if rate * decay >= 2:
        return (
            f"{begin} A weight decay of {decay:g} at a learning rate of {rate:g} makes the weights overshoot zero "
            f"at every step: try {0.01 / rate:.2g} or less"
        )
    if not first_loss < 10 * GUESSING:
        cause = "weights" if experiment.data.scaling != "none" else "pixels from 0 to 255, and weights,"
        remedy = "the default initialization" if experiment.data.scaling != "none" else "standardized digits"
        return f"{begin} The loss of the first step was {first_loss:.3g}, so {cause} start too large: try {remedy}"
    return f"{begin} The likeliest cause is the learning rate {rate:g}: try {rate / 10:g}"
