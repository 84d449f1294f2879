"""Layers and the ids of their widgets stay together, whatever is done to the list."""

from itertools import count
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from playground.experiment import Conv2d, Flatten, Linear
from playground.network.names import layer_names
from playground.ui.layer_stack import LayerStack
from tests.strategies import layers, stacks


def fresh(start: int = 1000) -> Any:
    numbers = count(start)
    return lambda amount: tuple(next(numbers) for _ in range(amount))


def stack_of(kinds: tuple[Any, ...]) -> LayerStack:
    return LayerStack(kinds, tuple(range(len(kinds))))


filled = stacks.filter(bool).map(stack_of)


@given(filled, st.data())
def test_an_edit_keeps_ids_unique_and_each_with_its_layer(stack: LayerStack, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(stack.layers) - 1))
    to = data.draw(st.integers(0, len(stack.layers) - 1))
    for edited in (
        stack.moved(index, to - index),
        stack.deleted(index),
        stack.duplicated(index, fresh()),
        stack.inserted(index, data.draw(layers), fresh()),
        stack.replaced_by(data.draw(stacks), fresh()),
    ):
        assert len(set(edited.ids)) == len(edited.ids) == len(edited.layers)
        for layer_id, layer in zip(edited.ids, edited.layers, strict=True):
            assert layer_id >= 1000 or layer == stack.layers[layer_id]


@given(filled, st.data())
def test_moving_there_and_back_changes_nothing(stack: LayerStack, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(stack.layers) - 1))
    to = data.draw(st.integers(0, len(stack.layers) - 1))
    assert stack.moved(index, to - index).moved(to, index - to) == stack


@given(filled, st.data())
def test_a_copy_stands_right_below_and_deleting_it_changes_nothing(stack: LayerStack, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(stack.layers) - 1))
    copied = stack.duplicated(index, fresh())
    assert copied.layers[index] == copied.layers[index + 1]
    assert copied.deleted(index + 1) == stack


def test_a_layer_that_a_fix_changes_gets_a_new_id_and_so_a_new_control() -> None:
    stack = stack_of((Conv2d(kernel=5), Flatten(), Linear()))
    fixed = stack.replaced_by((Conv2d(kernel=3), Flatten(), Linear()), fresh())
    assert fixed.ids == (1000, 1, 2)
    assert layer_names(fixed.layers) == layer_names(stack.layers)
