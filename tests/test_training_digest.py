"""The fingerprint of a curve."""

import json
from dataclasses import replace
from math import nextafter

from playground.runs.journal import encode
from playground.training.digest import Digest
from playground.training.events import Event, Stepped
from playground.training.trainer import train
from tests.held_runs import SHORT


def digest_of(events: list[Event]) -> str:
    digest = Digest()
    digest.note(events)
    return digest.hexdigest()


def test_the_same_experiment_and_seed_have_the_same_digest_and_another_seed_has_another() -> None:
    reseeded = SHORT.but(training=SHORT.training.but(seed=1))
    first, again, other = (digest_of(list(train(one))) for one in (SHORT, SHORT, reseeded))
    assert first == again != other


def test_a_digest_of_what_was_recorded_is_that_of_what_happened() -> None:
    events = list(train(SHORT))
    recorded = Digest()
    for part in (events[:7], events[7:]):
        recorded.note_tables(json.loads(encode(part)))
    assert recorded.hexdigest() == digest_of(events)


def test_the_last_bit_of_one_loss_changes_the_digest() -> None:
    events = list(train(SHORT))
    place, step = next((place, event) for place, event in enumerate(events) if isinstance(event, Stepped))
    nudged = replace(step, loss=nextafter(step.loss, 10))
    assert digest_of([*events[:place], nudged, *events[place + 1 :]]) != digest_of(events)
