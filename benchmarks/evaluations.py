"""Counts network evaluations of known example scenes: `python benchmarks/evaluations.py [MASKS]`.

Exact, no model. A scene of StreamMultiDiffusion, Mixture of Diffusers or Paint with Words is drawn in 5 levels at
guidance 1 with the default bootstrap: as it is told itself, with its tiles or its one sentence, and with nothing named,
once where the first level draws a figure for no brush and once where it does for all that may be one. Beside it stands
what the original's own loop asks, without the negatives that it need not ask at guidance 1. MASKS is a folder with the
scenes' masks, which are no part of this repository: timessquare/timessquare_1.png and so on, a region where alpha is
more than a half, and paint_with_words/example_input.png, a region where its colour is. Without it, rectangles with the
bounding boxes of those masks stand in for them.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from rows import Counting, Words
from torch import Tensor

from lib_regiondiff.denoising.model import ImageBatch
from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.document.pictures import Picture
from lib_regiondiff.host import Level, Part, Parts, Prompt, Row
from lib_regiondiff.planning.plan import Job, Plan, make_plan

LEVELS = tuple(
    Level.preserving(t, sigma) for t, sigma in ((999, 14.615), (919, 9.237), (759, 4.261), (499, 1.613), (259, 0.719))
)
WIDE = {"width": 768, "height": 768, "overlap": 384}  # as its grid has it: a stride of 384
STYLES = ("ukiyo-e", "by velazquez", "impressionist style by van gogh", "cubist style", "80s synthwave style")
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Scene:
    """An example scene: width and height in pixels, what its palette says of how it is drawn, evaluations of a level of
    the original's loop, prompts, and the bounding box in pixels of each mask, with its colour where colours tell them.
    """

    size: tuple[int, int]
    own: Mapping[str, Any]
    original: int
    prompts: tuple[str, ...]
    boxes: tuple[Box, ...] = ()
    colours: tuple[tuple[int, int, int], ...] = ()
    drawn: bool = True
    """Whether the masks are pictures; else they are rectangles."""


def _list_cores(count: int, width: int, overlap: int, height: int) -> tuple[Box, ...]:
    """The boxes in which each of a row of overlapping tiles weighs most."""
    step = width - overlap
    cuts = [0, *(step * number + overlap // 2 for number in range(1, count)), step * count + overlap]
    return tuple((left, 0, right, height) for left, right in itertools.pairwise(cuts))


SCENES: Mapping[str, Scene] = {
    "timessquare": Scene(
        (768, 768),
        {"tiles": WIDE},
        3,
        ("a square", "a boy", "a girl"),
        ((30, 144, 356, 768), (417, 113, 731, 768)),
    ),
    "irworobongdo": Scene(
        (1920, 768),
        {"tiles": WIDE},
        36,
        ("sky", "mountains", "the sun", "the moon", "a waterfall", "a waterfall", "a lake", "a tree", "a tree"),
        (
            (0, 110, 1920, 768),
            (246, 70, 366, 190),
            (1532, 66, 1652, 186),
            (328, 332, 624, 750),
            (1332, 280, 1612, 742),
            (0, 670, 1920, 768),
            (42, 364, 322, 768),
            (1584, 330, 1898, 768),
        ),
    ),
    "panorama": Scene((3072, 512), {"tiles": {"width": 512, "height": 512, "overlap": 128}}, 11, ("mountains",)),
    "linear forest": Scene(
        (2816, 768),
        {"tiles": {"width": 512, "height": 768, "overlap": 256}},
        10,
        ("", *(f"a forest, {style}" for style in STYLES for _ in range(2))),
        _list_cores(10, 512, 256, 768),
        drawn=False,
    ),
    "paint with words": Scene(
        (512, 512),
        {"attention": "bias"},
        1,
        (
            "realistic photo of a dog, cat, tree, with beautiful sky, on sandy ground",
            "sky",
            "ground",
            "tree",
            "cat",
            "dog",
        ),
        ((0, 0, 512, 289), (0, 289, 512, 512), (322, 123, 451, 345), (230, 265, 430, 476), (3, 175, 171, 424)),
        ((90, 206, 255), (74, 18, 1), (13, 255, 0), (0, 0, 0), (255, 255, 255)),
    ),
}


class Answering(Counting):
    """A host that counts, whose answers are flat, or all figures: their middle differs from their border."""

    methods = frozenset({"bias"})

    def __init__(self, figures: bool = False) -> None:
        super().__init__()
        self.figures = figures

    def encode(self, prompt: Prompt) -> Parts:
        """The prompt as one part, which is not encoded, and says whatever stands in it."""
        return (Part(Sentence(prompt.text)),)

    def denoise(self, x: Tensor, rows: Sequence[Row]) -> Tensor:
        """Zeros in the shape of x, whose shape is noted, or a figure in each."""
        answer = super().denoise(x, rows)
        high, wide = x.shape[-2:]
        if self.figures:
            answer[..., high // 4 : high - high // 4, wide // 4 : wide - wide // 4] = 1
        return answer


@dataclass(frozen=True)
class Sentence(Words):
    """A condition that is nothing but its prompt, whose words can be raised."""

    def says(self, phrase: str) -> bool:
        """Whether the phrase stands in it."""
        return phrase.lower() in self.prompt.lower()


def make_palette(name: str, folder: Path | None = None, own: bool = True) -> Palette:
    """The palette of a scene, with masks from a folder, or with rectangles if there is none.

    It says how it is to be drawn as its own example does, or nothing of that.
    """
    scene = SCENES[name]
    width, height = scene.size
    masks: list[Any] = [_rectangle(box, width, height) for box in scene.boxes]
    if folder is not None and scene.drawn:
        masks = _read_masks(name, folder)
    brushes = [
        {"id": str(number), "prompt": prompt, "mask": mask}
        for number, (prompt, mask) in enumerate(zip(scene.prompts[1:], masks, strict=True))
    ]
    size = {"width": width, "height": height}
    head = {"version": 1, "size": size, "guidance": 1, "steps": len(LEVELS)} | (dict(scene.own) if own else {})
    return parse(head | {"background": {"prompt": scene.prompts[0]}, "brushes": brushes})


def _read_masks(name: str, folder: Path) -> list[str]:
    """The masks of a scene from its folder."""
    scene, place = SCENES[name], folder / name.replace(" ", "_")
    if scene.colours:
        with Image.open(place / "example_input.png") as image:
            pixels = np.asarray(image.convert("RGB"))
        return [_encode(Image.fromarray((pixels == each).all(axis=-1))) for each in scene.colours]
    return [_mask(place / f"{name}_{number}.png") for number in range(1, len(scene.boxes) + 1)]


def _rectangle(box: tuple[int, int, int, int], width: int, height: int) -> dict[str, list[float]]:
    left, top, right, bottom = box
    return {"rectangle": [left / width, top / height, right / width, bottom / height]}


def _mask(path: Path) -> str:
    """The data URL of a mask of 0 and 1, read from a file."""
    with Image.open(path) as image:
        return _encode(image.convert("RGBA").getchannel("A").point([255 * (value > 127) for value in range(256)]))


def _encode(mask: Image.Image) -> str:
    """The data URL of a mask."""
    file = io.BytesIO()
    mask.convert("L").save(file, "PNG")
    return Picture.of(file.getvalue()).url


def plan(palette: Palette, host: Answering) -> Plan:
    """The plan of a palette, drawn in LEVELS."""
    return make_plan(palette, Job(palette.size, (*(level.noise for level in LEVELS), 0.0), (1,)), host)


def count(palette: Palette, figures: bool = False) -> dict[str, Any]:
    """The evaluations of a palette's whole run, the most calls and latent pixels of one of its levels, and how many
    brushes are drawn as what.

    The first level draws a figure for no brush, or for each that may be one.
    """
    host = Answering(figures)
    made = plan(palette, host)
    batch, x = ImageBatch(host, made), torch.zeros(1, 4, made.size.height, made.size.width)
    steps = []
    for level in LEVELS:
        host.shapes.clear()
        batch.draw(x, level)
        rows = sum(rows for rows, _, _ in host.shapes)
        steps.append((len(host.shapes), rows, sum(rows * h * w for rows, h, w in host.shapes)))
    calls, _, pixels = (max(each) for each in zip(*steps, strict=True))
    costs = {"evaluations": sum(rows for _, rows, _ in steps), "calls": calls, "latent_pixels": pixels}
    return costs | {"brushes": dict(Counter(batch.plan_of(0).brush_kinds))}


def count_most(palette: Palette) -> int:
    """The most evaluations of a run, whichever of the brushes that may be figures the first level draws one for."""
    made = plan(palette, Answering())
    if made.undecided is None:
        return count_rows(made)
    names, decide = made.undecided.names, made.undecided.decide
    outcomes = (each for number in range(len(names) + 1) for each in itertools.combinations(names, number))
    return max(count_rows(decide(figures)) + len(names) - len(figures) for figures in outcomes)


def count_rows(made: Plan) -> int:
    """The evaluations of a decided plan; a brush that was asked and is no figure takes one more."""
    views = (view for level in LEVELS for view in made.views(level))
    return sum(len(view.region.conds[0]) + (view.zoom is not None and view.zoom.ground is not None) for view in views)


def main() -> None:
    """Count every scene, with the masks of the folder that the command line may name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("masks", type=Path, nargs="?", help="folder with the scenes' masks")
    folder = parser.parse_args().masks
    for name, scene in SCENES.items():
        masks = "own" if folder and scene.drawn else "rectangles"
        line = {"benchmark": "evaluations", "scene": name, "masks": masks if scene.boxes else "none"}
        for said, figures in (("own", False), ("nothing", False), ("nothing", True)):
            palette = make_palette(name, folder, own=said == "own")
            ways = {"said": said, "figures": figures, "original": scene.original * len(LEVELS)}
            print(json.dumps(line | ways | count(palette, figures)))
        print(json.dumps(line | {"said": "nothing", "most": count_most(make_palette(name, folder, own=False))}))


if __name__ == "__main__":
    main()
