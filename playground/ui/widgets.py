"""One control for one field: its key is the field's dotted path, its value and its range come from the spec.

Each function takes a spec and gives it back with the field as the control says. Where that can't be, the spec stays
as it was and the reason stands beside the control, which keeps what was typed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar, get_args

import streamlit as st

from playground.errors import SpecError
from playground.experiment import Spec
from playground.ui.help import HELP, TAKES_EFFECT

S = TypeVar("S", bound=Spec)


class Keyed(Protocol):
    """What names the widgets of a page's fields: the draft on page Train, a topic's keys in a lab."""

    def key(self, path: str) -> str: ...


LOG_GRID = tuple(float(f"{mantissa}e{exponent}") for exponent in range(-6, 1) for mantissa in (1, 1.5, 2, 3, 5, 7))
LEARNING_RATES = (*(rate for rate in LOG_GRID if rate <= 5), 7.0, 10.0)
PENALTIES = (0.0, *(strength for strength in LOG_GRID if strength <= 1))
POWERS_OF_TWO = tuple(2**exponent for exponent in range(14))


def error_beside(field: str, error: SpecError) -> None:
    """The reason why a field's value can't be taken, right below its control."""
    with st.container(key=f"error.{field}"):
        st.error(error.message, icon=":material/error:")


def taken(path: str, spec: S, value: Any) -> S:
    """The spec with the field at the end of the path changed, or as it was, with the reason shown."""
    try:
        return spec.but(**{name_of(path): value})
    except SpecError as error:
        error_beside(path, error)
        return spec


def name_of(path: str) -> str:
    return path.rpartition(".")[2]


def choose(
    draft: Keyed,
    path: str,
    spec: S,
    label: str,
    names: Mapping[str, str] | None = None,
    *,
    width: Any = "stretch",
    help: str | None = None,
) -> S:
    """A menu of the values that the field's type allows; `names` says how some of them are shown."""
    shown = names or {}
    options = get_args(type(spec).model_fields[name_of(path)].annotation)
    value = st.selectbox(
        label,
        options,
        index=options.index(getattr(spec, name_of(path))),
        format_func=lambda option: shown.get(option, option),
        key=draft.key(path),
        help=help or HELP[path],
        width=width,
    )
    return taken(path, spec, value)


def segments(
    draft: Keyed,
    path: str,
    spec: S,
    label: str,
    names: Mapping[str, str] | None = None,
    *,
    help: str | None = None,
) -> S:
    """A row of the values that the field's type allows."""
    shown = names or {}
    value = st.segmented_control(
        label,
        get_args(type(spec).model_fields[name_of(path)].annotation),
        default=getattr(spec, name_of(path)),
        required=True,
        format_func=lambda option: shown.get(option, option),
        key=draft.key(path),
        help=help or HELP[path],
    )
    return taken(path, spec, value)


def number(
    draft: Keyed,
    path: str,
    spec: S,
    label: str,
    *,
    step: float,
    width: Any = "stretch",
    help: str | None = None,
    placeholder: str | None = None,
) -> S:
    """A number within the field's bounds; a field that may be None is None where it is left empty."""
    name = name_of(path)
    low, high = bounds(spec, name)
    is_whole = isinstance(step, int)
    kind: Any = int if is_whole else float
    value = getattr(spec, name)
    entered = st.number_input(
        label,
        min_value=None if low is None else kind(low),
        max_value=None if high is None else kind(high),
        value=None if value is None else kind(value),
        step=kind(step),
        format=None if is_whole else "%g",
        key=draft.key(path),
        help=help or HELP[path],
        placeholder=placeholder,
        width=width,
    )
    return taken(path, spec, entered)


def toggle(draft: Keyed, path: str, spec: S, label: str, *, help: str | None = None) -> S:
    value = st.toggle(label, value=getattr(spec, name_of(path)), key=draft.key(path), help=help or HELP[path])
    return taken(path, spec, value)


def pick(
    draft: Keyed,
    path: str,
    spec: S,
    label: str,
    options: Iterable[float],
    *,
    shown: Callable[[Any], str] | None = None,
    is_live: bool = False,
    help: str | None = None,
) -> S:
    """A slider over given values, among which the present one always is."""
    value = getattr(spec, name_of(path))
    chosen = st.select_slider(
        label,
        with_value(options, value),
        value=value,
        format_func=shown or plain,
        key=draft.key(path),
        help=f"{HELP[path]} {TAKES_EFFECT}" if is_live else help or HELP[path],
    )
    return taken(path, spec, chosen)


def with_value(options: Iterable[float], value: float) -> Sequence[float]:
    """The options in order with the value among them.

    >>> with_value((1, 2), 1.5)
    [1, 1.5, 2]
    """
    return sorted({*options, value})


def plain(value: float) -> str:
    """A number as short as it can be read.

    >>> plain(0.001), plain(1.5e-05), plain(1000.0)
    ('0.001', '1.5e-5', '1000')
    """
    return f"{value:.12g}".replace("e-0", "e-").replace("e+0", "e")


def bounds(spec: Spec, name: str) -> tuple[float | None, float | None]:
    """The least and the largest value a field allows; a bound that is itself excluded counts, and is refused later.

    >>> from playground.experiment import Network
    >>> bounds(Network(), "dropout")
    (0, 0.95)
    """
    low = high = None
    for rule in type(spec).model_fields[name].metadata:
        low = getattr(rule, "ge", getattr(rule, "gt", low))
        high = getattr(rule, "le", getattr(rule, "lt", high))
    return low, high
