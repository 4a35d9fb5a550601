"""Layered files of Photoshop and its like: one layer a brush, through psd-tools, which is an extra."""

from __future__ import annotations

import importlib.util
import io
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image, ImageColor

from lib_regiondiff.document.json_text import loads
from lib_regiondiff.document.palette import MOST_BRUSHES, Background, Brush, Palette, dump, parse
from lib_regiondiff.document.pictures import MAX_PIXELS_OF_ALL, Mask, draw_ground, make_picture
from lib_regiondiff.document.rules import Fault
from lib_regiondiff.errors import HostError, PaletteError, Problem
from lib_regiondiff.geometry import Size

PACKAGE = "psd_tools"
SIGNATURE = b"8BPS"
RESOURCE = 4242
"""The number of the resource that keeps prompts and settings: one of those that are free for plug-ins."""
GROUND = "Whole picture"
"""The layer of the picture or colour under the brushes."""
WHERE = "file"
MOST_LAYERS = 1024
LONGEST = 200

Coverage = Callable[[Mask, Size], np.ndarray]
"""What masks.rasterise gives: coverage float32 [height, width] in [0, 1] of a mask on a canvas."""


@dataclass(frozen=True)
class Layer:
    """A layer: its name, its coverage uint8 [height, width] on the canvas, its pixels there as an RGBA picture."""

    name: str
    coverage: np.ndarray
    image: Image.Image


def write(palette: Palette, colours: Mapping[str, str], rasterise: Coverage) -> bytes:
    """A palette as a PSD: each brush as a layer in its colour, '#rrggbb' by id; HostError without psd-tools."""
    _expect_package()
    from psd_tools import PSDImage
    from psd_tools.psd.image_resources import ImageResource

    size, made = palette.size, PSDImage.new("RGBA", (palette.size.width, palette.size.height))
    ground = draw_ground(palette.background.image, palette.background.colour, size)
    layers = [] if ground is None else [(GROUND, ground.convert("RGBA"))]
    for name, brush in zip(name_layers(palette), palette.brushes, strict=True):
        alpha = Image.fromarray(measure_coverage(brush.mask, size, rasterise))
        image = Image.new("RGBA", alpha.size, ImageColor.getrgb(colours[brush.id]))
        image.putalpha(alpha)
        layers.append((name, image))
    for name, image in layers:
        box = image.getchannel("A").getbbox() or (0, 0, 1, 1)
        made.create_pixel_layer(image.crop(box), name="layer", left=box[0], top=box[1]).name = name
    kept = json.dumps(dump(palette), ensure_ascii=False).encode()
    made.image_resources[RESOURCE] = ImageResource(key=RESOURCE, data=kept)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def read(data: bytes, rasterise: Coverage) -> Palette:
    """The palette of a PSD: a brush for each visible layer, with the prompts and settings that `write` put into it.

    A layer that nobody has changed gets its mask back to the letter. HostError without psd-tools, PaletteError for what
    is damaged, too large or no picture of 8 bits.
    """
    _expect_package()
    size, layers, kept = _open(data)
    own = _read_kept(kept)
    known = dict(zip(name_layers(own), own.brushes, strict=True))
    ground, above = _split_ground(layers, known, own)
    if len(above) > MOST_BRUSHES:
        raise _refuse(f"at most {MOST_BRUSHES} visible layers", str(len(above)))
    ids = _make_ids({known[layer.name].id for layer in above if layer.name in known})
    brushes = [_make_brush(layer, known.pop(layer.name, None), size, rasterise, ids) for layer in above]
    return replace(own, size=size, background=_make_ground(ground, own, size), brushes=tuple(brushes))


def name_layers(palette: Palette) -> list[str]:
    """The names of the brushes' layers: those that people gave, else prompts or ids, each one once."""
    names: list[str] = []
    for brush in palette.brushes:
        plain = " ".join((brush.name or brush.prompt or brush.id).split())[:LONGEST] or brush.id
        taken = {*names, GROUND}
        tries = (f"{plain} {number}" if number > 1 else plain for number in range(1, 3 * MOST_BRUSHES))
        names.append(next(name for name in tries if name not in taken))
    return names


def measure_coverage(mask: Mask, size: Size, rasterise: Coverage) -> np.ndarray:
    """Coverage uint8 [height, width] of a mask."""
    return np.rint(rasterise(mask, size) * 255).astype(np.uint8)


def _expect_package() -> None:
    if importlib.util.find_spec(PACKAGE) is None:
        raise HostError("psd", "the package psd-tools", "nothing", "pip install psd-tools")


def _refuse(expected: str, got: str) -> PaletteError:
    return PaletteError([Problem(WHERE, expected, got)])


def _open(data: bytes) -> tuple[Size, list[Layer], bytes]:
    """Size, visible layers from the lowest, and our resource of a PSD."""
    from psd_tools import PSDImage

    try:
        found = PSDImage.open(io.BytesIO(data))
        size = Size(found.height, found.width)
        if found.depth != 8 or found.color_mode.name not in ("RGB", "GRAYSCALE"):
            raise _refuse("a layered file of 8 bits, RGB or grey", f"{found.depth} bits, {found.color_mode.name}")
        visible = [each for each in found.descendants() if each.has_pixels() and each.is_visible()][:MOST_LAYERS]
        area = sum(each.width * each.height + size.area for each in visible)
        if area > MAX_PIXELS_OF_ALL:
            raise _refuse(f"layers of at most {MAX_PIXELS_OF_ALL} pixels in all", str(area))
        kept = found.image_resources.get(RESOURCE)
        return size, [_read_layer(each, size) for each in visible], getattr(kept, "data", b"")
    except PaletteError:
        raise
    except Exception:  # noqa: BLE001 - strangers' files, and a reader of many parts
        raise _refuse("a layered file (PSD)", "a damaged one") from None


def _read_layer(layer: Any, size: Size) -> Layer:
    whole = Image.new("RGBA", (size.width, size.height))
    whole.paste(layer.topil().convert("RGBA"), (layer.left, layer.top))
    alpha = np.asarray(whole.getchannel("A"))
    if layer.has_mask() and not layer.mask.disabled:
        shown = Image.new("L", whole.size, layer.mask.background_color)
        part = layer.mask.topil()
        if part is not None:
            shown.paste(part.convert("L"), (layer.mask.left, layer.mask.top))
        alpha = (alpha.astype(np.uint16) * np.asarray(shown) // 255).astype(np.uint8)
    return Layer(layer.name, alpha, whole)


def _read_kept(data: bytes) -> Palette:
    """The palette that `write` has put into a file; an empty one where there is none, or one that is damaged."""
    try:
        return parse(loads(data)) if data else Palette()
    except (Fault, PaletteError):
        return Palette()


def _split_ground(layers: list[Layer], known: Mapping[str, Brush], own: Palette) -> tuple[Layer | None, list[Layer]]:
    """The layer under the brushes, if any, and all others: our own, or a lowest one that covers everything."""
    named = [layer for layer in layers if layer.name == GROUND]
    lowest = [layer for layer in layers[:1] if layer.name not in known and layer.coverage.min() == 255]
    ground = (named or ([] if own.brushes else lowest) or [None])[0]
    return ground, [layer for layer in layers if layer is not ground]


def _make_ground(layer: Layer | None, own: Palette, size: Size) -> Background:
    """The background with the picture of a layer, as it was where that shows the same."""
    if layer is None:
        return replace(own.background, image=None, colour=None)
    before = draw_ground(own.background.image, own.background.colour, size)
    image = layer.image.convert("RGB")
    if before is not None and np.array_equal(np.asarray(before), np.asarray(image)):
        return own.background
    return replace(own.background, image=make_picture(layer.image, "background.image", False), colour=None)


def _make_brush(layer: Layer, own: Brush | None, size: Size, rasterise: Coverage, ids: Iterator[str]) -> Brush:
    """The brush of a layer: its own one with another mask if need be, or a new one that is called like the layer."""
    if own is not None and np.array_equal(measure_coverage(own.mask, size, rasterise), layer.coverage):
        return own
    mask = make_picture(layer.coverage, "mask", True)
    if own is not None:
        return replace(own, mask=mask)
    name = "".join(sign if sign.isprintable() else " " for sign in layer.name)[:LONGEST]
    return Brush(id=next(ids), name=name, prompt=name, colour=_find_colour(layer), mask=mask)


def _find_colour(layer: Layer) -> str | None:
    """The mean colour '#rrggbb' of a layer where it is more than half opaque; None where it is nowhere."""
    seen = np.asarray(layer.image)[..., :3][layer.coverage > 127]
    return "#{:02x}{:02x}{:02x}".format(*np.rint(seen.mean(axis=0)).astype(int)) if len(seen) else None


def _make_ids(taken: set[str]) -> Iterator[str]:
    """Ids for new brushes that no brush has."""
    names = (f"layer {number}" for number in itertools.count(1))
    return (name for name in names if name not in taken)
