"""The list of layers: one row each, with its fields, its buttons, and what it makes of a digit."""

from collections.abc import Callable
from functools import lru_cache, partial
from itertools import pairwise
from typing import Literal

import streamlit as st

from playground.experiment import IMAGE_SHAPE, Layer, Network
from playground.network.dropout import placed
from playground.network.facts import shape_text
from playground.network.fixes import MOST_LAYERS
from playground.network.names import layer_names
from playground.network.shapes import LayerFacts, Problem, Trace, trace
from playground.ui import session
from playground.ui.foreseen import foreseen
from playground.ui.layer_fields import GROUP_OF, KINDS, layer_fields
from playground.ui.layer_stack import LayerStack
from playground.ui.session import Draft, new_ids
from playground.ui.styles import network_style

Edit = Callable[[LayerStack], LayerStack]

NO_BREAK = "\N{NO-BREAK SPACE}"

traced = lru_cache(maxsize=64)(trace)


def network_editor(draft: Draft) -> tuple[Network, tuple[int, ...]]:
    """The network as its controls say, and its layers' ids, which differ from the draft's after a structural edit.

    Undo and redo take effect here: the page is drawn anew from them.
    """
    before = draft.experiment.network
    coming = foreseen(draft).network
    found = traced(coming)
    names = layer_names(before.layers)
    automatic = after_activations(coming)
    layers: list[Layer] = []
    edits: list[Edit | None] = []
    network_style()
    with st.container(key="network", gap="xxsmall"):
        undo, redo = heading()
        edits.append(input_row(draft, len(before.layers)))
        for index, (layer_id, layer) in enumerate(zip(draft.layer_ids, before.layers, strict=True)):
            facts = found.rows[index] if index < len(found.rows) else None
            with st.container(border=True, gap=None, key=f"layer.{layer_id}"):
                edits.append(layer_head(draft, layer_id, index, names, facts))
                with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"fields.{layer_id}"):
                    layers.append(layer_fields(draft, layer_id, layer, coming.dropout))
                    if facts and facts.formula:
                        st.caption(f"{facts.formula} parameters", width="content")
            if index in automatic:
                st.caption(f"dropout {coming.dropout:g}, from the network's rate")
            if found.problem and found.problem.index == index:
                edits.append(problem_box(draft, found.problem))
        head_row(found.head)
        if found.problem and found.problem.index == len(before.layers):
            edits.append(problem_box(draft, found.problem))
        totals(found)
    network = before.but(layers=tuple(layers))
    if undo or redo:
        session.edit(draft.experiment.but(network=network))
        (session.undo if undo else session.redo)()
        st.rerun()
    stack = LayerStack(network.layers, draft.layer_ids)
    for edit in edits:
        if edit is not None:
            stack = edit(stack)
    return network.but(layers=stack.layers), stack.ids


def after_activations(network: Network) -> set[int]:
    """Indices of the layers that the network's one rate puts a Dropout after."""
    order = [index for index, _ in placed(network)] if network.dropout else []
    return {before for before, after in pairwise(order) if after is None and before is not None}


def heading() -> tuple[bool, bool]:
    """The title with undo and redo; returns whether each was pressed."""
    history = session.past_and_future()
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", key="network.title"):
        st.markdown("**Network**", width="stretch")
        undo = st.button(
            "Undo",
            key="network.undo",
            icon=":material/undo:",
            type="tertiary",
            disabled=not history.past,
            help="Undo the last change of the set-up.",
        )
        redo = st.button(
            "Redo",
            key="network.redo",
            icon=":material/redo:",
            type="tertiary",
            disabled=not history.future,
            help="Redo what was undone.",
        )
    return undo, redo


def input_row(draft: Draft, count: int) -> Edit | None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", key="head.input"):
        st.markdown(f"Digit :gray[:small[{shape_text(IMAGE_SHAPE)}]]", width="stretch")
        return insert_menu(draft, "network.insert_first", "Insert below the digit", 0, count)


def layer_head(
    draft: Draft, layer_id: int, index: int, names: tuple[str, ...], facts: LayerFacts | None
) -> Edit | None:
    """A layer's name, what leaves it, and its buttons."""
    name, count = names[index], len(names) - 1

    def pressed(action: str, label: str, icon: str, *, disabled: bool = False) -> bool:
        return st.button(
            label,
            key=draft.key(f"network.layers.{layer_id}.{action}"),
            icon=icon,
            type="tertiary",
            disabled=disabled,
            help=label,
        )

    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", key=f"head.{layer_id}"):
        st.markdown(f"**{name}** :gray[:small[{seen(facts)}]]", width="stretch")
        up = pressed("up", f"Move {name} up", ":material/arrow_upward:", disabled=index == 0)
        down = pressed("down", f"Move {name} down", ":material/arrow_downward:", disabled=index == count - 1)
        copy = pressed("copy", f"Duplicate {name}", ":material/content_copy:", disabled=count >= MOST_LAYERS)
        insert = insert_menu(draft, f"network.layers.{layer_id}.insert", f"Insert below {name}", index + 1, count)
        delete = pressed("delete", f"Delete {name}", ":material/close:")
    if up or down:
        return lambda stack: stack.moved(index, -1 if up else 1)
    if copy:
        return lambda stack: stack.duplicated(index, new_ids)
    if delete:
        return lambda stack: stack.deleted(index)
    return insert


def seen(facts: LayerFacts | None) -> str:
    """The shape that leaves a layer, and how much of the digit one value of it sees."""
    if facts is None:
        return ""
    field = facts.receptive_field
    if facts.is_scattered:
        return f"{facts.shape_text} · scattered{NO_BREAK}pixels"
    part = "sees all" if field is None or field >= IMAGE_SHAPE[1] else f"sees {field} × {field}"
    return f"{facts.shape_text} · {part.replace(' ', NO_BREAK)}"


def insert_menu(draft: Draft, path: str, label: str, index: int, count: int) -> Edit | None:
    """All kinds of layers, by what they do."""
    kind = st.menu_button(
        label,
        list(KINDS),
        format_func=lambda name: f"{name} :gray[:small[{GROUP_OF[name]}]]",
        key=draft.key(path),
        icon=":material/add:",
        type="tertiary",
        disabled=count >= MOST_LAYERS,
        help=label,
    )
    if kind is None:
        return None
    return lambda stack: stack.inserted(index, KINDS[kind](), new_ids)


def problem_box(draft: Draft, problem: Problem) -> Edit | None:
    """What keeps the network from working, and the ways out of it as buttons."""
    wanted: tuple[Layer, ...] | None = None
    with st.container(key="problem", gap="xxsmall"):
        st.error(problem.message, icon=":material/error:")
        with st.container(horizontal=True, gap="xsmall"):
            for place, fix in enumerate(problem.fixes):
                weight: Literal["primary", "secondary"] = "primary" if place == 0 else "secondary"
                if st.button(fix.label, key=draft.key(f"fix.{place}.{fix.label}"), type=weight):
                    wanted = fix.layers
    return None if wanted is None else partial(LayerStack.replaced_by, layers=wanted, new_ids=new_ids)


def head_row(facts: LayerFacts | None) -> None:
    """The classifier head, which follows from the task."""
    with st.container(border=True, gap=None, key="layer.output"):
        st.markdown(
            f"**Head** :gray[:small[Linear to 10 · {facts.formula if facts else 'follows from the ten digits'}]]",
            help="The classifier: one output a class. It follows from the task.",
        )


def totals(found: Trace) -> None:
    """What the network costs, the whole of it; nothing while it can't work."""
    if found.problem:
        return
    st.caption(
        f"{found.parameters:,} parameters · {short(found.memory_bytes, 'B')} · "
        f"{short(found.multiply_adds)} multiply-adds per digit",
        help="Memory in training: weights, gradients and Adam's two averages, 16 bytes a parameter, and the values "
        "that leave every layer for one digit.",
    )


def short(count: int, unit: str = "") -> str:
    """Three digits and a prefix, up to 999 G.

    >>> short(950), short(108_330), short(2_400_000_000), short(214_000_000, "B")
    ('950', '108 k', '2.4 G', '214 MB')
    """
    for size, prefix in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= size - size // 2_000:  # what would be rounded to 1,000 of the prefix below
            return f"{count / size:.3g} {prefix}{unit}"
    return f"{count} {unit}".rstrip()
