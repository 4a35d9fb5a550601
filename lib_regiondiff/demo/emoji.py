"""The names of the second world: things of Fluent Emoji, recoloured, on backgrounds that the toy world has not."""

from __future__ import annotations

from lib_regiondiff.demo.world import COLOURS

OBJECTS: tuple[str, ...] = (
    "apple", "banana", "cherries", "strawberry", "pineapple", "carrot", "mushroom", "cactus",
    "tulip", "sunflower", "clover", "maple leaf", "cat", "fox", "bear", "rabbit",
    "owl", "penguin", "duck", "frog", "turtle", "snail", "butterfly", "bee",
    "ladybug", "crab", "octopus", "whale", "elephant", "dinosaur", "dragon", "spider",
    "pizza", "burger", "ice cream", "donut", "cupcake", "car", "bus", "train",
    "rocket", "airplane", "helicopter", "umbrella", "key", "bell", "trophy", "guitar",
    "camera", "clock", "anchor", "crown", "top hat", "boot", "glove", "gift",
    "balloon", "magnet", "teapot", "robot", "ghost", "snowman", "castle", "skull",
)  # fmt: skip

BACKGROUNDS: tuple[str, ...] = (
    "wood", "water", "clouds", "bokeh", "paper", "lava", "leaves", "stone",
    "gradient", "tiles",
)  # fmt: skip

CLASSES: tuple[str, ...] = BACKGROUNDS + OBJECTS
"""The classes that a pixel can belong to, in the order of the labels."""

COLOURED_BACKGROUNDS: tuple[str, ...] = ("gradient", "tiles")

TINTS: tuple[str, ...] = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "white")
"""The colours that things and backgrounds have here; labels count them as the toy world does, by COLOURS."""

NATURAL = COLOURS.index("natural")
