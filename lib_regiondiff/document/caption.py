"""Captions: the picture under the brushes, put into words by whoever looks at it, becomes the background's prompt."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

from lib_regiondiff.document.changes import make_change, override
from lib_regiondiff.document.palette import Background, Palette
from lib_regiondiff.document.pictures import Picture, decode, draw_ground
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Size

Describe = Callable[[Image.Image], str]
"""A function that says what an RGB picture shows; it raises HostError where it cannot."""


def is_wordless(background: Background) -> bool:
    """Whether a background has a picture, and no prompt that says what it shows."""
    return background.image is not None and not background.prompt.strip()


def describe_ground(background: Background, look: Describe) -> str:
    """What the background's picture shows according to `look`, on one line; HostError where `look` has no words for it.

    `look` sees the picture upright, in its own size, on the background's colour, or white, where it is transparent.
    """
    assert isinstance(background.image, Picture), "there is one, and files are read while parsing"
    size = Size(*reversed(decode(background.image).size))
    image = draw_ground(background.image, background.colour, size)
    assert image is not None
    said = "".join(sign if sign.isprintable() else " " for sign in look(image))
    if not said.strip():
        raise HostError("caption", "words about the picture under the brushes", "none", "write background.prompt")
    return " ".join(said.split())


def add_caption(palette: Palette, look: Describe) -> Palette:
    """The palette with what `look` says of the background's picture as the background's prompt.

    Raises HostError where `look` has no words for it, PaletteError where they are too many for a palette.
    """
    return override(palette, [make_change("background.prompt", describe_ground(palette.background, look))])
