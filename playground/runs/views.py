"""What somebody watches of a run in a worker: computed for a twentieth of the time at most, sent as bytes."""

import json
import math
import time
from collections.abc import Mapping

import numpy as np

from playground.data.digits import load_digits
from playground.probes.activations import LayerActivation, activations
from playground.runs.active import ActiveRun
from playground.runs.store import Store
from playground.training.trainer import Trainer

SHORTEST_PAUSE = 0.15  # seconds between two pictures of the same thing
SHARE = 0.05  # of the worker's time
LOOK_EVERY = 0.1
MOST_TILES = 16
WIDEST_STRIP = 128


class Viewer:
    """Serves the watched views of the runs that a worker holds."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.looked = 0.0
        self.rest_until = 0.0
        self.watched: list[tuple[str, str, int]] = []
        self.shown: dict[tuple[str, str, int], tuple[int, float]] = {}  # the step shown, and when

    def serve(self, active: Mapping[str, ActiveRun]) -> None:
        now = time.monotonic()
        if not active or now < self.rest_until:
            return
        if now - self.looked > LOOK_EVERY:
            self.looked = now
            self.watched = self.store.watched(active)
            self.shown = {key: value for key, value in self.shown.items() if key in self.watched}
        for key in self.watched:
            run_id, view, digit = key
            run = active.get(run_id)
            step, at = self.shown.get(key, (-1, 0.0))
            if run is None or run.trainer.step == step or now - at < SHORTEST_PAUSE:
                continue
            begin = time.monotonic()
            self.shown[key] = (run.trainer.step, begin)  # before it is made: what fails is not tried again at once
            self.store.show(run_id, view, digit, run.trainer.step, picture(run.trainer, digit))
            end = time.monotonic()
            self.shown[key] = (run.trainer.step, end)
            self.rest_until = end + (end - begin) / SHARE
            return


def picture(trainer: Trainer, digit: int) -> bytes:
    """What one digit does to every layer, as bytes: length of the header, header (JSON), tiles of uint8.

    `digit` indexes the experiment's source. In eval mode. Tiles code values linearly: of a signed layer 128 is zero
    and 1 and 255 are minus and plus its largest magnitude; of an unsigned one 0 is zero and 255 its largest value.
    Infinite values are coded as the largest finite one, NaN as zero; as numbers in the header both are None.
    """
    digits = load_digits(trainer.experiment.data.source)
    digit = digit % len(digits.labels)
    x = trainer.scaled(digits.images[digit])
    layers = (image_layer(digits.images[digit]), *activations(trainer.net, x, trainer.experiment.loss))
    header, bodies, offset = [], [], 0
    for layer in layers:
        tiles = tiles_of(layer.values)
        body, low, high, is_signed = coded(tiles)
        header.append(
            {
                "name": layer.name,
                "kind": layer.kind,
                "shape": list(layer.values.shape),
                "tiles": tiles.shape[0],
                "height": tiles.shape[1],
                "width": tiles.shape[2],
                "offset": offset,
                "low": low,
                "high": high,
                "signed": is_signed,
                "values": [finite_or_none(value) for value in layer.values] if layer is layers[-1] else None,
            }
        )
        bodies.append(body)
        offset += len(body)
    return packed(
        {
            "step": trainer.step,
            "digit": digit,
            "label": int(digits.labels[digit]),
            "prediction": int(np.argmax(layers[-1].values)),
            "layers": header,
        },
        b"".join(bodies),
    )


def image_layer(image: np.ndarray) -> LayerActivation:
    return LayerActivation("Input", "Input", image[None].astype(np.float32) / 255)


def tiles_of(values: np.ndarray) -> np.ndarray:
    """(tiles, height, width): the first maps of a convolution, evenly spread units of a flat layer."""
    if values.ndim == 3:
        return values[:MOST_TILES]
    spread = np.linspace(0, len(values) - 1, min(len(values), WIDEST_STRIP)).astype(int)
    return values[None, None, spread]


def coded(tiles: np.ndarray) -> tuple[bytes, float | None, float | None, bool]:
    """(bytes, lowest and highest of the finite values if there are any, signed)."""
    finite = tiles[np.isfinite(tiles)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (None, None)
    most = float(np.abs(finite).max(initial=0.0)) or 1.0
    shares = np.nan_to_num(tiles, nan=0.0, posinf=most, neginf=-most) / most  # divided first: no overflow
    is_signed = bool(shares.min() < 0)
    scaled = 128 + shares * 127 if is_signed else shares * 255
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8).tobytes(), low, high, is_signed


def finite_or_none(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def packed(header: dict[str, object], body: bytes) -> bytes:
    """Length (4 bytes, little-endian), header padded so that the body starts at a multiple of 8, body."""
    text = json.dumps(header, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-(4 + len(text)) % 8)
    return len(text).to_bytes(4, "little") + text + body
