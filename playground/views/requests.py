"""What a page can ask to see inside a run: frozen and validated, for it comes from a browser.

`digit` is the index of a digit in the experiment's source, or a drawn one: its 784 pixels in base64.
"""

import base64
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from playground.experiment import IMAGE_SHAPE

MOST_INDEX = 100_000  # digits
MOST_PLACES = 2**31  # a Flatten behind wide maps has half a million units
Cost = Literal["quick", "heavy", "slow"]
PIXELS = IMAGE_SHAPE[1] * IMAGE_SHAPE[2]
LONGEST_DRAWING = 4 * -(-PIXELS // 3)  # characters


def is_drawing(text: str) -> str:
    if len(base64.b64decode(text, validate=True)) != PIXELS:
        raise ValueError(f"a drawn digit has {PIXELS} pixels")
    return text


Drawn = Annotated[str, Field(max_length=LONGEST_DRAWING), AfterValidator(is_drawing)]
Digit = Annotated[int, Field(ge=0, lt=MOST_INDEX)] | Drawn
Name = Annotated[str, Field(max_length=60)]
Place = Annotated[int, Field(ge=0, lt=MOST_PLACES)]


class Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Activations(Request):
    """What a digit does to every layer; with `gradient` also the loss's gradient by each activation."""

    view: Literal["activations"]
    digit: Digit
    most_maps: int = Field(default=16, ge=1, le=64)  # of a layer
    gradient: bool = False


class Distributions(Request):
    """Every layer's activations over 256 validation digits: histogram, mean, deviation, dead and saturated shares."""

    view: Literal["distributions"]


class Pixel(Request):
    """The sum behind one value that leaves a layer; `y` and `x` are 0 for a flat layer, `channel` its unit."""

    view: Literal["pixel"]
    digit: Digit
    layer: Name
    channel: Place
    y: Place = 0
    x: Place = 0


class Gradients(Request):
    """RMS of gradient and weight of each weighted layer, over 64 training digits."""

    view: Literal["gradients"]


class Check(Request):
    """Gradients against finite differences at some weights of each layer; another `draw` takes others."""

    view: Literal["check"]
    draw: int = Field(default=0, ge=0, lt=1_000)


class Weights(Request):
    """Weights of one weighted layer in detail, now and at the start, and the norms of all."""

    view: Literal["weights"]
    layer: Name


class FieldOfUnit(Request):
    """Theoretical and effective receptive field of one unit; without a digit the mean over 64 validation digits."""

    view: Literal["field"]
    digit: Digit | None = None
    layer: Name
    channel: Place
    y: Place = 0
    x: Place = 0


class Answers(Request):
    """The probabilities of a few digits."""

    view: Literal["answers"]
    digits: Annotated[tuple[Digit, ...], Field(min_length=1, max_length=6, strict=False)]


class Ribbons(Request):
    """The probabilities of a few digits at all kept steps so far."""

    view: Literal["ribbons"]
    digits: Annotated[tuple[Digit, ...], Field(min_length=1, max_length=5, strict=False)]


class Mistakes(Request):
    """Digits taken for another one; the most often forgotten; those never learned."""

    view: Literal["mistakes"]
    split: Literal["train", "validation"] = "validation"


class Map(Request):
    """500 validation digits where a layer puts them, in two dimensions."""

    view: Literal["map"]
    layer: Name
    method: Literal["PCA", "t-SNE"] = "PCA"


AnyRequest = Annotated[
    Activations
    | Distributions
    | Pixel
    | Gradients
    | Check
    | Weights
    | FieldOfUnit
    | Answers
    | Ribbons
    | Mistakes
    | Map,
    Field(discriminator="view"),
]
REQUEST: TypeAdapter[AnyRequest] = TypeAdapter(AnyRequest)


def cost(request: Request) -> Cost:
    """Who makes the view while the run trains.

    Quick ones (up to 8 ms on CNN 32-64): the worker that trains, between two steps. Heavy ones (tens of ms, passes over
    hundreds of digits): any worker, from a snapshot of the weights. Slow ones (seconds, or many steps together): any
    worker, at the newest kept step.
    """
    if isinstance(request, Ribbons | Check) or (isinstance(request, Map) and request.method == "t-SNE"):
        return "slow"
    return "heavy" if isinstance(request, Distributions | Gradients | Mistakes | Map) else "quick"


def pixels_of(drawing: str) -> bytes:
    """784 bytes, row by row."""
    return base64.b64decode(drawing)
