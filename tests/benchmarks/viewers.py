"""Browsers without pixels: each watches a run as the page Train does, and says at once that it has drawn.

`python -m tests.benchmarks.viewers URL COUNT SECONDS`, as a process of its own; prints the updates a second of each.
"""

import asyncio
import json
import sys
import time

from websockets.asyncio.client import connect

LINES = ("loss", "accuracy", "evaluated", "gradient", "update", "learning_rate", "changed")
WISHES = {
    "windows": LINES,
    "at": None,
    "views": {"digit": {"view": "activations", "digit": 12}},
    "hidden": False,
}
DRAWN = json.dumps({"drawn": True})


def shows_loss(message: str | bytes) -> bool:
    """Whether the server's message has news of the loss curve."""
    return '"loss":{' in message if isinstance(message, str) else b'"loss":{' in message


async def watch(url: str, seconds: float) -> float:
    """How often a second one viewer's loss curve grew, from its first message on."""
    async with connect(url, max_size=None) as socket:
        await socket.send(json.dumps(WISHES))
        await socket.recv()
        await socket.send(DRAWN)
        begin, count = time.monotonic(), 0
        while time.monotonic() - begin < seconds:
            message = await asyncio.wait_for(socket.recv(), timeout=10)
            await socket.send(DRAWN)
            count += shows_loss(message)
        return count / (time.monotonic() - begin)


async def main() -> None:
    url, count, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    rates = await asyncio.gather(*(watch(url, seconds) for _ in range(count)))
    print(json.dumps(sorted(rates)))


if __name__ == "__main__":
    asyncio.run(main())
