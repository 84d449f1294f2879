"""What a pickled state dict may be made of: looked at before anything is made of it."""

import pickletools

from playground.errors import SpecError
from playground.network.match import FIELD

MOST_CODES = 100_000  # a tensor takes about 40
MOST_VALUES = 100  # in a tuple, with those in its tuples: a tensor's size, strides and what else it is rebuilt from
TUPLES = ("EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3")
TEXTS = ("BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "SHORT_BINSTRING", "UNICODE")
TEXT = 0  # of text, and of nothing else
Weight = int | None  # values that somebody who walks through it meets; None: a mark


def check_pickle(content: bytes) -> None:
    """Raise `SpecError` for what no state dict has, and what would hold its reader up for good.

    A tuple of a tuple twice, and so on, is a few bytes a level, and twice the time to hash at each; numbers as keys can
    be chosen to collide. Raises errors of many kinds where the content is no pickle.
    """
    stack: list[Weight] = []
    memo: dict[object, Weight] = {}
    for count, (code, argument, _) in enumerate(pickletools.genops(content)):
        taken = taken_from(stack, code.stack_before)
        if code.name.startswith("SETITEM") and any(key != TEXT for key in taken[1:-1:2]):
            raise SpecError(FIELD, "the file has keys that aren't names, which no state dict has")
        if code.name in TUPLES:
            stack.append(1 + sum(max(1, weight or 0) for weight in taken))
        elif "GET" in code.name:
            stack.append(memo[argument])
        elif "PUT" in code.name:
            memo[argument] = stack[-1]
        elif code.name in TEXTS:
            stack.append(TEXT)
        else:
            stack.extend(None if kind is pickletools.markobject else 1 for kind in code.stack_after)
        if count > MOST_CODES or (code.name in TUPLES and (stack[-1] or 0) > MOST_VALUES):
            raise SpecError(FIELD, "the file holds more than the tensors of a state dict")


def taken_from(stack: list[Weight], kinds: list[pickletools.StackObject]) -> list[Weight]:
    """What an opcode takes from the stack, the last first, without the mark."""
    taken: list[Weight] = []
    if pickletools.markobject in kinds:
        kinds = kinds[: kinds.index(pickletools.markobject)]
        while (weight := stack.pop()) is not None:
            taken.append(weight)
    return taken + [stack.pop() for _ in kinds]
