"""Pictures whose left and right border continue each other: what is turned before is turned after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from fakes import GaussianHost, clock_of, exploding, heun, schedule
from lib_regiondiff.denoising.model import region_model
from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.errors import HostError, PaletteError
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.host import Row
from lib_regiondiff.planning import tiles
from lib_regiondiff.planning.plan import Job, Plan, make_plan
from lib_regiondiff.planning.weights.blends import BLENDS
from lib_regiondiff.planning.weights.masks import blur
from palettes import data_url, encoded, sized

LEVELS = tuple(exploding(sigma) for sigma in schedule(6))
HEIGHT, WIDTH = 8, 48
SIDE = st.integers(1, 120)


class Smearing(GaussianHost):
    """A network that looks around: the mean of 3x3 cells, where what is beyond its view is as its border."""

    def denoise(self, x: Tensor, rows: Sequence[Row]) -> Tensor:
        """E[x0 | x] of smeared x."""
        return super().denoise(F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1), rows)


def palette(wrap: bool = True, overlap: int = 32, **more: Any) -> Palette:
    grid = {"width": 64, "height": 64, "overlap": overlap, "wrap": wrap}
    return sized(8 * WIDTH, 8 * HEIGHT, **{"background": {"prompt": "0"}, "guidance": 1, "tiles": grid} | more)


def plan(document: Palette, host: GaussianHost) -> Plan:
    return make_plan(document, Job(document.size, clock_of(LEVELS), (1,)), host)


def sampled(document: Palette, x: Tensor, host: GaussianHost) -> Tensor:
    return heun(region_model(host, plan(document, host)), x, LEVELS)


def noise() -> Tensor:
    generator = torch.Generator().manual_seed(3)
    return torch.randn(1, 3, HEIGHT, WIDTH, generator=generator, dtype=torch.float64) * LEVELS[0].beta


def brushes(turn: int) -> list[dict[str, Any]]:
    """Two brushes turned to the right by so many cells, one of them across the border at some turns."""
    found = []
    for number, (left, wide) in enumerate(((4, 5), (30, 9))):
        mask = np.zeros((8 * HEIGHT, 8 * WIDTH), np.uint8)
        mask[8:40, 8 * left : 8 * (left + wide)] = 255
        url = data_url(encoded(Image.fromarray(np.roll(mask, 8 * turn, axis=1))))
        found.append({"id": str(number), "prompt": str(number + 1), "mask": url, "feather": 12})
    return found


@given(SIDE, SIDE, st.integers(0, 120))
def test_tiles_of_a_ring_follow_one_another_with_at_least_the_overlap(length: int, tile: int, overlap: int) -> None:
    found = tiles.place_ring_tiles(length, tile, overlap)
    steps = np.diff([*found, found[0] + length])
    assert found[0] == 0 and len(found) >= 2 and steps.max() - steps.min() <= 1
    assert tile >= length or steps.max() <= max(1, tile - overlap)


@given(st.integers(1, 9), st.integers(-30, 30), st.integers(1, 30))
def test_a_box_of_a_ring_takes_columns_in_turn_and_gives_them_back(wide: int, left: int, count: int) -> None:
    canvas = np.arange(wide)[None].repeat(2, axis=0)
    box = Box(0, left, 2, left + count, ring=True)
    assert (box.padded(canvas) == (np.arange(left, left + count) % wide)).all()
    returned = np.zeros((2, wide))
    for inside, place in box.pieces(Size(2, wide)):
        assert (inside.crop(canvas) == place.crop(box.padded(canvas))).all()
        inside.crop(returned)[...] += 1
    assert returned.sum() == 2 * count


@given(st.lists(st.booleans(), min_size=1, max_size=12).filter(any), st.integers(0, 11))
def test_bounds_of_a_ring_turn_with_it(flags: list[bool], turn: int) -> None:
    occupied = np.array([flags])
    box, turned = tiles.find_bounds(occupied, ring=True), tiles.find_bounds(np.roll(occupied, turn, axis=1), ring=True)
    assert box and turned and box.size == turned.size
    assert box.padded(occupied)[0, 0] and box.padded(occupied)[0, -1]
    assert sum(flags) == box.padded(occupied).sum()


def test_blurring_a_ring_turns_with_it() -> None:
    weight = np.zeros((4, 20), np.float32)
    weight[:, :5] = 1
    turned = np.roll(blur(weight, 2.0, ring=True), 7, axis=1)
    assert np.allclose(blur(np.roll(weight, 7, axis=1), 2.0, ring=True), turned, atol=1e-6)
    assert not np.allclose(blur(np.roll(weight, 7, axis=1), 2.0), np.roll(blur(weight, 2.0), 7, axis=1), atol=1e-2)


@pytest.mark.parametrize("blend", BLENDS)
@pytest.mark.parametrize("turn", [0, 3, 17, 41])
def test_weights_sum_to_one_and_turn_with_the_brushes(blend: str, turn: int) -> None:
    host = GaussianHost()
    for level in LEVELS[:-1]:
        total = np.zeros((HEIGHT, WIDTH))
        for view in plan(palette(brushes=brushes(turn), blend=blend), host).views(level):
            assert view.box.size.width <= 16 or view.region.background  # one view, rounded up
            for inside, place in view.box.pieces(Size(HEIGHT, WIDTH)):
                inside.crop(total)[...] += place.crop(view.weight.numpy())
        assert np.allclose(total, 1, atol=1e-5)


@pytest.mark.parametrize("turn", [5, 16, 20])
def test_turned_noise_and_brushes_give_the_turned_picture(turn: int) -> None:
    straight = sampled(palette(brushes=brushes(0)), noise(), GaussianHost())
    turned = sampled(palette(brushes=brushes(turn)), noise().roll(turn, dims=-1), GaussianHost())
    assert torch.allclose(turned, straight.roll(turn, dims=-1), atol=1e-5)


@pytest.mark.parametrize("width", [64, 8 * WIDTH])
def test_a_network_that_looks_around_sees_no_border(width: int) -> None:
    """Turned by whole steps of the grid, because only then its views see the same."""
    turn = 4 if width == 64 else WIDTH // 2
    grid = {"width": width, "height": 64, "overlap": 32}
    difference = {}
    for wrap in (True, False):
        document = palette(tiles=grid | {"wrap": wrap})
        turned = sampled(document, noise().roll(turn, dims=-1), Smearing())
        difference[wrap] = (turned - sampled(document, noise(), Smearing()).roll(turn, dims=-1)).abs()
    assert difference[True].max() < 1e-5 and difference[False][..., [0, turn]].max() > 0.01


def test_what_cannot_wrap_is_refused() -> None:
    odd = palette(size={"width": 300, "height": 64})
    with pytest.raises(HostError, match=r"size.width: expected a multiple of 8"):
        plan(odd, GaussianHost())
    with pytest.raises(PaletteError, match=r"tiles.wrap: expected true or false"):
        parse({"version": 1, "tiles": {"wrap": 1}})
