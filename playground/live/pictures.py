"""Pictures of digits by their index, for pages that show many: a browser asks for each once."""

import gzip

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from playground.data.digits import load_digits
from playground.errors import SpecError
from playground.experiment import Source

SOURCES: dict[str, Source] = {"sample": "sample", "mnist": "mnist"}
MOST = 1_000  # digits an answer
LONGEST_NUMBER = 6
FOREVER = "public, max-age=31536000, immutable"
AN_HOUR = "public, max-age=3600"  # the files of full MNIST may become others


async def pictures(request: Request) -> Response:
    """GET …/{source}?index=3,14,15: the digits' pixels, uint8 [N, 28, 28], one after the other.

    404 where the source is not there, 400 for what is not a list of at most 1,000 of its indices.
    """
    source = SOURCES.get(request.path_params["source"])
    if source is None:
        return PlainTextResponse("no such source", 404)
    try:
        index = understood(request.query_params.get("index", ""))
        pixels = await to_thread.run_sync(pixels_of, source, index)
    except SpecError as error:
        return PlainTextResponse(error.message, 404)
    except (ValueError, IndexError) as error:
        return PlainTextResponse(str(error), 400)
    headers = {"cache-control": FOREVER if source == "sample" else AN_HOUR, "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        pixels = await to_thread.run_sync(gzip.compress, pixels, 1)
        headers["content-encoding"] = "gzip"
    return Response(pixels, media_type="application/octet-stream", headers=headers)


def understood(text: str) -> list[int]:
    """
    >>> understood("3,14")
    [3, 14]
    """
    words = text.split(",")
    if len(words) > MOST:
        raise ValueError(f"{len(words):,} digits at once are more than {MOST:,}")
    if not all(word.isdecimal() and len(word) <= LONGEST_NUMBER for word in words):
        raise ValueError("index is a list of whole numbers, such as 3,14")
    return [int(word) for word in words]


def pixels_of(source: Source, index: list[int]) -> bytes:
    """Raises `SpecError` where the source is absent, `IndexError` where it has no such digit."""
    return load_digits(source).images[index].tobytes()
