"""Someone who clicks without a plan: random widgets of a page, random values, random pages."""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from streamlit.testing.v1 import AppTest

TEXTS = ("", "x", "0", "-1", "1e9", "0.1, 0.2", "nan", "<script>alert(1)</script>", "\u0000", "7" * 400, "日本語 🙂")
Act = Callable[[], Any]
TICKS = 5  # as likely as so many other acts: without it most of the page Runs is out of reach


@dataclass
class Walker:
    """`done` says what was clicked, to walk the same way again."""

    app: AppTest
    luck: random.Random
    pages: tuple[str, ...]
    done: list[str] = field(default_factory=list)

    def step(self) -> None:
        """One act of those that the page offers, or another page."""
        if self.luck.random() < 0.15:
            page = self.luck.choice(self.pages)
            self.done.append(page)
            self.app.switch_page(page).run()
            return
        acts = list(self.acts())
        if not acts:
            self.done.append("nothing to click")
            self.app.run()
            return
        name, act = self.luck.choice(acts)
        self.done.append(name)
        act()
        self.app.run()

    def acts(self) -> Iterator[tuple[str, Act]]:
        app, luck = self.app, self.luck
        for one in enabled(app.button):
            yield f"press {one.label}", one.click
        for one in enabled([*app.checkbox, *app.toggle]):
            yield f"turn {one.label}", partial(one.set_value, not one.value)
        for one in enabled([*app.selectbox, *app.radio]):
            if one.options:
                place = luck.randrange(len(one.options))
                yield f"choose {one.label}: {one.options[place]}", partial(one.select_index, place)
        for one in enabled([*app.segmented_control, *app.pills]):
            if one.options:
                choice = luck.choice(one.options)
                yield f"choose {one.label}: {choice}", partial(one.select, choice)
        for one in enabled(app.multiselect):
            if one.options:
                choices = luck.sample(range(len(one.options)), luck.randint(0, min(3, len(one.options))))
                yield (
                    f"choose {one.label}: {choices}",
                    partial(one.set_value, [one.options[place] for place in choices]),
                )
        for one in app.dataframe:
            for _ in range(TICKS if one.proto.selection_mode else 0):
                rows = sorted(luck.sample(range(len(one.value)), luck.randint(0, min(3, len(one.value)))))
                yield f"tick {one.key}: {rows}", partial(self.tick, str(one.key), rows)
        for one in enabled(app.menu_button):
            choice = luck.choice(one.options)
            yield f"choose {one.label}: {choice}", partial(one.click, choice)
        for one in enabled(app.number_input):
            yield from self.numbers(one)
        for one in enabled(app.slider):
            value = luck.choice([one.min, one.max])
            yield f"slide {one.label}: {value}", partial(one.set_value, value)
        for one in enabled(app.select_slider):
            option = luck.choice(one.options)
            for value in meant(one, option):
                yield f"slide {one.label}: {option}", partial(one.set_value, value)
        for one in enabled([*app.text_input, *app.text_area]):
            text = luck.choice(TEXTS)
            yield f"write {one.label}: {text[:20]!r}", partial(one.set_value, text)

    def tick(self, table: str, rows: list[int]) -> None:
        """As the browser says which rows of a table are selected."""
        self.app.session_state[table] = {"selection": {"rows": rows, "columns": [], "cells": []}}

    def numbers(self, one: Any) -> Iterator[tuple[str, Act]]:
        """Its ends, and a step either way."""
        offered = [one.min, one.max]
        if one.value is not None and one.step:
            offered += [one.value + one.step, one.value - one.step]
        fits = [
            value
            for value in offered
            if value is not None and (one.min is None or value >= one.min) and (one.max is None or value <= one.max)
        ]
        if fits:
            value = self.luck.choice(fits)
            yield f"set {one.label}: {value}", partial(one.set_value, value)


def meant(slider: Any, option: str) -> list[Any]:
    """The value that a select slider shows as that option, where it can be told: the harness knows but words."""
    number = re.search(r"-?[\d.,]+(e-?\d+)?", option)
    found: list[Any] = [option]
    if number:
        plain = float(number[0].replace(",", ""))
        found += [kind(plain * factor) for kind in (int, float) for factor in (1, 0.01)]
    return [value for value in found if type(value) is type(slider.value) and slider.format_func(value) == option][:1]


def enabled(widgets: Any) -> list[Any]:
    return [one for one in widgets if not one.disabled]
