"""The ladder: a puzzle -> latents by each method, with the network rows that it takes."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fidelity_paths  # noqa: F401  (so that tools/ is found)
import numpy as np
import torch
from demo_lora import merge
from demo_speed import hasten
from fidelity_naive import Naive, sample
from fidelity_palettes import CANVAS, Puzzle
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from lib_regiondiff.document.palette import Palette
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.hosts.diffusers.host import DiffusersHost
from lib_regiondiff.hosts.diffusers.render import Drawing
from lib_regiondiff.hosts.diffusers.sampling import samplers
from lib_regiondiff.hosts.diffusers.text.encoding import encode
from lib_regiondiff.planning import noise, tiles
from lib_regiondiff.planning.weights import masks

STEPS, SLOW_STEPS, GUIDANCE = 5, 50, 4.0
NATIVE, CELL = 128, 8  # of the demo model, in pixels
BOOTSTRAP = 2  # steps; what the reference's demos use
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
            quicken(host.pipe.unet)
        return Studio(full, fast)


def quicken(unet: Any) -> None:
    """Run a UNet in bfloat16, as it was trained; where this was tried, no pixel moved by more than 12 grey levels."""
    forward = hasten(unet).forward

    def mixed(*given: Any, **named: Any) -> Any:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return forward(*given, **named)

    unet.forward = mixed


@dataclass
class Cost:
    """How many rows went through the network, and how many latent cells they have."""

    rows: int = 0
    cells: int = 0
    handles: list[Any] = field(default_factory=list)


@contextlib.contextmanager
def count_calls(network: Any) -> Iterator[Cost]:
    """A context that counts the rows and cells which a network is given."""
    cost = Cost()

    def count(module: Any, given: Sequence[Any]) -> None:
        cost.rows += given[0].shape[0]
        cost.cells += given[0].shape[0] * given[0].shape[2] * given[0].shape[3]

    handle = network.register_forward_pre_hook(count)
    try:
        yield cost
    finally:
        handle.remove()


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


def ours(studio: Studio, given: Puzzle) -> tuple[Tensor, Cost]:
    """The puzzle drawn by us: region windows, merged regions, everything at its default."""
    return draw_core(studio.fast, given, FAST)


def reference(studio: Studio, given: Puzzle) -> tuple[Tensor, Cost]:
    """The puzzle drawn by the full model with guidance and many steps, in the regions of `ours`."""
    return draw_core(studio.full, given, SLOW)


def naive(
    studio: Studio, given: Puzzle, early: bool = False, quantized: bool = False, bootstrap: int = 0
) -> tuple[Tensor, Cost]:
    """The puzzle drawn by MultiDiffusion with every region in every tile; options are those of `Naive`."""
    host = studio.fast
    scheduler = samplers.make_scheduler(samplers.find("LCM"), host.pipe.scheduler, STEPS, "cpu")
    times, kept = scheduler.timesteps.tolist(), scheduler.alphas_cumprod
    words = [meaning.prompt for meaning in given.meanings]
    conds = torch.cat([encode(host.pipe.tokenizer, host.pipe.text_encoder, each).embedding for each in words])

    @torch.no_grad()
    def eps(x: Tensor, t: int, regions: Sequence[int]) -> Tensor:
        return host.pipe.unet(x, t, encoder_hidden_states=conds[list(regions)]).sample.float()

    white = studio.full.encode_image(Image.new("RGB", (NATIVE, NATIVE), "white"))[0].mean(dim=(1, 2), keepdim=True)
    layers = make_weights(given, times, kept, quantized)
    job = Naive(eps, make_grid(NATIVE, CELL), layers, times, kept, early, bootstrap, white)
    palette, cells = given.palette(), CANVAS.cells(CELL)
    generator = noise.make_generator(palette.seed or 0)
    start = noise.draw_unit([generator], (host.latent.channels, cells.height, cells.width))
    return sample(job, start, generator), Cost(job.rows, job.rows * job.tiles[0].size.area)


def make_grid(native: int, cell: int) -> list[Box]:
    """Tiles, in cells, of the native size in pixels that overlap by half."""
    side = native // cell
    return tiles.list_tiles(Box.whole(CANVAS.cells(cell)), Size(side, side), side // 2)


def make_weights(
    given: Puzzle, times: Sequence[int], kept: Tensor, quantized: bool, cell: int = CELL
) -> list[np.ndarray]:
    """Weights [regions, h, w] of each step: what is visible of each brush, by the noise level if `quantized`."""
    palette = given.palette(feather=FEATHER if quantized else 0)
    layers = [
        masks.BrushLayer(masks.measure_cells(brush.mask, CANVAS, cell), brush.feather / cell)
        for brush in palette.brushes
    ]
    stack = masks.partition(layers, CANVAS.cells(cell), palette.overlap)
    clock = [float((1 - kept[t]).sqrt()) for t in times] + [0.0]
    kind = "discrete" if quantized else "none"
    return [
        masks.add_background(masks.quantize(stack[1:], kind, here, then)) for here, then in itertools.pairwise(clock)
    ]


Method = Callable[[Studio, Puzzle], tuple[Tensor, Cost]]

METHODS: Mapping[str, tuple[str, Method]] = {
    "a": ("one plain prompt that lists everything", listing),
    "b": ("MultiDiffusion on LCM, naive: next-step latents averaged", naive),
    "c": ("+ latent pre-averaging", lambda studio, given: naive(studio, given, early=True)),
    "d": ("+ bootstrapping with centring", lambda studio, given: naive(studio, given, early=True, bootstrap=BOOTSTRAP)),
    "e": ("+ quantized masks", lambda studio, given: naive(studio, given, True, quantized=True, bootstrap=BOOTSTRAP)),
    "f": ("ours at default settings", ours),
    "g": ("50-step DDIM with regions, guidance 4", reference),
}
