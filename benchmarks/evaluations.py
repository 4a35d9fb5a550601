"""Counts network evaluations of StreamMultiDiffusion's example scenes: `python benchmarks/evaluations.py [MASKS]`.

Exact, no model. A scene is drawn in 5 levels at guidance 1, with its tiles and the default bootstrap. MASKS is a folder
with the scenes' masks as timessquare/timessquare_1.png and so on, a region where alpha is more than a half; they are
no part of this repository. Without it, rectangles with the bounding boxes of those masks stand in for them.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from rows import Counting

from lib_regiondiff.denoising.model import region_model
from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.document.pictures import Picture
from lib_regiondiff.host import Level
from lib_regiondiff.planning.plan import Job, make_plan

LEVELS = tuple(
    Level.preserving(t, sigma) for t, sigma in ((999, 14.615), (919, 9.237), (759, 4.261), (499, 1.613), (259, 0.719))
)
WIDE = {"width": 768, "height": 768, "overlap": 384}  # as its grid has it: a stride of 384


@dataclass(frozen=True)
class Scene:
    """An example scene: width and height in pixels, tiles, prompts, and the bounding box in pixels of each mask."""

    size: tuple[int, int]
    tiles: Mapping[str, int]
    prompts: tuple[str, ...]
    boxes: tuple[tuple[int, int, int, int], ...] = ()


SCENES: Mapping[str, Scene] = {
    "timessquare": Scene(
        (768, 768),
        WIDE,
        ("a square", "a boy", "a girl"),
        ((30, 144, 356, 768), (417, 113, 731, 768)),
    ),
    "irworobongdo": Scene(
        (1920, 768),
        WIDE,
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
    "panorama": Scene((3072, 512), {"width": 512, "height": 512, "overlap": 128}, ("mountains",)),
}


def make_palette(name: str, folder: Path | None = None) -> Palette:
    """The palette of a scene, with masks from a folder, or with rectangles if there is none."""
    scene = SCENES[name]
    width, height = scene.size
    masks = [_rectangle(box, width, height) for box in scene.boxes]
    if folder is not None:
        masks = [_mask(folder / name / f"{name}_{number}.png") for number in range(1, len(masks) + 1)]
    brushes = [
        {"id": str(number), "prompt": prompt, "mask": mask}
        for number, (prompt, mask) in enumerate(zip(scene.prompts[1:], masks, strict=True))
    ]
    size = {"width": width, "height": height}
    head = {"version": 1, "size": size, "guidance": 1, "steps": len(LEVELS), "tiles": dict(scene.tiles)}
    return parse(head | {"background": {"prompt": scene.prompts[0]}, "brushes": brushes})


def _rectangle(box: tuple[int, int, int, int], width: int, height: int) -> dict[str, list[float]]:
    left, top, right, bottom = box
    return {"rectangle": [left / width, top / height, right / width, bottom / height]}


def _mask(path: Path) -> str:
    """The data URL of a mask of 0 and 1, read from a file."""
    with Image.open(path) as image:
        alpha = image.convert("RGBA").getchannel("A").point([255 * (value > 127) for value in range(256)])
    file = io.BytesIO()
    alpha.save(file, "PNG")
    return Picture.of(file.getvalue()).url


def count(palette: Palette) -> dict[str, Any]:
    """The evaluations of a palette's whole run, and the most calls and latent pixels of one of its levels."""
    host = Counting()
    clock = (*(level.noise for level in LEVELS), 0.0)
    plan = make_plan(palette, Job(palette.size, clock, (1,)), host)
    model, x = region_model(host, plan), torch.zeros(1, 4, plan.size.height, plan.size.width)
    steps = []
    for level in LEVELS:
        host.shapes.clear()
        model(x, level)
        rows = sum(rows for rows, _, _ in host.shapes)
        steps.append((len(host.shapes), rows, sum(rows * h * w for rows, h, w in host.shapes)))
    calls, _, pixels = (max(each) for each in zip(*steps, strict=True))
    return {"evaluations": sum(rows for _, rows, _ in steps), "calls": calls, "latent_pixels": pixels}


def main() -> None:
    """Count every scene, with the masks of the folder that the command line may name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("masks", type=Path, nargs="?", help="folder with the scenes' masks")
    folder = parser.parse_args().masks
    for name in SCENES:
        masks = "own" if folder and SCENES[name].boxes else "rectangles" if SCENES[name].boxes else "none"
        line = {"benchmark": "evaluations", "scene": name, "masks": masks}
        print(json.dumps(line | count(make_palette(name, folder))))


if __name__ == "__main__":
    main()
