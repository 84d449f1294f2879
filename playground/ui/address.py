"""The address of page Train says which set-up stands in its editors: `x`, and `from` where it forks from a run.

What it says is taken up where it is new to this session. While one edits, a script rewrites it in place, for what
Python puts there makes an entry in the browser's history each time. Streamlit goes on sending what it knew of the
address before, so a session remembers what it has read and written there.
"""

import json
import re

import streamlit as st

from playground.errors import SpecError
from playground.experiment import LIVE_FIELDS
from playground.link import from_link, to_link
from playground.presets import TEMPLATES
from playground.runs.past import Origin
from playground.runs.store import Run, Store
from playground.ui import session
from playground.ui.attach import as_it_is, value_at
from playground.ui.hidden import hidden

OWN = ("x", "from", "hide", "run")
RECENT = 50  # writes that the browser may not have come to yet
FORK = re.compile(r"([\w-]{1,40})\.(\d{1,9})", re.ASCII)


def take_up(store: Store, run: Run | None) -> None:
    """Put the linked set-up into the editors; where it can't be read they stay, and `show_problem` says why."""
    linked = st.query_params.get("x")
    recent: tuple[str, ...] = session.recall("address", ())
    if linked in recent:
        session.keep("address", recent[recent.index(linked) :])
    elif linked is not None:
        session.keep("address", (linked,))
        session.keep("link.problem", None)
        try:
            open_link(store, run, linked)
        except SpecError as error:
            below = " Below is the set-up from before." if error.field == "link" else ""
            session.keep("link.problem", (error.message + below, session.draft().experiment))


def show_problem() -> None:
    """Why a link wasn't opened, as long as nothing is edited. Call it after the editors."""
    message, since = session.recall("link.problem") or ("", None)
    if message and since == session.draft().experiment:
        st.error(message, icon=":material/link_off:")


def open_link(store: Store, run: Run | None, linked: str) -> None:
    """Raises `SpecError` where the link, or the step it forks from, isn't to be had."""
    experiment = from_link(linked)
    if experiment != session.draft().experiment:
        session.load(experiment)
    # Only a click changes a run that goes on: what a link says of its live settings isn't sent.
    session.keep("sent", {field: value_at(experiment, field) for field in LIVE_FIELDS})
    session.keep("imported", None)
    if run is None:
        session.keep("origin", None)
        session.keep("origin", linked_origin(store, st.query_params.get("from")))


def linked_origin(store: Store, text: str | None) -> Origin | None:
    if not text:
        return None
    found = FORK.fullmatch(text)
    if found is not None:
        origin = Origin(found[1], int(found[2]))
        if store.run(origin.parent) and any(one.step == origin.step for one in store.past.kept(origin.parent)):
            return origin
    raise SpecError("from", "The step that this link forks from isn't kept here: Train begins with initial weights.")


def leave() -> None:
    """On a page without a set-up: a link that leads to one counts, whatever it was before."""
    session.keep("address", ())
    session.keep("link.problem", None)


def whereabouts(run: Run | None) -> dict[str, str]:
    """What the address of page Train should hold: the run alone where the editors are as it is."""
    experiment, origin = session.draft().experiment, session.recall("origin")
    as_opened = as_it_is(run) if run else TEMPLATES[session.FIRST_TEMPLATE]
    found = {}
    if origin or experiment != as_opened:
        found["x"] = to_link(experiment)
    if origin:
        found["from"] = f"{origin.parent}.{origin.step}"
    if hidden():
        found["hide"] = ",".join(hidden())
    return {**found, "run": run.id} if run else found


def follow(run: Run | None) -> None:
    """Let the browser's address say what the editors hold; Back still leaves the page."""
    parts = whereabouts(run)
    recent: tuple[str, ...] = session.recall("address", ())
    if "x" in parts and parts["x"] not in recent[-1:]:
        session.keep("address", (*recent[:1], *(*recent[1:], parts["x"])[-RECENT:]))
    turn = session.recall("address.turn", 0) + 1  # a script that was there before isn't run again
    session.keep("address.turn", turn)
    st.html(SCRIPT % (turn, json.dumps(OWN), json.dumps(parts)), unsafe_allow_javascript=True)


# The run is Python's to put there: a script that comes late leaves the address of a newer run alone.
SCRIPT = """<script>
/* %d */ if (location.pathname.endsWith("/train")) {
  const own = %s, parts = %s, query = new URLSearchParams(location.search);
  const isLate = query.get("run") !== (parts.run ?? null);
  for (const name of own) query.delete(name);
  for (const [name, value] of Object.entries(parts)) query.append(name, value);
  const search = query.size ? "?" + query.toString().replaceAll("%%2C", ",") : "";
  if (!isLate && search !== location.search)
    history.replaceState(history.state, "", location.pathname + search + location.hash);
}
</script>"""
