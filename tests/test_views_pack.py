"""Arrays on their way to a browser: whole, in place, and nothing that it can't read."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from numpy.typing import NDArray

from playground.views.pack import ALIGNMENT, number, packed, unpacked

arrays = st.sampled_from([np.uint8, np.int32, np.float32]).flatmap(
    lambda kind: arrays_of.arrays(kind, arrays_of.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))
)
names = st.text(max_size=9)
numbers = st.floats(allow_nan=False, allow_infinity=False)
headers = st.dictionaries(
    names.filter(lambda name: name != "arrays"),
    st.recursive(
        st.none() | st.booleans() | st.integers() | numbers | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
        max_leaves=5,
    ),
    max_size=4,
)
packs = st.tuples(headers, st.dictionaries(names, arrays, max_size=5))


@given(packs)
def test_what_is_unpacked_is_what_was_packed_bit_for_bit(pack: tuple[dict[str, Any], dict[str, NDArray[Any]]]) -> None:
    header, contents = pack
    found, found_arrays = unpacked(packed(header, contents))
    assert found == header
    assert found_arrays.keys() == contents.keys()
    for name, array in contents.items():
        assert (found_arrays[name].dtype, found_arrays[name].shape) == (array.dtype, array.shape)
        assert found_arrays[name].tobytes() == array.tobytes()


@given(packs)
def test_every_array_begins_where_a_browsers_typed_array_may(
    pack: tuple[dict[str, Any], dict[str, NDArray[Any]]],
) -> None:
    """Read as live.js does: 4 bytes of length, the header, and then each array at its offset in the body."""
    content = packed(*pack)
    body = 4 + int.from_bytes(content[:4], "little")
    table = json.loads(content[4:body])["arrays"]
    assert body % ALIGNMENT == 0
    assert len(content) % ALIGNMENT == 0
    end = 0
    for (name, array), one in zip(pack[1].items(), table.values(), strict=True):
        assert one["offset"] == end
        assert one["offset"] % ALIGNMENT == 0
        assert content[body + end :][: array.nbytes] == array.tobytes(), name
        end += -(-array.nbytes // ALIGNMENT) * ALIGNMENT
    assert len(content) == body + end


def test_an_array_that_lies_scattered_in_memory_is_packed_row_by_row() -> None:
    array = np.arange(24, dtype=np.int32).reshape(2, 3, 4).transpose(2, 0, 1)[::2]
    assert (unpacked(packed({}, {"a": array}))[1]["a"] == array).all()


def test_a_pack_may_hold_packs() -> None:
    inner = packed({"view": "weights"}, {"w": np.ones(3, np.float32)})
    views = unpacked(packed({}, {"0": np.frombuffer(inner, np.uint8)}))[1]
    assert views["0"].tobytes() == inner


@pytest.mark.parametrize("kind", [np.float64, np.int64, np.bool_, np.complex64])
def test_other_kinds_of_numbers_are_refused(kind: type) -> None:
    with pytest.raises(KeyError):
        packed({}, {"a": np.zeros(2, kind)})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_header_has_no_number_that_json_has_not(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        packed({"loss": value})
    assert number(value) is None


@given(numbers)
def test_a_number_for_a_header_is_itself_where_it_is_finite(value: float) -> None:
    assert number(value) == value
    assert number(None) is None
