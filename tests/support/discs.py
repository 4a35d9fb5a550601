"""A network that draws a disc for some prompts, and palettes of one thing, to see what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from fakes import GaussianHost, MeanCond, clock_of, exploding, schedule
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.host import Level, Row
from lib_regiondiff.planning import noise
from lib_regiondiff.planning.plan import Job, Plan, make_plan
from palettes import sized

STEPS = 5
LEVELS = tuple(exploding(sigma) for sigma in schedule(STEPS))
SIDE = 8  # cells of the native side


class Figures(GaussianHost):
    """A prompt above 0 is a disc in the middle of what is drawn, on the ground 0; it fills a third of the side."""

    def denoise(self, x: Tensor, rows: Sequence[Row]) -> Tensor:
        """The figure of each row, whatever x is."""
        self.calls.append(list(rows))
        found = []
        for row in rows:
            assert isinstance(row.cond, MeanCond)
            value = row.cond.mean
            y, xs = torch.meshgrid(*(torch.linspace(-1, 1, side) for side in x.shape[-2:]), indexing="ij")
            disc = ((y**2 + xs**2) < 0.45).to(x)
            found.append((value * disc).expand(x.shape[1], -1, -1) if value > 0 else torch.zeros_like(x[0]))
        return torch.stack(found)

    def decode(self, latent: Tensor) -> Image.Image:
        """Grey cells of 8x8 pixels."""
        cells = latent[0].mean(dim=0).clamp(0, 4).mul(60).byte().numpy()
        return Image.fromarray(cells.repeat(8, 0).repeat(8, 1)).convert("RGB")


def make_document(box: Sequence[float], size: int = 256, **more: Any) -> Palette:
    brush = {"id": "a", "prompt": "2", "kind": "thing", "mask": {"rectangle": list(box)}}
    return sized(size, size, background={"prompt": "0"}, guidance=1, brushes=[brush | more], tiles=None)


def plan_document(palette: Palette, host: GaussianHost, levels: Sequence[Level] = LEVELS) -> Plan:
    return make_plan(palette, Job(palette.size, clock_of(levels), (1,)), host)


def make_canvas(plan: Plan) -> Tensor:
    made = torch.randn(1, 3, plan.size.height, plan.size.width, generator=noise.make_generator(3))
    return made.double() * LEVELS[0].beta
