"""Does every sampler of the diffusers host obey? The model whose colours are known draws with each in four ways.

Prints docs/reports/schedulers.md: for each sampler the largest difference, in grey levels of 255, between the mean
colour of a region, 8 px from its edges, and what its prompt alone gives.
Command line: `PYTHONPATH=.:tests/support python benchmarks/schedulers.py [--output FILE] [NAME ...]`.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from known_model import build_pipeline
from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.document.pictures import Picture
from lib_regiondiff.document.sampler_names import find_missing
from lib_regiondiff.hosts.diffusers import DiffusersHost, render
from lib_regiondiff.hosts.diffusers.render import Drawing
from lib_regiondiff.hosts.diffusers.sampling.samplers import SAMPLERS

LIMIT, EDGE, STEPS = 10, 8, 6
SIDE = 64
HALVES = {"red": [0, 0, 0.5, 1], "blue": [0.5, 0, 1, 1]}
HEAD = f"""# Samplers on diffusers

How well each sampler follows the regions. `benchmarks/schedulers.py` draws two halves with the model whose colours are
known (`tests/support/known_model.py`), in {STEPS} steps at guidance 1.

A number is the largest difference, in grey levels of 255, between the mean colour of a half, {EDGE} px from its edges,
and what its prompt alone gives. Up to {LIMIT} counts as right. `plain` is a palette whose brushes say the same as the
background. It is `equal` if its latents are those of diffusers' own pipeline bit for bit. `img2img` repaints 0.7 of a
picture of noise, `inpaint` its lower three quarters.

| sampler | plain | regions | img2img | inpaint |
|---|---|---|---|---|"""


def make_palette(sampler: str, **more: Any) -> Palette:
    """A palette for one sampler, with what the document says beside that."""
    size = {"width": SIDE, "height": SIDE}
    return parse({"version": 1, "size": size, "seed": 3, "steps": STEPS, "guidance": 1, "sampler": sampler} | more)


def draw_speckled() -> str:
    """A picture that no model would draw, as a data URL."""
    file = io.BytesIO()
    pixels = np.random.default_rng(5).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    Image.fromarray(pixels).save(file, "PNG")
    return Picture.of(file.getvalue()).url


def list_ways() -> dict[str, dict[str, Any]]:
    """What the documents of each of the four ways say beside two halves."""
    lower = {"rectangle": [0, 0.25, 1, 1]}
    return {
        "regions": {},
        "img2img": {"init": {"image": draw_speckled(), "strength": 0.7}},
        "inpaint": {"init": {"image": draw_speckled(), "strength": 1, "mask": lower}},
    }


def measure_inside(image: Image.Image, box: list[float]) -> np.ndarray:
    """The mean colour [3] in a box's part of the lower three quarters of a picture, away from the box's edges."""
    left, top, right, bottom = (round(SIDE * each) for each in box)
    top = max(top, SIDE // 4)
    part = np.asarray(image, float)[top + EDGE : bottom - EDGE, left + EDGE : right - EDGE]
    return part.reshape(-1, 3).mean(axis=0)


def measure_off(host: DiffusersHost, sampler: str, alone: Mapping[str, np.ndarray], more: Mapping[str, Any]) -> float:
    """How many grey levels the worse half is off what its prompt alone gives."""
    brushes = [{"id": word, "prompt": word, "mask": {"rectangle": box}} for word, box in HALVES.items()]
    image = render(host, make_palette(sampler, brushes=brushes, **more))[0].image
    return max(float(np.abs(measure_inside(image, box) - alone[word]).max()) for word, box in HALVES.items())


def describe_plain(host: DiffusersHost, sampler: str) -> str:
    """Whether equal brushes give the pipeline's own picture, or how far off they are in latents, in words."""
    brush = {"id": "a", "prompt": "red", "mask": {"rectangle": HALVES["red"]}}
    run = Drawing.of(host, make_palette(sampler, background={"prompt": "red"}, brushes=[brush]))
    ours, own = run.latents(), host.pipe.scheduler
    host.pipe.scheduler = Drawing.of(host, run.palette).schedule.scheduler
    noise = torch.Generator("cpu").manual_seed(3)
    size = {"height": SIDE, "width": SIDE, "num_inference_steps": STEPS, "guidance_scale": 1}
    theirs = host.pipe("red", **size, generator=noise, output_type="latent").images
    host.pipe.scheduler = own
    return "equal" if torch.equal(ours, theirs) else f"{float((ours - theirs).abs().max()):.1e} off"


def format_row(host: DiffusersHost, sampler: str) -> str:
    """The table's row of a sampler."""
    if find_missing(sampler):
        return f"| {sampler} | needs {find_missing(sampler)} | | | |"
    alone = {
        word: measure_inside(render(host, make_palette(sampler, background={"prompt": word}))[0].image, [0, 0, 1, 1])
        for word in HALVES
    }
    numbers = [measure_off(host, sampler, alone, more) for more in list_ways().values()]
    cells = [f"{number:.1f}" + (" **no**" if number > LIMIT else "") for number in numbers]
    return f"| {sampler} | {describe_plain(host, sampler)} | " + " | ".join(cells) + " |"


def main() -> None:
    """Print the table of the samplers that the command line names, or of all, and write it if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(SAMPLERS), help="samplers; all of them by default")
    parser.add_argument("--output", type=Path, help="a Markdown file to write")
    args = parser.parse_args()
    pipe = build_pipeline()
    pipe.set_progress_bar_config(disable=True)
    host, lines = DiffusersHost.of(pipe, "known"), [HEAD]
    print(HEAD)
    for name in args.names:
        lines.append(format_row(host, name))
        print(lines[-1], flush=True)
    if args.output:
        args.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
