"""Layers that PyTorch has no module for, as a script defines them."""

from playground.exports.cells import lines
from playground.exports.plan import Plan

PERMUTE_PIXELS = '''\
class PermutePixels(nn.Module):
    """Moves the values of each map to other places, always the same ones."""

    def __init__(self, places, seed):
        super().__init__()
        order = np.random.default_rng(seed).permutation(places)
        self.register_buffer("order", torch.from_numpy(order), persistent=False)

    def forward(self, x):
        return x.flatten(2).index_select(2, self.order).view(x.shape)'''


def classes(plan: Plan) -> tuple[str, ...]:
    """The definitions that the network needs."""
    kinds = {layer.kind for layer in plan.experiment.network.layers}
    return (
        *((PERMUTE_PIXELS,) if "PermutePixels" in kinds else ()),
        *((locally_connected(plan),) if "LocallyConnected2d" in kinds else ()),
    )


def locally_connected(plan: Plan) -> str:
    """With a stride and a padding only where a layer has one."""
    local = [layer for layer in plan.experiment.network.layers if layer.kind == "LocallyConnected2d"]
    stride = any(layer.stride > 1 for layer in local)
    padding = any(layer.padding > 0 for layer in local)
    given = f"{', stride=1' if stride else ''}{', padding=0' if padding else ''}"
    side = f"{'(' if stride else ''}side{' + 2 * padding' if padding else ''} - kernel"
    side += ") // stride + 1" if stride else " + 1"
    step = "self.stride" if stride else "1"
    return lines(
        "class LocallyConnected2d(nn.Module):",
        '    """A convolution that shares no weights: each place has filters and biases of its own."""\n',
        f"    def __init__(self, inputs, side, channels, kernel{given}):",
        "        super().__init__()",
        "        self.kernel = kernel",
        "        self.stride = stride" if stride else "",
        "        self.padding = padding" if padding else "",
        f"        self.side = {side}",
        "        self.weight = nn.Parameter(torch.empty(self.side**2, channels, inputs * kernel**2))",
        "        self.bias = nn.Parameter(torch.empty(self.side**2 * channels))\n",
        "    def forward(self, x):",
        "        x = x.permute(1, 2, 3, 0)  # the batch last: it lies together in memory",
        "        x = F.pad(x, (0, 0, *4 * (self.padding,)))" if padding else "",
        f"        windows = x.unfold(1, self.kernel, {step}).unfold(2, self.kernel, {step})",
        "        places, channels, inputs = self.weight.shape",
        "        patches = windows.permute(1, 2, 0, 4, 5, 3).reshape(places, inputs, -1)",
        "        maps = torch.baddbmm(self.bias.view(places, channels, 1), self.weight, patches)",
        "        return maps.permute(2, 1, 0).unflatten(2, (self.side, self.side))\n",
        "    def filters(self):",
        '        """Weights and biases of each place, shaped as a Conv2d has them."""',
        "        weights = self.weight.detach().unflatten(2, (-1, self.kernel, self.kernel))",
        "        return zip(weights, self.bias.detach().view(len(weights), -1), strict=True)",
    )
