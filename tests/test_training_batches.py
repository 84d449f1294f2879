"""Where a run stands in its epochs."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from playground.training.batches import Course, Place, order

sizes = st.integers(2, 70)


def epoch_of(course: Course, batch_size: int) -> list[int]:
    """How many digits each batch of one epoch has."""
    place, found = Place(), []
    while place.epoch == 0:
        batch = course.next_digits(place, batch_size)
        found.append(batch.stop - batch.start)
        place = course.after(place, batch_size)
    return found


@given(digits=st.integers(2, 300), batch_size=sizes, needs_two=st.booleans())
def test_an_epoch_is_cut_as_pytorch_splits_and_a_last_digit_alone_is_left_out(
    digits: int, batch_size: int, needs_two: bool
) -> None:
    wanted = [len(part) for part in torch.arange(digits).split(batch_size)]
    if needs_two and wanted[-1] == 1:
        wanted.pop()
    assert epoch_of(Course(digits, needs_two), batch_size) == wanted
    assert Course(digits, needs_two).batches(batch_size) == len(wanted)


@given(digits=st.integers(10, 300), sizes=st.lists(sizes, min_size=60, max_size=60), needs_two=st.booleans())
def test_whatever_the_sizes_on_the_way_the_plan_counts_what_comes(
    digits: int, sizes: list[int], needs_two: bool
) -> None:
    course, place, epochs = Course(digits, needs_two), Place(), 3
    for size in sizes:
        if place.epoch == epochs:
            break
        left = course.steps_left(place, size, epochs)
        before = place.progress(epochs)
        place = course.after(place, size)
        assert course.steps_left(place, size, epochs) == left - 1
        assert before < place.progress(epochs) <= 1 + 1e-9


@given(digits=st.integers(1, 300), seed=st.integers(0, 99), epoch=st.integers(0, 99))
def test_an_epoch_shows_every_digit_once_in_an_order_of_its_own(digits: int, seed: int, epoch: int) -> None:
    assert sorted(order(digits, seed, epoch).tolist()) == list(range(digits))
    if digits > 20:
        assert order(digits, seed, epoch).tolist() != order(digits, seed, epoch + 1).tolist()
        assert order(digits, seed, epoch).tolist() != order(digits, seed + 1, epoch).tolist()
