"""Scenes and what the first level decides: one picture in each brush, and for each image its own plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from discs import LEVELS, STEPS, Figures, make_canvas
from fakes import GaussianHost, clock_of
from lib_regiondiff.denoising.blend import INSET, list_sources
from lib_regiondiff.denoising.model import ImageBatch
from lib_regiondiff.denoising.pixels.paste import paste_things
from lib_regiondiff.denoising.rows import Call
from lib_regiondiff.denoising.thing_memory import Kept, ThingMemory
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.planning.brush_texts import BrushText
from lib_regiondiff.planning.noise import make_generator
from lib_regiondiff.planning.plan import Job, make_plan
from lib_regiondiff.planning.things.closeups import list_asked
from palettes import sized


def columns(count: int, kind: str = "auto", size: tuple[int, int] = (256, 256), ground: str = "") -> Palette:
    """Brushes side by side that cover the canvas; the prompts are 2, 3 and so on."""
    brushes = [
        {"id": str(n), "kind": kind, "prompt": str(n + 2), "mask": {"rectangle": [n / count, 0, (n + 1) / count, 1]}}
        for n in range(count)
    ]
    return sized(*size, background={"prompt": ground}, brushes=brushes, guidance=1)


def draw(host: GaussianHost, palette: Palette, **more: Any) -> tuple[ImageBatch, torch.Tensor]:
    """The images of a palette and their last x0."""
    job = Job(palette.size, clock_of(LEVELS), more.pop("seeds", (1,)), **more)
    images = ImageBatch(host, make_plan(palette, job, host))
    x = make_canvas(images.plan).expand(len(job.seeds), -1, -1, -1)
    x0 = x
    for level in LEVELS[:-1]:
        x0 = images.predict(x, level, Call(1)).denoised
    return images, x0


def count_figures(part: torch.Tensor) -> int:
    """How many separate figures [h, w] shows."""
    return cv2.connectedComponents((part > 0.5).numpy().astype(np.uint8))[0] - 1


@pytest.mark.parametrize(("count", "size"), [(2, (256, 256)), (2, (256, 384)), (2, (160, 448)), (3, (256, 192))])
def test_each_column_shows_one_figure(count: int, size: tuple[int, int]) -> None:
    images, x0 = draw(Figures(native=64), columns(count, size=size))
    assert images.plan_of(0).brush_kinds == ("scene",) * count
    for number, part in enumerate(x0[0].mean(dim=0).chunk(count, dim=1)):
        assert count_figures(part) == 1 and abs(float(part.max()) - (number + 2)) < 0.1
    pasted = paste_things(images.host, _black(size), columns(count, size=size), images.memories[0].things)
    for part in torch.from_numpy(np.asarray(pasted.convert("L")).copy()).chunk(count, dim=1):
        assert count_figures(part > 100) == 1


def _black(size: tuple[int, int]) -> Any:
    return GaussianHost().decode(-torch.ones(1, 3, size[1] // 8, size[0] // 8))


def test_a_scene_that_is_no_number_is_named() -> None:
    brush = {"id": "a", "kind": "scene", "prompt": "nan", "mask": {"rectangle": [0, 0, 0.5, 1]}}
    with pytest.raises(HostError, match="prediction of a at noise"):
        draw(GaussianHost(native=64), sized(256, 256, background={"prompt": "0"}, brushes=[brush], guidance=1))


def test_stuff_stays_stuff() -> None:
    host = GaussianHost(native=64)
    palette = columns(2)
    images, x0 = draw(host, palette)
    plain, other = draw(GaussianHost(native=64), columns(2, "stuff"))
    assert images.plan_of(0).brush_kinds == plain.plan_of(0).brush_kinds == ("stuff", "stuff")
    assert torch.equal(x0, other)


def test_a_thing_that_was_found_out_costs_what_one_that_was_told_does() -> None:
    """The answers of the first level are not asked for again."""
    counts, drawn = [], []
    for kind in ("thing", "auto"):
        host = Figures(native=64)
        brush = {"id": "a", "kind": kind, "prompt": "2", "mask": {"rectangle": [0.1, 0.1, 0.4, 0.4]}}
        images, x0 = draw(host, sized(256, 256, background={"prompt": "0"}, brushes=[brush], guidance=1, tiles=None))
        assert images.plan_of(0).brush_kinds == ("thing",)
        counts.append(sum(len(rows) for rows in host.calls))
        drawn.append(x0)
    assert counts[0] == counts[1] == 2 * STEPS + len(list_asked(STEPS))
    assert torch.equal(*drawn)


def test_images_of_a_batch_decide_for_themselves() -> None:
    brush = {"id": "a", "prompt": "2", "mask": {"rectangle": [0.1, 0.1, 0.4, 0.4]}}
    palette = sized(256, 256, background={"prompt": "0"}, brushes=[brush], guidance=1, tiles=None)
    texts = ({}, {"a": BrushText("-1", "")})
    images, x0 = draw(Figures(native=64), palette, seeds=(1, 2), texts=texts)
    assert [images.plan_of(n).brush_kinds for n in (0, 1)] == [("thing",), ("stuff",)]
    assert [images.plan_of(n).chosen.get("kinds") for n in (0, 1)] == [{"a": "thing"}, None]
    alone = [draw(Figures(native=64), palette, texts=(texts[n],), seeds=(1 + n,))[1] for n in (0, 1)]
    assert torch.equal(x0, torch.cat(alone)), "as each alone"


@given(st.integers(1, 40), st.integers(0, 30), st.integers(0, 30), st.integers(0, 9))
def test_what_lies_beyond_a_core_is_shown_from_within_it(length: int, before: int, after: int, seed: int) -> None:
    core, size = Box(before, 0, before + length, length), Size(before + length + after, length)
    rows, across = list_sources(core, size, torch.randn(3, length, length, generator=make_generator(seed)))
    assert across == list(range(length)), "an axis without more stays as it is"
    assert len(rows) == size.height and min(rows) >= 0 and max(rows) < length
    middle = length // 2
    assert rows[before + middle] == middle, "the middle is the core's own"


@pytest.mark.parametrize("end", ["first", "last"])
def test_the_end_that_cuts_a_thing_is_not_repeated(end: str) -> None:
    shown = torch.zeros(3, 40, 40)
    shown[:, 26:, 10:30] = 1
    shown = shown.flip(1) if end == "first" else shown
    rows, _ = list_sources(Box(20, 0, 60, 40), Size(80, 40), shown)
    made = shown[:, rows]
    assert not made[:, :20].any() and not made[:, 60:].any()


@given(st.integers(20, 60), st.floats(0, 1), st.floats(0.2, 0.7), st.integers(0, 40), st.integers(0, 40))
def test_a_figure_that_is_known_is_not_repeated(
    length: int, where: float, share: float, before: int, after: int
) -> None:
    """Wherever it stands: rows beyond the core are of the ground as long as one of the ends has any to give."""
    high = round(share * length)
    top = round(where * (length - high))
    figure = np.zeros((length, 30), np.float32)
    figure[top : top + high, 10:20] = 1
    core, size = Box(before, 0, before + length, 30), Size(before + length + after, 30)
    rows, _ = list_sources(core, size, torch.zeros(3, length, 30), figure)
    inset = round(INSET * length)
    beyond = [*rows[:before], *rows[before + length :]]
    assert not any(top <= row < top + high for row in beyond) or max(top, length - top - high) < 0.15 * length
    assert rows[before + inset : before + length - inset] == list(range(inset, length - inset)), "the core is its own"


@pytest.mark.parametrize("at", [0.25, 0.5, 0.75])
def test_a_long_scene_shows_its_thing_once_wherever_it_stands(at: float) -> None:
    """On a ground of stripes that vary more than the thing does."""
    pixels = np.repeat(np.where(np.arange(96)[:, None, None] // 4 % 2, [255, 255, 255], [0, 0, 60]), 48, 1).astype(
        np.uint8
    )
    cv2.circle(pixels, (24, round(at * 96)), 17, (220, 40, 40), -1)
    kept = Kept(torch.zeros(3, 12, 6), torch.zeros(3, 12, 6), whole=True, core=Box(4, 0, 16, 6))
    memory = ThingMemory(now={(("a",), Box(0, 0, 20, 6)): replace(kept, picture=Image.fromarray(pixels))})
    brush = {"id": "a", "prompt": "2", "kind": "scene", "mask": {"rectangle": [0, 0, 1, 1]}}
    palette = sized(64, 192, background={"prompt": "0"}, brushes=[brush])
    made = np.asarray(paste_things(GaussianHost(), Image.new("RGB", (48, 160)), palette, memory))
    red = (made[..., 0] > 128) & (made[..., 1] < 100)
    assert cv2.connectedComponents(red.astype(np.uint8))[0] == 2
    assert abs(int(red.sum()) - int(((pixels[..., 0] > 128) & (pixels[..., 1] < 100)).sum())) < 40
