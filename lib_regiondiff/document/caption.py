"""What the picture under the brushes shows, in the words of somebody who looks at it: the background's prompt."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

from lib_regiondiff.document.changes import change, override
from lib_regiondiff.document.palette import Background, Palette
from lib_regiondiff.document.pictures import Picture, decode, ground
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Size

Describe = Callable[[Image.Image], str]
"""Says what an RGB picture shows; HostError where it can't."""


def is_wordless(background: Background) -> bool:
    """Whether there is a picture under the brushes, and no prompt that says what it shows."""
    return background.image is not None and not background.prompt.strip()


def describe_ground(background: Background, look: Describe) -> str:
    """What the picture under the brushes shows, as one line; HostError where nobody says it.

    It is seen upright, in its own size, on the background's colour where it is clear.
    """
    assert isinstance(background.image, Picture), "there is one, and files are read while parsing"
    size = Size(*reversed(decode(background.image).size))
    image = ground(background.image, background.colour, size)
    assert image is not None
    said = "".join(sign if sign.isprintable() else " " for sign in look(image))
    if not said.strip():
        raise HostError("caption", "words about the picture under the brushes", "none", "write background.prompt")
    return " ".join(said.split())


def add_caption(palette: Palette, look: Describe) -> Palette:
    """The palette whose background's prompt is what its picture shows; HostError, and PaletteError for too much."""
    return override(palette, [change("background.prompt", describe_ground(palette.background, look))])
