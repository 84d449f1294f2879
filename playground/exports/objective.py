"""The part of a script that says how wrong the network is, as `training.losses.loss_function` does."""

from playground.experiment import Loss
from playground.exports.cells import WIDTH, Cell, call, indented, lines
from playground.exports.plan import Plan

SMALLEST = 1e-6  # class weights below this may sum to nothing in a batch
WHY = {
    "cross-entropy": "Cross-entropy: how surprised the network is by the right answer.",
    "binary cross-entropy": "Ten yes-or-no questions, one a class: the mean of their cross-entropies.",
    "focal": "Focal loss: cross-entropy in which digits that are easy by now count little.",
    "MSE": "The squared error of the ten probabilities, against 1 for the right class and 0 for the others.",
    "MAE": "The absolute error of the ten probabilities, against 1 for the right class and 0 for the others.",
    "Huber": "Squared error for small errors of the ten probabilities, absolute error for large ones.",
}


def objective_cell(plan: Plan) -> Cell:
    """`loss_function(logits, labels)`, a mean over the batch."""
    loss = plan.experiment.loss
    smoothing = f"label_smoothing={loss.label_smoothing!r}" if loss.label_smoothing else ""
    if loss.class_weights is None:
        if loss.kind == "cross-entropy":
            return Cell("Loss", WHY[loss.kind], f"loss_function = nn.CrossEntropyLoss({smoothing})")
        return Cell("Loss", WHY[loss.kind], function(loss, "return losses.mean()"))
    why = f"{WHY[loss.kind]} Each digit counts with the weight of its class."
    return Cell("Loss", why, lines(class_weights(plan) + "\n\n", function(loss, weighted(loss, smoothing))))


def function(loss: Loss, result: str) -> str:
    """The definition; the loss of each digit is `losses`, [N]."""
    return lines("def loss_function(logits, labels):", indented(lines(losses(loss), result)))


def losses(loss: Loss) -> str:
    """The lines that give each digit its loss; none for cross-entropy, which PyTorch weighs itself."""
    match loss.kind:
        case "cross-entropy":
            return ""
        case "focal":
            return lines(
                "log_p = F.log_softmax(logits, 1).gather(1, labels[:, None]).squeeze(1)",
                "wrong = -torch.expm1(log_p)  # 1 - p of the right class",
                f"losses = -(wrong.clamp(min=1e-12) ** {loss.gamma!r}) * log_p",
            )
        case "binary cross-entropy":
            name, outputs, delta = "binary_cross_entropy_with_logits", "logits", ""
        case "MSE":
            name, outputs, delta = "mse_loss", "logits.softmax(1)", ""
        case "MAE":
            name, outputs, delta = "l1_loss", "logits.softmax(1)", ""
        case "Huber":
            name, outputs, delta = "huber_loss", "logits.softmax(1)", f"delta={loss.delta!r}"
    return lines(
        "targets = F.one_hot(labels, 10).float()",
        "errors = " + call(f"F.{name}", outputs, "targets", delta, 'reduction="none"'),
        "losses = errors.mean(1)  # over the ten outputs",
    )


def class_weights(plan: Plan) -> str:
    """The constant; one weight a line where they don't fit on one."""
    values = plan.experiment.loss.class_weights
    assert values is not None
    device = ", device=device" if plan.has_devices else ""
    name = "class_weights = torch.tensor("
    short = f"{name}[{', '.join(map(repr, values))}]{device})"
    if len(short) <= WIDTH:
        return short
    if not device:
        return lines(f"{name}", "    [", *(f"        {value!r}," for value in values), "    ]", ")")
    return lines(f"{name}", "    [", *(f"        {value!r}," for value in values), "    ],", "    device=device,", ")")


def weighted(loss: Loss, smoothing: str) -> str:
    """The weighted mean; 0 for a batch in which no digit counts, where that can be."""
    values = loss.class_weights
    assert values is not None
    if loss.kind == "cross-entropy":
        total = call("F.cross_entropy", "logits", "labels", "class_weights", smoothing, 'reduction="sum"')
    else:
        total = "(weights * losses).sum()"
    start = lines("weights = class_weights[labels]", f"total = {total}")
    if min(values) >= SMALLEST:
        return lines(start, "return total / weights.sum()")
    return lines(
        start,
        "whole = weights.sum()  # 0 where no digit of the batch counts",
        "return torch.where(whole > 0, total / whole.clamp(min=1e-12), 0 * total)",
    )
