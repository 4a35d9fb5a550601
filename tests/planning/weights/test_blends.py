"""Blends: how brushes that share cells divide them, by the formulas of the papers."""

from __future__ import annotations

import numpy as np
import pytest

from fakes import GaussianHost
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning import tiles
from lib_regiondiff.planning.plan import make_plan
from lib_regiondiff.planning.weights.blends import find_blend
from plan_cases import LEVELS, Job, brush, clock_of, palette

WIDE, NARROW = {"rectangle": [0, 0, 1, 0.5]}, {"rectangle": [0.25, 0, 0.75, 1]}


def gaussian(first: int, last: int) -> np.ndarray:
    """A variance of 0.01 in units of the side, at the middles of the cells of one axis."""
    place = (np.arange(first, last) + 0.5 - (first + last) / 2) / (last - first)
    return np.exp(-(place**2) / 0.02)


@pytest.mark.parametrize("ring", [False, True])
def test_mixture_fades_a_brush_from_the_middle_of_its_box(ring: bool) -> None:
    coverage = np.zeros((12, 20), np.float32)
    coverage[2:8, 3:13] = 0.25
    coverage[4, 5] = 0
    wanted = np.full((12, 20), tiles.FLOOR)
    wanted[2:8, 3:13] = np.maximum(np.outer(gaussian(2, 8), gaussian(3, 13)), tiles.FLOOR)
    for turn in (0, 15) if ring else (0,):
        found = find_blend("mixture").fade(np.roll(coverage, turn, axis=1), ring)
        np.testing.assert_allclose(found, np.roll(wanted, turn, axis=1), rtol=1e-5)
    assert np.all(find_blend("mixture").fade(np.zeros((3, 4), np.float32), ring) == np.float32(tiles.FLOOR))
    assert find_blend("average").fade(coverage, ring) == 1


@pytest.mark.parametrize("blend", ["average", "mixture"])
def test_brushes_divide_their_cells_by_what_the_method_gives_them(blend: str) -> None:
    brushes = [brush("a", WIDE, "1"), brush("b", NARROW, "2", weight=2)]
    document = palette(brushes=brushes, overlap={"rule": "weighted"}, blend=blend)
    made = make_plan(document, Job(Size(128, 128), clock_of(LEVELS), (1,)), GaussianHost(native=128))
    found = {view.region.names: np.zeros((16, 16)) for view in made.views(LEVELS[0])}
    for view in made.views(LEVELS[0]):
        view.box.crop(found[view.region.names])[...] += view.weight.numpy()
    one, two = np.ones((8, 8)), 2 * np.ones((8, 8))
    if blend == "mixture":
        one *= np.maximum(np.outer(gaussian(0, 8), gaussian(0, 16)[4:12]), tiles.FLOOR)
        two *= np.maximum(np.outer(gaussian(0, 16)[:8], gaussian(4, 12)), tiles.FLOOR)
    np.testing.assert_allclose(found[("a",)][:8, 4:12], one / (one + two), atol=2e-4)
    np.testing.assert_allclose(found[("b",)][:8, 4:12], two / (one + two), atol=2e-4)
    assert np.all(found[("a",)][:8, :4] == 1) and np.all(found[("b",)][8:, 4:12] == 1)
