"""The rim of close-ups: what lies around a thing has the canvas's colours, in a pattern of the close-up's own scale."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from discs import LEVELS, make_canvas, plan_document
from fakes import GaussianHost, MeanCond
from lib_regiondiff.denoising.blend import fit
from lib_regiondiff.denoising.model import ImageBatch
from lib_regiondiff.denoising.rows import Call
from lib_regiondiff.host import Row
from lib_regiondiff.planning import noise
from palettes import sized


class Checks(GaussianHost):
    """Whatever x is, a prompt is drawn as its mean, in checks of one cell of what is drawn."""

    def denoise(self, x: Tensor, rows: Sequence[Row]) -> Tensor:
        return torch.stack([find_mean(row) + check(each) for each, row in zip(x, rows, strict=True)])


def find_mean(row: Row) -> float:
    assert isinstance(row.cond, MeanCond)
    return row.cond.mean


def check(like: Tensor) -> Tensor:
    """1 and -1 in turn [C, h, w]."""
    y, x = torch.meshgrid(torch.arange(like.shape[-2]), torch.arange(like.shape[-1]), indexing="ij")
    return (1 - 2.0 * ((y + x) % 2)).expand(like.shape).to(like)


def draw_rims(half: float, carries: bool, native: int = 128) -> list[tuple[Tensor, Tensor, Tensor]]:
    """At each level but the last, what is kept of a thing of a brush with sides of twice `half` of the canvas, what of
    the canvas is there (both [C, h, w]), and where its rim is [h, w]."""
    brush = {"id": "a", "prompt": "2", "kind": "thing", "mask": {"rectangle": [0.5 - half] * 2 + [0.5 + half] * 2}}
    palette = sized(512, 512, background={"prompt": "0"}, guidance=1, brushes=[brush], tiles=None)
    plan = plan_document(palette, host := Checks(native=native))
    images, x, found = ImageBatch(host, plan), make_canvas(plan), []
    for step, (level, then) in enumerate(itertools.pairwise(LEVELS)):
        x0 = images.predict(x, level, Call(plan.guidance)).denoised
        new = torch.randn(x.shape, generator=noise.make_generator(step)).to(x)
        x = x0 + then.beta * ((x - x0) / level.beta if carries else new)
        (view,) = [each for each in plan.views(level) if each.zoom is not None]
        things = images.memories[0].things
        kept, canvas = things.now[view.names, view.box], things.canvas_now
        assert view.zoom is not None and canvas is not None
        if not view.zoom.last and kept.size == view.zoom.size:
            found.append((kept.x0, fit(view.seen.padded(canvas.ground), kept.size), view.zoom.inside == 0))
    return found


@pytest.mark.parametrize("half", [0.45, 0.06])
def test_a_rim_has_the_colours_of_the_canvas_in_the_pattern_of_the_close_up(half: float) -> None:
    """An enlarged or shrunk pattern is none that a model knows."""
    first, *others = draw_rims(half, carries=True)
    assert others and first[2].any()
    for x0, canvas, rim in others:
        assert not torch.allclose(canvas[:, rim], check(canvas)[:, rim], atol=0.5), "the canvas has another scale"
        assert torch.allclose(x0[:, rim], check(x0)[:, rim], atol=0.15)


@pytest.mark.parametrize(("half", "carries"), [(0.45, False), (0.06, False), (0.12, True)])
def test_a_rim_is_the_canvas_where_noise_is_new_or_scales_are_alike(half: float, carries: bool) -> None:
    for x0, canvas, rim in draw_rims(half, carries):
        assert torch.allclose(x0[:, rim], canvas[:, rim].to(x0), atol=1e-5)
