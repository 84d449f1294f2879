"""The deep learning playground: `streamlit run app.py`."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError
from starlette.middleware import Middleware

from playground.live.routes import routes
from playground.live.visitors import Visitors
from playground.runs.health import in_words
from playground.runs.janitor import Janitor
from playground.runs.settings import disk_bytes, settings, shared_store
from playground.runs.workers import LocalWorkers, Workers


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[None]:
    if shared_store().is_read_only:  # there is nothing to train into
        yield
        return
    workers = workers_of_this_host()
    janitor = Janitor(shared_store(), disk_bytes())
    workers.start()
    janitor.start()
    yield
    janitor.stop()
    workers.stop()


def workers_of_this_host() -> Workers:
    """The one place that says who trains: see `runs.workers` for what a cluster's scheduler needs."""
    return LocalWorkers(shared_store(), settings())


def apologize(error: BaseException) -> bool:
    """What a page shows in place of a traceback, which goes to the log."""
    if isinstance(error, SQLAlchemyError):
        logging.getLogger(__name__).error("a page failed: %s", error)
        st.error(in_words(error), icon=":material/error:")
        return True
    logging.getLogger(__name__).error("a page failed", exc_info=error)
    st.error(
        "This page met an error that is ours to mend. Your runs go on; reload the page to continue.",
        icon=":material/error:",
    )
    return True


app = st.App(
    "pages/router.py",
    lifespan=lifespan,
    routes=routes(shared_store()),
    middleware=[Middleware(Visitors)],
    on_script_error=apologize,
)
