"""One colour per meaning, on every page: safe for colour-blind eyes, readable on light and on dark."""

from collections.abc import Sequence

# Okabe and Ito's palette.
TRAIN = "#0072B2"
VALIDATION = "#D55E00"
TEST = "#009E73"
PENALTY = "#B8609A"
BATCH = "rgba(112, 141, 166, 0.6)"

GRID = "rgba(128, 140, 152, 0.22)"
MARK = "rgba(128, 140, 152, 0.9)"

# Of experiments that are compared, in their order; none of them is a split's.
ARMS = ("#7A57B0", "#C98208", "#159A8C", "#CE4A84", "#4A86D8", "#7B8C1E", "#A0603C", "#6E7F90")

DEPTH = ("#7A57B0", "#3D77BE", "#268C91", "#5B8E3C", "#A37C14", "#C2603A")

# A colour for each class 0 to 9, found by search: any two differ by at least 0.08 in OKLab for normal eyes and for all
# three kinds of colour blindness, and each can be read as text on the page, with a contrast of 4.5.
DIGITS = {
    "light": (
        *("#594A0F", "#0F4082", "#771F4E", "#1C75DD", "#8044A9"),
        *("#07311B", "#257179", "#A66905", "#BE2F5C", "#3B0155"),
    ),
    "dark": (
        *("#DBD203", "#98B4FF", "#FFA4C0", "#5A7DF2", "#C766B8"),
        *("#95A581", "#30F1FF", "#FD9121", "#DB5239", "#F5F0C9"),
    ),
}

# Positive is teal everywhere and negative is brown; zero is the page's own surface.
SEQUENTIAL = {
    "light": ("#F1F4F6", "#7DC4BA", "#12877C", "#003F3A"),
    "dark": ("#1B242C", "#14655F", "#35B0A2", "#D8FBF4"),
}
DIVERGING = {
    "light": ("#5A3505", "#B5731C", "#E6C88F", "#F1F4F6", "#8BCDC4", "#12877C", "#003F3A"),
    "dark": ("#FFE9C2", "#D9A04A", "#6E4A18", "#1B242C", "#14655F", "#35B0A2", "#D8FBF4"),
}


def layer_palette(count: int) -> tuple[str, ...]:
    """A colour for each of `count` layers, in the order of their depth.

    >>> layer_palette(2)
    ('#7A57B0', '#C2603A')
    """
    return tuple(between(DEPTH, index / max(count - 1, 1)) for index in range(count))


def colorscale(anchors: Sequence[str]) -> list[list[float | str]]:
    """Anchor colours at equal distances, in Plotly's form.

    >>> colorscale(("#000000", "#FFFFFF"))
    [[0.0, '#000000'], [1.0, '#FFFFFF']]
    """
    return [[index / (len(anchors) - 1), color] for index, color in enumerate(anchors)]


def between(anchors: Sequence[str], place: float) -> str:
    """The colour at a place from 0 to 1 along the anchors, mixed linearly in sRGB.

    >>> between(("#000000", "#FF0000"), 0.5)
    '#800000'
    """
    position = place * (len(anchors) - 1)
    left = min(int(position), len(anchors) - 2)
    share = position - left
    mixed = (round(a + (b - a) * share) for a, b in zip(rgb(anchors[left]), rgb(anchors[left + 1]), strict=True))
    return "#" + "".join(f"{channel:02X}" for channel in mixed)


def rgb(color: str) -> tuple[int, int, int]:
    """
    >>> rgb("#0072B2")
    (0, 114, 178)
    """
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
