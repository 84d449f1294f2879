"""The part of a script that trains: a step for each batch, as `training.trainer.Trainer` makes it."""

from playground.exports.cells import Cell, indented, lines, table
from playground.exports.plan import BATCH_SIZE, DROPOUT, LEARNING_RATE, WEIGHT_DECAY, Plan
from playground.exports.updates import decays_itself, kind, penalizes
from playground.training.judged import FIRST_POINTS, steps_between


def training_cell(plan: Plan) -> Cell:
    """The loop over steps, counted from 1."""
    patience = plan.experiment.training.patience
    streams = plan.drops or plan.experiment.data.augmentation.is_on
    drawing = " and ".join(
        [*(["dropout"] if plan.drops else []), *(["augmentation"] if plan.experiment.data.augmentation.is_on else [])]
    )
    verb = "draws" if " and " not in drawing else "draw"
    each = "(epochs_done, batch)" if plan.counts_epochs else "batch"
    starts = (
        "batch_size = BATCH_SIZE" if plan.new_values(BATCH_SIZE) else "",
        "learning_rate = LEARNING_RATE" if plan.new_values(LEARNING_RATE) else "",
        f"weight_decay = {plan.first(WEIGHT_DECAY)!r}" if penalty_changes(plan) else "",
    )
    code = lines(
        f'torch.manual_seed(seed_for("noise"))  # what {drawing} {verb} from' if streams else "",
        *starts,
        f"every = {every(plan)}  # steps between two measurements" if intervals(plan) else "",
        "losses = []",
        "lowest, waited = report(0), 0" if patience else "report(0)",
        f"for step, {each} in enumerate(islice(batches(), options.steps), 1):",
        indented(lines(one_step(plan), looking(plan), live_changes(plan))),
    )
    return Cell("Training", why_of_training(plan), code)


def why_of_training(plan: Plan) -> str:
    why = "A step for each batch: forward, backward, update."
    factor = {
        "constant": "",
        "step": " The learning rate falls in steps of some epochs.",
        "cosine": " The learning rate falls to 0 along a cosine.",
        "warm-up": " The learning rate rises in a line at first.",
    }[plan.experiment.schedule.kind]
    if plan.experiment.training.patience:
        factor += " Training ends early once the validation loss has had no new low for a while."
    return why + factor


def one_step(plan: Plan) -> str:
    """From the batch to the update, in the order of `Trainer.advance`."""
    rule = plan.experiment.regularization
    seen = "augment(x_train[batch])" if plan.experiment.data.augmentation.is_on else "x_train[batch]"
    return lines(
        f"loss = loss_function(model({seen}), y_train[batch])",
        "optimizer.zero_grad()",
        "loss.backward()",
        f"nn.utils.clip_grad_norm_(model.parameters(), {rule.clip_norm!r})" if rule.clip_norm else "",
        penalties(plan),
        rate(plan),
        "optimizer.step()",
        "losses.append(loss.item())",
    )


def penalties(plan: Plan) -> str:
    """The gradients of the penalties, where the optimizer can't add them."""
    if not penalizes(plan):
        return ""
    l2 = plan.is_used(WEIGHT_DECAY) and not decays_itself(plan)
    value = "weight_decay" if penalty_changes(plan) else repr(plan.first(WEIGHT_DECAY))
    return lines(
        f"for weight in weights:  # the gradients of the {'L2 and L1 penalties' if l2 else 'L1 penalty'}",
        f"    weight.grad.add_(weight.detach(), alpha={value})" if l2 else "",
        f"    weight.grad.add_(weight.detach().sign(), alpha={plan.experiment.regularization.l1!r})",
    )


def penalty_changes(plan: Plan) -> bool:
    """Whether the loop itself has to know a changing weight decay."""
    return bool(plan.new_values(WEIGHT_DECAY)) and penalizes(plan) and kind(plan) != "AdamW"


def rate(plan: Plan) -> str:
    """The learning rate of this step, where it isn't the same for all."""
    schedule, chosen = plan.experiment.schedule, plan.experiment.training
    match schedule.kind:
        case "constant":
            factor = ""
        case "step":
            factor = f" * {schedule.gamma!r} ** (epochs_done // {schedule.step_epochs})"
        case "cosine":
            progress = "epochs_done / EPOCHS" if chosen.unit == "epochs" else "(step - 1) / STEPS"
            factor = f" * (1 + cos(pi * {progress})) / 2"
        case "warm-up":
            factor = f" * min(1, step / {schedule.warmup_steps})"
    base = "learning_rate" if plan.new_values(LEARNING_RATE) else "LEARNING_RATE"
    if not factor and base == "LEARNING_RATE":
        return ""
    return lines("for group in optimizer.param_groups:", f'    group["lr"] = {base}{factor}')


def live_changes(plan: Plan) -> str:
    """What was changed after a step while the run went on."""
    decay = ""
    if plan.new_values(WEIGHT_DECAY):
        decay = "weight_decay = NEW_WEIGHT_DECAYS.get(step, weight_decay)"
        if not penalty_changes(plan):
            decay = lines(
                "if step in NEW_WEIGHT_DECAYS:",
                '    optimizer.param_groups[0]["weight_decay"] = NEW_WEIGHT_DECAYS[step]',
            )
    return lines(
        "batch_size = NEW_BATCH_SIZES.get(step, batch_size)" if plan.new_values(BATCH_SIZE) else "",
        "learning_rate = NEW_LEARNING_RATES.get(step, learning_rate)" if plan.new_values(LEARNING_RATE) else "",
        "every = NEW_INTERVALS.get(step, every)" if intervals(plan) else "",
        decay,
        "dropout.p = NEW_DROPOUTS.get(step, dropout.p)" if plan.new_values(DROPOUT) and None in plan.dropouts else "",
    )


def looking(plan: Plan) -> str:
    """When the network is measured: as often as in the run."""
    if not plan.experiment.training.patience:
        return lines(f"if step % {every(plan)} == 0:", "    report(step)")
    often = "every" if intervals(plan) else every(plan)
    return lines(
        f"if step in {FIRST_POINTS} or step % {often} == 0:",
        "    validation_loss = report(step)",
        "    if validation_loss < lowest:",
        "        lowest, waited = validation_loss, 0",
        "    else:",
        "        waited += 1",
        "    if waited == PATIENCE:",
        "        break",
    )


def every(plan: Plan) -> int:
    """Steps between two measurements, with the first batch size."""
    return steps_between(plan.training_digits, plan.batches_per_epoch(plan.experiment.training.batch_size))


def intervals(plan: Plan) -> dict[int, float]:
    """The same after each change of the batch size, where measuring decides when training ends."""
    if not plan.experiment.training.patience:
        return {}
    sizes = plan.new_values(BATCH_SIZE).items()
    return {step: steps_between(plan.training_digits, plan.batches_per_epoch(int(size))) for step, size in sizes}


def tables(plan: Plan) -> str:
    """Live changes, for the settings."""
    fields = (
        ("NEW_BATCH_SIZES", BATCH_SIZE),
        ("NEW_LEARNING_RATES", LEARNING_RATE),
        ("NEW_WEIGHT_DECAYS", WEIGHT_DECAY),
        *((("NEW_DROPOUTS", DROPOUT),) if None in plan.dropouts else ()),
    )
    written = [table(name, plan.new_values(field)) for name, field in fields if plan.new_values(field)]
    written += [table("NEW_INTERVALS", intervals(plan))] if intervals(plan) else []
    return lines("# By the step after which it was changed in the run:", *written) if written else ""
