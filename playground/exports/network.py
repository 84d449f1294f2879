"""The part of a script that builds the network and draws its first weights."""

from math import prod

from playground.experiment import CLASSES, AnyLayer, Initialization
from playground.exports.cells import Cell, call, indented, lines
from playground.exports.layers import classes
from playground.exports.plan import DROPOUT, Plan
from playground.network.dropout import placed
from playground.network.facts import Shape
from playground.network.shapes import trace
from playground.seeds import derive


def network_cells(plan: Plan) -> tuple[Cell, ...]:
    """Layers of our own, where there are any; the network; its initial weights."""
    own = classes(plan)
    why = "What PyTorch has no layer for."
    return (*((Cell("Layers", why, "\n\n\n".join(own)),) if own else ()), model(plan), weights(plan))


def model(plan: Plan) -> Cell:
    network = plan.experiment.network
    found = trace(network)
    assert found.head is not None
    shared = plan.is_used(DROPOUT) and bool(plan.new_values(DROPOUT)) and None in plan.dropouts
    written = []
    for index, layer in placed(network):
        if index is None or layer.kind == "Dropout":
            code = dropout(plan, layer, shared)
            written.append(f"{code}," if code else "")
        else:
            row = found.rows[index]
            size = "" if row.input_shape == row.output_shape else f"  # {row.shape_text}"
            written.append(f"{layer_code(layer, row.input_shape)},{size}")
    written.append(f"nn.Linear({found.head.input_shape[0]}, {CLASSES}),  # a score for each class")
    rate = plan.first(DROPOUT)
    code = lines(
        f"dropout = nn.Dropout({rate!r})  # one for all its places: its rate was changed during the run"
        if shared
        else "",
        "model = nn.Sequential(",
        indented(lines(*written)),
        ")",
    )
    return Cell("Network", "Layer by layer, with the shape of what leaves it for one digit.", code)


def dropout(plan: Plan, layer: AnyLayer, shared: bool) -> str:
    """One place for a Dropout; "" where nothing is ever dropped."""
    assert layer.kind == "Dropout"
    if layer.p is None:
        return "dropout" if shared else f"nn.Dropout({plan.first(DROPOUT)!r})" if plan.is_used(DROPOUT) else ""
    return f"nn.Dropout({layer.p!r})" if layer.p else ""


def layer_code(layer: AnyLayer, shape: Shape) -> str:
    """The module of one layer that receives a shape."""
    match layer.kind:
        case "Linear":
            return f"nn.Linear({shape[0]}, {layer.units})"
        case "Conv2d":
            return call("nn.Conv2d", f"{shape[0]}", f"{layer.channels}", f"kernel_size={layer.kernel}", *slides(layer))
        case "LocallyConnected2d":
            sizes = (f"{shape[0]}", f"{shape[1]}", f"{layer.channels}", f"kernel={layer.kernel}")
            return call("LocallyConnected2d", *sizes, *slides(layer))
        case "MaxPool2d" | "AvgPool2d":
            stride = "" if layer.stride == layer.kernel else f"stride={layer.stride}"
            return call(f"nn.{layer.kind}", f"{layer.kernel}", stride)
        case "PermutePixels":
            places = prod(shape[1:])
            return f"PermutePixels({places}, seed={derive(0, 'pixels', *shape[1:])})"
        case "BatchNorm1d" | "BatchNorm2d":
            return f"nn.{layer.kind}({shape[0]})"
        case "LeakyReLU":
            return "nn.LeakyReLU()" if layer.negative_slope == 0.01 else f"nn.LeakyReLU({layer.negative_slope!r})"
    return f"nn.{layer.kind}()"


def slides(layer: AnyLayer) -> tuple[str, str]:
    """Stride and padding, where they are not PyTorch's own."""
    assert layer.kind == "Conv2d" or layer.kind == "LocallyConnected2d"
    return f"stride={layer.stride}" if layer.stride > 1 else "", f"padding={layer.padding}" if layer.padding else ""


def weights(plan: Plan) -> Cell:
    chosen = plan.experiment.network.initialization
    kinds = {layer.kind for layer in plan.experiment.network.layers}
    draws = chosen.kind != "zeros" and not (chosen.kind == "constant" and chosen.noise == 0)
    local = draws and "LocallyConnected2d" in kinds  # else the shape of its weights makes no difference
    own = ("LocallyConnected2d",) if "LocallyConnected2d" in kinds else ()
    names = (*(("nn.Conv2d",) if "Conv2d" in kinds else ()), "nn.Linear", *own)
    weight, bias = ("weight", "bias") if local else ("layer.weight", "layer.bias")
    fill = filling(chosen, weight, bias)
    each = "for weight, bias in layer.filters() if is_local else [(layer.weight, layer.bias)]:"
    body = lines(
        'generator = torch.Generator().manual_seed(seed_for("weights", k))' if draws else "",
        "is_local = isinstance(layer, LocallyConnected2d)" if local else "",
        lines(each, indented(fill)) if local else fill,
    )
    why = "Each layer draws from a random stream of its own: a change to one leaves the others as they start."
    devices = "device" if plan.has_devices else ""
    layout = "memory_format=torch.channels_last" if plan.convolves else ""
    code = lines(
        f"weighted = [m for m in model if isinstance(m, {' | '.join(names)})]",
        "for k, layer in enumerate(weighted):" if draws else "for layer in weighted:",
        indented(body),
        f"model.to({', '.join(filter(None, (devices, layout)))})"
        + ("  # a layout in which convolutions are faster" if layout else "")
        if devices or layout
        else "",
    )
    return Cell("Initial weights", why if draws else "The same for all weights of a layer.", code)


def filling(chosen: Initialization, weight: str, bias: str) -> str:
    """What fills one layer, as `network.initialize.draw` does."""
    drawn = "generator=generator"
    match chosen.kind:
        case "default":  # PyTorch's own, which its layers draw without a generator
            return lines(
                f"nn.init.kaiming_uniform_({weight}, a=sqrt(5), {drawn})  # PyTorch's default",
                f"bound = 1 / sqrt({weight}[0].numel())",
                f"nn.init.uniform_({bias}, -bound, bound, {drawn})",
            )
        case "zeros":
            first = f"nn.init.zeros_({weight})"
        case "constant" if chosen.noise == 0:
            first = f"nn.init.constant_({weight}, {chosen.value!r})"
        case "constant":
            first = f"nn.init.normal_({weight}, {chosen.value!r}, {chosen.noise!r}, {drawn})"
        case "normal":
            first = f"nn.init.normal_({weight}, std={chosen.std!r}, {drawn})"
        case "uniform":
            first = f"nn.init.uniform_({weight}, {-chosen.bound!r}, {chosen.bound!r}, {drawn})"
        case "Xavier normal" | "Xavier uniform":
            first = f"nn.init.xavier_{chosen.kind.split()[1]}_({weight}, {drawn})"
        case "He normal" | "He uniform":
            first = f'nn.init.kaiming_{chosen.kind.split()[1]}_({weight}, nonlinearity="relu", {drawn})'
        case "orthogonal":
            first = f"nn.init.orthogonal_({weight}, {drawn})"
    start = f"nn.init.constant_({bias}, {chosen.bias!r})" if chosen.bias else f"nn.init.zeros_({bias})"
    return lines(first, start)
