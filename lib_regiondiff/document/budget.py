"""The budget: the work that a document asks for beside the network, counted before any of it is done.

A picture's own need is free: so many masks of its canvas, so many steps. What is beyond it has prices, which were
measured (`benchmarks/budget.py`), and a document that asks for more is refused with the dearest part of its bill.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lib_regiondiff.document.encoded import MAX_SIDE, UNPACKED
from lib_regiondiff.document.pictures import LIMIT, Mask, Shape
from lib_regiondiff.errors import HostError, PaletteError, Problem
from lib_regiondiff.geometry import LATENT_CELL, Size

OWN_MASKS, OWN_STEPS = 8, 50
"""Masks of the whole canvas, and kinds of steps, that are a picture's own need."""
MOST_TILES = 2048
"""The most tiles that the grid may have on the whole canvas."""
MOST_LETTERS = 20_000
"""The most letters that a prompt may have with prefix and suffix."""
LONG = f"prompts of at most {MOST_LETTERS} letters with prefix and suffix"
MOST_VIEWS = 4096
"""The most views that a step may have: tiles and windows of all brushes together."""
MOST_THINGS = 64
"""The most close-ups that a picture may have: things, and separate pieces of their brushes."""
MOST_PIXELS = 2**26
"""The most pixels that a canvas may have."""
NARROW = 6.0
"""Deviation in pixels up to which a feather is made pixel by pixel."""
PRICES = {
    "pixel": 4.0,  # of the canvas under a painted mask
    "merged": 12.0,  # of a mask of a picture over another
    "tap": 0.8,  # pixel that a narrow feather looks at
    "cut": 50.0,  # pixel of a mask that is drawn anew for a part of the canvas
    "crossing": 150.0,  # of an edge of a polygon and a row of sample points
    "corner": 18000.0,
    "cell": 80.0,  # of a brush
    "level": 10.0,  # cell of a brush at a kind of step
    "noise": 80.0,  # cell of other noise
    "letter": 1000.0,
}
"""Nanoseconds for each unit of work; a point of the bill is a million of them."""


PLACE = "{background}"
AND = re.compile(r"\bAND\b")


@dataclass(frozen=True)
class Item:
    """A line of the bill: the `path` it is for, its `points` (milliseconds), `what` costs them and a `cure`."""

    path: str
    points: float
    what: str
    cure: str


def expect(palette: Any, size: Size | None = None, steps: int | None = None, decoding: float = 0.0) -> float:
    """The points that drawing a palette costs on a canvas of `size` pixels in `steps`; its own by default.

    `decoding` are the points of its pictures, counted before. Raises PaletteError where a bound is passed, or where all
    points together exceed LIMIT.
    """
    canvas: Size = size or palette.size
    levels: int = palette.steps if steps is None else steps
    bill = make_bill(palette, canvas, levels)
    found = [*_find_forbidden(palette, canvas), *_find_excess(bill, decoding)][:1]
    if found:
        raise PaletteError(found)
    return sum(item.points for item in bill)


def find_problems(palette: Any, size: Size, steps: int, decoding: float = 0.0) -> list[Problem]:
    """What is too much about a palette on a canvas of `size` pixels in so many steps: one problem, or none.

    `decoding` are the points that its pictures cost besides.
    """
    return [*_find_forbidden(palette, size), *_find_excess(make_bill(palette, size, steps), decoding)][:1]


def count_free_decoding(size: Any) -> float:
    """Points that a document may spend on decoding pictures for free: masks of its canvas in two channels.

    `size` is the document's as it came, before it is checked; where it is no object, the canvas counts as 512x512.
    """
    sides = [size.get(name, 0) for name in ("width", "height")] if isinstance(size, Mapping) else [512, 512]
    area = math.prod(min(side, MAX_SIDE) if isinstance(side, int) and side > 0 else 64 for side in sides)
    return OWN_MASKS * 2 * min(area, MOST_PIXELS) * UNPACKED / 1e6


def expect_views(count: int) -> None:
    """Raise HostError where a step has more than MOST_VIEWS views, which is more than can be kept account of."""
    if count > MOST_VIEWS:
        cure = "larger tiles, less overlap or fewer brushes"
        raise HostError("tiles", f"at most {MOST_VIEWS} views of all brushes at a step", str(count), cure)


def expect_things(count: int) -> None:
    """Raise HostError where a picture would have more than MOST_THINGS close-ups."""
    if count > MOST_THINGS:
        cure = "fewer separate pieces of a brush, or fewer brushes of kind thing"
        raise HostError("things", f"at most {MOST_THINGS} of all brushes and their pieces", str(count), cure)


def expect_cut(count: int, size: Size) -> None:
    """Raise PaletteError where drawing `count` masks anew, for a part of a canvas at `size` pixels, exceeds LIMIT."""
    points = max(0, count - OWN_MASKS) * size.area * PRICES["cut"] / 1e6
    if points > LIMIT:
        expected = f"at most {LIMIT} points of work for a part of the canvas (fewer painted masks, or a smaller part)"
        raise PaletteError([Problem("brushes", expected, f"{points:.0f} for {count} masks of {size} pixels")])


def _find_forbidden(palette: Any, size: Size) -> Iterator[Problem]:
    if size.area > MOST_PIXELS:
        yield Problem("size", f"a canvas of at most {MOST_PIXELS} pixels", f"{size}, which is {size.area}")
    count = count_tiles(palette, size)
    if count > MOST_TILES:
        expected = f"at most {MOST_TILES} tiles on the canvas (larger tiles, less overlap or a smaller canvas)"
        yield Problem("tiles", expected, str(count))
    longest = max(map(sum, _count_letters(palette)), default=0)
    if longest > MOST_LETTERS:
        added = {key: _count_added(words, palette) for key, words in _read_words(palette).items()}
        yield Problem(max(added, key=lambda key: added[key]), LONG, str(longest))


def _find_excess(bill: Sequence[Item], decoding: float) -> Iterator[Problem]:
    pictures = Item("palette", decoding, "decoding pictures", "fewer pixels, channels, bits or scans")
    items = [*bill, pictures]
    owed = sum(item.points for item in items)
    if owed > LIMIT:
        most = max(items, key=lambda item: item.points)
        expected = f"at most {LIMIT} points of work beside the network ({most.cure})"
        yield Problem(most.path, expected, f"{owed:.0f}, of which {most.points:.0f} are for {most.what}")


def count_tiles(palette: Any, size: Size, cell: int = LATENT_CELL) -> int:
    """How many tiles a palette's grid has on a canvas of `size` pixels with cells of `cell` pixels.

    It is 1 where there is no grid, or one with a side that is still open.
    """
    grid = palette.tiles
    if not all(isinstance(getattr(grid, name, None), int) for name in ("width", "height", "overlap")):
        return 1
    overlap = -(-grid.overlap // cell)

    def along(length: int, tile: int) -> int:
        length, tile = -(-length // cell), max(1, tile // cell)
        return 1 if tile >= length else 1 - (tile - length) // max(1, tile - overlap)

    return along(size.height, grid.height) * along(size.width, grid.width)


def make_bill(palette: Any, size: Size, steps: int) -> list[Item]:
    """The bill of a palette on a canvas of `size` pixels in so many steps: what goes beyond a picture's own need."""
    masks = [brush.mask for brush in palette.brushes] + [each.mask for each in palette.noise]
    seeded = [brush for brush in palette.brushes if brush.seed is not None]
    merged = palette.background.painted and palette.background.strength == 1
    return [
        _price_pixels(masks, [brush.mask for brush in palette.brushes] if merged else [], size),
        _price_cells(len(palette.brushes), size.cells(LATENT_CELL)),
        _price_corners(masks, size, 2 if merged else 1),
        _price_feathers(palette, size if merged else Size(0, 0)),
        _price_levels(palette, size.cells(LATENT_CELL), steps),
        _price_things(palette, size),
        _price_noise(len(seeded) + len(palette.noise), size.cells(LATENT_CELL)),
        _price_letters(palette),
    ]


def _price_pixels(masks: Sequence[Mask], merged: Sequence[Mask], size: Size) -> Item:
    painted = [mask for mask in masks if not isinstance(mask, Shape)]

    def beyond(some: Sequence[Mask]) -> float:
        return max(0.0, sum(measure_share(mask) for mask in some) - OWN_MASKS) * size.area

    points = (beyond(painted) * PRICES["pixel"] + beyond(merged) * PRICES["merged"]) / 1e6
    what = f"pixels of {len(painted)} painted masks" + (" and of brushes over a picture" if merged else "")
    return Item("brushes", points, what, "fewer or smaller masks, a smaller canvas")


def _price_cells(brushes: int, cells: Size) -> Item:
    points = max(0, brushes - OWN_MASKS) * cells.area * PRICES["cell"] / 1e6
    return Item("brushes", points, f"{brushes} brushes on {cells.area} cells", "fewer brushes, a smaller canvas")


def measure_share(mask: Mask) -> float:
    """The share, 0…1, of the canvas that a mask's bounding box takes; 1 for a painted mask."""
    if not isinstance(mask, Shape):
        return 1.0
    x, y = mask.numbers[::2], mask.numbers[1::2]
    across, down = (max(0.0, min(max(n), 1.0) - max(min(n), 0.0)) for n in (x, y))
    return across * down


def _price_corners(masks: Sequence[Mask], size: Size, times: int) -> Item:
    polygons = [mask for mask in masks if isinstance(mask, Shape) and mask.kind == "polygon"]
    corners = sum(len(mask.numbers) // 2 for mask in polygons)
    crossings = 4 * size.height * sum(map(_measure_rise, polygons))
    points = (times * crossings * PRICES["crossing"] + corners * PRICES["corner"]) / 1e6
    what = f"{corners} corners of polygons, whose edges cross {crossings:.0f} rows of sample points"
    return Item("brushes", points, what, "fewer corners or a smaller canvas")


def _measure_rise(polygon: Shape) -> float:
    """How far the edges of a polygon go up and down on the canvas altogether, in canvas heights."""
    y = np.clip(polygon.numbers[1::2], 0, 1)
    return float(np.abs(y - np.roll(y, 1)).sum())


def _price_feathers(palette: Any, size: Size) -> Item:
    scale = (size.area / palette.size.area) ** 0.5
    narrow = {brush.feather * scale for brush in palette.brushes if 0 < brush.feather * scale <= NARROW}
    taps = sum(2 * (2 * math.ceil(3 * feather) + 1) for feather in sorted(narrow)[1:])
    points = taps * size.area * PRICES["tap"] / 1e6
    return Item("brushes", points, f"{len(narrow)} feathers of up to {NARROW:g} pixels", "equal or wider feathers")


def _price_levels(palette: Any, cells: Size, steps: int) -> Item:
    """Weights are made for each step where masks are quantized, else for each at which brushes come and go."""
    turns = {turn for brush in palette.brushes for turn in (brush.start, brush.stop, 1 - brush.strength)}
    kinds = steps if palette.quantization != "none" else min(steps, 1 + len(turns - {0.0, 1.0}))
    own = min(kinds, OWN_STEPS) * min(len(palette.brushes), OWN_MASKS)
    weights = (kinds * len(palette.brushes) - own) * cells.area
    what = f"weights of {len(palette.brushes)} brushes at {kinds} kinds of steps"
    return Item("steps", weights * PRICES["level"] / 1e6, what, "fewer steps, fewer brushes or a smaller canvas")


def _price_things(palette: Any, size: Size) -> Item:
    """Things are pasted into the picture, below each brush above them that is none."""
    kinds = [brush.kind == "thing" for brush in palette.brushes]
    pasted = sum(1 + sum(not each for each in kinds[index:]) for index, thing in enumerate(kinds) if thing)
    points = max(0, pasted - OWN_MASKS) * size.area * PRICES["cut"] / 1e6
    return Item("brushes", points, f"masks of {sum(kinds)} things and of what is above them", "fewer things")


def _price_noise(count: int, cells: Size) -> Item:
    points = max(0, count - OWN_MASKS) * cells.area * PRICES["noise"] / 1e6
    return Item("noise", points, f"{count} changes of the noise", "fewer of them or a smaller canvas")


def _price_letters(palette: Any) -> Item:
    under = palette.background
    letters = len(under.prompt) + len(under.negative) + sum(len(brush.negative or "") for brush in palette.brushes)
    letters += sum(map(sum, _count_letters(palette)))
    return Item("suffix", letters * PRICES["letter"] / 1e6, f"{letters} letters", "shorter prompts, prefix or suffix")


def _count_letters(palette: Any) -> Iterator[tuple[int, int]]:
    """Letters of each brush's prompt, and those that prefix and suffix add to it at most."""
    added = sum(_count_added(words, palette) for words in _read_words(palette).values())
    for brush in palette.brushes:
        yield len(brush.prompt), added * (1 + len(AND.findall(brush.prompt))) if added else 0


def _read_words(palette: Any) -> Mapping[str, str]:
    return {"suffix": palette.suffix, "prefix": palette.prefix}


def _count_added(words: str, palette: Any) -> int:
    """Letters that prefix or suffix add to each part of a prompt at most."""
    under = palette.background.prompt
    if not under and PLACE in words:
        return 0
    return len(words) + words.count(PLACE) * max(0, len(under) - len(PLACE))
