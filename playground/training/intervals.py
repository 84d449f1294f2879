"""How far a share of few digits may be from that of all digits; plain Python, for pages ask it too."""

from math import sqrt

Z_95 = 1.959963984540054  # the normal distribution's 97.5 % point


def wilson_interval(correct: int, digits: int, z: float = Z_95) -> tuple[float, float]:
    """The interval of Wilson (1927) for a share: sound near 0 and 1 too, where p ± z · √(p(1-p)/n) leaves the range.

    (p + z²/2n ± z · √(p(1-p)/n + z²/4n²)) / (1 + z²/n) with p = correct / n.

    >>> [round(bound, 4) for bound in wilson_interval(95, 100)]
    [0.8882, 0.9785]
    """
    p, n = correct / digits, digits
    centre = p + z * z / (2 * n)
    spread = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    whole = 1 + z * z / n
    # The ends lie on either side of p; where p is 0 or 1 they meet it, but for rounding.
    return min(p, max(0.0, (centre - spread) / whole)), max(p, min(1.0, (centre + spread) / whole))
