"""Weights that are made when a level is drawn: to the bit those of a plan that keeps them all, and no more is kept."""

from __future__ import annotations

import itertools
import tracemalloc
from typing import Any
from unittest import mock

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import GaussianHost
from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.planning import tiles
from lib_regiondiff.planning.auto import settle
from lib_regiondiff.planning.conditioning import find_meanings, group_meanings
from lib_regiondiff.planning.plan import Job, Plan, make_plan
from lib_regiondiff.planning.regions import Region
from lib_regiondiff.planning.views import Layout, View
from lib_regiondiff.planning.weights import feather_limit, level_weights, masks
from lib_regiondiff.planning.weights.blends import fade
from lib_regiondiff.planning.weights.level_weights import KEPT, LevelWeights, Steps
from plan_cases import palettes

CLOCKS = st.lists(st.floats(0.01, 1.0), min_size=1, max_size=6, unique=True).map(
    lambda noises: (*sorted(noises, reverse=True), 0.0)
)


def naive(palette: Palette, clock: tuple[float, ...], merge: bool) -> list[tuple[View, ...]]:
    """The views of every step, all weights of all levels made at once; regions are only those that the plan has."""
    host, job = GaussianHost(), Job(palette.size, clock, (1,))
    palette = settle(palette, palette.size, host.native, clock, palette.guidance)
    meanings, cells = find_meanings(palette, job), palette.size.cells(8)
    layers = []
    for brush in palette.brushes:
        coverage = masks.measure_cells(brush.mask, palette.size, 8)
        fades = fade(coverage, palette.wraps) if palette.blend == "mixture" else 1.0
        layers.append(masks.BrushLayer(coverage, brush.feather / 8, np.float32(brush.weight) * fades))
    stack = masks.partition(layers, cells, palette.overlap, palette.wraps)
    painted = [tiles.find_bounds(layer.coverage > 0, palette.wraps) if layer.feather else None for layer in layers]
    sides = host.latent.native // 8, tiles.measure_widest(host.latent.native // 8)
    soft = feather_limit.fit_feathers(stack, painted, sides, palette.wraps)[1:]
    maps = []
    for step, pair in enumerate(itertools.pairwise(clock)):
        acts = [each.first <= step and (each.last is None or step < each.last) for each in meanings[1:]]
        acting = soft * np.array(acts, np.float32)[:, None, None]
        maps.append(masks.add_background(masks.quantize_gapless(acting, palette.quantization, *pair)))
    layout = Layout.of(palette, palette.size, host.latent)
    owners = layout.parted(group_meanings(meanings, merge), np.max(maps, axis=0))
    sums = [np.stack([every[list(group)].sum(axis=0) for group in owners]) for every in maps]
    if len(owners) == 1:
        sums = [np.ones_like(every) for every in sums]
    peaks = np.max(sums, axis=0)
    boxes = [layout.boxes(peak, 0 in group) for peak, group in zip(peaks, owners, strict=True)]
    names = ("background", *(brush.id for brush in palette.brushes))
    regions = [Region(tuple(names[index] for index in group), 0 in group, None, (), None) for group in owners]
    seen = [region if places else None for region, places in zip(regions, boxes, strict=True)]
    return [layout.views(each, boxes, seen) for each in sums]


def planned(palette: Palette, clock: tuple[float, ...], merge: bool = True) -> Plan:
    return make_plan(palette, Job(palette.size, clock, (1,), centred=False), GaussianHost(), merge)


@given(palettes(), CLOCKS, st.booleans(), st.sampled_from([20, 200]))
@settings(max_examples=25, deadline=None)
def test_views_are_to_the_bit_those_of_all_levels_at_once(
    document: Palette, clock: tuple[float, ...], merge: bool, cells: int
) -> None:
    with mock.patch.object(level_weights, "CELLS", cells):
        plan, wanted = planned(document, clock, merge), naive(document, clock, merge)
        for step in reversed(range(len(wanted))):
            assert len(plan.steps[step]) == len(wanted[step])
            for view, other in zip(plan.steps[step], wanted[step], strict=True):
                assert (view.box, view.frame, view.region.names) == (other.box, other.frame, other.region.names)
                assert torch.equal(view.weight, other.weight)


@given(st.integers(0, 4), CLOCKS, st.sampled_from([*masks.QUANTIZATIONS]), st.randoms())
@settings(max_examples=40, deadline=None)
def test_a_survey_finds_peaks_and_steps_that_are_alike(
    brushes: int, clock: tuple[float, ...], kind: str, random: Any
) -> None:
    soft = np.random.default_rng(random.getrandbits(32)).random((brushes, 5, 7)).astype(np.float32)
    soft = np.round(soft / max(1, brushes), 1)
    acts = [tuple(random.random() < 0.7 for _ in range(brushes)) for _ in clock[1:]]
    owners = [[0, *range(2, 1 + brushes)], *([[1]] if brushes else [])]
    for weights in (LevelWeights.of(soft, kind, clock, acts), LevelWeights.of(soft, kind, clock, acts).grouped(owners)):
        maps = [weights.at(step) for step in range(len(acts))]
        peaks, kinds = weights.surveyed()
        assert np.array_equal(peaks, np.max(maps, axis=0))
        assert all(one <= step and np.array_equal(maps[one], maps[step]) for step, one in enumerate(kinds))
        pairs = itertools.pairwise(zip(maps, kinds, strict=True))
        assert all(np.array_equal(a, b) == (i == j) for (a, i), (b, j) in pairs)


def test_steps_are_made_once_while_they_are_kept() -> None:
    made: list[str] = []
    steps = Steps("aabca", lambda key: made.append(key) or [key])  # type: ignore[func-returns-value]
    assert steps[0] is steps[1] and steps[2] is steps[2] and made == ["a", "b"]
    assert steps[1] is steps[0] and made == ["a", "b"]
    assert list(steps) == [["a"], ["a"], ["b"], ["c"], ["a"]] and steps[-1] is steps[0] and len(steps) == 5
    assert KEPT == 2 and made == ["a", "b", "c", "a"]


def peak_of(count: int) -> int:
    """Bytes that planning and looking at every level of quantized masks take at most."""
    brushes = [
        {"id": name, "prompt": name, "feather": 40, "mask": {"rectangle": box}}
        for name, box in (("1", [0, 0, 0.6, 1]), ("2", [0.4, 0, 1, 1]), ("3", [0.2, 0.3, 0.8, 0.7]))
    ]
    head: dict[str, Any] = {"version": 1, "size": {"width": 1024, "height": 1024}, "quantization": "continuous"}
    document = parse(head | {"guidance": 1, "tiles": None, "bootstrap": {"levels": 0}, "brushes": brushes})
    tracemalloc.start()
    try:
        plan = planned(document, tuple(1 - step / count for step in range(count + 1)))
        assert all(plan.steps)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_more_levels_take_no_more_memory() -> None:
    peak_of(2)
    assert peak_of(24) < 1.1 * peak_of(4)
