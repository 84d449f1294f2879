"""The download against a server on this machine: what arrives, and what is left when something goes wrong."""

import gc
import gzip
import hashlib
import os
import re
import shutil
import socket
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from playground.data.digits import load_digits
from playground.data.download import (
    STALE,
    TOTAL,
    Download,
    Progress,
    current_download,
    fetch,
    start_download,
)
from playground.data.folders import mnist_folder
from playground.data.idx import NAMES, TRAIN_IMAGES, read_mnist
from playground.errors import SpecError
from tests.idx_files import idx_bytes, tiny_mnist, write_mnist

FILES = {f"{name}.gz": gzip.compress(idx_bytes(array)) for name, array in tiny_mnist().items()}
CLOSED = "http://127.0.0.1:9/"  # nobody listens on the discard port


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@dataclass
class Mirror:
    """A web server with the four files, the largest longer than two of the 32 kB that torchvision reads at a time.

    `cut` and `stall`: files it sends half of, then hangs up or says no more.
    """

    files: dict[str, bytes] = field(default_factory=lambda: dict(FILES))
    cut: set[str] = field(default_factory=set)
    stall: set[str] = field(default_factory=set)
    closing: Event = field(default_factory=Event)
    address: str = ""

    @property
    def checksums(self) -> list[tuple[str, str]]:
        """Of what should arrive, whatever is done to this server's files."""
        return [(name, md5(content)) for name, content in FILES.items()]


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    mirror = Mirror()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.lstrip("/")
            if name not in mirror.files:
                self.send_error(404)
                return
            content = mirror.files[name]
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with suppress(ConnectionError):
                self.wfile.write(content[: len(content) // 2])
                if name in mirror.cut:
                    return
                if name in mirror.stall:
                    mirror.closing.wait()
                self.wfile.write(content[len(content) // 2 :])

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    mirror.address = f"http://127.0.0.1:{server.server_port}/"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield mirror
    mirror.closing.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLAYGROUND_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("MNIST_ROOT", raising=False)
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def fetch_from(mirror: Mirror, folder: Path, *more_mirrors: str) -> Path:
    temporary = folder / "temporary"
    temporary.mkdir()
    return fetch(folder, temporary, [*more_mirrors, mirror.address], mirror.checksums)


def refusal(mirror: Mirror, folder: Path) -> str:
    with pytest.raises(SpecError) as caught:
        fetch_from(mirror, folder)
    assert caught.value.field == "data.source"
    message = caught.value.message
    del caught
    # torchvision leaves the connection of a request that got an error as its answer to the garbage collector.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    return message


def command(mirror: Mirror) -> list[str]:
    """The module's own main, told of a mirror of ours."""
    program = "import sys; from playground.data.download import main; main(*sys.argv[1:], "
    return [sys.executable, "-c", f"{program}mirrors={[mirror.address]}, checksums={mirror.checksums})"]


def wait_for(download: Download, reached: Callable[[Progress], bool], seconds: float = 60) -> Progress:
    deadline = time.monotonic() + seconds
    while not reached(progress := download.progress()):
        assert time.monotonic() < deadline, progress
        time.sleep(0.02)
    return progress


def ended(progress: Progress) -> bool:
    return progress.state != "running"


def left_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


# --- the transfer ---------------------------------------------------------------------------------------------------


def test_the_four_files_arrive_unpacked_and_nothing_else(mirror: Mirror, folder: Path) -> None:
    raw = fetch_from(mirror, folder)
    assert raw == folder / "MNIST" / "raw"
    assert left_in(folder) == sorted(f"MNIST/raw/{name}" for name in NAMES)
    np.testing.assert_array_equal(read_mnist(raw)[0][:100], tiny_mnist()[TRAIN_IMAGES])


def test_a_second_mirror_takes_over(mirror: Mirror, folder: Path) -> None:
    assert read_mnist(fetch_from(mirror, folder, CLOSED))[2] == 20


def no_one_there(mirror: Mirror) -> None:
    mirror.address = CLOSED


def not_found(mirror: Mirror) -> None:
    del mirror.files["t10k-labels-idx1-ubyte.gz"]


def cut_in_the_middle(mirror: Mirror) -> None:
    mirror.cut.add("t10k-images-idx3-ubyte.gz")


def truncated(mirror: Mirror) -> None:
    mirror.files["train-labels-idx1-ubyte.gz"] = mirror.files["train-labels-idx1-ubyte.gz"][:-9]


def garbage(mirror: Mirror) -> None:
    mirror.files["train-images-idx3-ubyte.gz"] = b"<html>Please log in to this network</html>"


FAILURES: dict[Callable[[Mirror], None], str] = {
    no_one_there: "no server delivered it .*refused",
    not_found: "no server delivered it .*404",
    cut_in_the_middle: "incomplete or changed",
    truncated: "incomplete or changed",
    garbage: "incomplete or changed",
}


@pytest.mark.parametrize("spoil", FAILURES, ids=lambda spoil: spoil.__name__)
def test_a_transfer_that_fails_says_why_and_keeps_nothing(
    mirror: Mirror, folder: Path, spoil: Callable[[Mirror], None]
) -> None:
    spoil(mirror)
    message = refusal(mirror, folder)
    assert re.search(FAILURES[spoil], message)
    assert message.endswith("The 5,000 digits at hand go on working")
    assert "\n" not in message
    assert left_in(folder) == []
    assert len(load_digits("sample")) == 5000


@pytest.mark.parametrize(
    "content",
    [gzip.compress(b"no idx file"), gzip.compress(idx_bytes(tiny_mnist()[TRAIN_IMAGES]))[:-9], b"no gzip file"],
    ids=["garbage", "truncated", "not packed"],
)
def test_files_are_read_before_they_count_even_if_the_checksum_is_right(
    mirror: Mirror, folder: Path, content: bytes
) -> None:
    name = f"{TRAIN_IMAGES}.gz"
    mirror.files[name] = content
    temporary = folder / "temporary"
    checksums = [(file, md5(mirror.files[file])) for file in mirror.files]
    with pytest.raises(SpecError, match="could not be downloaded"):
        fetch(folder, temporary, [mirror.address], checksums)
    assert left_in(folder) == []


def test_a_failed_transfer_leaves_the_files_that_were_there(mirror: Mirror, folder: Path) -> None:
    raw = write_mnist(folder / "MNIST" / "raw")
    mirror.cut.add("t10k-images-idx3-ubyte.gz")
    with pytest.raises(SpecError):
        fetch_from(mirror, folder)
    assert len(read_mnist(raw)[1]) == 120


def test_a_server_that_falls_silent_is_given_up(mirror: Mirror, folder: Path) -> None:
    mirror.stall.add(f"{TRAIN_IMAGES}.gz")
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(0.3)
    try:
        assert "the server stopped answering" in refusal(mirror, folder)
    finally:
        socket.setdefaulttimeout(before)
    assert left_in(folder) == []


def test_torchvision_fetches_the_files_that_are_read() -> None:
    from torchvision.datasets import MNIST

    assert {name for name, _ in MNIST.resources} == {f"{name}.gz" for name in NAMES}


# --- the process ----------------------------------------------------------------------------------------------------


def test_a_killed_download_leaves_nothing_and_the_next_one_succeeds(mirror: Mirror, folder: Path) -> None:
    mirror.stall.add(f"{TRAIN_IMAGES}.gz")
    killed = Download(folder, command(mirror))
    arrived = wait_for(killed, lambda progress: progress.bytes > 1000)
    assert arrived.state == "running"
    assert arrived.total == TOTAL
    assert mnist_folder() is None
    killed.process.kill()
    end = wait_for(killed, ended)
    assert end.state == "failed"
    assert "stopped before its end" in end.message
    assert list(folder.iterdir()) == []

    mirror.stall.clear()
    done = wait_for(Download(folder, command(mirror)), ended)
    assert (done.state, done.bytes) == ("done", TOTAL), done.message
    assert mnist_folder() == folder / "MNIST" / "raw"
    assert len(load_digits("mnist")) == 120
    assert left_in(folder) == [*sorted(f"MNIST/raw/{name}" for name in NAMES), "mnist_root.txt"]


def test_without_a_network_the_real_download_ends_with_the_reason_as_its_message(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy"):  # all that leaves this machine goes where nobody listens
        monkeypatch.setenv(name, CLOSED)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    end = wait_for(Download(folder), ended)
    assert end.state == "failed"
    assert end.message.startswith("full MNIST could not be downloaded: no server delivered it (")
    assert "refused" in end.message
    assert list(folder.iterdir()) == []


def waiting(seconds: float = 60) -> list[str]:
    return [sys.executable, "-c", f"import time; time.sleep({seconds})"]


def test_two_presses_of_the_button_are_one_download_and_a_third_after_its_end_is_another(folder: Path) -> None:
    first = start_download(waiting())
    assert start_download(waiting()) is first
    assert current_download() is first
    first.stop()
    second = start_download(waiting())
    assert second is not first
    second.stop()
    assert second.progress().state == "failed"
    assert list(folder.iterdir()) == []


def test_a_child_that_breaks_down_is_reported_by_its_last_line(folder: Path) -> None:
    end = wait_for(Download(folder, [sys.executable, "-c", "raise KeyError('surprise')"]), ended)
    assert end.message == "KeyError: 'surprise'"


def test_leftovers_of_a_dead_server_are_removed_at_the_next_start_and_live_transfers_are_not(folder: Path) -> None:
    old, live = folder / ".mnist-download-old", folder / ".mnist-download-live"
    long_ago = time.time() - STALE - 1
    for temporary in (old, live):
        temporary.mkdir()
        (temporary / f"{TRAIN_IMAGES}.gz").write_bytes(b"half")
    os.utime(old / f"{TRAIN_IMAGES}.gz", (long_ago, long_ago))
    os.utime(old, (long_ago, long_ago))
    os.utime(live, (long_ago, long_ago))
    Download(folder, waiting()).stop()
    assert list(folder.iterdir()) == [live]
    shutil.rmtree(live)
