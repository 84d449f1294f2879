"""The part of a script that measures: on the way as often as its run did, and at the end."""

from playground.exports.cells import Cell, lines
from playground.exports.plan import Plan
from playground.training.judged import JUDGED


def evaluation_cell(plan: Plan) -> Cell:
    """`evaluate` and `report`."""
    modes, patience = plan.has_modes, plan.experiment.training.patience
    code = lines(
        "@torch.no_grad()",
        "def evaluate(x, y):",
        '    """Mean loss, and the share of right answers."""',
        "    model.eval()" if modes else "",
        "    logits = torch.cat([model(part) for part in x.split(256)])",
        "    model.train()" if modes else "",
        "    return loss_function(logits, y).item(), (logits.argmax(1) == y).float().mean().item()",
        "\n",
        "def report(step):",
        f'    """Print how the network does on {JUDGED} digits of both splits'
        + ('; the validation loss."""' if patience else '."""'),
        f"    loss, accuracy = evaluate(x_train[:{JUDGED}], y_train[:{JUDGED}])",
        '    print(f"step {step:6,}   train {loss:.4f} {accuracy:6.1%}", end="   ")',
        f"    loss, accuracy = evaluate(x_validation[:{JUDGED}], y_validation[:{JUDGED}])",
        '    print(f"validation {loss:.4f} {accuracy:6.1%}")',
        "    return loss" if patience else "",
    )
    return Cell("Evaluation", why_of_evaluation(plan), code)


def why_of_evaluation(plan: Plan) -> str:
    meaning = (
        *(("nothing is dropped",) if plan.drops else ()),
        *(("normalization uses its running statistics",) if plan.normalizes else ()),
    )
    why = "Both splits are measured alike"
    return f"{why}, in eval mode: {' and '.join(meaning)}." if meaning else f"{why}."


def results_cell(plan: Plan) -> Cell:
    """The final measurement, and the losses for whoever wants to compare."""
    code = lines(
        'for name, x, y in (("validation", x_validation, y_validation), ("test", x_test, y_test)):',
        "    loss, accuracy = evaluate(x, y)",
        '    print(f"{name}: loss {loss:.4f}, accuracy {accuracy:.2%} of {len(y):,} digits")',
        "if options.losses:",
        '    Path(options.losses).write_text("".join(f"{loss!r}\\n" for loss in losses))',
    )
    why = "On all digits of both splits. Only now those of the test split: nothing was chosen by them."
    return Cell("Results", why, code)
