"""The end of a picture: what no brush and no mask covers becomes, pixel by pixel, the picture that was there before."""

from __future__ import annotations

import numpy as np
from PIL import Image

from lib_regiondiff import imaging, masks
from lib_regiondiff.geometry import Size
from lib_regiondiff.palette import Palette


def finished(image: Image.Image, palette: Palette) -> Image.Image:
    """The RGB picture over the palette's own pictures: the background's behind its brushes, the init outside its mask.

    Only where they are kept to the end: a background that is repainted in some levels, and an init without a mask,
    are left as they were drawn.
    """
    size = Size(image.height, image.width)
    under = imaging.ground(palette.background.image, palette.background.colour, size)
    if under is not None and palette.background.strength == 1:
        image = _merged(under, image, brushed(palette, size))
    if palette.init is not None and palette.init.mask is not None:
        before = imaging.ground(palette.init.image, None, size)
        assert before is not None
        image = _merged(before, image, masks.rows_of(palette.init.mask, size))
    return image


def brushed(palette: Palette, size: Size) -> masks.Rows:
    """The share float32 [rows, width] in [0, 1] of pixels that brushes have together, feathered."""
    scale = (size.area / palette.size.area) ** 0.5
    brushes = [(masks.rows_of(brush.mask, size), brush.feather * scale, brush.weight) for brush in palette.brushes]
    reach = masks.reach(max((feather for _, feather, _ in brushes), default=0.0))

    def share(top: int, bottom: int) -> np.ndarray:
        first, last = max(0, top - reach), min(size.height, bottom + reach)  # as far as feathers see
        layers = [masks.Layer(rows(first, last), feather, np.float32(weight)) for rows, feather, weight in brushes]
        seen = Size(last - first, size.width)
        return 1 - masks.partition(layers, seen, palette.overlap, palette.wraps)[0, top - first : bottom - first]

    return share


def _merged(base: Image.Image, image: Image.Image, share: masks.Rows) -> Image.Image:
    """A picture over another of its size, by shares of rows; in parts, because pictures may be large."""
    made = base.convert("RGB")
    for top, bottom in masks.parts(0, image.height, image.width, masks.PART):
        box = (0, top, image.width, bottom)
        made.paste(over(base.crop(box), image.crop(box), share(top, bottom)), box)
    return made


def over(base: Image.Image, image: Image.Image, share: np.ndarray) -> Image.Image:
    """A picture over another of its size, by a share [height, width] of each pixel; share 0 keeps the base exactly."""
    below, above = (np.asarray(each.convert("RGB"), np.float32) for each in (base, image))
    mixed = below + share[..., None] * (above - below)
    return Image.fromarray(mixed.round().clip(0, 255).astype(np.uint8))
