"""What somebody paints, and means by it: a wish -> its palette, what is visible of each brush, the true picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import fidelity_paths  # noqa: F401  (so that tools/ is found)
import numpy as np
from fidelity_palettes import FILLS, Flags, Meaning, choose_tint, find_visible, rasterise
from toyworld_captions import caption_plainly
from toyworld_scenes import HELD_OUT, Backdrop, Drawing, Scene, Thing, draw
from toyworld_shapes import OUTLINES, Pose, place
from toyworld_shapes import rasterise as cover

from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.geometry import Box, Size

SPLITS: Mapping[str, range] = {
    "development": HELD_OUT[20 * 10**6 : 24 * 10**6],
    "held-out": HELD_OUT[24 * 10**6 : 28 * 10**6],
}
"""Seeds by the name of a split; none of them is used by anything else."""
EACH, LAYERS = 1000, 100  # palettes of a class, and seeds of a palette
REACH = 0.9  # of the largest circle within a brush: the radius of a thing that has to stay inside

ROLES = ("thing", "scene", "stuff", "stroke")
"""What a brush draws: something on what lies below, a picture of its own, a texture, a texture in a thin line."""

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Piece:
    """A brush: its mask as documents have it, what it means, and which of ROLES it has.

    Its kind is `said` where nothing else tells it: brushes that cover the canvas would be scenes.
    """

    mask: Any
    meaning: Meaning
    role: str
    prompt: str
    said: bool = False

    @property
    def solid(self) -> bool:
        """Whether the brush covers the ground that lies below it."""
        return self.role != "thing"


@dataclass(frozen=True)
class Wish:
    """A palette with its meaning: class, number, canvas in pixels, ground, its prompt, brushes from the lowest up."""

    kind: str
    number: int
    seed: int
    size: Size
    ground: Backdrop
    prompt: str
    pieces: tuple[Piece, ...]

    def palette(self, settings: Settings) -> Palette:
        """The wish as a palette; `settings` are merged into it, those under `brushes` into each brush."""
        brushes = [
            {
                "id": str(index),
                "name": piece.meaning.name,
                "prompt": piece.prompt,
                "colour": choose_tint(piece.meaning),
                "mask": piece.mask,
            }
            | ({"kind": piece.role} if piece.said else {})
            | dict(settings.get("brushes", {}))
            for index, piece in enumerate(self.pieces, start=1)
        ]
        size, ground = {"width": self.size.width, "height": self.size.height}, {"prompt": self.prompt}
        ground |= dict(settings.get("background", {}))
        head = {"version": 1, "size": size, "seed": self.seed % 2**32}
        return parse(head | dict(settings) | {"background": ground, "brushes": brushes})

    @cached_property
    def covered(self) -> Flags:
        """What each brush covers, bool [P, h, w]."""
        return rasterise(self.palette({}), self.size)

    @cached_property
    def visible(self) -> Flags:
        """What can be seen of the ground and of each brush, bool [1 + P, h, w]."""
        return find_visible(self.covered)


def find_pose(mask: Flags) -> Pose:
    """Where a thing stands in a mask, bool [h, w]: in the middle where that is as good, as large as it may be."""
    distance = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    box = find_box(mask)
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    widest = float(distance.max())
    if distance[int(y), int(x)] < 0.95 * widest:
        row, column = np.unravel_index(int(distance.argmax()), distance.shape)
        x, y = float(column) + 0.5, float(row) + 0.5
    return Pose(x, y, min(FILLS * min(box.size.height, box.size.width), REACH * widest))


def find_box(mask: Flags) -> Box:
    """The bounding box of a mask that is not empty."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)


def phrase(backdrop: Backdrop, kind: str = "", colour: str = "") -> str:
    """The toy world's plainest words for a thing on a background, or for the background alone without a kind."""
    things = (Thing(kind, colour, Pose(0, 0, 1)),) if kind else ()
    return caption_plainly(Scene(0, backdrop, things))


def draw_truth(wish: Wish) -> Drawing:
    """The picture that a wish asks for: brush after brush, each thing once, whole, on what lies below it."""
    side = max(wish.size.height, wish.size.width)
    whole = trim(draw(Scene(wish.seed + 1, wish.ground, (), size=side)), wish.size)
    for index, (piece, mask) in enumerate(zip(wish.pieces, wish.covered, strict=True)):
        bare = Scene(wish.seed + 2 + index, piece.meaning.backdrop, (), size=side)
        if piece.solid:
            paste(whole, trim(draw(bare), wish.size), mask)
        if piece.meaning.thing is not None:
            add_thing(whole, bare, piece.meaning.thing)
    return whole


def trim(drawing: Drawing, size: Size) -> Drawing:
    """The upper left part of a drawing, as arrays of its own."""
    parts = (drawing.picture, drawing.classes, drawing.colours)
    return Drawing(*(part[: size.height, : size.width].copy() for part in parts))


def paste(whole: Drawing, drawing: Drawing, mask: Flags) -> None:
    """Put one drawing into another, in place, where a mask says."""
    for name in ("picture", "classes", "colours"):
        getattr(whole, name)[mask] = getattr(drawing, name)[mask]


def add_thing(whole: Drawing, bare: Scene, thing: Thing) -> None:
    """Draw a thing on a drawing, in place, in the paint that it has in a scene; its soft border shows what is below."""
    size = Size(*whole.classes.shape)
    alone = trim(draw(Scene(bare.seed, bare.backdrop, (thing,), size=bare.size)), size)
    ground, share = trim(draw(bare), size), find_share(thing, size)
    below = (whole.picture.astype(np.float32) - ground.picture) * (1 - share[..., None])
    whole.picture[:] = np.round(alone.picture + below).clip(0, 255).astype(np.uint8)
    paste(whole, alone, share > 0.5)


def find_share(thing: Thing, size: Size) -> np.ndarray:
    """The share [h, w] of each pixel that a thing covers."""
    side, hollow = max(size.height, size.width), thing.kind == "ring"
    return cover(place(OUTLINES[thing.kind].body, thing.pose), side, hollow)[: size.height, : size.width]
