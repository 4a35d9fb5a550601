"""Random palettes of the toy world: seed -> brushes with meanings, what is visible of each, the true picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import fidelity_paths  # noqa: F401  (so that tools/ is found)
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from toyworld_captions import caption_plainly
from toyworld_scenes import HELD_OUT, Backdrop, Drawing, Scene, Thing, draw, draw_backdrop, find_visible_colours
from toyworld_shapes import Pose
from toyworld_textures import PAINTS, TONES

from lib_regiondiff.demo.world import CLASSES, COLOURED_BACKGROUNDS, COLOURS, OBJECTS
from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.document.pictures import Shape
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.planning.weights import masks

SEEDS = HELD_OUT[3 * 10**6 : 4 * 10**6]
CANVAS = Size(192, 256)
GRADES = ("apart", "touching", "overlapping")
SKETCH = Size(48, 64)  # where layouts are judged
TRIES, WANTED = 400, 9
VISIBLE = {"object": 0.75, "texture": 0.45}  # least visible share of a brush
GROUND = 0.15  # least share of the canvas that the background keeps
FILLS = 0.41  # radius of an object by the side of its box, as in the training pictures

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Meaning:
    """What a brush stands for: a texture, or a thing on one. `box` is in pixels; the background's is the canvas."""

    backdrop: Backdrop
    box: Box
    thing: Thing | None = None

    @property
    def seen(self) -> tuple[int, int]:
        """The class and the colour that the labels of a right picture have there."""
        name = self.thing or self.backdrop
        return CLASSES.index(name.kind), COLOURS.index(name.colour)

    @property
    def coloured(self) -> bool:
        """Whether the colour is part of what is meant."""
        return self.thing is not None or self.backdrop.kind in COLOURED_BACKGROUNDS

    def scene(self, seed: int) -> Scene:
        """The toy world's scene that shows it, on a square which holds the canvas."""
        return Scene(seed, self.backdrop, (self.thing,) if self.thing else (), size=max(CANVAS.height, CANVAS.width))

    @property
    def name(self) -> str:
        """The name that is written on the canvas."""
        named = self.thing or self.backdrop
        return named.kind if named.colour == "natural" else f"{named.colour} {named.kind}"

    @property
    def prompt(self) -> str:
        """Its prompt: the toy world's caption in the plainest words."""
        return caption_plainly(self.scene(0))


@dataclass(frozen=True)
class Puzzle:
    """A palette's shapes with their meanings: the background's first, then those of the brushes from the lowest up."""

    seed: int
    grade: str
    shapes: tuple[dict[str, Any], ...]
    meanings: tuple[Meaning, ...]

    def palette(self, feather: float = 0, **settings: Any) -> Palette:
        """The puzzle as a palette, with the feather of all edges in pixels and other settings."""
        brushes = [
            {
                "id": str(index),
                "name": meaning.name,
                "prompt": meaning.prompt,
                "colour": choose_tint(meaning),
                "mask": shape,
            }
            for index, (shape, meaning) in enumerate(zip(self.shapes, self.meanings[1:], strict=True), start=1)
        ]
        if feather:
            brushes = [brush | {"feather": feather} for brush in brushes]
        size, ground = {"width": CANVAS.width, "height": CANVAS.height}, {"prompt": self.meanings[0].prompt}
        head = {"version": 1, "size": size, "seed": self.seed % 2**32, "background": ground, "brushes": brushes}
        return parse(head | settings)

    def listing(self) -> str:
        """One prompt that lists all that the puzzle means."""
        things = [m.prompt.split(" on ")[0] for m in self.meanings if m.thing]
        grounds = [m.prompt for m in self.meanings if not m.thing]
        return " and ".join(things) + " on " + ", ".join(grounds)


def make_puzzle(number: int) -> Puzzle:
    """The puzzle of a number; every third one is of the same grade."""
    seed, grade = SEEDS[number], number % len(GRADES)
    rng = np.random.default_rng((4, seed))
    count = int(rng.integers(2, 7))
    objects = int(rng.integers(1, min(3, count) + 1))
    found: list[tuple[float, list[dict[str, Any]]]] = []
    textures = count - objects
    while not found:
        found = draw_layouts(rng, textures, objects)
        textures -= 0 if found else 1
    found.sort(key=lambda each: each[0])
    shapes = found[grade * (len(found) - 1) // (len(GRADES) - 1)][1]
    return Puzzle(seed, GRADES[grade], tuple(shapes), draw_meanings(rng, shapes, objects))


def draw_layouts(rng: Generator, textures: int, objects: int) -> list[tuple[float, list[dict[str, Any]]]]:
    """Random layouts in which every brush can be seen, each after the share of painted area that is covered up."""
    found = []
    least = [VISIBLE["texture"]] * textures + [VISIBLE["object"]] * objects
    for _ in range(TRIES):
        shapes = [draw_texture_shape(rng) for _ in range(textures)] + [draw_object_shape(rng) for _ in range(objects)]
        painted = stack(shapes, SKETCH)
        seen = find_visible(painted)
        shares = seen[1:].sum((1, 2)) / painted.sum((1, 2))
        if (shares >= least).all() and seen[0].mean() >= GROUND:
            found.append((1 - float(seen[1:].sum() / painted.sum()), shapes))
        if len(found) == WANTED:
            break
    return found


def draw_texture_shape(rng: Generator) -> dict[str, Any]:
    """A random mask for a texture: a box, an ellipse or a freehand blob."""
    box = draw_box(rng, (72, 144), (64, 112))
    kind = ("rectangle", "ellipse", "polygon")[int(rng.integers(3))]
    return {kind: draw_blob(rng, box) if kind == "polygon" else to_shares(box)}


def draw_object_shape(rng: Generator) -> dict[str, Any]:
    """A random box in which an object has about its native size."""
    side = int(rng.integers(96, 117))
    return {"rectangle": to_shares(draw_box(rng, (side, side), (side, side)))}


def draw_box(rng: Generator, widths: tuple[int, int], heights: tuple[int, int]) -> Box:
    """A random box on the canvas, its sides in pixels within these ranges."""
    width, height = (int(rng.integers(low, high + 1)) for low, high in (widths, heights))
    left, top = int(rng.integers(CANVAS.width - width + 1)), int(rng.integers(CANVAS.height - height + 1))
    return Box(top, left, top + height, left + width)


def to_shares(box: Box, canvas: Size = CANVAS) -> list[float]:
    """A box's left, top, right and bottom as shares of the canvas."""
    sides = (box.left, canvas.width), (box.top, canvas.height), (box.right, canvas.width), (box.bottom, canvas.height)
    return [round(pixels / whole, 5) for pixels, whole in sides]


def draw_blob(rng: Generator, box: Box, canvas: Size = CANVAS, least: float = 0.5) -> list[list[float]]:
    """A random closed freehand line within a box, as points in shares of the canvas; `least` is its least radius."""
    angles = np.arange(24) * (2 * np.pi / 24)
    waves = np.sum(
        [rng.normal(0, 0.12 / k) * np.cos(k * angles + rng.uniform(0, 2 * np.pi)) for k in (2, 3, 4, 5)], axis=0
    )
    radii = (0.85 + waves).clip(least, 1)
    x = (box.left + box.right) / 2 + radii * np.cos(angles) * box.size.width / 2
    y = (box.top + box.bottom) / 2 + radii * np.sin(angles) * box.size.height / 2
    return np.stack([x / canvas.width, y / canvas.height], 1).round(5).tolist()


def find_extent(shape: dict[str, Any]) -> Box:
    """The bounding box of a shape, in pixels."""
    numbers = np.array(next(iter(shape.values())), np.float64).reshape(-1, 2) * (CANVAS.width, CANVAS.height)
    (left, top), (right, bottom) = numbers.min(0).round().astype(int), numbers.max(0).round().astype(int)
    return Box(int(top), int(left), int(bottom), int(right))


def stack(shapes: Sequence[dict[str, Any]], size: Size) -> Flags:
    """What each shape covers, bool [P, h, w], on a canvas of this size."""
    found = []
    for shape in shapes:
        kind, numbers = next(iter(shape.items()))
        mask = Shape(kind, tuple(np.ravel(numbers).tolist()))
        found.append(masks.rasterise(mask, size) > 0.5)
    return np.stack(found)


def rasterise(palette: Palette, size: Size = CANVAS) -> Flags:
    """What each brush of a palette covers, bool [P, h, w], on a canvas of this size."""
    return np.stack([masks.rasterise(brush.mask, size) > 0.5 for brush in palette.brushes])


def find_visible(covered: Flags) -> Flags:
    """What can be seen of the background and of each brush, bool [1 + P, h, w]: later ones lie above."""
    seen = np.concatenate([np.ones_like(covered[:1]), covered])
    for index in range(1, len(seen)):
        seen[:index] &= ~seen[index]
    return seen


def draw_meanings(rng: Generator, shapes: Sequence[dict[str, Any]], objects: int) -> tuple[Meaning, ...]:
    """Random meanings of background and brushes; no two have one class, objects stand out from what is below them."""
    textures, taken = len(shapes) - objects, set[str]()
    boxes = [Box.whole(CANVAS), *map(find_extent, shapes)]
    grounds = [Meaning(_unused(rng, taken), box) for box in boxes[: 1 + textures]]
    below = (
        find_visible(stack(shapes[:textures], CANVAS)) if textures else np.ones((1, CANVAS.height, CANVAS.width), bool)
    )
    kinds = rng.choice(OBJECTS, objects, replace=False)
    things = []
    for box, kind in zip(boxes[1 + textures :], kinds, strict=True):
        backdrop = grounds[int(np.argmax(box.crop(below).sum((1, 2))))].backdrop
        side = min(box.size.height, box.size.width)
        pose = Pose((box.left + box.right) / 2, (box.top + box.bottom) / 2, FILLS * side)
        colour = str(rng.choice(find_visible_colours(backdrop)))
        things.append(Meaning(backdrop, box, Thing(str(kind), colour, pose)))
    return (*grounds, *things)


def _unused(rng: Generator, taken: set[str]) -> Backdrop:
    """A random background of a kind that is not in `taken`, which is added there."""
    while True:
        backdrop = draw_backdrop(rng)
        if backdrop.kind not in taken:
            taken.add(backdrop.kind)
            return backdrop


def draw_truth(given: Puzzle) -> Drawing:
    """The picture that a puzzle asks for: each meaning drawn by the toy world, where its brush can be seen."""
    high, wide = CANVAS.height, CANVAS.width
    blank = np.zeros((high, wide, 5), np.uint8)
    whole = Drawing(blank[..., :3].copy(), blank[..., 3].copy(), blank[..., 4].copy())
    for index, (seen, meaning) in enumerate(zip(find_visible(rasterise(given.palette())), given.meanings, strict=True)):
        drawing = draw(meaning.scene(given.seed + 10**8 + index))
        for name in ("picture", "classes", "colours"):
            getattr(whole, name)[seen] = getattr(drawing, name)[:high, :wide][seen]
    return whole


def choose_tint(meaning: Meaning) -> str:
    """The colour that shows a meaning's brush on the canvas."""
    name = (meaning.thing or meaning.backdrop).colour
    red, green, blue = PAINTS[name] if name in PAINTS else TONES[meaning.backdrop.kind]
    return f"#{red:02x}{green:02x}{blue:02x}"


def move(given: Puzzle, pixels: int = 32) -> tuple[Puzzle, Flags]:
    """The puzzle with its uppermost object moved aside by some pixels, and the pixels that belong to neither place."""
    box = given.meanings[-1].box
    step = pixels if box.right + pixels <= CANVAS.width else -pixels
    there = Box(box.top, box.left + step, box.bottom, box.right + step)
    shapes = (*given.shapes[:-1], {"rectangle": to_shares(there)})
    elsewhere = np.ones((CANVAS.height, CANVAS.width), bool)
    for each in (box, there):
        elsewhere[max(0, each.top - 8) : each.bottom + 8, max(0, each.left - 8) : each.right + 8] = False
    return Puzzle(given.seed, given.grade, shapes, given.meanings), elsewhere
