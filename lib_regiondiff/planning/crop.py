"""A palette seen through a box of its canvas: for inpainting only what is masked, tiles of an upscale, other sizes."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from lib_regiondiff.document import budget, encoded, pictures
from lib_regiondiff.document.palette import Background, Palette, Tiles
from lib_regiondiff.document.pictures import Mask, Picture, Shape
from lib_regiondiff.document.records import replace_unchecked
from lib_regiondiff.document.values import FRACTION
from lib_regiondiff.geometry import LATENT_CELL, Size
from lib_regiondiff.planning.weights import masks

Edges = tuple[float, float, float, float]  # left, top, right, bottom
Point = tuple[float, ...]  # x, y

WHOLE: Edges = (0.0, 0.0, 1.0, 1.0)
MAX_FEATHER = 1024.0
MAX_CORNERS = 1024


def crop_palette(palette: Palette, frame: Size, box: Edges, size: Size) -> Palette:
    """The palette of a picture of `size` pixels that shows a box of the canvas, in pixels of the canvas as `frame`.

    The canvas is stretched to `frame` first. What the box shows beyond it is empty; brushes of which it shows nothing
    are left out. Feathers grow with the picture, the background's picture is cropped too, init stays as it is. Raises
    PaletteError where too many masks would be drawn anew.
    """
    left, top, right, bottom = box
    assert left < right and top < bottom, "a box has an inside"
    shares = (left / frame.width, top / frame.height, right / frame.width, bottom / frame.height)
    every = {each.mask for each in (*palette.brushes, *palette.noise)}
    budget.expect_cut(sum(_is_drawn(mask, shares) for mask in every), size)
    seen = {mask: _crop_mask(mask, shares, size) for mask in every}
    zoom = _measure_zoom(palette.size, shares, size)
    brushes = tuple(
        replace_unchecked(brush, mask=mask, feather=min(brush.feather * zoom, MAX_FEATHER))
        for brush in palette.brushes
        if (mask := seen[brush.mask]) is not None
    )
    noise = tuple(replace_unchecked(each, mask=mask) for each in palette.noise if (mask := seen[each.mask]) is not None)
    tiles = palette.tiles
    if isinstance(tiles, Tiles) and shares[::2] != WHOLE[::2]:
        tiles = replace_unchecked(tiles, wrap=False)  # the borders of a part are not those of the picture
    ground = _crop_ground(palette, shares, size)
    return replace_unchecked(palette, size=size, background=ground, brushes=brushes, noise=noise, tiles=tiles)


def _crop_ground(palette: Palette, shares: Edges, size: Size) -> Background:
    """The background with its picture as the box shows it; beyond the canvas its border is repeated."""
    picture = palette.background.image
    if picture is None or shares == WHOLE:
        return palette.background
    assert isinstance(picture, Picture), "files are read while parsing"
    planes = np.moveaxis(np.asarray(pictures.decode(picture).convert("RGBA")), -1, 0)
    left, top, right, bottom = shares
    height, width = planes.shape[1:]
    rows = np.clip(np.linspace(top * height, bottom * height, size.height, endpoint=False), 0, height - 1).astype(int)
    columns = np.clip(np.linspace(left * width, right * width, size.width, endpoint=False), 0, width - 1).astype(int)
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(np.moveaxis(planes[:, rows][:, :, columns], 0, -1))).save(file, "PNG")
    return replace_unchecked(palette.background, image=Picture.of(file.getvalue()))


def scale_palette(palette: Palette, size: Size) -> Palette:
    """The palette on a canvas of another `size` in pixels: masks are stretched, and feathers grow with the picture."""
    return crop_palette(palette, size, (0, 0, size.width, size.height), size)


def _measure_zoom(canvas: Size, shares: Edges, size: Size) -> float:
    """Pixels of the new canvas for one of the old, as the geometric mean of both axes."""
    left, top, right, bottom = shares
    across = size.width / (canvas.width * (right - left))
    down = size.height / (canvas.height * (bottom - top))
    return (across * down) ** 0.5


def _crop_mask(mask: Mask, shares: Edges, size: Size) -> Mask | None:
    """The mask as the box shows it; None where it shows nothing of the mask."""
    if shares == WHOLE:
        return mask
    if isinstance(mask, Picture):
        return _encode_mask(_resample(pictures.read_coverage(mask), shares, size), size)
    assert isinstance(mask, Shape), "files are read while parsing"
    moved, canvas = _move(mask, shares), _move(Shape("rectangle", WHOLE), shares)
    fitted = _fit(moved, canvas.numbers)
    if fitted:
        return fitted if masks.measure_cells(fitted, size, LATENT_CELL).any() else None
    inside, within = masks.open_rows(moved, size), masks.open_rows(canvas, size)
    return _encode_mask(lambda top, bottom: inside(top, bottom) * within(top, bottom) * 255, size)


def _is_drawn(mask: Mask, shares: Edges) -> bool:
    """Whether a mask has to become a picture to be shown in the box."""
    if shares == WHOLE or not isinstance(mask, Shape):
        return shares != WHOLE
    return _fit(_move(mask, shares), _move(Shape("rectangle", WHOLE), shares).numbers) is None


def _move(shape: Shape, shares: Edges) -> Shape:
    left, top, right, bottom = shares
    starts, lengths = (left, top), (right - left, bottom - top)
    numbers = ((number - starts[i % 2]) / lengths[i % 2] for i, number in enumerate(shape.numbers))
    return Shape(shape.kind, tuple(numbers))


def _fit(shape: Shape, canvas: Sequence[float]) -> Shape | None:
    """The shape as far as it can be seen, with numbers that a palette may hold; None where no shape says that.

    `canvas` is the old one: what the box shows beyond it is cut off.
    """
    lows = [low if low > 0 else FRACTION.low for low in canvas[:2]]
    highs = [high if high < 1 else FRACTION.high for high in canvas[2:]]
    if all(lows[i % 2] <= number <= highs[i % 2] for i, number in enumerate(shape.numbers)):
        return shape
    numbers = _clip(shape.numbers, lows, highs) if shape.kind == "polygon" else shape.numbers
    if shape.kind == "ellipse" or (shape.kind == "polygon" and not 3 <= len(numbers) // 2 <= MAX_CORNERS):
        return None
    return Shape(shape.kind, tuple(min(max(n, lows[i % 2]), highs[i % 2]) for i, n in enumerate(numbers)))


def _clip(numbers: Sequence[float], lows: Sequence[float], highs: Sequence[float]) -> Sequence[float]:
    """The corners of a polygon clipped to bounds of x and y; inside them parity stays as it was."""
    points: list[Point] = list(zip(numbers[::2], numbers[1::2], strict=True))
    for axis in (0, 1):
        for bound, sign in ((lows[axis], 1), (highs[axis], -1)):
            points = _cut(points, axis, bound, sign)
    return [number for point in points for number in point]


def _cut(points: Sequence[Point], axis: int, bound: float, sign: int) -> list[Point]:
    """One side of polygon clipping (Sutherland and Hodgman 1974): what lies beyond the bound runs along it instead."""
    kept: list[Point] = []
    for a, b in zip(points, [*points[1:], *points[:1]], strict=True):
        within = sign * (a[axis] - bound) >= 0
        if within:
            kept.append(a)
        if within != (sign * (b[axis] - bound) >= 0):
            t = (bound - a[axis]) / (b[axis] - a[axis])
            other = a[1 - axis] + t * (b[1 - axis] - a[1 - axis])
            kept.append((other, bound) if axis else (bound, other))
    return kept


def _encode_mask(rows: masks.Rows, size: Size) -> Picture | None:
    """The mask picture of rows of coverage in [0, 255]; None where nothing is covered."""
    pixels = np.empty((size.height, size.width), np.uint8)
    for top, bottom in masks.split_rows(0, size.height, size.width, masks.PART):
        pixels[top:bottom] = np.rint(rows(top, bottom))
    if not pixels.any():
        return None
    return replace(Picture.of(encoded.write_png(pixels)), kept=pixels)


def _resample(coverage: np.ndarray, shares: Edges, size: Size) -> masks.Rows:
    """A function that gives rows float32 [n, size.width] of coverage uint8 [h, w], seen in a box of it; 0 beyond it."""
    left, top, right, bottom = shares
    height, width = coverage.shape
    step = (bottom - top) * height / size.height

    def rows(start: int, end: int) -> np.ndarray:
        part = _stretch(coverage, 0, top * height + step * start, top * height + step * end, end - start)
        return _stretch(part, 1, left * width, right * width, size.width)

    return rows


def _stretch(array: np.ndarray, axis: int, first: float, last: float, count: int) -> np.ndarray:
    """Resample an array along an axis from `first` to `last`, which may be broken or outside, to `count` float32.

    Shrinking takes the mean of what each new row covers; growing is linear between the middles of rows.
    """
    length = array.shape[axis]
    skipped = max(0, min(math.floor(first) - 1, length - 1))
    stop = max(skipped + 1, math.ceil(last) + 1)  # what is seen of it, and the row beside it
    array = array[skipped:stop] if axis == 0 else array[:, skipped:stop]
    length = array.shape[axis]
    first, step = first - skipped, (last - first) / count
    if step > 1:
        sums = np.insert(np.cumsum(array, axis=axis, dtype=np.float64), 0, 0.0, axis=axis)
        edges = np.clip(first + step * np.arange(count + 1), 0, length)
        return np.diff(_interpolate(sums, axis, edges), axis=axis) / step
    middles = first + step * (np.arange(count) + 0.5)
    found = _interpolate(array.astype(np.float32), axis, np.clip(middles - 0.5, 0, length - 1))
    outside = (middles <= 0) | (middles >= length)
    found[(slice(None),) * axis + (outside,)] = 0
    return found


def _interpolate(array: np.ndarray, axis: int, places: np.ndarray) -> np.ndarray:
    """Interpolate an array linearly along an axis at places that are not whole."""
    lower = np.floor(places).astype(np.intp)
    upper = np.minimum(lower + 1, array.shape[axis] - 1)
    t = np.expand_dims((places - lower).astype(array.dtype), 1 - axis)
    found, more = np.take(array, lower, axis=axis), np.take(array, upper, axis=axis)
    more -= found
    more *= t
    found += more
    return found
