"""Does each saving cost nothing? `python benchmarks/savings.py [--count N] [--exact M]` switches one off at a time.

Where a saving is exact, both plans predict x0 from the same x along one path, and the greatest difference is told.
Where it changes what the network sees, both draw the palettes of fidelity.py on the same seeds, and fidelity and seams
are compared in pairs, with 95 % intervals. One JSON line for each saving.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import fidelity_paths
import numpy as np
import torch
from demo_lora import merge
from fidelity_methods import CELL, FAST, NATIVE, counted, grid, quicken
from fidelity_palettes import Puzzle, puzzle, truth
from fidelity_report import interval
from fidelity_scores import score, seams
from PIL import Image
from safetensors.torch import load_file

from lib_regiondiff import masks, model, noise, tiles
from lib_regiondiff.demo import labeller
from lib_regiondiff.geometry import Box
from lib_regiondiff.host import Host, Level
from lib_regiondiff.hosts.diffusers.host import DiffusersHost
from lib_regiondiff.hosts.diffusers.render import Run
from lib_regiondiff.imaging import Picture
from lib_regiondiff.palette import Brush, Palette
from lib_regiondiff.plan import Plan
from lib_regiondiff.views import View

WEIGHTS = fidelity_paths.ROOT / "lib_regiondiff" / "demo" / "weights"
NATIVE_SIZE = {"width": NATIVE, "height": NATIVE}
GUIDED: Mapping[str, Any] = {
    "sampler": "DDIM", "steps": 5, "guidance": 4, "negative": "noise", "size": NATIVE_SIZE,
}  # fmt: skip
"""Where every window is the canvas, so that negatives are shared."""


def idle(plan: Plan, host: Host) -> Plan:
    """The same plan that asks every region in every tile, also where its weight is zero."""
    side = host.latent.native // host.latent.pixels_per_cell
    boxes = tiles.grid(Box.whole(plan.size), tiles.Size(side, side), side // 2)

    def with_idle(views: tuple[View, ...]) -> tuple[View, ...]:
        regions = list(dict.fromkeys(view.region for view in itertools.chain.from_iterable(plan.steps)))
        there = {(view.region, view.box) for view in views}
        nothing = [(box, each) for each in regions for box in boxes if (each, box) not in there]
        blank = torch.zeros(boxes[0].size.height, boxes[0].size.width)
        return (*views, *(View(box, Box.whole(plan.size), each, blank) for box, each in nothing))

    return replace(plan, steps=tuple(map(with_idle, plan.steps)))


def unshared(plan: Plan, host: Host) -> Plan:
    """The same plan whose views ask for their negatives one by one."""

    def alone(view: View) -> View:
        assert view.region.unconds is not None
        return replace(view, region=replace(view.region, unconds=tuple(replace(each) for each in view.region.unconds)))  # type: ignore[type-var]

    return replace(plan, steps=tuple(tuple(map(alone, views)) for views in plan.steps))


def asked(plan: Plan, host: Host) -> Plan:
    """The same plan of guidance 1 with negatives, which are asked nevertheless."""
    negative = host.encode("", True, plan.size.pixels(host.latent.pixels_per_cell))[0].cond

    def given(view: View) -> View:
        return replace(view, region=replace(view.region, unconds=(negative,) * len(view.region.conds)))

    return replace(plan, steps=tuple(tuple(map(given, views)) for views in plan.steps))


@dataclass(frozen=True)
class Exact:
    """A saving that changes nothing: the settings it is seen with, and the plan without it."""

    settings: Mapping[str, Any]
    without: Callable[[Plan, Host], Plan]
    with_uncond: bool = False


EXACT: Mapping[str, Exact] = {
    "views of zero weight are not run": Exact(FAST, idle),
    "a negative is shared by the views of a box": Exact(GUIDED, unshared),
    "the negative is not run at guidance 1": Exact(FAST, asked, with_uncond=True),
}


def apart(host: Host, plans: tuple[Plan, Plan], levels: Sequence[Level], seed: int, with_uncond: bool) -> float:
    """The greatest difference of x0 of two plans from the same x, at the levels of one path."""
    generator, size = noise.generator(seed), plans[0].size
    shape, worst = (host.latent.channels, size.height, size.width), 0.0
    x = noise.unit([generator], shape) * levels[0].beta
    for here, then in itertools.pairwise(levels):
        calls = [model.Call(plans[0].guidance), model.Call(plans[1].guidance, with_uncond=with_uncond)]
        one, two = (model.predict(host, plan, x, here, call).denoised for plan, call in zip(plans, calls, strict=True))
        worst = max(worst, float((one - two).abs().max()))
        x = then.alpha * one + then.beta * noise.unit([generator], shape)
    return worst


def palette_of(given: Puzzle, settings: Mapping[str, Any]) -> Palette:
    """A puzzle's palette; `negative` among the settings is the background's."""
    words = dict(settings)
    negative = words.pop("negative", "")
    palette = given.palette(**words)
    return replace(palette, background=replace(palette.background, negative=negative))


@torch.no_grad()
def exactness(host: DiffusersHost, name: str, count: int) -> dict[str, Any]:
    """The line of a saving that changes nothing."""
    saving, worst, rows = EXACT[name], 0.0, [0, 0]
    for number in range(count):
        palette = palette_of(puzzle(number), saving.settings)
        run = Run.of(host, palette)
        plans = run.plan, saving.without(run.plan, host)
        for index, (plan, more) in enumerate(zip(plans, (False, saving.with_uncond), strict=True)):
            call = model.Call(plan.guidance, with_uncond=more)
            rows[index] += sum(len(model.ask(views, 1, run.schedule.levels[0], call)[0]) for views in plan.steps)
        worst = max(worst, apart(host, plans, run.schedule.levels, palette.seed or 0, saving.with_uncond))
    head = {"benchmark": "savings", "saving": name, "palettes": count}
    return head | {"rows": [each / count for each in rows], "greatest x0 difference": worst, "equal": worst < 1e-4}


def halved(palette: Palette) -> Palette:
    """The same palette, each brush as two of equal meaning that have a half of it."""

    def halves(brush: Brush) -> Iterator[Brush]:
        covered = masks.rasterise(brush.mask, palette.size) > 0.5
        middle = int(np.median(np.flatnonzero(covered.any(axis=0)))) + 1
        for name, columns in (("left", slice(0, middle)), ("right", slice(middle, None))):
            part = np.zeros(covered.shape, np.uint8)
            part[:, columns] = 255 * covered[:, columns]
            yield replace(brush, id=f"{brush.id} {name}", mask=Picture.of(png(Image.fromarray(part))))

    return replace(palette, brushes=tuple(half for brush in palette.brushes for half in halves(brush)))


def png(image: Image.Image) -> bytes:
    """The file of a picture."""
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def merged(host: DiffusersHost, given: Puzzle, saves: bool) -> Run:
    """Halves of brushes as one region, or each by itself."""
    return Run.of(host, halved(given.palette(**FAST)), merge=saves)


def windowed(host: DiffusersHost, given: Puzzle, saves: bool) -> Run:
    """Regions in windows of their own, or in tiles of the whole canvas; no bootstrap, which needs windows."""
    palette = given.palette(**FAST, bootstrap={"levels": 0})
    if saves:
        return Run.of(host, palette)
    with mock.patch.object(tiles, "window", lambda inner, canvas, least, multiple: Box.whole(canvas)):
        return Run.of(host, palette)


DRAWN: Mapping[str, Callable[[DiffusersHost, Puzzle, bool], Run]] = {
    "equal brushes are one region": merged,
    "regions have windows of their own": windowed,
}


def comparison(host: DiffusersHost, judge: Any, name: str, count: int) -> dict[str, Any]:
    """The line of a saving that changes what the network sees: with it minus without it, over palettes."""
    scores: list[dict[str, list[float]]] = []
    for number in range(count):
        given, found = puzzle(number), {}
        for saves in (True, False):
            with counted(host.pipe.unet) as cost:
                latents = DRAWN[name](host, given, saves).latents()
            picture = host.decode(latents)
            judged = score(given, labeller.label(picture, judge), truth(given))
            values = {"fidelity": judged["fidelity"], "seams": seams(np.asarray(picture), grid(NATIVE, CELL))}
            for key, value in {**values, "rows": float(cost.rows)}.items():
                found.setdefault(key, []).append(value)
        scores.append(found)
    line: dict[str, Any] = {"benchmark": "savings", "saving": name, "palettes": count}
    for key in ("rows", "fidelity", "seams"):
        pairs = np.array([each[key] for each in scores])
        line[key] = pairs.mean(axis=0).round(4).tolist()
        line[f"{key} gained"] = [round(value, 4) for value in interval(pairs[:, 0] - pairs[:, 1])]
    return line


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20, help="palettes that are drawn")
    parser.add_argument("--exact", type=int, default=2, help="palettes whose predictions are compared")
    given = parser.parse_args()
    torch.set_num_threads(1)
    host = DiffusersHost.load(str(WEIGHTS / "toyworld.safetensors"), "cpu", "float32")
    merge(host.pipe.unet, load_file(WEIGHTS / "toyworld-lcm.safetensors"))
    for name in EXACT if given.exact else ():
        print(json.dumps(exactness(host, name, given.exact)), flush=True)
    quicken(host.pipe.unet)
    judge = labeller.load(Path(WEIGHTS / "labeller.safetensors"))
    for name in DRAWN if given.count else ():
        print(json.dumps(comparison(host, judge, name, given.count)), flush=True)


if __name__ == "__main__":
    main()
