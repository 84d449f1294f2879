"""The part of a script that sets up the optimizer, as `training.optimizers.make_optimizer` does."""

from playground.exports.cells import Cell, call, indented, lines
from playground.exports.plan import WEIGHT_DECAY, Plan

WHY = {
    "SGD": "Plain gradient descent.",
    "Momentum": "Gradient descent that keeps rolling the way it went.",
    "Nesterov": "Gradient descent with momentum, which looks ahead along it.",
    "Adam": "Adam gives each weight steps of its own size.",
    "AdamW": "AdamW gives each weight steps of its own size, and lets weights shrink beside them.",
    "AMSGrad": "Adam whose steps never grow again.",
    "RMSprop": "RMSprop divides each gradient by its usual size.",
    "Adagrad": "Adagrad makes smaller and smaller steps where gradients were large.",
}


def optimizer_cell(plan: Plan) -> Cell:
    """`optimizer`, and `weights` where the penalties need them."""
    decays, rule = decays_itself(plan), plan.experiment.regularization
    whole = "model.parameters()"
    decay = f"weight_decay={plan.first(WEIGHT_DECAY)!r}" if decays or kind(plan) == "AdamW" else ""
    groups, named, why = whole, "", WHY[kind(plan)]
    if penalizes(plan) or (decays and not rule.decay_all):
        all_weights = "list(model.parameters())" if rule.decay_all else "[p for p in model.parameters() if p.ndim > 1]"
        named = f"weights = {all_weights}"
    if decays and not rule.decay_all:
        why += " Weight decay spares biases and normalization, which have one dimension."
        named = lines(named, "spared = [p for p in model.parameters() if p.ndim <= 1]")
        groups = lines(
            "[",
            f'    {{"params": weights, "weight_decay": {plan.first(WEIGHT_DECAY)!r}}},',
            '    {"params": spared, "weight_decay": 0.0},',
            "]",
        )
        decay = ""
    name = {"Momentum": "SGD", "Nesterov": "SGD", "AMSGrad": "Adam"}.get(kind(plan), kind(plan))
    given = [groups, "lr=LEARNING_RATE", *options(plan), decay, *fused(plan)]
    made = call(f"torch.optim.{name}", *given)
    if "\n" in groups:
        made = lines(f"torch.optim.{name}(", *(indented(f"{one},") for one in given if one), ")")
    return Cell("Optimizer", why, lines(named, f"optimizer = {made}"))


def kind(plan: Plan) -> str:
    return plan.experiment.optimizer.kind


def penalizes(plan: Plan) -> bool:
    """Whether the loop adds the gradient of penalties: PyTorch's optimizers know none of L1."""
    return plan.experiment.regularization.l1 > 0


def decays_itself(plan: Plan) -> bool:
    """Whether the optimizer takes the weight decay; with L1, its gradient has to come first, as it came in the run."""
    return plan.is_used(WEIGHT_DECAY) and (kind(plan) == "AdamW" or not penalizes(plan))


def options(plan: Plan) -> tuple[str, ...]:
    """What is not as PyTorch has it by itself."""
    chosen = plan.experiment.optimizer
    eps = f"eps={chosen.epsilon!r}" if chosen.epsilon != 1e-8 else ""
    betas = f"betas=({chosen.beta1!r}, {chosen.beta2!r})" if (chosen.beta1, chosen.beta2) != (0.9, 0.999) else ""
    match chosen.kind:
        case "SGD":
            return ()
        case "Momentum":
            return (f"momentum={chosen.momentum!r}",)
        case "Nesterov":
            return f"momentum={chosen.momentum!r}", "nesterov=True"
        case "AMSGrad":
            return betas, eps, "amsgrad=True"
        case "RMSprop":
            return f"alpha={chosen.alpha!r}" if chosen.alpha != 0.99 else "", eps
        case "Adagrad":
            return (f"eps={chosen.epsilon!r}",)
    return betas, eps


def fused(plan: Plan) -> tuple[str, ...]:
    """The same sums in one pass over the weights, and so the same rounding as the run's."""
    if kind(plan) == "RMSprop":
        return ()
    if kind(plan) == "Adagrad" and plan.experiment.training.device in ("auto", "mps"):
        return ('fused=device != "mps"',)
    return ("fused=True",)
