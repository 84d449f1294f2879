"""The part of a script that changes training digits at random, as `data.augmentation.augment` does."""

from playground.exports.cells import Cell, indented, lines
from playground.exports.plan import Plan

WHY = "Each digit of a batch is changed a little, anew each time: the network never sees quite the same digit twice."


def augmentation_cells(plan: Plan) -> tuple[Cell, ...]:
    """One cell with the function `augment`; none where augmentation is off."""
    chosen = plan.experiment.data.augmentation
    if not chosen.is_on:
        return ()
    background = "" if plan.experiment.data.scaling in ("none", "zero-one") else "background"
    where = ", device=device" if plan.has_devices else ""
    parts = (
        affine(plan, where, background) if chosen.rotation or chosen.scale or chosen.shift else "",
        flip(plan, where) if chosen.flip != "none" else "",
        crop(plan, where, background) if chosen.crop else "",
        noise(plan, background) if chosen.noise else "",
    )
    needs_background = background and (chosen.rotation or chosen.scale or chosen.shift or chosen.crop or chosen.noise)
    code = lines(
        "background = (0 - center) / divisor  # what an empty pixel became\n\n" if needs_background else "",
        "def augment(x):",
        '    """Random changes to images [N, 1, 28, 28]."""',
        indented(returning(lines(*parts))),
    )
    return (Cell("Augmentation", WHY, code),)


def returning(code: str) -> str:
    """The code with its last assignment to x as the result."""
    before, last = code.rsplit("x = ", 1)
    return f"{before}return {last}"


def affine(plan: Plan, where: str, background: str) -> str:
    """Rotation, scale and shift in one grid, which says for each pixel where to look in the digit."""
    chosen = plan.experiment.data.augmentation
    turns, zooms, moves = chosen.rotation > 0, chosen.scale > 0, chosen.shift > 0
    shift = f"torch.randint({-chosen.shift}, {chosen.shift + 1}, (len(x),){where}) / 14"
    if turns:
        a, b = "cosine", "sine"
        moved = "-cosine * right - sine * down", "sine * right - cosine * down"
        over = " / factor" if zooms else ""
        factors = f"cosine, sine = torch.cos(angle){over}, torch.sin(angle){over}"
    else:
        a, b = "zoom", "zero"
        moved = "-zoom * right", "-zoom * down"
        factors = lines(f"zoom = {'1 / factor' if zooms else 'x.new_ones(len(x))'}", "zero = torch.zeros_like(zoom)")
    if turns and not moves:
        factors = lines(factors, "zero = torch.zeros_like(sine)")
    right, down = moved if moves else ("zero", "zero")
    plus, minus = (f" + {background}", f" - {background}") if background else ("", "")
    return lines(
        f"angle = x.new_empty(len(x)).uniform_({-chosen.rotation!r}, {chosen.rotation!r}) * (pi / 180)"
        if turns
        else "",
        f"factor = 1 + x.new_empty(len(x)).uniform_({-chosen.scale!r}, {chosen.scale!r})" if zooms else "",
        f"right = {shift}  # in half widths" if moves else "",
        f"down = {shift}" if moves else "",
        factors,
        f"first = torch.stack([{a}, {b}, {right}], 1)",
        f"second = torch.stack([{'-' if turns else ''}{b}, {a}, {down}], 1)",
        "grid = F.affine_grid(torch.stack([first, second], 1), list(x.shape), align_corners=False)",
        f"x = F.grid_sample(x{minus}, grid, align_corners=False){plus}",
    )


def flip(plan: Plan, where: str) -> str:
    axis = -1 if plan.experiment.data.augmentation.flip == "horizontal" else -2
    return f"x = torch.where(torch.rand(len(x), 1, 1, 1{where}) < 0.5, x.flip({axis}), x)"


def crop(plan: Plan, where: str, background: str) -> str:
    margin = plan.experiment.data.augmentation.crop
    value = f", value={background}" if background else ""
    here = "torch.arange(len(x), device=device)" if where else "torch.arange(len(x))"
    return lines(
        f"top, left = torch.randint(0, {2 * margin + 1}, (2, len(x)){where})",
        f"windows = F.pad(x, [{margin}] * 4{value}).unfold(2, 28, 1).unfold(3, 28, 1)",
        f"x = windows[{here}, :, top, left]",
    )


def noise(plan: Plan, background: str) -> str:
    amount = plan.experiment.data.augmentation.noise
    if plan.experiment.data.scaling == "none":
        sigma, white = repr(amount * 255), "255"
    elif not background:
        sigma, white = repr(amount), "1"
    else:
        sigma, white = f"{amount!r} * 255 / divisor", "(255 - center) / divisor"
    return lines(
        f"x = x + torch.randn_like(x) * ({sigma})" if " " in sigma else f"x = x + torch.randn_like(x) * {sigma}",
        f"x = x.clamp({background or 0}, {white})",
    )
