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
from lib_regiondiff.geometry import Size
from lib_regiondiff.host import Row
from lib_regiondiff.planning import noise
from lib_regiondiff.planning.things.closeups import FILL
from palettes import sized


class Checks(GaussianHost):
    """Whatever x is, a prompt is drawn as its mean in the middle of a row, in checks of one cell of what is drawn."""

    def denoise(self, x: Tensor, rows: Sequence[Row]) -> Tensor:
        return torch.stack(
            [find_mean(row) * mark_middle(each) + check(each) for each, row in zip(x, rows, strict=True)]
        )


def find_mean(row: Row) -> float:
    assert isinstance(row.cond, MeanCond)
    return row.cond.mean


def mark_middle(like: Tensor) -> Tensor:
    """1 in as much of the middle [C, h, w] as a brush fills of its window, else 0."""
    sides = [(torch.linspace(-1, 1, side).abs() < FILL).to(like) for side in like.shape[-2:]]
    return (sides[0][:, None] * sides[1]).expand(like.shape)


def check(like: Tensor) -> Tensor:
    """1 and -1 in turn [C, h, w]."""
    y, x = torch.meshgrid(torch.arange(like.shape[-2]), torch.arange(like.shape[-1]), indexing="ij")
    return (1 - 2.0 * ((y + x) % 2)).expand(like.shape).to(like)


def draw_rims(half: float, carried: float, kind: str = "thing") -> list[tuple[Tensor, Tensor, Tensor]]:
    """At each level but the last, what is kept in the rim of a brush with sides of twice `half` of the canvas, the
    checks drawn there, and what of the canvas is there, all [C, cells]; likewise of what is kept in a size to come."""
    low, high = 0.5 - half, 0.5 + half
    mask = {"rectangle": [low, low, high, high]}
    if kind == "scene":  # nothing is around one that fills its window
        mask = {"polygon": [[0.5, low], [high, 0.5], [0.5, high], [low, 0.5]]}
    brush = {"id": "a", "prompt": "2", "kind": kind, "mask": mask}
    palette = sized(512, 512, background={"prompt": "0"}, guidance=1, brushes=[brush], tiles=None)
    plan = plan_document(palette, host := Checks(native=256))
    images, x, found = ImageBatch(host, plan), make_canvas(plan), []
    for step, (level, then) in enumerate(itertools.pairwise(LEVELS)):
        x0 = images.predict(x, level, Call(plan.guidance)).denoised
        new = torch.randn(x.shape, generator=noise.make_generator(step)).to(x)
        x = x0 + then.beta * (carried * (x - x0) / level.beta + (1 - carried**2) ** 0.5 * new)
        (view,) = [each for each in plan.views(level) if each.zoom is not None]
        things = images.memories[0].things
        kept, canvas = things.now[view.names, view.box], things.canvas_now
        assert view.zoom is not None and canvas is not None
        for shown in () if view.zoom.last else (kept.x0, kept.grown):
            if shown is not None:
                size = Size(shown.shape[-2], shown.shape[-1])
                weight = view.weight[None] if view.zoom.above else view.zoom.inside[None]
                rim = fit(weight, size)[0] == 0
                below = fit(view.seen.padded(canvas.ground), size)
                found.append((shown[:, rim], fit(check(kept.x0), size)[:, rim], below[:, rim].to(shown)))
    return found


def test_an_enlarged_rim_has_the_colours_of_the_canvas_in_the_pattern_of_the_close_up() -> None:
    """An enlarged pattern is none that a model knows."""
    _, *others = draw_rims(0.06, carried=1)
    assert others
    for kept, checks, canvas in others:
        assert (canvas - checks).abs().mean() > 0.3, "another scale"
        assert (kept - checks).abs().mean() < 0.1, "its own pattern"
        assert (kept - checks).mean().abs() < 0.05, "nothing of the thing's colour, nor its contrary"


@pytest.mark.parametrize(
    ("half", "carried", "kind"),
    [
        *[(0.45, 0, "thing"), (0.06, 0, "thing"), (0.06, 0.7, "thing"), (0.2, 1, "thing"), (0.45, 1, "thing")],
        *[(0.06, 1, "scene"), (0.45, 1, "scene")],
    ],
)
def test_a_rim_is_the_canvas_where_some_noise_is_new_or_nothing_is_enlarged(
    half: float, carried: float, kind: str
) -> None:
    """A scene has borders with others instead."""
    found = draw_rims(half, carried, kind)
    assert found[-1][0].numel()
    for kept, _, canvas in found:
        assert torch.allclose(kept, canvas, atol=1e-5)
