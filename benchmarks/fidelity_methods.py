"""The ladder: a puzzle -> latents by each method, with the network rows that it takes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fidelity_canvas
import fidelity_paths  # noqa: F401  (so that tools/ is found)
import numpy as np
import torch
from demo_lora import merge
from demo_speed import hasten
from fidelity_canvas import Canvas
from fidelity_costs import Cost, count_calls
from fidelity_naive import Bootstrap, Eps, Naive, sample
from fidelity_palettes import CANVAS, Flags, Puzzle, rasterise
from fidelity_stream import list_fading_tiles, list_plain_tiles, spread_masks, surround_coloured, surround_white
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from lib_regiondiff.document.palette import Palette
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.hosts.diffusers import render
from lib_regiondiff.hosts.diffusers.host import DiffusersHost
from lib_regiondiff.hosts.diffusers.render import Drawing
from lib_regiondiff.hosts.diffusers.sampling import samplers
from lib_regiondiff.hosts.diffusers.text.encoding import encode
from lib_regiondiff.planning import noise, tiles

STEPS, SLOW_STEPS, GUIDANCE = 5, 50, 4.0
NATIVE, CELL = 128, 8  # of the demo model, in pixels
BOOTSTRAP, SENSITIVITY = 2, 0.2  # steps, as the originals' examples have; of leaks
FEATHER = 8  # pixels, for masks that are quantized
FAST: Mapping[str, Any] = {"sampler": "LCM", "steps": STEPS, "guidance": 1}
SLOW: Mapping[str, Any] = {"sampler": "DDIM", "steps": SLOW_STEPS, "guidance": GUIDANCE, "tiles": None}


@dataclass(frozen=True)
class Studio:
    """The demo model, as it is (`full`) and with the LCM LoRA (`fast`)."""

    full: DiffusersHost
    fast: DiffusersHost

    @staticmethod
    def open(model: str, lora: Path | None) -> Studio:
        """Load the demo model with and without a LoRA; without any, both are the same."""
        full, fast = (DiffusersHost.load(model, "cpu", "float32") for _ in range(2))
        if lora is not None:
            merge(fast.pipe.unet, load_file(lora))
        for host in (full, fast):
            hasten(host.pipe.unet)
        return Studio(full, fast)


def draw_core(
    host: DiffusersHost, given: Puzzle, settings: Mapping[str, Any], feather: float = 0
) -> tuple[Tensor, Cost]:
    """The latents of a puzzle drawn by our core with these settings, and their cost; `feather` is in pixels."""
    return sample_palette(host, given.palette(feather, **settings))


def sample_palette(host: DiffusersHost, palette: Palette) -> tuple[Tensor, Cost]:
    """The latents of a palette that has a seed, and their cost."""
    with count_calls(host.pipe.unet) as cost:
        return Drawing.of(host, palette).latents(), cost


def listing(studio: Studio, given: Puzzle) -> tuple[Tensor, Cost]:
    """The puzzle drawn by one plain prompt that lists everything, without brushes."""
    return draw_core(studio.fast, given, {**FAST, "background": {"prompt": given.listing()}, "brushes": []})


def ours(studio: Studio, given: Puzzle) -> tuple[Image.Image, Cost]:
    """The puzzle drawn by us: region windows, merged regions, everything at its default."""
    return draw_picture(studio.fast, given, FAST)


def reference(studio: Studio, given: Puzzle) -> tuple[Image.Image, Cost]:
    """The puzzle drawn by the full model with guidance and many steps, in the regions of `ours`."""
    return draw_picture(studio.full, given, SLOW)


def draw_picture(host: DiffusersHost, given: Puzzle, settings: Mapping[str, Any]) -> tuple[Image.Image, Cost]:
    """A puzzle's picture as the library draws it, with borders cut in pixels, and its cost."""
    with count_calls(host.pipe.unet) as cost:
        (made,) = render(host, given.palette(**settings), ignore_model=True)
    return made.image, cost


@dataclass(frozen=True)
class Bench:
    """What the baselines have in common: the fast model, how it predicts noise, times, alpha-bar, the first noise."""

    network: Any
    eps: Eps
    times: Sequence[int]
    kept: Tensor
    start: Tensor
    generator: torch.Generator

    @staticmethod
    def of(studio: Studio, given: Puzzle) -> Bench:
        """The baselines' parts for a puzzle."""
        host = studio.fast
        scheduler = samplers.make_scheduler(samplers.find("LCM"), host.pipe.scheduler, STEPS, "cpu")
        words = [meaning.prompt for meaning in given.meanings]
        conds = torch.cat([encode(host.pipe.tokenizer, host.pipe.text_encoder, each).embedding for each in words])

        @torch.no_grad()
        def eps(x: Tensor, t: int, regions: Sequence[int]) -> Tensor:
            return host.pipe.unet(x, t, encoder_hidden_states=conds[list(regions)]).sample.float()

        cells, generator = CANVAS.cells(CELL), noise.make_generator(given.palette().seed or 0)
        start = noise.draw_unit([generator], (host.latent.channels, cells.height, cells.width))
        return Bench(host.pipe.unet, eps, scheduler.timesteps.tolist(), scheduler.alphas_cumprod, start, generator)

    @property
    def levels(self) -> list[float]:
        """The noise level of each step."""
        return [float((1 - self.kept[t]).sqrt()) for t in self.times]


def multidiffusion(
    studio: Studio, given: Puzzle, early: bool = False, bootstrap: int = BOOTSTRAP
) -> tuple[Tensor, Cost]:
    """The puzzle drawn by MultiDiffusion; in two steps of five, as in 20 of 50, regions are surrounded by colours."""
    bench, first = Bench.of(studio, given), None
    if bootstrap:
        colours = torch.rand(bootstrap, 3, generator=bench.generator).mul(255).byte().tolist()
        latents = torch.cat([encode_flat(studio, tuple(each)).mean(dim=(2, 3), keepdim=True) for each in colours])
        first = Bootstrap(bootstrap, surround_coloured(latents, bench.start, bench.kept))
    tiles = list_plain_tiles(CANVAS.cells(CELL), NATIVE // CELL)
    masks = spread_masks(rasterise(given.palette()), bench.levels, CELL)
    return run(Naive(bench.eps, tiles, masks, bench.times, bench.kept, early, first), bench)


def stream(studio: Studio, given: Puzzle, bootstrap: int = 0, std: float = 0) -> tuple[Tensor, Cost]:
    """The puzzle drawn by StreamMultiDiffusion: tiles that fade, `bootstrap` steps, masks blurred by `std` pixels.

    Its first bootstrap step shows white around regions, others the canvas. Blurred masks leave gaps, which are white.
    """
    bench = Bench.of(studio, given)
    white = encode_flat(studio, (255, 255, 255))
    masks = spread_masks(rasterise(given.palette()), bench.levels, CELL, std)
    ground = white if any((each.sum(0) == 0).any() for each in masks) else None
    surround = surround_white(white, bench.kept, 1.0, ground)
    first = Bootstrap(bootstrap, surround, centred=True, sensitivity=SENSITIVITY) if bootstrap else None
    tiles = list_fading_tiles(CANVAS.cells(CELL), NATIVE // CELL)
    return run(Naive(bench.eps, tiles, masks, bench.times, bench.kept, True, first, ground), bench)


def run(job: Naive, bench: Bench) -> tuple[Tensor, Cost]:
    """What a naive run draws, and its cost."""
    with count_calls(bench.network) as ran:
        latents = sample(job, bench.start, bench.generator)
    each = ran.multiply_adds / ran.rows
    return latents, Cost(job.rows, job.rows * job.tiles[0].box.size.area, job.rows * each)


def encode_flat(studio: Studio, colour: tuple[int, ...]) -> Tensor:
    """The latents [1, C, h, w] of a canvas of one colour."""
    return studio.full.encode_image(Image.new("RGB", (CANVAS.width, CANVAS.height), colour))


def mixture(studio: Studio, given: Puzzle) -> tuple[Tensor, Cost]:
    """The puzzle drawn by Mixture of Diffusers' canvas: the background everywhere, and each brush's bounding box."""
    bench, cells = Bench.of(studio, given), CANVAS.cells(CELL)
    boxes = [find_cells(mask) for mask in rasterise(given.palette())]
    job = Canvas(bench.eps, [Box.whole(cells), *boxes], bench.times, bench.kept)
    with count_calls(bench.network) as cost:
        latents = fidelity_canvas.sample(job, bench.start, bench.generator)
    return latents, cost


def find_cells(mask: Flags, cell: int = CELL) -> Box:
    """The least box of whole cells around a mask, bool [h, w], that is not empty; even, as the network needs."""
    ends = []
    for axis in (1, 0):
        there = np.flatnonzero(mask.any(axis=axis))
        low, high = int(there[0]) // (2 * cell), int(there[-1]) // (2 * cell) + 1
        ends.append((2 * low, 2 * high))
    (top, bottom), (left, right) = ends
    return Box(top, left, bottom, right)


def make_grid(native: int, cell: int) -> list[Box]:
    """Tiles, in cells, of the native size in pixels that overlap by half."""
    side = native // cell
    return tiles.list_tiles(Box.whole(CANVAS.cells(cell)), Size(side, side), side // 2)


Method = Callable[[Studio, Puzzle], tuple[Tensor | Image.Image, Cost]]

METHODS: Mapping[str, tuple[str, Method]] = {
    "a": ("one plain prompt that lists everything", listing),
    "b": ("MultiDiffusion on LCM: next-step latents averaged", multidiffusion),
    "c": ("+ latent pre-averaging", functools.partial(multidiffusion, early=True)),
    "d": (
        "StreamMultiDiffusion: centred on white, leaks weakened",
        functools.partial(stream, bootstrap=BOOTSTRAP),
    ),
    "e": ("+ quantized masks, blurred by 8 px", functools.partial(stream, bootstrap=BOOTSTRAP, std=FEATHER)),
    "m": ("Mixture of Diffusers' canvas on LCM, a box for each brush", mixture),
    "f": ("ours at default settings", ours),
    "g": ("50-step DDIM with regions, guidance 4", reference),
}
