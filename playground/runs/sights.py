"""What somebody watches inside a run, and the newest answer to it. A request is JSON, see `views.requests`."""

import time
from collections.abc import Iterable, Mapping

from sqlalchemy import Engine, delete, insert, select, update

from playground.runs.schema import shown, wishes

SNAPSHOT = "snapshot"  # in place of a request: the weights, for other workers to look into


class Sights:
    """Wishes of pages and what workers show; every method is one short transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def watch(self, run_id: str, requests: Iterable[str], seconds: float) -> None:
        """Ask for views of a run for the next seconds."""
        until = time.time() + seconds
        with self.engine.begin() as connection:
            for request in requests:
                here = (wishes.c.run == run_id, wishes.c.request == request)
                if connection.execute(update(wishes).where(*here).values(until=until)).rowcount == 0:
                    connection.execute(insert(wishes).values(run=run_id, request=request, until=until))

    def watched(self, run_ids: Iterable[str]) -> list[tuple[str, str]]:
        """(run, request) of all that is watched now."""
        query = select(wishes.c.run, wishes.c.request).where(
            wishes.c.until > time.time(), wishes.c.run.in_(list(run_ids))
        )
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def show(self, run_id: str, request: str, step: int, content: bytes) -> None:
        """Keep the newest content of a view."""
        with self.engine.begin() as connection:
            here = (shown.c.run == run_id, shown.c.request == request)
            if connection.execute(update(shown).where(*here).values(step=step, content=content)).rowcount == 0:
                connection.execute(insert(shown).values(run=run_id, request=request, step=step, content=content))

    def news(self, run_id: str, seen: Mapping[str, int]) -> dict[str, tuple[int, bytes]]:
        """request → (step, content) of the views that show another step than the one `seen` has for their request."""
        if not seen:
            return {}
        here = shown.c.run == run_id
        found = {}
        with self.engine.connect() as connection:
            steps = select(shown.c.request, shown.c.step).where(here, shown.c.request.in_(list(seen)))
            news = [request for request, step in connection.execute(steps) if step != seen[request]]
            for request in news:
                query = select(shown.c.step, shown.c.content).where(here, shown.c.request == request)
                row = connection.execute(query).first()
                if row is not None:
                    found[request] = (row[0], row[1])
        return found

    def forget(self, run_id: str, requests: Iterable[str]) -> None:
        """Nobody looks at them any more."""
        requests = list(requests)
        with self.engine.begin() as connection:
            for table in (wishes, shown):
                connection.execute(delete(table).where(table.c.run == run_id, table.c.request.in_(requests)))

    def clear(self, run_id: str) -> None:
        """Nothing of this run is shown any more."""
        with self.engine.begin() as connection:
            for table in (wishes, shown):
                connection.execute(delete(table).where(table.c.run == run_id))
