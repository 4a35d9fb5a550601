"""Seams of panoramas: overlapping tiles against shifted ones that do not overlap: `python benchmarks/panoramas.py`.

Twenty closed panoramas of 768x128 px, one prompt each, by the demo model and its LCM LoRA in 5 levels. `shifted` are
SpotDiffusion's tiles (Frolov et al. 2024, arXiv 2407.15507), drawn up here: no overlap, another offset at each level;
`fixed` has none either and always the same offset. A seam is the mean step of grey across borders of the last level's
tiles, relative to that across other borders of latent cells; `across` is that at the picture's own border.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace

import numpy as np
import torch

from lib_regiondiff import demo
from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.geometry import Box
from lib_regiondiff.hosts.diffusers.additions.additions import find_extras
from lib_regiondiff.hosts.diffusers.finishing import decode_latent
from lib_regiondiff.hosts.diffusers.host import DiffusersHost
from lib_regiondiff.hosts.diffusers.render import Drawing
from lib_regiondiff.hosts.renderer import quieten
from lib_regiondiff.planning import noise
from lib_regiondiff.planning.plan import Plan
from lib_regiondiff.planning.views import View

PROMPTS = (
    *("the sea", "the sky", "grass", "sand", "a night sky", "snow", "a brick wall", "red stripes"),
    *("blue and white stripes", "green dots", "yellow checks", "purple dots", "orange checks", "pink stripes"),
    *("a plain blue wall", "black and white checks", "brown dots", "a brick wall", "the sea", "grass"),
)
WIDTH, SIDE, CELL = 768, 128, 8
KINDS = ("overlapping", "shifted", "fixed")


def make_palette(number: int) -> Palette:
    """The palette of a panorama whose left and right borders meet, by its number."""
    tiles = {"width": SIDE, "height": SIDE, "overlap": SIDE // 4, "wrap": True}
    model = {"name": demo.NAME, "loras": [{"name": "demo-lcm"}]}
    head = {"version": 1, "size": {"width": WIDTH, "height": SIDE}, "seed": 100 + number, "model": model}
    few = {"steps": 5, "sampler": "LCM", "guidance": 1}
    return parse(head | few | {"tiles": tiles, "background": {"prompt": PROMPTS[number]}})


def cut_apart(plan: Plan, seed: int | None) -> Plan:
    """A plan with tiles that do not overlap, at offsets drawn for each level if there is a seed."""
    side, width, region = SIDE // CELL, plan.size.width, plan.steps[0][0].region
    generator = noise.make_generator(seed or 0)
    steps = []
    for _ in plan.steps:
        start = 0 if seed is None else int(torch.randint(0, side, (1,), generator=generator))
        boxes = [Box(0, left, side, left + side, ring=True) for left in range(start, start + width, side)]
        steps.append(tuple(View(box, Box.hull(boxes), (region,), torch.ones(side, side)) for box in boxes))
    return replace(plan, steps=tuple(steps))


def measure_step(picture: np.ndarray, borders: set[int]) -> float:
    """The mean step of grey across these borders of cells, relative to that across others; a ring has border 0."""
    grey = picture.astype(float).mean(axis=2)
    steps = np.abs(grey - np.roll(grey, 1, axis=1)).mean(axis=0)[::CELL]
    at = np.isin(np.arange(len(steps)), list(borders))
    return float(steps[at].mean() / max(1e-6, steps[~at].mean()))


def measure(host: DiffusersHost, number: int, kind: str) -> dict[str, float]:
    """The evaluations and seams of a panorama drawn with one kind of tiles."""
    palette = make_palette(number)
    run = Drawing.of(host, palette)
    if kind != "overlapping":
        seed = noise.derive_seed(100 + number, 10**6) if kind == "shifted" else None
        run = replace(run, plan=cut_apart(run.plan, seed))
    last, width = run.plan.steps[-1], run.plan.size.width
    borders = {side % width for view in last for side in (view.box.left, view.box.right)}
    picture = np.asarray(decode_latent(host, run.latents(), palette).convert("RGB"))
    rows = sum(len(views) for views in run.plan.steps)
    return {"evaluations": rows, "seam": measure_step(picture, borders), "across": measure_step(picture, {0})}


def main() -> None:
    """Draw as many panoramas as the command line says, and print the means of each kind of tiles."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=len(PROMPTS), help="panoramas")
    count = parser.parse_args().count
    quieten()
    torch.set_num_threads(1)
    place = demo.locate(demo.NAME)
    host = DiffusersHost.load(place, "cpu", "float32", find_extras(make_palette(0), place, demo.PARTS))
    for kind in KINDS:
        lines = [measure(host, number, kind) for number in range(count)]
        means = {key: round(float(np.mean([line[key] for line in lines])), 3) for key in lines[0]}
        print(json.dumps({"benchmark": "panoramas", "tiles": kind, "pictures": count} | means), flush=True)


if __name__ == "__main__":
    main()
