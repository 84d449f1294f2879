"""Which augmentations make no sense for digits, and why."""

from playground.experiment import IMAGE_SHAPE, Augmentation

# MNIST's digits are scaled to fit a box of 20 × 20 pixels and centred in 28 × 28 (LeCun et al. 1998).
HALF_BOX = 10
HALF_IMAGE = IMAGE_SHAPE[-1] // 2

LARGEST_ROTATION = 45.0
LARGEST_SCALE = 0.6
LARGEST_NOISE = 0.5


def doubts(augmentation: Augmentation) -> list[str]:
    """One sentence for each setting that makes digits into something else; none for what is off or does no harm.

    >>> doubts(Augmentation(rotation=10, shift=2))
    []
    """
    found = []
    if augmentation.flip == "horizontal":
        found.append("Horizontal flip: only 0, 1 and 8 survive a mirror; a 2 turns into a 5, a 3 into no digit.")
    if augmentation.flip == "vertical":
        found.append("Vertical flip: only 0, 1, 3 and 8 survive it; a 2 turns into a 5, a 6 into a mirrored 9.")
    if augmentation.rotation > LARGEST_ROTATION:
        found.append(
            f"Rotation up to {augmentation.rotation:g}°: beyond about {LARGEST_ROTATION:g}° digits lie on their side, "
            "and on the way to 180° a 6 becomes a 9."
        )
    if augmentation.scale > LARGEST_SCALE:
        smallest = 1 - augmentation.scale
        found.append(
            f"Scale {augmentation.scale:g}: at a factor of {smallest:.2g} a digit is "
            f"{2 * HALF_BOX * smallest:.2g} pixels high, too small to read."
        )
    reach = HALF_BOX * (1 + augmentation.scale) + augmentation.shift + augmentation.crop
    if reach > HALF_IMAGE:
        found.append(
            f"{_movers(augmentation)}: strokes can reach {reach:g} pixels from the centre, the image ends at "
            f"{HALF_IMAGE}: digits get cut off."
        )
    if augmentation.noise > LARGEST_NOISE:
        found.append(
            f"Noise {augmentation.noise:g}: beyond {LARGEST_NOISE:g}, half of what tells ink from background, "
            "strokes drown."
        )
    return found


def _movers(augmentation: Augmentation) -> str:
    """The settings that push strokes outwards: "Shift 3, crop 2"."""
    on = {"scale": augmentation.scale, "shift": augmentation.shift, "crop": augmentation.crop}
    return ", ".join(f"{name} {value:g}" for name, value in on.items() if value).capitalize()
