"""The pieces that a script and a notebook have in common, and how their code is put together."""

from collections.abc import Mapping
from dataclasses import dataclass

WIDTH = 100  # characters a line


@dataclass(frozen=True)
class Cell:
    """One step of the script: its title, a sentence or two on what it does and why, and its code."""

    title: str
    why: str
    code: str


def lines(*pieces: str) -> str:
    """Pieces of code, one below the other; empty ones are left out.

    >>> lines("a = 1", "", "b = 2")
    'a = 1\\nb = 2'
    """
    return "\n".join(piece for piece in pieces if piece)


def indented(code: str) -> str:
    """Code one level deeper."""
    return "\n".join(f"    {line}" if line else "" for line in code.split("\n"))


def call(function: str, *arguments: str) -> str:
    """A call as it is written down: on one line where it fits, else with an argument a line.

    >>> call("nn.Linear", "784", "10")
    'nn.Linear(784, 10)'
    """
    given = [argument for argument in arguments if argument]
    short = f"{function}({', '.join(given)})"
    if len(short) <= WIDTH - 20:  # room for a name, an indentation
        return short
    return lines(f"{function}(", *(indented(f"{argument},") for argument in given), ")")


def table(name: str, values: Mapping[int, float]) -> str:
    """A dict as it is written down."""
    short = f"{name} = {{{', '.join(f'{key}: {value!r}' for key, value in values.items())}}}"
    if len(short) <= WIDTH:
        return short
    return lines(f"{name} = {{", *(f"    {key}: {value!r}," for key, value in values.items()), "}")
