"""Measures the memory that a canvas needs beside latents and picture: `python benchmarks/memory.py`. No model.

Each size runs in a process of its own, with a host that only counts: five brushes (shapes and a painted mask,
feathered), with and without a picture under them, in tiles of 512 px, two levels at guidance 1, the end of the picture
included; and with masks that are quantized (continuous) for each of twenty levels. What the network itself and the
decoder of a real model take comes on top.
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from rows import Counting

from lib_regiondiff.denoising.model import region_model
from lib_regiondiff.denoising.pixels.composite import restore_uncovered
from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.document.pictures import Picture
from lib_regiondiff.geometry import Size
from lib_regiondiff.host import Level
from lib_regiondiff.planning.plan import Job, make_plan

SIZES = (Size(512, 512), Size(1024, 1024), Size(1024, 2048), Size(1024, 4096), Size(2048, 4096), Size(2048, 8192))
MB = 2**20
SHAPES = (
    {"rectangle": [0, 0.5, 1, 1]},
    {"ellipse": [0.1, 0.1, 0.2, 0.4]},
    {"polygon": [[0, 0.6], [0.3, 0.4], [0.6, 0.6], [0.4, 1], [0, 1]]},
    {"rectangle": [0.7, 0.3, 0.9, 0.7]},
)


@dataclass(frozen=True)
class Kind:
    """What is drawn at each size: over a picture or not, with masks of one quantization, in so many levels."""

    painted: bool = False
    quantization: str = "none"
    levels: int = 2


KINDS = {
    "plain": Kind(),
    "over a picture": Kind(painted=True),
    "quantized, 20 levels": Kind(quantization="continuous", levels=20),
}


def make_palette(size: Size, kind: Kind) -> Palette:
    """A palette of five brushes, over a picture or not; the last has a painted mask of the canvas's size."""
    mask = np.zeros((size.height, size.width), np.uint8)
    mask[size.height // 4 : size.height // 2, size.width // 2 :] = 255
    masks = [*SHAPES, _url(Image.fromarray(mask))]
    brushes = [{"id": str(n), "prompt": str(n), "mask": each, "feather": 16} for n, each in enumerate(masks)]
    tiles = {"width": 512, "height": 512, "overlap": 128}
    head = {"version": 1, "size": {"width": size.width, "height": size.height}, "guidance": 1, "tiles": tiles}
    image = {"image": _url(Image.new("RGB", (512, 512), "navy"))} if kind.painted else {}
    more = {"quantization": kind.quantization, "brushes": brushes}
    return parse(head | {"background": {"prompt": "land"} | image} | more)


def _url(image: Image.Image) -> str:
    file = io.BytesIO()
    image.save(file, "PNG")
    return Picture.of(file.getvalue()).url


def make_levels(count: int) -> list[Level]:
    """So many noise levels, with ratios of noise to signal from 14.6 down to 1.6."""
    return [Level.preserving(999 - step, 14.6 * (1.6 / 14.6) ** (step / (count - 1))) for step in range(count)]


def draw(size: Size, kind: Kind) -> None:
    """Do all of a picture's work that is ours: plan, levels, the end."""
    levels, palette, host = make_levels(kind.levels), make_palette(size, kind), Counting()
    plan = make_plan(palette, Job(size, (*(level.noise for level in levels), 0.0), (1,)), host)
    model, x = region_model(host, plan), torch.zeros(1, 4, plan.size.height, plan.size.width)
    for level in levels:
        x = model(x, level)
    restore_uncovered(Image.new("RGB", (size.width, size.height)), palette)


def measure_peak() -> int:
    """The most memory in bytes that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def measure(size: Size, name: str) -> dict[str, Any]:
    """The line of a size and kind: the MB that a canvas adds to a small one, beside those of picture and latents.

    The picture is RGB, the latents are float32.
    """
    draw(Size(256, 256), KINDS[name])
    before = measure_peak()
    draw(size, KINDS[name])
    picture, latents = 3 * size.area / MB, 4 * 4 * size.area / 64 / MB
    more = (measure_peak() - before) / MB
    line = {"benchmark": "memory", "canvas": str(size), "kind": name}
    return line | {"picture": round(picture, 1), "latents": round(latents, 1), "added": round(more, 1)}


def main() -> None:
    """Measure every size and kind in a process of its own; a size on the command line is measured in this one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("side", type=int, nargs="*", help="height and width")
    parser.add_argument("--kind", choices=list(KINDS), default="plain")
    given = parser.parse_args()
    if given.side:
        print(json.dumps(measure(Size(*given.side), given.kind)))
        return
    for name in KINDS:
        for size in SIZES:
            words = [sys.executable, str(Path(__file__)), str(size.height), str(size.width), "--kind", name]
            subprocess.run(words, check=True)


if __name__ == "__main__":
    main()
