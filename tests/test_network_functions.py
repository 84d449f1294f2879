"""Activation functions in NumPy, against PyTorch and its autograd."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from playground.network.functions import FUNCTIONS

X = np.array([-800.0, -30.0, -3.0, -1.0, -0.1, 0.1, 0.5, 2.0, 30.0, 800.0])
THEIRS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "Sigmoid": torch.sigmoid,
    "Tanh": torch.tanh,
    "ReLU": F.relu,
    "GELU": F.gelu,
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.filterwarnings("error")
def test_values_and_slopes_are_pytorchs_also_far_out(name: str) -> None:
    x = torch.from_numpy(X).requires_grad_()
    values = THEIRS[name](x)
    values.sum().backward()
    assert x.grad is not None
    np.testing.assert_allclose(FUNCTIONS[name].value(X), values.detach().numpy(), atol=1e-12)
    np.testing.assert_allclose(FUNCTIONS[name].slope(X), x.grad.numpy(), atol=1e-12)
