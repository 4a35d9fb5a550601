"""What the toy world calls its objects, colours and backgrounds."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import world_captions
from world_captions import RELATIONS as RELATIONS
from world_captions import Words

NOUNS: Mapping[str, tuple[str, ...]] = {
    "circle": ("circle", "disc"),
    "square": ("square",),
    "triangle": ("triangle",),
    "star": ("star",),
    "ring": ("ring", "hoop"),
    "cross": ("cross", "plus sign"),
    "heart": ("heart",),
    "moon": ("moon", "crescent"),
    "house": ("house", "cottage"),
    "tree": ("tree", "fir tree"),
    "fish": ("fish",),
    "sun": ("sun",),
    "cloud": ("cloud",),
    "boat": ("boat", "ship"),
}
TINTS: Mapping[str, tuple[str, ...]] = {"purple": ("purple", "violet"), "black": ("black",), "pink": ("pink", "rose")}
BACKDROPS: Mapping[str, tuple[str, ...]] = {
    "sky": ("blue sky", "the sky", "a clear sky", "sky"),
    "sea": ("the sea", "sea", "the ocean", "water with waves", "blue sea"),
    "grass": ("grass", "a meadow", "green grass", "a lawn"),
    "sand": ("sand", "a beach", "the desert", "yellow sand"),
    "night": ("a night sky", "the starry night", "night with stars", "a starry sky"),
    "snow": ("snow", "white snow", "a snowy field"),
    "brick": ("a brick wall", "bricks", "red bricks", "brick wall"),
    "stripes": ("{c} stripes", "{c} and white stripes", "a {c} striped pattern", "a {c} striped background"),
    "dots": ("{c} dots", "{c} polka dots", "{c} dots on white", "a pattern of {c} dots"),
    "checks": ("{c} checks", "a {c} checkerboard", "{c} and white checks", "a {c} checked pattern"),
    "plain": ("a {c} background", "plain {c}", "a plain {c} background", "{c}"),
}
"""Names of each background; {c} stands for the colour. The first name is the plainest."""

WORDS = Words(NOUNS, TINTS, BACKDROPS)
PROMPTS: tuple[str, ...] = (
    "a red circle on grass",
    "blue sky",
    "a yellow star on a night sky",
    "a brick wall",
    "a green tree on snow",
    "the sea",
    "a purple house on sand",
    "red heart left of a blue star on a white background",
    "an orange fish on blue sea",
    "pink dots",
    "a white moon on a purple background",
    "a black boat above a yellow sun on blue stripes",
)
"""What sample sheets show."""

caption = functools.partial(world_captions.caption, WORDS)
caption_briefly = functools.partial(world_captions.caption_briefly, WORDS)
caption_plainly = functools.partial(world_captions.caption_plainly, WORDS)
