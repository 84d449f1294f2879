"""The knobs of a race: one setting or two, and the values to try of each."""

from collections.abc import Sequence

import streamlit as st

from playground.errors import SpecError
from playground.experiment import Experiment
from playground.labs.race.race import MOST_OF_TWO, RaceSetup, Sweep, arms, sweep_of
from playground.labs.race.setting import MOST_VALUES, Setting, Value, check_digits, shown
from playground.labs.race.settings import raced
from playground.ui.lab import Keys, seeds
from playground.ui.widgets import error_beside

NONE = "nothing else"
HELP = "All arms are this experiment but for this setting. Only settings that have an effect on it are here."
SECOND = "A grid: each value of the one setting with each of the other."
TYPED = "With commas between them. At most 12; of two settings at most 36 pairs."


def race_knobs(keys: Keys, before: RaceSetup) -> tuple[RaceSetup, bool]:
    """The set-up as the knobs say, and True; or as it was before, and False, with the reason shown."""
    settings = raced(before.experiment)
    present = {sweep.setting: sweep.values for sweep in before.sweeps}
    with st.container(horizontal=True, vertical_alignment="top", gap="medium", key="knobs"):
        first = choose(keys, "setting", "Setting", [*settings], before.sweeps[0].setting, HELP)
        sweeps = [values(keys, before.experiment, settings[first], present.get(first), MOST_VALUES)]
        others = [NONE, *(name for name in settings if name != first)]
        second = choose(keys, "second", "And", others, before.sweeps[-1].setting if before.is_grid else NONE, SECOND)
        if second != NONE:
            sweeps.append(values(keys, before.experiment, settings[second], present.get(second), MOST_OF_TWO))
        with st.container(width=220):
            setup = before.but(seeds=seeds(keys, before).seeds)
    known = tuple(sweep for sweep in sweeps if sweep is not None)
    if len(known) < len(sweeps):
        return before, False
    try:
        setup = setup.but(sweeps=known)
        for digits in {arm.experiment.data: arm.experiment for arm in arms(setup)}.values():
            check_digits(digits)
    except SpecError as error:
        error_beside("race", error)
        return before, False
    return setup, True


def choose(keys: Keys, path: str, label: str, names: Sequence[str], now: str, help: str) -> str:
    with st.container(width=190):
        at = names.index(now) if now in names else 0
        return st.selectbox(label, names, index=at, key=keys.key(path), help=help)


def values(
    keys: Keys, experiment: Experiment, setting: Setting, present: Sequence[Value] | None, most: int
) -> Sweep | None:
    """The field with the values to try; None, with the reason beside it, where they can't be tried."""
    begin = present or setting.tried(experiment)[:most]
    label, key = f"Values of {setting.name.removesuffix(' ×')}", keys.key(f"values.{setting.name}")
    with st.container(width=380, gap="xsmall"):
        if setting.options:
            chosen = st.multiselect(label, setting.options, default=[str(one) for one in begin], key=key, help=TYPED)
            text = ", ".join(chosen)
        else:
            text = st.text_input(label, ", ".join(map(shown, begin)), key=key, help=TYPED, max_chars=300) or ""
        try:
            found = setting.parse_all(text)
            for value in found:
                setting.apply(experiment, value)
            return sweep_of(setting, found)
        except SpecError as error:
            error_beside(f"race.{setting.name}", error)
            return None
