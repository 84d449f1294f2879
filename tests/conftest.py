"""What many tests share: a store of their own, digits' cache in a common place, a playground that really runs."""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from streamlit.components.v2 import manifest_scanner

# Before torch is imported anywhere: one thread each, as in the workers.
os.environ["OMP_NUM_THREADS"] = "1"

from playground.runs.settings import shared_store
from playground.runs.store import Store

pytest_plugins = ["tests.journey_fixtures"]

# A busy machine fails no test: speed is measured by benchmarks.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def packages_are_scanned_once() -> Iterator[None]:
    """Each page that is opened without a browser would look through all installed packages for components."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    result = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}", tmp_path)
    yield result
    result.close()


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The store that pages in this process use; no workers."""
    monkeypatch.setenv("PLAYGROUND_DATA", str(tmp_path))
    shared_store.cache_clear()
    yield shared_store()
    shared_store().close()
    shared_store.cache_clear()


@pytest.fixture
def no_mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without full MNIST."""
    monkeypatch.setenv("PLAYGROUND_DATA", str(tmp_path))
    monkeypatch.delenv("MNIST_ROOT", raising=False)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--walks", type=int, default=12, help="how many random walks over the pages")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "walk" in metafunc.fixturenames:
        metafunc.parametrize("walk", range(metafunc.config.getoption("--walks")))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys come last: while Playwright runs, no other test can use asyncio."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
