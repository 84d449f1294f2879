"""From a drawing or an image file to what the network receives of it."""

import base64
from io import BytesIO

from anyio import CapacityLimiter, to_thread
from PIL import Image
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from playground.data.drawing import as_mnist
from playground.data.pictures import MOST_BYTES, read_image, too_large
from playground.errors import SpecError
from playground.live.origin import is_own_page

AT_ONCE = CapacityLimiter(2)  # a picture of 40 megapixels takes 160 MB while it is decoded


async def digit(request: Request) -> Response:
    """The image file in the body as {"pixels": 784 bytes in base64}, or 422 and {"problem": what is wrong with it}.

    With `?ink` also the ink alone, light on black and no larger than its bounding box, as a PNG in base64: what a pad
    shows of a file, so that it can be drawn on.
    """
    if not is_own_page(request.headers):
        return PlainTextResponse("this address is for the playground's own pages", 403)
    try:
        content = await body(request)
        found = await to_thread.run_sync(answer, content, "ink" in request.query_params, limiter=AT_ONCE)
    except SpecError as problem:
        return JSONResponse({"problem": problem.message}, 422)
    return JSONResponse(found)


async def body(request: Request) -> bytes:
    """The whole body; raises `SpecError` as soon as it is larger than any picture may be."""
    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said) > MOST_BYTES:
        raise too_large(int(said))
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MOST_BYTES:
            raise too_large(len(content))
    return bytes(content)


def answer(content: bytes, with_ink: bool) -> dict[str, str]:
    ink = read_image(content)
    found = {"pixels": text(as_mnist(ink).tobytes())}
    if with_ink:
        png = BytesIO()
        image = Image.fromarray(ink)
        image.crop(image.getbbox()).save(png, "PNG")
        found["ink"] = text(png.getvalue())
    return found


def text(content: bytes) -> str:
    return base64.b64encode(content).decode()
