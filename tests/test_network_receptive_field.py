"""The closed form against what PyTorch's gradients reach, and against published values."""

import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch.nn import functional as F

from playground.experiment import AvgPool2d, Conv2d, MaxPool2d, ReLU
from playground.network.receptive_field import ReceptiveField, Window, receptive_field, window

EXTENT = 40


def test_two_3x3_convolutions_see_as_much_as_one_5x5_and_three_as_one_7x7() -> None:
    # Simonyan and Zisserman 2015, section 2.3.
    assert receptive_field([Window(3, 1)] * 2).size == 5
    assert receptive_field([Window(3, 1)] * 3).size == 7


def test_alexnet_and_vgg_16_have_the_published_receptive_fields() -> None:
    # Araujo et al. 2019, table 1: 195 pixels at a jump of 32, and 212.
    alexnet = [Window(11, 4), Window(3, 2), Window(5, 1, 2), Window(3, 2), *[Window(3, 1, 1)] * 3, Window(3, 2)]
    vgg = [w for convolutions in (2, 2, 3, 3, 3) for w in (*[Window(3, 1, 1)] * convolutions, Window(2, 2))]
    assert receptive_field(alexnet) == ReceptiveField(size=195, jump=32, before=64)
    assert receptive_field(vgg).size == 212


any_windows = st.lists(st.builds(Window, st.integers(1, 5), st.integers(1, 3), st.integers(0, 4)), max_size=5)
# No gaps between windows, and padding around the image only: what a map is padded with sees no pixel.
gapless = st.integers(1, 5).flatmap(
    lambda kernel: st.builds(Window, st.just(kernel), st.integers(1, min(kernel, 3)), st.just(0))
)
plain_windows = st.lists(gapless, max_size=5)
padded_windows = st.builds(lambda first, rest: [Window(5, 2, first), *rest], st.integers(0, 4), plain_windows)


def reached(windows: list[Window], data: st.DataObject) -> tuple[set[int], set[int]]:
    """The pixels that the gradient of some value of the last map reaches, and those of the closed form."""
    image = torch.ones(1, 1, EXTENT, dtype=torch.float64, requires_grad=True)
    y = image
    for kernel, stride, padding in windows:
        assume(y.shape[-1] + 2 * padding >= kernel)
        y = F.conv1d(y, torch.ones(1, 1, kernel, dtype=torch.float64), stride=stride, padding=padding)
    position = data.draw(st.integers(0, y.shape[-1] - 1))
    (gradient,) = torch.autograd.grad(y[0, 0, position], image)
    return set(gradient[0, 0].nonzero().flatten().tolist()), set(receptive_field(windows).pixels(position, EXTENT))


@given(plain_windows | padded_windows, st.data())
def test_a_value_depends_on_every_pixel_of_its_field_and_on_no_other(
    windows: list[Window], data: st.DataObject
) -> None:
    pixels, expected = reached(windows, data)
    assert pixels == expected


@given(any_windows, st.data())
def test_gaps_and_padded_maps_only_leave_pixels_out(windows: list[Window], data: st.DataObject) -> None:
    pixels, expected = reached(windows, data)
    assert pixels <= expected


def test_only_layers_with_a_window_have_one() -> None:
    assert window(Conv2d(kernel=5, stride=2, padding=1)) == Window(5, 2, 1)
    assert window(MaxPool2d(kernel=3, stride=2)) == window(AvgPool2d(kernel=3, stride=2)) == Window(3, 2)
    assert window(ReLU()) is None
