"""Layers that PyTorch has no module for."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from playground.network.facts import Shape, positions
from playground.network.permutation import pixel_order
from playground.network.receptive_field import Window


class PermutePixels(nn.Module):
    """The values of each map at other places, by `pixel_order`: [B, C, H, W] → [B, C, H, W]."""

    order: Tensor

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        order = torch.from_numpy(pixel_order(height, width))
        self.register_buffer("order", order, persistent=False)  # it follows from the size: no checkpoint needs it

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(2).index_select(2, self.order).view(x.shape)


class LocallyConnected2d(nn.Module):
    """A convolution without weight sharing: weights and biases of its own at each place of its window.

    `weight` [places, channels, inputs · kernel²] and `bias` [places · channels], the places row by row; a weight's last
    axis is input channel, row and column of the window, as in a flattened Conv2d kernel. [B, inputs, H, W] →
    [B, channels, height, width].
    """

    def __init__(self, shape: Shape, channels: int, kernel: int, stride: int = 1, padding: int = 0) -> None:
        super().__init__()
        self.window = Window(kernel, stride, padding)
        self.inputs = shape[0]
        self.height, self.width = (positions(side, self.window) for side in shape[1:])
        places = self.height * self.width
        self.weight = nn.Parameter(torch.empty(places, channels, shape[0] * kernel**2))
        self.bias = nn.Parameter(torch.empty(places * channels))  # one dimension: no weight decay

    def forward(self, x: Tensor) -> Tensor:
        kernel, stride, padding = self.window
        # The batch as the last axis, so that it lies together in memory: half the time of F.unfold.
        padded = F.pad(x.permute(1, 2, 3, 0), (0, 0, *4 * (padding,)))
        windows = padded.unfold(1, kernel, stride).unfold(2, kernel, stride)  # [C, height, width, B, kernel, kernel]
        places, channels, inputs = self.weight.shape
        patches = windows.permute(1, 2, 0, 4, 5, 3).reshape(places, inputs, len(x))
        values = torch.baddbmm(self.bias.view(places, channels, 1), self.weight, patches)  # [places, channels, B]
        maps = values.permute(2, 1, 0).unflatten(2, (self.height, self.width))
        # Of one digit they would look channels_last, and PyTorch's BatchNorm2d then gives gradients of other places.
        return maps.contiguous() if len(x) == 1 else maps

    def kernels(self, place: int) -> Tensor:
        """The weights at one place as a Conv2d has them: [channels, inputs, kernel, kernel], a view."""
        return self.weight[place].unflatten(1, (self.inputs, self.window.kernel, self.window.kernel))

    def all_kernels(self) -> Tensor:
        """Those of all places, a view [places · channels, inputs, kernel, kernel], a place after the other."""
        return self.weight.flatten(0, 1).unflatten(1, (self.inputs, self.window.kernel, self.window.kernel))

    def extra_repr(self) -> str:
        places, channels, _ = self.weight.shape
        return f"{self.inputs}, {channels}, places={places}, kernel_size={self.window.kernel}"
