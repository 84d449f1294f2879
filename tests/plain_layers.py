"""Layers that PyTorch has no module for, written out place by place."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from playground.network.permutation import pixel_order


class Unshared(nn.Module):
    """A convolution a place, each with a kernel and a bias of its own."""

    def __init__(self, inputs: int, channels: int, places: int, kernel: int, stride: int = 1, padding: int = 0) -> None:
        super().__init__()
        self.inputs, self.kernel, self.stride, self.padding = inputs, kernel, stride, padding
        self.weight = nn.Parameter(torch.zeros(places, channels, inputs * kernel**2))
        self.bias = nn.Parameter(torch.zeros(places * channels))

    def forward(self, x: Tensor) -> Tensor:
        padded = F.pad(x, 4 * [self.padding])
        rows, columns = (range(0, side - self.kernel + 1, self.stride) for side in padded.shape[2:])
        values = []
        for place, (top, left) in enumerate((top, left) for top in rows for left in columns):
            patch = padded[:, :, top : top + self.kernel, left : left + self.kernel]
            kernel = self.weight[place].reshape(-1, self.inputs, self.kernel, self.kernel)
            values.append(F.conv2d(patch, kernel, self.bias.reshape(len(self.weight), -1)[place])[:, :, 0, 0])
        return torch.stack(values, 2).reshape(len(x), -1, len(rows), len(columns))


class Shuffled(nn.Module):
    """Every map's values, one after the other, from where the order says."""

    def forward(self, x: Tensor) -> Tensor:
        width = x.shape[3]
        values = [x[:, :, source // width, source % width] for source in pixel_order(*x.shape[2:])]
        return torch.stack(values, 2).reshape(x.shape)
