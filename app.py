"""The deep learning playground: `streamlit run app.py`."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware

from playground.live.routes import routes
from playground.live.visitors import Visitors
from playground.runs.settings import settings, shared_store
from playground.runs.workers import LocalWorkers


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[None]:
    workers = LocalWorkers(shared_store(), settings())
    workers.start()
    yield
    workers.stop()


def apologize(error: BaseException) -> bool:
    """What a page shows in place of a traceback, which goes to the log."""
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
