"""The part of a script that says which digits come when, as `training.batches` does."""

from playground.exports.cells import Cell, indented, lines
from playground.exports.plan import BATCH_SIZE, Plan


def batches_cell(plan: Plan) -> Cell:
    """A generator of positions, with the epochs done before each batch where the learning rate follows them."""
    unit = plan.experiment.training.unit
    epochs = "range(EPOCHS)" if unit == "epochs" else "count()"
    order = lines(
        'generator = torch.Generator().manual_seed(seed_for("order", epoch))',
        "order = torch.randperm(len(x_train), generator=generator)",
    )
    body = changing_cut(plan) if plan.new_values(BATCH_SIZE) else even_cut(plan)
    told = ", with the epochs done before it" if plan.counts_epochs else ""
    code = lines(
        "def batches():",
        f'    """Positions of the training digits, batch by batch{told}."""',
        f"    for epoch in {epochs}:",
        indented(indented(lines(order, body))),
    )
    why = "Each epoch goes through the training digits in an order of its own."
    if plan.leaves_out_one:
        why += " A last batch of one digit is left out: batch normalization can't tell its spread."
    return Cell("Batches", why, code)


def even_cut(plan: Plan) -> str:
    """All batches of one size, but for the last."""
    if not plan.counts_epochs:
        if not plan.leaves_out_one:
            return "yield from order.split(BATCH_SIZE)"
        return lines("for batch in order.split(BATCH_SIZE):", "    if len(batch) > 1:", "        yield batch")
    parts = "order.split(BATCH_SIZE)"
    if plan.leaves_out_one:
        parts = f"[batch for batch in {parts} if len(batch) > 1]"
    return lines(
        f"parts = {parts}",
        "for number, batch in enumerate(parts):",
        "    yield epoch + number / len(parts), batch",
    )


def changing_cut(plan: Plan) -> str:
    """The batch size is looked up before each batch; each takes its share of what was left of the epoch."""
    end = "len(order) - 1" if plan.leaves_out_one else "len(order)"
    if not plan.counts_epochs:
        return lines(
            "start = 0",
            f"while start < {end}:",
            "    stop = start + batch_size  # as it is now",
            "    yield order[start:stop]",
            "    start = stop",
        )
    return lines(
        "start, share = 0, 0.0  # digits seen, and the epoch's share that is done",
        f"while start < {end}:",
        "    stop = start + batch_size  # as it is now",
        f"    left = ceil(({end} - start) / batch_size)",
        "    yield epoch + share, order[start:stop]",
        "    start, share = stop, share + (1 - share) / left",
    )
