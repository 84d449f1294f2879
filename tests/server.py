"""A playground that really runs, in a process of its own, for browser tests and benchmarks."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playground.runs.store import Store

PROJECT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Server:
    url: str
    process: subprocess.Popen[bytes]
    store: Store


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def serve(folder: Path, **variables: str) -> Iterator[Server]:
    """`streamlit run app.py` as the README says, on a data folder of its own, ready with its workers."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true"]
    command += [f"--server.port={port}", "--server.address=127.0.0.1"]
    log = (folder / "server.log").open("wb")
    process = subprocess.Popen(
        command, cwd=PROJECT, env={**os.environ, "PLAYGROUND_DATA": str(folder), **variables}, stdout=log, stderr=log
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url, process, folder)
        store = Store(f"sqlite:///{folder / 'runs.sqlite'}", folder)
        yield Server(url, process, store)
        store.close()
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
        log.close()


def wait_for(url: str, process: subprocess.Popen[bytes], folder: Path, patience: float = 60) -> None:
    """Until /healthz answers."""
    end = time.monotonic() + patience
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the playground did not start:\n{(folder / 'server.log').read_text()}")
