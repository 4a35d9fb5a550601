"""The names of the toy world: what the demo model can draw, and the numbers that its labels use."""

from __future__ import annotations

OBJECTS: tuple[str, ...] = (
    "circle", "square", "triangle", "star", "ring", "cross", "heart",
    "moon", "house", "tree", "fish", "sun", "cloud", "boat",
)  # fmt: skip

BACKGROUNDS: tuple[str, ...] = (
    "sky", "sea", "grass", "sand", "night", "snow", "brick",
    "stripes", "dots", "checks", "plain",
)  # fmt: skip

CLASSES: tuple[str, ...] = BACKGROUNDS + OBJECTS
"""The classes that a pixel can belong to, in the order of the labels."""

COLOURED_BACKGROUNDS: tuple[str, ...] = ("stripes", "dots", "checks", "plain")

COLOURS: tuple[str, ...] = (
    "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white",
    "natural",
)  # fmt: skip
"""The ten colours in the order of the labels; `natural` is that of the backgrounds which have no other."""

NATURAL = COLOURS.index("natural")
