"""A run on one page: HTML that needs nothing else and asks nothing of any host."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from math import isnan
from pathlib import Path
from typing import Any

from jinja2 import Environment, Template
from markupsafe import Markup

from playground.experiment import Experiment
from playground.exports.curves_csv import BY_NOISY_LABELS
from playground.figures.standalone import javascript, run_figures
from playground.network.shapes import trace
from playground.runs.finals import Final
from playground.runs.journal import Curves, curves
from playground.runs.store import Run, Store
from playground.training.intervals import wilson_interval

Row = tuple[str, str, str]


def report_of(store: Store, run: Run) -> str:
    """The report of a run as it stands now."""
    found = curves(events for _, events in store.chunks(run.id))
    final = store.finals.of([run.id]).get(run.id)
    stepped = found.table("stepped")
    figures = run_figures(
        stepped,
        found.table("evaluated"),
        found.table("layers"),
        found.table("changed"),
        run.layers,
        with_penalty=bool((stepped["penalty"] > 0).any()),
    )
    return template().render(
        run=run,
        note=store.library.card(run.id).note,
        begun=datetime.fromtimestamp(run.created, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        origin=beginning(store, run),
        measures=[*measures(run, found, final), *on_test(store, run)],
        figures=figures,
        javascript=Markup(javascript()),
        layers=[*layers(run)],
        changes=list(zip(*found.changed.values(), strict=True)),
        settings=[*settings(run.experiment.model_dump(), Experiment().model_dump())],
        versions=final.versions if final else {},
        digest=final.digest if final else "",
    )


@cache
def template() -> Template:
    text = (Path(__file__).parent / "report.html").read_text(encoding="utf-8")
    return Environment(autoescape=True, trim_blocks=True).from_string(text)


def beginning(store: Store, run: Run) -> str:
    """Where the run began, if not with weights drawn from its seed; else ""."""
    imported, origin = store.imports.of(run.id), store.past.origin(run.id)
    weights = f"the weights of {imported.name} (SHA-256 {imported.digest})" if imported else ""
    if origin is None:
        return weights
    parent = store.run(origin.parent)
    name = f"{parent.name} ({parent.id})" if parent else f"a run that is gone ({origin.parent})"
    return f"step {origin.step:,} of {name}" + (f", which began with {weights}" if weights else "")


def measures(run: Run, found: Curves, final: Final | None) -> Iterator[Row]:
    """Name, value and what it is, of the last evaluation and the best one."""
    evaluated = found.evaluated
    if not evaluated["step"]:
        return
    step = evaluated["step"][-1]
    for split in ("train", "validation"):
        digits = f"{getattr(final, f'{split}_digits'):,}" if final else "256 at most"
        what = f"step {step:,}, eval mode, without penalty, on the first digits of the {split} split ({digits})"
        if split == "train" and run.experiment.data.label_noise:
            what += BY_NOISY_LABELS
        yield f"{split.capitalize()} loss", f"{evaluated[f'{split}_loss'][-1]:.4f}", what
        yield f"{split.capitalize()} accuracy", f"{evaluated[f'{split}_accuracy'][-1]:.2%}", what
    best = min(zip(evaluated["validation_loss"], evaluated["step"], strict=True), key=lambda one: (isnan(one[0]), one))
    what = f"step {best[1]:,}, measured as above: the lowest of {len(evaluated['step'])} evaluations"
    yield "Lowest validation loss", f"{best[0]:.4f}", what


def on_test(store: Store, run: Run) -> Iterator[Row]:
    """Only what was measured at a press of the button for it."""
    found = store.finals.tested([run.id]).get(run.id)
    if found is None:
        return
    low, high = wilson_interval(round(found.accuracy * found.digits), found.digits)
    what = f"step {found.step:,}, eval mode, on the {found.digits:,} digits of the test split; "
    yield "Test accuracy", f"{found.accuracy:.2%}", f"{what}95% interval {low:.1%} to {high:.1%} (Wilson)"


def layers(run: Run) -> Iterator[Row]:
    """Name, the shape that leaves, and the parameters' formula, of each layer and the head."""
    found = trace(run.experiment.network)
    for facts in (*found.rows, *([found.head] if found.head else [])):
        yield facts.name, facts.shape_text, facts.formula
    yield "All", "", f"{found.parameters:,}"


def settings(
    chosen: Mapping[str, Any], defaults: Mapping[str, Any], section: str = ""
) -> Iterator[tuple[str, list[tuple[str, str, bool]]]]:
    """Section, and name, value and whether it is off its default, of every setting but the layers."""
    parts = {name: value for name, value in chosen.items() if isinstance(value, dict)}
    own = {name: value for name, value in chosen.items() if name not in (*parts, "layers", "version")}
    if own:
        yield section, [(name, in_words(value), value != defaults[name]) for name, value in own.items()]
    for name, part in parts.items():
        yield from settings(part, defaults[name], f"{section}.{name}".strip("."))


def in_words(value: object) -> str:
    """
    >>> in_words(None), in_words(1e-05), in_words((1.0, 2.0))
    ('none', '1e-05', '1, 2')
    """
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return ", ".join(map(in_words, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
