"""The legend and the tables of a comparison; a row's colour and dash are its line's."""

import html
from collections.abc import Sequence

import streamlit as st

from playground.comparison.lines import Line
from playground.comparison.measures import Estimate, Measures
from playground.comparison.settings import Row
from playground.figures.comparison import style_of
from playground.labs.claims import number, percent
from playground.ui.running_now import duration

BORDERS = {"solid": "solid", "dash": "dashed", "dot": "dotted"}
STYLE = """
<style>
.compare-key { display: flex; flex-wrap: wrap; gap: 0.25rem 1.1rem; font-size: 0.85rem; }
.compare-key span { display: inline-flex; align-items: center; gap: 0.4rem; }
.compare-scroll { overflow-x: auto; }
.compare-scroll table { border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
.compare-scroll :is(th, td) {
  padding: 0.4rem 0.9rem 0.4rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid light-dark(#DCE2E8, #303B46);
}
.compare-scroll th { font-weight: 600; min-width: 7rem; max-width: 11rem; overflow-wrap: anywhere; }
.compare-scroll th:first-child {
  position: sticky; left: 0; z-index: 1; opacity: 1; background: light-dark(#FFFFFF, #11171D);
}
.compare-scroll thead th { font-weight: 400; opacity: 0.75; vertical-align: bottom; }
.compare-scroll small { display: block; opacity: 0.7; white-space: nowrap; }
.compare-scroll th small { white-space: normal; }
.compare-scroll .compare-same { opacity: 0.45; }
.compare-swatch { display: inline-block; width: 1.6rem; height: 0; vertical-align: middle; flex: none; }
.compare-scroll .compare-swatch { margin-right: 0.4rem; }
.compare-range { position: relative; width: 9rem; height: 0.9rem; margin-top: 0.15rem; }
.compare-range i { position: absolute; top: 0.4rem; height: 2px; min-width: 1px; opacity: 0.6; }
.compare-range b { position: absolute; top: 0.15rem; width: 0.6rem; height: 0.6rem; margin-left: -0.3rem;
  border-radius: 50%; }
</style>
"""


def legend(lines: Sequence[Line]) -> None:
    """The lines' names in their colours, for all charts."""
    keys = (f"<span>{swatch(place)}{name_of(line)}</span>" for place, line in enumerate(lines))
    st.html(f'{STYLE}<div class="compare-key">{"".join(keys)}</div>')


def swatch(place: int) -> str:
    color, dash = style_of(place)
    return f'<i class="compare-swatch" style="border-top: 3px {BORDERS[dash]} {color}"></i>'


def name_of(line: Line) -> str:
    seeds = f" · {len(line.members)} seeds" if len(line.members) > 1 else ""
    return html.escape(line.name + seeds)


def measures_table(lines: Sequence[Line], found: Sequence[Measures]) -> None:
    """A row a line; accuracies stand on one scale, so that intervals can be seen to overlap."""
    heads = ["", "State", "Validation accuracy", "", "Lowest validation loss", "Test accuracy"]
    heads += ["Parameters", "Steps", "Time", "Digits a second"]
    if not any(one.test_accuracy for one in found):
        heads.remove("Test accuracy")
    scale = scale_of([one.validation_accuracy for one in found if one.validation_accuracy])
    body = []
    for place, (line, one) in enumerate(zip(lines, found, strict=True)):
        cells = [one.state, share(one.validation_accuracy), range_of(one.validation_accuracy, scale, place)]
        cells += [loss(one.validation_loss)]
        cells += [share(one.test_accuracy)] if "Test accuracy" in heads else []
        first, last = one.steps
        cells += [f"{one.parameters:,}", f"{last:,}" if first == last else f"{first:,} to {last:,}"]
        cells += [duration(one.seconds), f"{number(one.digits_per_second)}" if one.digits_per_second else "–"]
        body.append(f"<tr><th>{swatch(place)}{name_of(line)}{links(line)}</th>{cells_of(cells)}</tr>")
    table(heads, body)
    st.caption(
        "Accuracy: the last evaluation, on the validation digits that curves are measured on. Intervals are 95 %: "
        "Wilson's of one run says what other digits would change, Student's over seeds what another seed would. "
        "Where some seeds of a line have finished, they alone are judged. Time and digits a second: training alone, "
        "means over seeds."
    )


def settings_table(lines: Sequence[Line], rows: Sequence[Row]) -> None:
    """A row a setting, a column a line; what is as in the first line is pale."""
    if not rows:
        st.caption("Nothing: these are runs of one experiment, with the same seeds.")
        return
    heads = ["", *(f"{swatch(place)}{name_of(line)}" for place, line in enumerate(lines))]
    body = []
    for label, values in rows:
        cells = (
            f"<td{' class=compare-same' if place and value == values[0] else ''}>{html.escape(value)}</td>"
            for place, value in enumerate(values)
        )
        body.append(f"<tr><th>{html.escape(label)}</th>{''.join(cells)}</tr>")
    table(heads, body)


def table(heads: Sequence[str], body: Sequence[str]) -> None:
    """`heads` and `body` are HTML."""
    head = "".join(f"<th>{one}</th>" for one in heads)
    rows = f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody>"
    st.html(f'<div class="compare-scroll"><table>{rows}</table></div>')


def cells_of(cells: Sequence[str]) -> str:
    return "".join(f"<td>{cell}</td>" for cell in cells)


def links(line: Line) -> str:
    """To page Train of each run."""
    names = ["Open in Train"] if len(line.members) == 1 else [f"seed {member.seed}" for member in line.members]
    pairs = zip(line.members, names, strict=True)
    found = " · ".join(f'<a href="train?run={html.escape(member.run.id)}">{name}</a>' for member, name in pairs)
    return f"<small>{found}</small>"


def share(found: Estimate | None) -> str:
    """
    >>> share(Estimate(0.91, 0.87, 0.94, "Wilson, 256 digits"))
    '91.0 %<small>87.0 to 94.0 % · Wilson, 256 digits</small>'
    """
    if found is None:
        return "–"
    low, high = percent(found.low).removesuffix(" %"), percent(found.high)
    return f"{percent(found.mean)}<small>{low} to {high} · {found.source}</small>"


def loss(found: Estimate | None) -> str:
    if found is None:
        return "–"
    interval = f"<small>{number(found.low)} to {number(found.high)} · {found.source}</small>" if found.source else ""
    return number(found.mean) + interval


def scale_of(found: Sequence[Estimate]) -> tuple[float, float]:
    """From the lowest to the highest end of all intervals."""
    return min((one.low for one in found), default=0.0), max((one.high for one in found), default=1.0)


def range_of(found: Estimate | None, scale: tuple[float, float], place: int) -> str:
    """The interval as a line and the number as a dot on it."""
    if found is None:
        return ""
    low, width = scale[0], (scale[1] - scale[0]) or 1.0
    left, right, at = (100 * (value - low) / width for value in (found.low, found.high, found.mean))
    color, _ = style_of(place)
    return (
        f'<div class="compare-range"><i style="left:{left:.1f}%;width:{right - left:.1f}%;background:{color}"></i>'
        f'<b style="left:{at:.1f}%;background:{color}"></b></div>'
    )
