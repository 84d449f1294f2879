"""The machine's memory: how much there is, and how much of it this process may take."""

import os
import re
from pathlib import Path

CONTAINER = Path("/sys/fs/cgroup/memory.max")  # "max" where there is no limit


def memory_bytes() -> int | None:
    """The machine's, or the container's where that has less; None where the system doesn't say."""
    try:
        machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows
        return None
    text = CONTAINER.read_text().strip() if CONTAINER.exists() else "max"
    return min(machine, int(text)) if text.isdigit() else machine


def confine(limit: int) -> None:
    """Let this process hold no more bytes than these from now on: what asks for more gets an error, as `MemoryError`.

    On Linux alone, where the system counts memory that is asked for, not addresses: those of libraries are many times
    what they use. What is mapped but not used by now comes on top of the limit.
    """
    try:
        import resource  # Windows has none

        status = Path("/proc/self/status").read_text()
    except (ImportError, OSError):
        return
    data, used = (1024 * int(re.findall(rf"{name}:\s+(\d+) kB", status)[0]) for name in ("VmData", "RssAnon"))
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = limit + max(data - used, 0)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if most < 0 else min(wanted, most), most))
