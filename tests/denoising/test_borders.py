"""Borders: pixel by pixel what both sides are, by masks; nothing changes where cells say as much."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from fakes import GaussianHost, clock_of, exploding, schedule
from lib_regiondiff.denoising.pixels import borders
from lib_regiondiff.denoising.pixels.borders import Drawn, group_regions, list_cores, sharpen_borders
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.plan import Job, Plan, make_plan
from lib_regiondiff.planning.weights import masks
from lib_regiondiff.planning.weights.borders import find_borders
from palettes import sized

LEVELS = tuple(exploding(sigma) for sigma in schedule(5))
COLOURS = (0.1, 0.9, 0.4, 0.65)
"""Of the background and of brushes: what each region shows in all of its latents."""
SHAPES: dict[str, dict[str, Any]] = {
    "off cells": {"rectangle": [0.21, 0.17, 0.77, 0.83]},
    "slanted": {"polygon": [[0.3, 0.1], [0.9, 0.35], [0.7, 0.9], [0.1, 0.65]]},
    "curved": {"ellipse": [0.1, 0.2, 0.85, 0.9]},
    "at the rim": {"rectangle": [0, 0, 0.49, 1]},
}
ALIGNED = {"rectangle": [0.25, 0.25, 0.75, 0.75]}


@dataclass
class Blocks(GaussianHost):
    """A decoder of cells as blocks of 8x8 pixels, from 0 (black) to 1 (white); `sizes` records what it decodes."""

    sizes: list[Size] = field(default_factory=list)

    def decode(self, latent: Tensor) -> Image.Image:
        self.sizes.append(Size(*latent.shape[-2:]))
        return Image.fromarray(to_pixels(latent).repeat(8, 0).repeat(8, 1))


def to_pixels(latent: Tensor) -> np.ndarray:
    return latent[0].permute(1, 2, 0).mul(255).round().clamp(0, 255).byte().numpy()


def make(shapes: Sequence[dict[str, Any]], size: tuple[int, int] = (256, 192), **more: Any) -> Palette:
    own = more.pop("brush", {})
    brushes = [{"id": f"b{n}", "prompt": str(n), "mask": mask} | own for n, mask in enumerate(shapes, start=1)]
    return sized(*size, **{"background": {"prompt": "0"}, "guidance": 1, "brushes": brushes, "tiles": None} | more)


def plan(palette: Palette, host: GaussianHost, clock: tuple[float, ...] = clock_of(LEVELS)) -> Plan:
    return make_plan(palette, Job(palette.size, clock, (1,)), host)


def draw(palette: Palette, made: Plan) -> Tensor:
    """The latents [1, 3, h, w] of regions of one colour each, blended by the weights of the last level."""
    numbers = {"background": 0} | {brush.id: place for place, brush in enumerate(palette.brushes, start=1)}
    latent = torch.zeros(1, 3, made.size.height, made.size.width)
    for view in made.views(LEVELS[-2]):
        for inside, place in view.box.pieces(made.size):
            inside.crop(latent).add_(place.crop(view.weight) * COLOURS[numbers[view.names[0]]])
    return latent


def finish(palette: Palette, host: Blocks, **more: Any) -> tuple[Image.Image, Image.Image, Plan]:
    """The picture before and after, and its plan."""
    made = plan(palette, host, **more)
    latent = draw(palette, made)
    before = host.decode(latent).crop((0, 0, palette.size.width, palette.size.height))
    host.sizes.clear()
    return before, sharpen_borders(host, before, Drawn(latent, palette, made)), made


def compose(palette: Palette) -> np.ndarray:
    """The exact picture: each pixel by the masks alone."""
    picture = np.full((palette.size.height, palette.size.width), COLOURS[0])
    for brush, colour in zip(palette.brushes, COLOURS[1:], strict=False):
        share = masks.rasterise(brush.mask, palette.size)
        picture = picture + share * (colour - picture)
    return 255 * picture


@pytest.mark.parametrize("size", [(256, 192), (203, 255)])
@pytest.mark.parametrize("shape", SHAPES)
def test_regions_of_one_colour_are_composed_exactly(shape: str, size: tuple[int, int]) -> None:
    palette = make([SHAPES[shape]], size)
    before, after, _ = finish(palette, Blocks())
    assert np.abs(np.asarray(before, float)[..., 0] - compose(palette)).max() > 40
    assert np.abs(np.asarray(after, float)[..., 0] - compose(palette)).max() <= 1


def test_brushes_that_meet_each_other_are_composed_exactly() -> None:
    palette = make([{"rectangle": [0.11, 0, 0.52, 1]}, {"rectangle": [0.52, 0, 0.93, 1]}])
    _, after, _ = finish(palette, Blocks())
    assert np.abs(np.asarray(after, float)[..., 0] - compose(palette)).max() <= 1


@pytest.mark.parametrize(
    "palette",
    [
        make([ALIGNED]),
        make([SHAPES["curved"]], brush={"feather": 4}),
        make([SHAPES["curved"]], brush={"prompt": "0"}),
        make([{"rectangle": [0, 0, 0.47, 1]}, {"rectangle": [0.47, 0, 1, 1]}], brush={"prompt": "1"}),
        make([SHAPES["curved"]], blend="mixture"),
        make([SHAPES["curved"]], brush={"stop": 0.5}),
        make([]),
    ],
    ids=["aligned", "feathered", "background's", "of one meaning", "mixture", "stopped", "none"],
)
def test_where_nothing_is_gained_the_picture_is_the_same(palette: Palette) -> None:
    host = Blocks()
    before, after, _ = finish(palette, host)
    assert after is before and not host.sizes


def test_over_a_picture_it_is_the_same() -> None:
    host = Blocks()
    before, after, _ = finish(make([SHAPES["curved"]]), host, clock=(0.6, 0.3, 0.0))
    assert after is before and not host.sizes


def test_sides_that_look_alike_are_left_alone() -> None:
    with mock.patch.dict(globals(), COLOURS=(0.5, 0.52)):
        before, after, _ = finish(make([SHAPES["slanted"]]), Blocks())
    assert np.array_equal(np.asarray(before), np.asarray(after))


@pytest.mark.parametrize("feather", [1, 2, 3.9])
def test_a_narrow_feather_is_that_of_the_mask(feather: float) -> None:
    palette = make([{"rectangle": [0.21, 0, 1, 1]}], brush={"feather": feather})
    _, after, _ = finish(palette, Blocks())
    layer = masks.BrushLayer(masks.rasterise(palette.brushes[0].mask, palette.size), feather)
    share = masks.partition([layer], palette.size, palette.overlap)[1]
    wanted = 255 * (COLOURS[0] + share * (COLOURS[1] - COLOURS[0]))
    column = int(0.21 * 256)  # the middle of the edge, where the mask changes most
    change = np.abs(np.asarray(after, float)[..., 0] - wanted)[:, column - 3 : column + 3]
    assert change.max() <= 2


@pytest.mark.parametrize("kind", ["discrete", "semi-continuous", "continuous"])
def test_quantized_masks_are_cut_too(kind: str) -> None:
    palette = make([SHAPES["off cells"]], quantization=kind)
    _, after, _ = finish(palette, Blocks())
    assert np.abs(np.asarray(after, float)[..., 0] - compose(palette)).max() <= 1


@given(st.integers(0, 10**6), st.sampled_from(sorted(SHAPES)), st.booleans())
@settings(max_examples=20, deadline=None)
def test_layers_are_what_they_say(seed: int, shape: str, wrap: bool) -> None:
    """Shares sum to 1, and a layer differs from the canvas only near borders, where it shows a region's own cells."""
    tiles = {"width": 128, "height": 128, "overlap": 32, "wrap": True} if wrap else None
    other = {"rectangle": [0.4, 0.4, 0.4 + (seed % 7) / 11 + 0.1, 0.9]}
    palette = make([SHAPES[shape], other], tiles=tiles)
    groups, size = [[0], [1], [2]], palette.size
    found = find_borders(palette, groups, (size, 8))
    if found is None:
        return
    shares = found.shares(40, 136)
    assert shares.shape == (len(found.sources), 96, size.width) and np.abs(shares.sum(axis=0) - 1).max() < 1e-5
    coverages = [masks.measure_cells(brush.mask, size, 8) for brush in palette.brushes]
    weights = masks.partition([masks.BrushLayer(each) for each in coverages], size.cells(8), palette.overlap)
    owner = np.where(weights.max(axis=0) > 0.999, weights.argmax(axis=0), -1).ravel()
    plain = np.arange(found.crossed.size).reshape(found.crossed.shape)
    for source in found.sources:
        assert (owner[source[source != plain]] >= 0).all()
        assert not np.array_equal(source, plain)


@given(st.integers(0, 10**6))
@settings(max_examples=8, deadline=None)
def test_a_linear_decoder_gives_the_blend_of_what_it_decodes(seed: int) -> None:
    palette, host = make([SHAPES["slanted"]]), Blocks()
    made = plan(palette, host)
    rng = np.random.default_rng(seed)
    latent = (draw(palette, made) + torch.from_numpy(rng.uniform(-0.08, 0.08, (1, 3, 24, 32)))).clamp(0, 1)
    after = np.asarray(sharpen_borders(host, host.decode(latent), Drawn(latent, palette, made)), float)
    found = find_borders(palette, group_regions(palette, made), (palette.size, 8))
    assert found is not None
    parts = [
        np.asarray(host.decode(latent.flatten(2)[..., source.ravel()].reshape(latent.shape)), float)
        for source in found.sources
    ]
    wanted = (found.shares(0, 192)[..., None] * np.stack(parts)).sum(axis=0)
    inside = found.crossed.repeat(8, 0).repeat(8, 1)
    assert np.abs(after - wanted)[inside].max() <= 1
    assert np.array_equal(after[:8], np.asarray(host.decode(latent), float)[:8])


@pytest.fixture
def small() -> Iterator[None]:
    with mock.patch.multiple(borders, SIDE=10, MARGIN=4):
        yield


def test_windows_give_what_one_piece_gives(small: None) -> None:
    palette, host = make([SHAPES["curved"], {"rectangle": [0.52, 0.1, 0.9, 0.6]}]), Blocks()
    _, parted, _ = finish(palette, host)
    assert len(host.sizes) > 6
    with mock.patch.multiple(borders, SIDE=48, MARGIN=6):
        _, whole, _ = finish(palette, host)
    assert np.array_equal(np.asarray(parted), np.asarray(whole))


def test_no_window_is_larger_than_a_picture_that_anybody_can_decode() -> None:
    host = Blocks()
    _, after, made = finish(make([SHAPES["slanted"]], (1024, 768)), host)
    assert host.sizes and max(max(each.height, each.width) for each in host.sizes) <= borders.SIDE + 2 * borders.MARGIN
    assert sum(each.area for each in host.sizes) <= 3 * made.size.area
    assert np.abs(np.asarray(after, float)[..., 0] - compose(make([SHAPES["slanted"]], (1024, 768)))).max() <= 1


def test_cores_cover_what_is_near_and_never_meet() -> None:
    near = np.random.default_rng(0).random((130, 70)) < 0.001
    count = np.zeros(near.shape, int)
    for core in list_cores(near):
        core.crop(count)[...] += 1
    assert count.max() == 1 and count[near].all()


def test_a_ring_is_cut_as_if_it_were_turned() -> None:
    """A brush across the border of a ring is drawn as the same one in the middle."""
    tiles = {"width": 128, "height": 192, "overlap": 32, "wrap": True}
    middle = [{"rectangle": [0.31, 0.2, 0.69, 0.8]}]
    across = [
        {"id": "b1", "prompt": "1", "mask": {"rectangle": [0.81, 0.2, 1, 0.8]}},
        {"id": "b2", "prompt": "1", "mask": {"rectangle": [0, 0.2, 0.19, 0.8]}},
    ]
    host = Blocks()
    _, one, _ = finish(make(middle, tiles=tiles), host)
    _, two, _ = finish(make([], tiles=tiles, brushes=across), host)
    assert np.abs(np.roll(np.asarray(two, float), 128, axis=1) - np.asarray(one, float)).max() <= 1


def test_what_is_decoded_already_is_not_decoded_again() -> None:
    palette, host = make([{"ellipse": [0.05, 0.05, 0.95, 0.95]}]), Blocks()
    made = plan(palette, host)
    latent = draw(palette, made)
    before = host.decode(latent)
    host.sizes.clear()
    after = sharpen_borders(host, before, Drawn(latent, palette, made, decoded=True))
    assert len(host.sizes) == 2
    host.sizes.clear()
    again = sharpen_borders(host, before, Drawn(latent, palette, made))
    assert len(host.sizes) == 3 and np.array_equal(np.asarray(after), np.asarray(again))


@pytest.mark.parametrize(("kind", "cut"), [("auto", False), ("stuff", True)])
def test_couples_of_brushes_that_may_be_things_go_on_across_their_borders(kind: str, cut: bool) -> None:
    asked, host = make([SHAPES["curved"]], attention="couple", brush={"kind": kind}), Blocks()
    blended = make([SHAPES["curved"]], brush={"kind": kind})
    made = plan(blended, host)
    latent = draw(blended, made)
    before = host.decode(latent)
    drawn = Drawn.of(latent, asked, made, None, decoded=True)
    assert np.array_equal(np.asarray(sharpen_borders(host, before, drawn)), np.asarray(before)) != cut
    always = Drawn.of(latent, blended, made, None, decoded=True)
    assert not np.array_equal(np.asarray(sharpen_borders(host, before, always)), np.asarray(before))


def test_brushes_in_close_ups_are_no_regions() -> None:
    thing = {"id": "t", "prompt": "2", "kind": "thing", "mask": {"rectangle": [0.4, 0.4, 0.6, 0.6]}}
    palette = make([], brushes=[{"id": "a", "prompt": "1", "mask": SHAPES["curved"]}, thing])
    assert group_regions(palette, plan(palette, Blocks())) == [[0], [1]]
