"""The layers with their ids, and what an edit makes of them."""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher

from playground.experiment import Layer

NewIds = Callable[[int], tuple[int, ...]]


@dataclass(frozen=True)
class LayerStack:
    """Layers in order, each with the id that its widgets are keyed by."""

    layers: tuple[Layer, ...]
    ids: tuple[int, ...]

    def inserted(self, index: int, layer: Layer, new_ids: NewIds) -> "LayerStack":
        """With one more layer before the one at `index`."""
        return LayerStack(
            (*self.layers[:index], layer, *self.layers[index:]), (*self.ids[:index], *new_ids(1), *self.ids[index:])
        )

    def duplicated(self, index: int, new_ids: NewIds) -> "LayerStack":
        """With a copy right below."""
        return self.inserted(index + 1, self.layers[index], new_ids)

    def deleted(self, index: int) -> "LayerStack":
        """Without one."""
        return LayerStack(self.layers[:index] + self.layers[index + 1 :], self.ids[:index] + self.ids[index + 1 :])

    def moved(self, index: int, by: int) -> "LayerStack":
        """With one layer some places further down, or up where `by` is negative."""
        rest = self.deleted(index)
        to = index + by
        return rest.inserted(to, self.layers[index], lambda _: (self.ids[index],))

    def replaced_by(self, layers: tuple[Layer, ...], new_ids: NewIds) -> "LayerStack":
        """Other layers: those that stay as they are keep their ids, any other gets a new one, and so new widgets."""
        ids: list[int] = []
        matcher = SequenceMatcher(a=self.layers, b=layers, autojunk=False)
        for kind, first, last, new_first, new_last in matcher.get_opcodes():
            ids += self.ids[first:last] if kind == "equal" else new_ids(new_last - new_first)
        return LayerStack(layers, tuple(ids))
