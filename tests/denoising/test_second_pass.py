"""A second pass: things and strokes of the first one stay as they are, in a larger picture, but for its last steps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from discs import LEVELS, Figures, make_canvas, make_document
from fakes import GaussianHost, MeanCond, clock_of
from lib_regiondiff.denoising.blend import fit
from lib_regiondiff.denoising.model import ImageBatch
from lib_regiondiff.denoising.pixels.paste import paste_things
from lib_regiondiff.denoising.rows import Call
from lib_regiondiff.denoising.second_pass import go_on, list_kept
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.geometry import Size
from lib_regiondiff.host import Level, Row
from lib_regiondiff.planning.conditioning import Kept
from lib_regiondiff.planning.plan import Job, Plan, make_plan
from palettes import sized

LATER = LEVELS[2:]
BOX, SMALL = [0.25, 0.25, 0.6, 0.6], [0.3, 0.3, 0.5, 0.5]
POST = {"id": "a", "prompt": "2", "kind": "stuff", "mask": {"rectangle": [0.5, 0.1, 0.53, 0.9]}}


class Grey(GaussianHost):
    """A prompt is the value of all that is drawn; a cell is 8x8 grey pixels."""

    def decode(self, latent: Tensor) -> Image.Image:
        """The means of cells, 60 times as bright as they are high."""
        return Figures.decode(Figures(), latent)


def stroke(size: int) -> Palette:
    return sized(size, size, background={"prompt": "0"}, guidance=1, brushes=[POST], tiles=None)


def choose_host(palette: Palette) -> GaussianHost:
    return Figures(native=64) if palette.brushes[0].kind != "stuff" else Grey(deviation=1e-3, native=64)


def draw_first(palette: Palette, seeds: tuple[int, ...] = (1,)) -> ImageBatch:
    host = choose_host(palette)
    images = ImageBatch(host, make_plan(palette, Job(palette.size, clock_of(LEVELS), seeds, final=False), host))
    x = make_canvas(images.plan).expand(len(seeds), -1, -1, -1)
    for level in LEVELS[:-1]:
        images.predict(x, level, Call(1))
    return images


def plan_second(palette: Palette, first: ImageBatch) -> Plan:
    seeds = tuple(range(len(first.memories)))
    job = Job(palette.size, clock_of(LATER), seeds, kept=list_kept(first.memories))
    return make_plan(palette, job, Figures(native=64))


def draw_second(palette: Palette, first: ImageBatch, carried: float = 0.0) -> tuple[ImageBatch, Tensor]:
    """The images of a second pass at twice the size, and its last x0; x keeps so much of the first picture."""
    assert first.denoised is not None
    begun = torch.stack([fit(each, Size(64, 64)) for each in first.denoised])
    images = ImageBatch(choose_host(palette), plan_second(palette, first), go_on(first.memories, begun))
    x = x0 = LATER[0].alpha * begun
    for level in LATER[:-1]:
        x0 = images.predict(x, level, Call(1)).denoised
        x = level.alpha * torch.lerp(x0, begun, carried)
    return images, x0


@pytest.mark.parametrize("carried", [0.0, 0.7])
@pytest.mark.parametrize("kind", ["thing", "auto"])
def test_a_thing_stays_where_and_what_it_was(kind: str, carried: float) -> None:
    first = draw_first(make_document(BOX, kind=kind))
    images, x0 = draw_second(make_document(BOX, 512, kind=kind), first, carried)
    assert first.denoised is not None and images.plan_of(0).brush_kinds == ("thing",)
    before, after = (each[0].mean(dim=0) > 1 for each in (first.denoised, x0))
    large = before.repeat_interleave(2, 0).repeat_interleave(2, 1)
    assert (large & after).sum() > 0.65 * (large | after).sum(), "but for the steps of cells"
    middles = [torch.stack(torch.where(each)).double().mean(dim=1) for each in (large, after)]
    assert (middles[0] - middles[1]).abs().max() < 1.5
    rows = [row for rows in images.host.calls for row in rows]  # type: ignore[attr-defined]
    assert sum(row.zoom is None for row in rows) == len(LATER) - 1, "the ground"
    assert not any(row.zoom for row in rows), "the first pass has drawn it as fine already"


@pytest.mark.parametrize("box", [[0.4, 0.4, 0.5, 0.5], [0.4, 0.4, 0.48, 0.5]])
def test_nothing_is_asked_for_a_thing_that_would_have_no_more_cells(box: list[float]) -> None:
    images, _ = draw_second(make_document(box, 512), draw_first(make_document(box)))
    assert not any(row.zoom for rows in images.host.calls for row in rows)  # type: ignore[attr-defined]


def test_the_finer_step_goes_on_from_what_was_pasted() -> None:
    first = draw_first(make_document(SMALL))
    ((_, before),) = first.memories[0].things.now.items()
    assert before.picture is not None and before.picture.size == (64, 64)
    images, _ = draw_second(make_document(SMALL, 512), first)
    (row,) = (row for rows in images.host.calls for row in rows if row.zoom)  # type: ignore[attr-defined]
    assert row.zoom is not None and row.zoom.x0 is not None
    assert torch.allclose(row.zoom.x0, fit(before.x0, row.zoom.size).to(row.zoom.x0), atol=1e-4)
    ((_, after),) = images.memories[0].things.now.items()
    assert after.picture is not None and before.picture is not None
    assert after.picture.size == (96, 96) and after.shares is not None and before.shares is not None
    old, new = (cv2.resize(each, (64, 64), interpolation=cv2.INTER_AREA) for each in (before.shares, after.shares))
    assert np.abs(old - new).mean() < 0.1


def test_a_thing_that_stops_before_the_end_stays_as_fine_as_it_is() -> None:
    clock = [0.62, 0.5, 0.4, 0.3, 0.2, 0.1]
    first = draw_first(make_document(SMALL))
    ((_, before),) = first.memories[0].things.now.items()
    palette = make_document(SMALL, 512, stop=0.85)
    job = Job(palette.size, (*clock, 0.0), (0,), kept=list_kept(first.memories))
    host = Figures(native=64)
    assert first.denoised is not None
    begun = torch.stack([fit(each, Size(64, 64)) for each in first.denoised])
    images = ImageBatch(host, make_plan(palette, job, host), go_on(first.memories, begun))
    for noise in clock:
        images.predict(begun, Level(noise, 1.0, noise / (1 - noise**2) ** 0.5, noise), Call(1))
    asked = [row.level.noise for rows in host.calls for row in rows if row.zoom is not None]
    assert asked and asked[-1] > clock[-1], "it stops before the end"
    ((_, after),) = images.memories[0].things.now.items()
    assert after.picture is not None and before.picture is not None and after.picture.width > before.picture.width


@pytest.mark.parametrize("above", [True, False])
def test_a_stroke_and_a_finer_thing_keep_their_order(above: bool) -> None:
    thing, line = make_document(SMALL).brushes[0], stroke(256).brushes[0]
    brushes = (thing, replace(line, id="z")) if above else (replace(line, id="z"), thing)
    first = draw_first(replace(make_document(SMALL), brushes=brushes))
    images, _ = draw_second(replace(make_document(SMALL, 512), brushes=brushes), first)
    assert sum(row.zoom is not None for rows in images.host.calls for row in rows) == 1  # type: ignore[attr-defined]
    assert [names for names, _ in images.memories[0].things.now] == ([("a",), ("z",)] if above else [("z",), ("a",)])


@pytest.mark.parametrize("palette", [make_document(BOX), stroke(256)], ids=["thing", "stroke"])
def test_the_ground_sees_nothing_of_what_lies_above_it(palette: Palette) -> None:
    first = draw_first(palette)
    large = make_document(BOX, 512) if palette.brushes[0].kind == "thing" else stroke(512)
    images, _ = draw_second(large, first)
    begun = images.memories[0].things.begun
    assert begun is not None and begun.x0.abs().max() > 1 and begun.ground.abs().max() < 0.1


def test_a_stroke_is_pasted_as_wide_as_its_mask_in_the_larger_picture() -> None:
    """Six cells wide, it would be none there."""
    first = draw_first(stroke(256))
    palette = stroke(512)
    images, x0 = draw_second(palette, first)
    assert x0.abs().max() < 1e-6, "in the end nothing of it is to show beside its mask"
    before = Image.new("RGB", (512, 512), (9, 9, 9))
    made = np.asarray(paste_things(images.host, before, palette, images.memories[0].things), int)[..., 0]
    assert np.abs(made[60:450, 257:271] - 120).max() <= 1 and (made[:, :255] == 9).all() and (made[:, 273:] == 9).all()


class Ramp(GaussianHost):
    """A prompt above 0 is a ramp from left to right of all that is drawn, 1 cell wide a step."""

    def denoise(self, x: Tensor, rows: Sequence[Row]) -> Tensor:
        self.calls.append(list(rows))
        ramp = torch.arange(x.shape[-1]).to(x).expand(x.shape[1:]) / 8
        above = [isinstance(row.cond, MeanCond) and row.cond.mean > 0 for row in rows]
        return torch.stack([ramp if each else torch.zeros_like(ramp) for each in above])

    def decode(self, latent: Tensor) -> Image.Image:
        return Figures.decode(Figures(), latent)


def draw_both(mask: Mapping[str, Any]) -> tuple[Palette, ImageBatch, list[Row]]:
    """The palette, images and rows of a second pass, twice as large, of a brush with a texture."""
    brush = {"id": "a", "prompt": "2", "mask": mask}
    head = {"background": {"prompt": "0"}, "guidance": 4, "brushes": [brush], "tiles": None}
    small, large, host = sized(256, 256, **head), sized(512, 512, **head), Ramp(native=128)
    first = ImageBatch(host, make_plan(small, Job(small.size, clock_of(LEVELS), (1,), final=False), host))
    x = make_canvas(first.plan)
    for level in LEVELS[:-1]:
        first.predict(x, level, Call(4))
    assert first.plan_of(0).brush_kinds == ("stuff",) and first.denoised is not None
    begun = torch.stack([fit(each, Size(64, 64)) for each in first.denoised])
    job = Job(large.size, clock_of(LATER), (1,), kept=list_kept(first.memories))
    images = ImageBatch(host, make_plan(large, job, host), go_on(first.memories, begun))
    host.calls.clear()
    for level in LATER[:-1]:
        images.predict(level.alpha * begun, level, Call(4))
    return large, images, [row for rows in host.calls for row in rows]


@pytest.mark.parametrize("side", [0.2, 0.5])
def test_a_texture_goes_on_in_the_larger_picture(side: float) -> None:
    """Its scale grows with the picture, so that it is not repeated, mirrored, where it would end in its old size; one
    that fits in a view is drawn in it, as fine as the picture."""
    low, high = 0.5 - side / 2, 0.5 + side / 2
    large, images, rows = draw_both({"rectangle": [low, low, high, high]})
    before = Image.new("RGB", (512, 512), (9, 9, 9))
    made = np.asarray(paste_things(images.host, before, large, images.memories[0].things), int)[..., 0]
    row = made[256, round(512 * low) + 2 : round(512 * high) - 2]
    assert (np.diff(row) > -6).all() and row[-1] - row[0] > 60, "a ramp, once"
    begun = [row.zoom.x0 for row in rows if row.zoom is not None]
    assert (asked := bool(begun)) == (side < 0.3)
    alone = [each is not None and bool((each.diff(dim=-1) >= 0).all()) for each in begun]
    assert all(alone), "it goes on from itself, without the ground"
    steps = np.flatnonzero(np.diff(row) > 0)
    assert (np.diff(steps) == 8).all() == asked, "cells of the larger picture"


@given(
    sides=st.tuples(st.floats(0.15, 0.9), st.floats(0.15, 0.9)),
    larger=st.sampled_from([704, 768, 1024, 1536]),
    drawn=st.sampled_from([Size(32, 32), Size(44, 24), Size(24, 44), Size(36, 28)]),
)
def test_a_thing_that_is_kept_is_not_stretched(sides: tuple[float, float], larger: int, drawn: Size) -> None:
    """Brushes cover other shares of cells in each pass, so another size might be chosen."""
    host = Figures(native=256)
    job = Job(Size(larger, larger), clock_of(LATER), (1,), kept=Kept({"a": ((drawn, drawn),)}))
    undecided = make_plan(make_document([0.05, 0.05, *(0.05 + side for side in sides)], larger), job, host).undecided
    assert undecided is not None
    (kept,) = undecided.decide(["a"]).kept
    assert kept.size == drawn
    shown = kept.box.size
    stretched = abs(math.log(shown.height / shown.width * drawn.width / drawn.height))
    assert stretched <= sum(math.log1p(0.51 / side) for side in (shown.height, shown.width)), "but for whole cells"


def test_a_thing_that_is_drawn_again_has_a_size_of_its_own() -> None:
    """Where sampling begins with noise, nothing is kept."""
    box, host = [0.1, 0.1, 0.4, 0.9], Figures(native=256)
    drawn = Kept({"a": ((Size(32, 32), Size(32, 32)),)})
    job = Job(Size(768, 768), clock_of(LEVELS), (1,), kept=drawn)
    plan = make_plan(make_document(box, 768), job, host)
    (view,) = (view for view in plan.views(LEVELS[0]) if view.zoom)
    assert plan.kept == () and view.size.height > 1.5 * view.size.width


def test_what_the_first_pass_did_not_draw_is_filled() -> None:
    """Another brush, and all brushes without a first pass."""
    first = draw_first(make_document(BOX))
    undecided = plan_second(make_document(BOX, 512), first).undecided
    assert undecided is not None and [view.names for view in undecided.decide(["a"]).kept] == [("a",)]
    other = make_document(BOX, 512, id="b")
    second = plan_second(other, first)
    assert second.kept == () and second.undecided is None and second.brush_kinds == ("stuff",)
    job = Job(other.size, clock_of(LATER), (1,))
    assert make_plan(make_document(BOX, 512), job, Figures(native=64)).kept == ()


def test_each_image_keeps_its_own() -> None:
    """In one the first level has found a thing, in the other none."""
    first = draw_first(make_document(BOX, kind="auto"), (1, 2))
    plain = first.memories[1]
    first.memories[1] = draw_first(make_document(BOX, kind="stuff")).memories[0]
    images, x0 = draw_second(make_document(BOX, 512, kind="auto"), first)
    assert [images.plan_of(image).brush_kinds for image in (0, 1)] == [("thing",), ("stuff",)]
    assert plain.things.now and x0[0].abs().max() > 1.5
