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
        image = over(under, image, brushed(palette, size))
    if palette.init is not None and palette.init.mask is not None:
        before = imaging.ground(palette.init.image, None, size)
        assert before is not None
        image = over(before, image, masks.rasterise(palette.init.mask, size))
    return image


def brushed(palette: Palette, size: Size) -> np.ndarray:
    """The share float32 [height, width] in [0, 1] of each pixel that brushes have together, feathered."""
    scale = (size.area / palette.size.area) ** 0.5
    layers = [
        masks.Layer(masks.rasterise(brush.mask, size), brush.feather * scale, np.float32(brush.weight))
        for brush in palette.brushes
    ]
    return 1 - masks.partition(layers, size, palette.overlap, palette.wraps)[0]


def over(base: Image.Image, image: Image.Image, share: np.ndarray) -> Image.Image:
    """A picture over another of its size, by a share [height, width] of each pixel; share 0 keeps the base exactly."""
    below, above = (np.asarray(each.convert("RGB"), np.float32) for each in (base, image))
    mixed = below + share[..., None] * (above - below)
    return Image.fromarray(mixed.round().clip(0, 255).astype(np.uint8))
