"""Does each saving cost nothing? `python benchmarks/savings.py [--count N] [--exact M]` switches one off at a time.

Where a saving is exact, both plans predict x0 from the same x along one path, and the greatest difference is told.
Where it changes what the network sees, both draw the palettes of fidelity.py on the same seeds, and fidelity and seams
are compared in pairs, with 95 % intervals; so are the core without its bootstrap and fidelity.py's naive loop, which
saves nothing. One JSON line for each. What is drawn and compared is kept in .cache/fidelity, the naive loop's pictures
are those of fidelity.py's method c: a run that was stopped goes on.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock

import fidelity_paths  # noqa: F401  (so that tools/ is found)
import numpy as np
import torch
from demo_lora import merge
from fidelity_costs import Cost, count_calls
from fidelity_methods import FAST, NATIVE, Studio, multidiffusion
from fidelity_palettes import Puzzle, draw_truth, make_puzzle
from fidelity_pictures import Setup, collect, encode_png, judge_picture, keep, make_parser, put
from fidelity_report import measure_interval
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from lib_regiondiff.denoising.model import ImageBatch
from lib_regiondiff.denoising.rows import Call, Frame, ask
from lib_regiondiff.document.palette import Brush, Palette
from lib_regiondiff.document.pictures import Picture
from lib_regiondiff.geometry import Box
from lib_regiondiff.host import Host, Level, Prompt
from lib_regiondiff.hosts.diffusers.host import DiffusersHost
from lib_regiondiff.hosts.diffusers.render import Drawing
from lib_regiondiff.planning import noise, tiles
from lib_regiondiff.planning.plan import Plan
from lib_regiondiff.planning.views import View
from lib_regiondiff.planning.weights import masks

NATIVE_SIZE = {"width": NATIVE, "height": NATIVE}
GUIDED: Mapping[str, Any] = {
    "sampler": "DDIM", "steps": 5, "guidance": 4, "negative": "noise", "size": NATIVE_SIZE,
}  # fmt: skip
"""Where every window is the canvas, so that negatives are shared."""
NAIVE = "naive"
"""MultiDiffusion with pre-averaging, which saves nothing: every region in every tile, no bootstrap."""
SCORES = ("rows", "fidelity", "seams")


def idle(plan: Plan, host: Host) -> Plan:
    """The plan that asks every region in every tile, also where its weight is zero."""
    side = host.latent.native // host.latent.pixels_per_cell
    boxes = tiles.list_tiles(Box.whole(plan.size), tiles.Size(side, side), side // 2)

    def with_idle(views: tuple[View, ...]) -> tuple[View, ...]:
        regions = list(dict.fromkeys(view.region for view in itertools.chain.from_iterable(plan.steps)))
        there = {(view.region, view.box) for view in views}
        nothing = [(box, each) for each in regions for box in boxes if (each, box) not in there]
        blank = torch.zeros(boxes[0].size.height, boxes[0].size.width)
        return (*views, *(View(box, Box.whole(plan.size), (each,), blank) for box, each in nothing))

    return replace(plan, steps=tuple(map(with_idle, plan.steps)))


def unshared(plan: Plan, host: Host) -> Plan:
    """The plan whose views ask for their negatives one by one."""

    def alone(view: View) -> View:
        assert view.region.unconds is not None
        apart = tuple(replace(each) for each in view.region.unconds)  # type: ignore[type-var]
        return replace(view, regions=(replace(view.region, unconds=apart),))

    return replace(plan, steps=tuple(tuple(map(alone, views)) for views in plan.steps))


def asked(plan: Plan, host: Host) -> Plan:
    """The plan of guidance 1 that has negatives, so that a call may ask for them."""
    negative = host.encode(Prompt("", True, plan.size.pixels(host.latent.pixels_per_cell)))[0].cond

    def given(view: View) -> View:
        return replace(view, regions=(replace(view.region, unconds=(negative,) * len(view.region.conds)),))

    return replace(plan, steps=tuple(tuple(map(given, views)) for views in plan.steps))


@dataclass(frozen=True)
class Exact:
    """A saving that changes nothing: its name, the settings in which it is seen, and the plan without it."""

    label: str
    settings: Mapping[str, Any]
    without: Callable[[Plan, Host], Plan]
    with_uncond: bool = False


EXACT: Mapping[str, Exact] = {
    "idle": Exact("views of zero weight are not run", FAST, idle),
    "shared": Exact("a negative is shared by the views of a box", GUIDED, unshared),
    "asked": Exact("the negative is not run at guidance 1", FAST, asked, with_uncond=True),
}


def measure_difference(
    host: Host, plans: tuple[Plan, Plan], levels: Sequence[Level], seed: int, with_uncond: bool
) -> float:
    """The greatest difference between the x0 of two plans from the same x, at the levels of one path."""
    generator, size = noise.make_generator(seed), plans[0].size
    shape, worst = (host.latent.channels, size.height, size.width), 0.0
    x = noise.draw_unit([generator], shape) * levels[0].beta
    for here, then in itertools.pairwise(levels):
        calls = [Call(plans[0].guidance), Call(plans[1].guidance, with_uncond=with_uncond)]
        one, two = (
            ImageBatch(host, plan).predict(x, here, call).denoised for plan, call in zip(plans, calls, strict=True)
        )
        worst = max(worst, float((one - two).abs().max()))
        x = then.alpha * one + then.beta * noise.draw_unit([generator], shape)
    return worst


def make_palette(given: Puzzle, settings: Mapping[str, Any]) -> Palette:
    """The palette of a puzzle; `negative` among the settings is the background's."""
    words = dict(settings)
    negative = words.pop("negative", "")
    palette = given.palette(**words)
    brushes = tuple(replace(brush, kind="stuff") for brush in palette.brushes)  # the same views at each level
    return replace(palette, background=replace(palette.background, negative=negative), brushes=brushes)


@functools.cache
def load_host(setup: Setup) -> DiffusersHost:
    """The demo model with its LoRA in float32, as it is: what is exact is compared without any other shortcut."""
    torch.set_num_threads(1)
    host = DiffusersHost.load(setup.model, "cpu", "float32")
    merge(host.pipe.unet, load_file(setup.lora))
    return host


@torch.no_grad()
def measure_exactness(host: DiffusersHost, given: Puzzle, saving: Exact) -> dict[str, Any]:
    """What an exact saving does to one palette: the rows with and without it, and the greatest difference of x0."""
    palette = make_palette(given, saving.settings)
    run = Drawing.of(host, palette)
    plans, rows = (run.plan, saving.without(run.plan, host)), []
    for plan, more in zip(plans, (False, saving.with_uncond), strict=True):
        call, level = Call(plan.guidance, with_uncond=more), run.schedule.levels[0]
        rows.append(sum(len(ask([Frame(plan, views, level)], call)[0]) for views in plan.steps))
    return {
        "rows": rows,
        "apart": measure_difference(host, plans, run.schedule.levels, palette.seed or 0, saving.with_uncond),
    }


def halve(palette: Palette) -> Palette:
    """The palette with each brush as two of equal meaning, its left and its right half."""

    def halves(brush: Brush) -> Iterator[Brush]:
        covered = masks.rasterise(brush.mask, palette.size) > 0.5
        middle = int(np.median(np.flatnonzero(covered.any(axis=0)))) + 1
        for name, columns in (("left", slice(0, middle)), ("right", slice(middle, None))):
            part = np.zeros(covered.shape, np.uint8)
            part[:, columns] = 255 * covered[:, columns]
            yield replace(brush, id=f"{brush.id} {name}", mask=Picture.of(encode_png(Image.fromarray(part))))

    return replace(palette, brushes=tuple(half for brush in palette.brushes for half in halves(brush)))


def merged(host: DiffusersHost, given: Puzzle, saves: bool) -> Drawing:
    """The drawing of a palette of halved brushes: if `saves`, equal ones as one region, else each by itself."""
    return Drawing.of(host, halve(given.palette(**FAST)), merge=saves)


def windowed(host: DiffusersHost, given: Puzzle, saves: bool) -> Drawing:
    """The drawing of regions in windows of their own if `saves`, else in tiles; no bootstrap, which needs windows."""
    palette = given.palette(**FAST, bootstrap={"levels": 0})
    if saves:
        return Drawing.of(host, palette)
    with mock.patch.object(tiles, "fit_window", lambda inner, canvas, least, multiple: Box.whole(canvas)):
        return Drawing.of(host, palette)


DRAWN: Mapping[str, tuple[str, Callable[[DiffusersHost, Puzzle, bool], Drawing]]] = {
    "merged": ("equal brushes are one region", merged),
    "windows": ("regions have windows of their own", windowed),
}
PAIRS: Mapping[str, tuple[str, str, str]] = {
    **{name: (label, f"{name}-with", f"{name}-without") for name, (label, _) in DRAWN.items()},
    "naive": ("all of them, against the naive loop", "windows-with", NAIVE),
}
"""What is compared: a name, and the two pictures of a palette."""


def draw(studio: Studio, given: Puzzle, picture: str) -> tuple[Tensor, Cost]:
    """The latents of a palette's picture, by the picture's name, and their cost."""
    if picture == NAIVE:
        return multidiffusion(studio, given, early=True, bootstrap=0)
    name, _, how = picture.partition("-")
    with count_calls(studio.fast.pipe.unet) as cost:
        return DRAWN[name][1](studio.fast, given, how == "with").latents(), cost


Record = Mapping[str, Mapping[str, Any]]


def compare(number: int, setup: Setup) -> Record:
    """What the exact savings do to a palette, computed once and then kept."""
    known = {}
    for name, saving in EXACT.items():
        path = setup.fast / f"{number:04}-{name}.json"
        if not path.exists() and not setup.late:
            put(path, json.dumps(measure_exactness(load_host(setup), make_puzzle(number), saving)).encode())
        if path.exists():
            known[name] = json.loads(path.read_text(encoding="utf-8"))
    return known


def measure(number: int, setup: Setup) -> Record | None:
    """The scores of all pictures of a palette, drawn where that is not done yet; None where one is missing."""
    given, paths = make_puzzle(number), {}
    for picture in dict.fromkeys(itertools.chain.from_iterable(pictures for _, *pictures in PAIRS.values())):
        paths[picture] = setup.fast / f"{number:04}-{picture}.png"
        keep(paths[picture], setup, functools.partial(draw, given=given, picture=picture))
    if not all(path.exists() for path in paths.values()):
        return None
    true = draw_truth(given)
    return {picture: judge_picture(path, given, true, setup) for picture, path in paths.items()}


def make_exact_line(name: str, records: Sequence[Record]) -> dict[str, Any]:
    """The line to print of a saving that changes nothing."""
    known = [each[name] for each in records if name in each]
    rows, worst = np.array([each["rows"] for each in known]).mean(axis=0), max(each["apart"] for each in known)
    head = {"benchmark": "savings", "saving": EXACT[name].label, "palettes": len(known)}
    return head | {"rows": rows.tolist(), "greatest x0 difference": worst, "equal": worst < 1e-4}


def make_drawn_line(name: str, records: Sequence[Record]) -> dict[str, Any]:
    """The line to print of a saving that changes what is drawn: scores with it minus those without it."""
    label, *pictures = PAIRS[name]
    line: dict[str, Any] = {"benchmark": "savings", "saving": label, "palettes": len(records)}
    for key in SCORES:
        pairs = np.array([[each[picture][key] for picture in pictures] for each in records], np.float64)
        line[key] = pairs.mean(axis=0).round(4).tolist()
        line[f"{key} gained"] = [round(value, 4) for value in measure_interval(pairs[:, 0] - pairs[:, 1])]
    return line


def main() -> None:
    """Try the savings on as many palettes as the command line says, and print a line for each saving."""
    parser = make_parser(__doc__, count=20)
    parser.add_argument("--exact", type=int, default=2, help="palettes whose predictions are compared")
    given = parser.parse_args()
    setup = Setup.of(given)
    exact = collect(functools.partial(compare, setup=setup), given.exact, given.workers)
    for name in EXACT:
        if any(name in each for each in exact):
            print(json.dumps(make_exact_line(name, exact)), flush=True)
    records = collect(functools.partial(measure, setup=setup), given.count, given.workers)
    for name in PAIRS if records else ():
        print(json.dumps(make_drawn_line(name, records)), flush=True)


if __name__ == "__main__":
    main()
