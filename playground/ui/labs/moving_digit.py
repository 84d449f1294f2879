"""A test digit that is moved by hand, and what two trained networks make of it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from playground.figures.answers import answer_bars
from playground.labs.inductive_bias import shift
from playground.labs.inductive_bias.lab import LAB
from playground.labs.inductive_bias.networks import CNN_NAME, MLP_NAME
from playground.labs.outcome import Results
from playground.labs.study import results
from playground.live.figures import figures
from playground.live.inside import digits_of
from playground.runs import control
from playground.runs.store import Run, Store
from playground.runs.studies import Study
from playground.ui import session
from playground.ui.digit_images import inked
from playground.views.pack import unpacked

FURTHEST = 8  # pixels
CHOICES = 50  # test digits
PLACE = "inductive-bias.move.place"
ARROWS = {"left": (-1, 0), "up": (0, -1), "down": (0, 1), "right": (1, 0)}
SIGN = {"left": "back", "up": "upward", "down": "downward", "right": "forward"}
TALL = 112  # pixels of a map on screen
GAP = 2
FAINT = 12  # of 255: what is 0 still shows how far a map reaches
SHOWN = ("ReLU #1", "MaxPool2d #1", "ReLU #2", "MaxPool2d #2")  # what follows a convolution has no negative values
Answer = tuple[dict[str, Any], dict[str, NDArray[Any]]]


class Place(NamedTuple):
    """Where the digit is; a new edition renews the sliders, which arrows overrule."""

    dx: int = 0
    dy: int = 0
    edition: int = 0


def moving_digit(store: Store, study: Study | None, setup: Any, found: Results) -> None:
    """On this topic's runs, or else on those of the topic Shifts, if there are any."""
    runs = trained(store, found) or trained(store, found_elsewhere(store))
    st.subheader("Move it by hand", anchor=False)
    if not runs:
        st.caption("Press Run first: it trains the two networks, in seconds.")
        return
    st.fragment(hand)(store, runs)


def found_elsewhere(store: Store) -> Results:
    """What came of the topic Shifts, in this session."""
    study_id = session.recall(f"{LAB.name}.{shift.TOPIC.name}.study")
    study = store.studies.study(study_id) if study_id else None
    return results(store, shift.TOPIC, study) if study else Results()


def trained(store: Store, found: Results) -> dict[str, Run]:
    """The first finished run of each network; none unless both have one."""
    ended = {name: found.ended(name) for name in (MLP_NAME, CNN_NAME)}
    runs = {name: store.run(outcomes[0].run_id) for name, outcomes in ended.items() if outcomes}
    known = {name: run for name, run in runs.items() if run is not None}
    return known if len(known) == len(ended) else {}


def hand(store: Store, runs: Mapping[str, Run]) -> None:
    """A fragment: the controls, the moved digit, both answers and the maps."""
    run = runs[CNN_NAME]
    left, right = st.columns([0.32, 0.68], gap="medium")
    with left:
        digit = chosen_digit(run)
        dx, dy = chosen_place()
    found = {name: asked(store, one, digit, dx, dy) for name, one in runs.items()}
    known = {name: one for name, one in found.items() if one is not None}
    if len(known) < len(found):
        st.warning("No worker answered in time: move it again.", icon=":material/warning:")
        return
    with left:
        st.image(picture(known[CNN_NAME][1]["Input"][None], 224), alt=f"The digit, {dx} right and {dy} down")
    with right:
        figures([answer_bars(probabilities(known))], key="moving.answers")
        st.markdown("  \n".join(in_words(name, *known[name][:1]) for name in known))
    show_maps(known[CNN_NAME], known[MLP_NAME], has_moved=bool(dx or dy))


def chosen_digit(run: Run) -> int:
    """One of the first test digits, by its place in the source."""
    test = digits_of(run.experiment.data, run.experiment.training.seed)["splits"]["test"][:CHOICES]
    at = st.number_input("Test digit", 1, len(test), 1, key="moving.digit", help="One of the run's first test digits.")
    return int(test[at - 1])


def chosen_place() -> tuple[int, int]:
    """Shifts right and down, by arrows or by sliders."""
    place: Place = session.recall(PLACE, Place())
    with st.container(horizontal=True, gap="xsmall"):
        for name, (right, down) in ARROWS.items():
            if st.button(name, key=f"moving.{name}", icon=f":material/arrow_{SIGN[name]}:", help=f"One pixel {name}."):
                place = Place(within(place.dx + right), within(place.dy + down), place.edition + 1)
    dx, dy = (
        st.slider(label, -FURTHEST, FURTHEST, value, key=f"moving.{label}@{place.edition}")
        for label, value in (("Right", place.dx), ("Down", place.dy))
    )
    session.keep(PLACE, Place(dx, dy, place.edition))
    return dx, dy


def within(pixels: int) -> int:
    return min(max(pixels, -FURTHEST), FURTHEST)


def asked(store: Store, run: Run, digit: int, dx: int, dy: int) -> Answer | None:
    task = control.move_digit(store, run.id, digit, dx, dy)
    return unpacked(task.result) if task is not None and task.result is not None else None


def probabilities(found: Mapping[str, Answer]) -> pd.DataFrame:
    """One row a network and class: the probability now, and before the move."""
    rows = [
        (name, digit, now, before)
        for name, (facts, _) in found.items()
        for digit, (now, before) in enumerate(zip(facts["moved_to"], facts["still"], strict=True))
    ]
    return pd.DataFrame(rows, columns=["network", "digit", "now", "before"])


def in_words(name: str, facts: Mapping[str, Any]) -> str:
    """
    >>> in_words("CNN", {"moved_to": [0.1, 0.9], "still": [0.0, 1.0], "moved": 0.1})
    '**CNN** says 1 (90 %), unmoved 1 (100 %): 10 % of the probability has moved.'
    """
    now, before = (int(np.argmax(facts[when])) for when in ("moved_to", "still"))
    return (
        f"**{name}** says {now} ({facts['moved_to'][now]:.0%}), unmoved {before} ({facts['still'][before]:.0%}): "
        f"{facts['moved']:.0%} of the probability has moved.".replace("%", " %")
    )


def show_maps(cnn: Answer, mlp: Answer, has_moved: bool) -> None:
    facts, arrays = cnn
    st.markdown("**What the CNN's layers make of it**: some maps of each, the largest value of a layer at full ink")
    for name in SHOWN:
        if name in arrays:
            st.image(picture(arrays[name]), width="stretch", alt=f"Maps of {name}")
            st.caption(f"{name}, {follows(facts['errors'].get(name))}" if has_moved else name)
    st.markdown("**And the MLP's hidden units**, which have no place in the image")
    units = mlp[1]["ReLU #1"]
    st.image(picture(units, 28), alt="The MLP's hidden units as a row of squares")


def follows(error: float | None) -> str:
    """
    >>> follows(0.0), follows(0.5)
    ('follows the digit: relative error 0.00', 'relative error 0.50')
    """
    if error is None:
        return "has moved out of sight"
    return f"follows the digit: relative error {error:.2f}" if error < 0.005 else f"relative error {error:.2f}"


def picture(maps: NDArray[Any], tall: int = TALL) -> NDArray[np.uint8]:
    """Maps [n, height, width] side by side, enlarged to about the same height: RGBA."""
    most = float(maps.max())
    levels = (maps * (255 / most) if most > 0 else np.zeros_like(maps)).clip(FAINT, 255).astype(np.uint8)
    enlarged = levels.repeat(max(1, tall // maps.shape[1]), axis=1).repeat(max(1, tall // maps.shape[1]), axis=2)
    colored = inked(np.pad(enlarged, ((0, 0), (0, 0), (0, GAP))))
    return np.concatenate(list(colored), axis=1)
