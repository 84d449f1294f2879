"""The theoretical field against what changes when single pixels change, one by one."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from playground.errors import SpecError
from playground.experiment import (
    AnyLayer,
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    LeakyReLU,
    Linear,
    MaxPool2d,
    Network,
    PermutePixels,
    ReLU,
    Tanh,
)
from playground.network.build import Net, build
from playground.network.facts import positions
from playground.network.fields import SIDE, field_table, seen_pixels, span, unit_field
from playground.network.names import HEAD, layer_names
from playground.network.permutation import pixel_order
from playground.network.receptive_field import Window
from playground.network.shapes import trace
from playground.presets import TEMPLATES
from tests.strategies import networks

BRIGHT = 1e8
ROUNDING = 1e-6  # of matrix products of another batch size


def monotone(network: Network) -> Net:
    """Positive weights, in float64 and eval mode: a bright enough pixel wins every maximum, and nothing cancels."""
    net = build(network, 0).double().eval()
    with torch.no_grad():
        for _, module in net.weighted:
            for parameter in module.parameters():
                parameter.copy_(0.1 + parameter.abs())
    return net


@torch.inference_mode()
def changed(net: Net, layer: str) -> torch.Tensor:
    """Whether each unit's value changes when one pixel is made bright: bool [pixel's y, x, channel, y, x]."""
    single = BRIGHT * torch.eye(SIDE * SIDE, dtype=torch.float64).view(-1, 1, SIDE, SIDE)
    at = (*net.names, HEAD).index(layer)
    modules = nn.Sequential(*[*net.layers, net.head][: at + 1])
    found = (modules(single) - modules(torch.zeros_like(single[:1]))).abs() > ROUNDING
    return found.reshape(SIDE, SIDE, *found.shape[1:], *(4 - found.dim()) * (1,))


def assert_sees_what_changes(network: Network, layer: str, moves: torch.Tensor, channel: int, y: int, x: int) -> None:
    field = unit_field(network, layer, channel, y, x)
    expected = np.zeros((SIDE, SIDE), bool)
    expected[np.ix_(field.rows.seen, field.columns.seen)] = True
    np.testing.assert_array_equal(moves[:, :, channel, y, x].numpy(), expected)


SMALL: dict[str, tuple[AnyLayer, ...]] = {
    "padded convolutions and pooling": (
        *(Conv2d(channels=2, padding=1), ReLU(), MaxPool2d()),
        *(Conv2d(channels=2, padding=1), ReLU(), MaxPool2d()),
    ),
    "strides that leave pixels over, and padding after them": (
        *(Conv2d(channels=1, kernel=4, stride=3), AvgPool2d(kernel=3, stride=2)),
        Conv2d(channels=2, kernel=3, padding=2),
    ),
    "strides above the kernel": (MaxPool2d(kernel=2, stride=3), Conv2d(channels=2, kernel=2, stride=3, padding=1)),
    "padding above the kernel": (Conv2d(channels=2, kernel=2, padding=3), Conv2d(channels=2, kernel=2, padding=4)),
    "overlapping pooling, normalization and dropout": (
        *(Conv2d(channels=2, kernel=5, stride=2, padding=2), BatchNorm2d(), LeakyReLU(), Dropout(p=0.5)),
        MaxPool2d(kernel=3, stride=2),
    ),
}


@pytest.mark.parametrize("layers", SMALL.values(), ids=SMALL)
def test_a_unit_changes_exactly_when_a_pixel_it_sees_does(layers: tuple[AnyLayer, ...]) -> None:
    network = Network(layers=layers)
    net = monotone(Network(layers=(*layers, Flatten())))
    for facts in trace(network).rows:
        moves = changed(net, facts.name)
        channels, height, width = facts.output_shape
        for y in range(height):
            for x in range(width):
                assert_sees_what_changes(network, facts.name, moves, (y + x) % channels, y, x)


# Sigmoid and Tanh would be flat to the last bit where a pixel is this bright.
sizes = st.integers(1, 4)
map_layers = st.one_of(
    st.builds(Conv2d, channels=st.integers(1, 2), kernel=sizes, stride=st.integers(1, 3), padding=st.integers(0, 4)),
    st.builds(MaxPool2d, kernel=sizes, stride=sizes),
    st.builds(AvgPool2d, kernel=sizes, stride=sizes),
    st.sampled_from([ReLU(), LeakyReLU(), BatchNorm2d(), Dropout(p=0.5)]),
)
stacks = st.lists(map_layers, min_size=1, max_size=4).map(lambda layers: Network(layers=(*layers, Flatten())))


@given(stacks, st.data())
@settings(max_examples=30)
def test_so_it_is_for_any_stack_of_convolutions_and_pooling(network: Network, data: st.DataObject) -> None:
    assume(trace(network).problem is None)
    *maps, flat, _ = layer_names(network.layers)
    layer = data.draw(st.sampled_from([maps[-1], flat]))
    moves = changed(monotone(network), layer)
    units = st.tuples(*(st.integers(0, count - 1) for count in moves.shape[2:]))
    for unit in data.draw(st.lists(units, min_size=1, max_size=8)):
        assert_sees_what_changes(network, layer, moves, *unit)


@given(stacks, st.integers(1, 3))
@settings(max_examples=10)
def test_a_fully_connected_unit_sees_what_any_unit_of_the_last_map_sees(network: Network, units: int) -> None:
    network = network.but(layers=(*network.layers, Linear(units=units)))
    assume(trace(network).problem is None)
    net = monotone(network)
    for layer in ("Linear #1", "Head"):
        field = unit_field(network, layer, units - 1)
        assert field.is_whole_image
        assert (field.rows.inside, field.columns.inside, field.jump) == (range(SIDE), range(SIDE), 0)
        assert_sees_what_changes(network, layer, changed(net, layer), units - 1, 0, 0)


windows = st.lists(st.builds(Window, st.integers(1, 5), st.integers(1, 4), st.integers(0, 6)), max_size=5)


def side_after(stack: list[Window]) -> int:
    """The map's side after all windows; assumes that each fits and leaves a pixel."""
    side = SIDE
    for window in stack:
        assume(side + 2 * window.padding >= window.kernel)
        side = positions(side, window)
    return side


@given(windows, st.data())
def test_every_pixel_that_can_change_a_unit_lies_in_the_closed_forms_box(
    stack: list[Window], data: st.DataObject
) -> None:
    field = span(stack, data.draw(st.integers(0, side_after(stack) - 1)))
    assert {*field.seen} <= {*field.inside}


@st.composite
def gapless(draw: st.DrawFn) -> list[Window]:
    """Windows of which no stride exceeds the kernel, each padding is smaller than it, and no pixel is left over."""
    stack: list[Window] = []
    for _ in range(draw(st.integers(0, 5))):
        kernel = draw(st.integers(1, 5))
        window = Window(kernel, draw(st.integers(1, kernel)), draw(st.integers(0, kernel - 1)))
        spare = side_after(stack) + 2 * window.padding - window.kernel
        if spare >= 0 and spare % window.stride == 0:
            stack.append(window)
    return stack


@given(gapless())
def test_without_gaps_and_leftovers_every_pixel_of_the_box_can_change_the_unit(stack: list[Window]) -> None:
    for position in range(side_after(stack)):
        field = span(stack, position)
        assert [*field.seen] == [*field.inside]


@pytest.mark.parametrize(
    ("stack", "place", "box", "seen"),
    [
        ([Window(1, 2), Window(2, 1)], 3, (6, 9), (6, 8)),  # a stride above the kernel
        ([Window(5, 1), Window(1, 1, 2)], 0, (-2, 3), ()),  # padding that is not smaller than the kernel
        ([Window(3, 6), Window(2, 1, 1)], 5, (24, 33), (24, 25, 26)),  # pixel 27 is left over
    ],
)
def test_each_of_the_three_conditions_is_needed(
    stack: list[Window], place: int, box: tuple[int, int], seen: tuple[int, ...]
) -> None:
    field = span(stack, place)
    assert ((field.start, field.stop), field.seen) == (box, seen)


def test_the_last_pooling_of_the_larger_cnn_sees_10_by_10_pixels_every_4() -> None:
    network = TEMPLATES["CNN 32-64"].network
    corner, middle = (unit_field(network, "MaxPool2d #2", 0, place, place) for place in (0, 3))
    assert (middle.jump, middle.rows.size, middle.rows.inside) == (4, 10, range(9, 19))
    assert middle.centre == (13.5, 13.5)  # the middle of the image
    assert (corner.rows.start, corner.rows.inside) == (-3, range(7))
    assert (corner.in_padding, middle.in_padding) == (pytest.approx(0.51), 0)


def test_a_flattened_unit_is_still_a_place_of_the_map() -> None:
    network = TEMPLATES["CNN 32-64"].network
    flat, place = unit_field(network, "Flatten #1", 49 * 5 + 7 * 2 + 3), unit_field(network, "MaxPool2d #2", 5, 2, 3)
    assert flat.place == place.place == (5, 2, 3)
    assert (flat.rows, flat.columns, flat.jump) == (place.rows, place.columns, place.jump)


def test_the_first_units_of_an_mlp_are_single_pixels_and_the_others_see_all() -> None:
    network = TEMPLATES["MLP"].network
    pixel = unit_field(network, "Flatten #1", 28 * 3 + 5)
    assert (pixel.rows.seen, pixel.columns.seen, pixel.jump) == ((3,), (5,), 1)
    assert unit_field(network, "Linear #1", 0).rows.seen == tuple(range(SIDE))


@pytest.mark.parametrize(
    ("layer", "unit", "field"),
    [
        ("Conv2d #9", (0, 0, 0), "layer"),
        ("Dropout (auto) #1", (0, 0, 0), "layer"),
        ("MaxPool2d #2", (64, 0, 0), "channel"),
        ("MaxPool2d #2", (0, 7, 0), "y"),
        ("MaxPool2d #2", (0, 0, 7), "x"),
        ("Head", (10, 0, 0), "channel"),
        ("Head", (0, 0, 1), "x"),
    ],
)
def test_what_is_not_there_is_named(layer: str, unit: tuple[int, int, int], field: str) -> None:
    with pytest.raises(SpecError) as error:
        unit_field(TEMPLATES["CNN 32-64"].network, layer, *unit)
    assert error.value.field == field


@given(networks)
@settings(max_examples=40)
def test_the_table_counts_what_the_units_see(network: Network) -> None:
    rows = field_table(network)
    assert [row["layer"] for row in rows] == [*layer_names(network.layers)]
    for row in rows:
        fields = [
            unit_field(network, row["layer"], 0, i, i) for i in range(row["shape"][-1] if row["shape"][1:] else 1)
        ]
        assert row["jump"] == fields[0].jump
        if fields[0].is_whole_image:
            assert (row["field"], row["corner"], row["touched"]) == (None, 0, 0)
            assert row["unseen"] == SIDE - len(fields[0].rows.seen)
        elif row["shape"][1:]:
            assert (row["field"], -row["before"]) == (fields[0].rows.size, fields[0].rows.start)
            assert row["corner"] == pytest.approx(fields[0].in_padding)
            whole = sum(field.in_padding == 0 for field in fields)
            assert row["touched"] == pytest.approx(1 - (whole / len(fields)) ** 2)
            assert row["unseen"] == SIDE - len({pixel for field in fields for pixel in field.rows.seen})


def test_two_rows_at_the_border_reach_no_unit_of_the_smaller_cnn() -> None:
    # 28 - 2 = 26, 13, 11, and the last pooling takes 10 of the 11.
    unseen = {row["layer"]: row["unseen"] for row in field_table(TEMPLATES["CNN 16-32"].network)}
    assert (unseen["ReLU #2"], unseen["MaxPool2d #2"], unseen["Head"]) == (0, 2, 2)


def test_behind_permuted_pixels_a_field_is_scattered_over_what_reaches_the_permutation() -> None:
    layers = (Conv2d(channels=1, stride=2), PermutePixels(), Conv2d(channels=1), Flatten(), Linear(units=2))
    before, *behind = (row["scattered"] for row in field_table(Network(layers=layers)))
    assert (before, behind) == (False, [True, True, True, False, False])
    field = unit_field(Network(layers=layers), "Conv2d #2", 0, 0, 0)
    assert (field.is_scattered, field.is_whole_image, field.rows.seen) == (True, True, tuple(range(SIDE - 1)))
    moved = changed(monotone(Network(layers=layers)), "Conv2d #2")[:, :, 0, 0, 0]
    assert {(y, x) for y, x in moved.nonzero().tolist()} == seen_by_the_first_window()


def seen_by_the_first_window() -> set[tuple[int, int]]:
    """The pixels that the nine permuted places of the second convolution's first window see."""
    side = 13
    places = [divmod(int(pixel_order(side, side)[y * side + x]), side) for y in range(3) for x in range(3)]
    return {(2 * y + down, 2 * x + across) for y, x in places for down in range(3) for across in range(3)}


def test_activations_change_no_field() -> None:
    plain, wrapped = Network(layers=(Conv2d(), Conv2d())), Network(layers=(Tanh(), Conv2d(), BatchNorm2d(), Conv2d()))
    assert unit_field(plain, "Conv2d #2", 0, 3, 4).rows == unit_field(wrapped, "Conv2d #2", 0, 3, 4).rows
    assert seen_pixels([], [5]) == (5,)
