"""Masks to weights: coverage against another implementation, partitions that sum to 1, quantization by its formula."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from lib_regiondiff.document.palette import Overlap
from lib_regiondiff.document.pictures import Picture, Shape
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.weights import masks
from lib_regiondiff.planning.weights.masks import BrushLayer

KINDS = tuple(masks.QUANTIZATIONS)
GROWING = tuple(kind for kind in KINDS if masks.QUANTIZATIONS[kind])
UNIT = st.floats(0, 1, width=32)


def png(array: np.ndarray, mode: str) -> Picture:
    data = io.BytesIO()
    Image.fromarray(array, mode).save(data, "PNG") if mode == "RGBA" else Image.fromarray(array).save(data, "PNG")
    return Picture.of(data.getvalue())


def by_hand(shape: Shape, size: Size) -> np.ndarray:
    """Coverage by the definition, point by point, with a winding-free ray cast in plain Python."""
    return np.array(
        [
            [sum(inside(shape, (x + i / 4 + 0.125) / size.width, (y + j / 4 + 0.125) / size.height)
                 for i in range(4) for j in range(4)) / 16 for x in range(size.width)]
            for y in range(size.height)
        ]
    )  # fmt: skip


def inside(shape: Shape, x: float, y: float) -> bool:
    if shape.kind == "polygon":
        points = list(zip(shape.numbers[::2], shape.numbers[1::2], strict=True))
        edges = zip(points, points[1:] + points[:1], strict=True)
        crossed = [(a[1] > y) != (b[1] > y) and x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]) for a, b in edges]
        return sum(crossed) % 2 == 1
    left, top, right, bottom = shape.numbers
    if shape.kind == "rectangle":
        return left <= x < right and top <= y < bottom
    return ((2 * x - left - right) / (right - left)) ** 2 + ((2 * y - top - bottom) / (bottom - top)) ** 2 <= 1


@given(st.lists(st.tuples(st.floats(-0.3, 1.3), st.floats(-0.3, 1.3)), min_size=3, max_size=7))
@settings(max_examples=40, deadline=None)
def test_polygon_coverage_is_the_share_of_sample_points(points: list[tuple[float, float]]) -> None:
    shape, size = Shape("polygon", tuple(number for point in points for number in point)), Size(9, 11)
    assert np.abs(masks.rasterise(shape, size) - by_hand(shape, size)).max() <= 1 / 16 + 1e-9


@pytest.mark.parametrize("kind", ["rectangle", "ellipse"])
@given(st.tuples(st.floats(-0.2, 0.6), st.floats(-0.2, 0.6), st.floats(0.61, 1.2), st.floats(0.61, 1.2)))
@settings(max_examples=25, deadline=None)
def test_box_coverage_is_the_share_of_sample_points(kind: str, numbers: tuple[float, ...]) -> None:
    shape, size = Shape(kind, numbers), Size(13, 10)
    assert np.abs(masks.rasterise(shape, size) - by_hand(shape, size)).max() <= 1 / 16 + 1e-9


def test_strips_join_without_a_seam() -> None:
    shape = Shape("polygon", (0.1, 0.02, 0.9, 0.3, 0.5, 0.97))
    whole = Image.new("L", (800, 800))
    ImageDraw.Draw(whole).polygon([(80, 16), (720, 240), (400, 776)], fill=255)
    coverage = masks.rasterise(shape, Size(200, 200))
    reference = np.asarray(whole).reshape(200, 4, 200, 4).mean(axis=(1, 3)) / 255
    assert np.abs(coverage - reference).mean() < 0.004 and np.abs(coverage - reference).max() <= 0.5


def test_alpha_counts_where_there_is_any_else_luminance() -> None:
    rgba = np.zeros((4, 6, 4), np.uint8)
    rgba[:, :3, 3] = 255
    assert masks.rasterise(png(rgba, "RGBA"), Size(4, 6)).tolist() == [[1, 1, 1, 0, 0, 0]] * 4
    grey = np.array([[0, 128, 255]], np.uint8).repeat(2, axis=0)
    assert np.allclose(masks.rasterise(png(grey, "L"), Size(2, 3)), [[0, 128 / 255, 1]] * 2)


def test_sixteen_bit_greys_keep_their_share() -> None:
    grey = np.array([[0, 32768, 65535]], np.uint16)
    assert np.allclose(masks.rasterise(png(grey, "I;16"), Size(1, 3)), [[0, 0.5, 1]], atol=0.003)


@pytest.mark.parametrize("size", [Size(64, 64), Size(100, 130), Size(65, 2048), Size(333, 71)])
def test_cells_keep_the_covered_area(size: Size) -> None:
    shape = Shape("ellipse", (0.1, 0.2, 0.8, 0.9))
    means, whole = masks.measure_cells(shape, size, 8), size.cells(8)
    assert means.shape == (whole.height, whole.width) and means.min() >= 0 and means.max() <= 1
    assert means.sum() * 64 == pytest.approx(masks.rasterise(shape, size).sum(), rel=1e-5)


def test_a_mask_of_another_size_is_resized_to_the_canvas() -> None:
    small = np.zeros((32, 32), np.uint8)
    small[:, 16:] = 255
    means = masks.measure_cells(png(small, "L"), Size(128, 256), 8)
    assert means[:, :15].max() == 0 and means[:, 17:].min() == 1


LAYERS = st.lists(
    st.builds(
        lambda cells, feather, weight: BrushLayer(np.array(cells, np.float32).reshape(4, 5), feather, weight),
        st.lists(UNIT, min_size=20, max_size=20),
        st.sampled_from([0.0, 0.3, 1.5]),
        st.floats(0.01, 50),
    ),
    max_size=5,
)
OVERLAPS = st.builds(Overlap, rule=st.sampled_from([*masks.OVERLAP_RULES]), cover_alpha=UNIT)


@given(LAYERS, OVERLAPS)
@settings(max_examples=150, deadline=None)
def test_partition_sums_to_one(layers: list[BrushLayer], overlap: Overlap) -> None:
    stack = masks.partition(layers, Size(4, 5), overlap)
    assert stack.shape == (len(layers) + 1, 4, 5) and stack.min() >= 0
    assert np.abs(stack.sum(axis=0) - 1).max() < 1e-5
    assert np.abs(masks.partition_hard(layers, Size(4, 5), overlap).sum(axis=0) - 1).max() < 1e-5


@given(LAYERS, OVERLAPS, st.sampled_from(KINDS), UNIT, UNIT)
@settings(max_examples=150, deadline=None)
def test_every_level_sums_to_one(layers: list[BrushLayer], overlap: Overlap, kind: str, a: float, b: float) -> None:
    stack = masks.partition(layers, Size(4, 5), overlap)
    weights = masks.add_background(masks.quantize(stack[1:], kind, max(a, b), min(a, b)))
    assert weights.min() >= 0 and np.abs(weights.sum(axis=0) - 1).max() < 1e-5
    assert not ((weights > 0) & (weights < masks.TRACE / 2)).any()


def test_painter_gives_the_upper_brush_all_or_all_but_the_cover_alpha() -> None:
    full = np.ones((1, 1), np.float32)
    for keep in (0.0, 0.3):
        stack = masks.partition([BrushLayer(full), BrushLayer(full)], Size(1, 1), Overlap(cover_alpha=keep))
        assert stack[:, 0, 0] == pytest.approx([0, keep, 1 - keep], abs=1e-6)


@pytest.mark.parametrize("keep", [0.0, 0.25, 0.5])
def test_of_each_layer_the_next_one_leaves_the_cover_alpha(keep: float) -> None:
    """Four layers, of which the second covers a half of each cell."""
    full, half = np.ones((1, 1), np.float32), np.full((1, 1), 0.5, np.float32)
    stack = masks.partition_hard(
        [BrushLayer(each) for each in (full, half, full, full)], Size(1, 1), Overlap(cover_alpha=keep)
    )
    second = 0.5 * (1 - keep)
    first = 1 - second
    wanted = [0, first * keep**2, second * keep**2, (1 - keep) * keep, 1 - keep]
    assert stack[:, 0, 0] == pytest.approx(wanted, abs=1e-6)


def test_weighted_mixes_by_weight() -> None:
    full = np.ones((1, 1), np.float32)
    stack = masks.partition(
        [BrushLayer(full, weight=1), BrushLayer(full, weight=3)], Size(1, 1), Overlap(rule="weighted")
    )
    assert stack[:, 0, 0] == pytest.approx([0, 0.25, 0.75])


def test_feathering_opens_no_gap_between_neighbours() -> None:
    left = np.zeros((8, 32), np.float32)
    left[:, :16] = 1
    for feathers in ((3.0, 3.0), (0.0, 4.0), (1.0, 5.0)):
        layers = [BrushLayer(left, feathers[0]), BrushLayer(1 - left, feathers[1])]
        assert masks.partition(layers, Size(8, 32), Overlap())[0].max() < 1e-6


@given(st.lists(st.floats(0.01, 0.99), min_size=1, max_size=4, unique=True), st.sampled_from([*masks.OVERLAP_RULES]))
@settings(max_examples=40, deadline=None)
def test_brushes_that_fill_the_canvas_leave_nothing_to_the_background(cuts: list[float], rule: str) -> None:
    edges = [0.0, *sorted(cuts), 1.0]
    size, columns = Size(32, 136), [Shape("rectangle", (a, 0, b, 1)) for a, b in itertools.pairwise(edges)]
    stack = masks.partition(
        [BrushLayer(masks.measure_cells(each, size, 8)) for each in columns], size.cells(8), Overlap(rule=rule)
    )
    assert stack[0].max() < masks.TRACE


def test_equal_feathers_blur_each_weight_and_the_background() -> None:
    disc = masks.measure_cells(Shape("ellipse", (0.3, 0.3, 0.7, 0.7)), Size(256, 256), 8)
    stack = masks.partition([BrushLayer(disc, 2.0)], Size(32, 32), Overlap())
    assert np.abs(stack[1] - masks.blur(disc, 2.0)).max() < 1e-5
    assert np.abs(stack[0] - masks.blur(1 - disc, 2.0)).max() < 1e-5


def test_a_hard_brush_stays_hard_beside_the_background_of_a_feathered_one() -> None:
    a, b = np.zeros((16, 16), np.float32), np.zeros((16, 16), np.float32)
    a[:, :4], b[:, 12:] = 1, 1
    stack = masks.partition([BrushLayer(a, 0.0), BrushLayer(b, 2.0)], Size(16, 16), Overlap())
    assert np.array_equal(stack[1][:, :6], a[:, :6])


def test_blur_is_the_normal_distribution_at_an_edge() -> None:
    from statistics import NormalDist

    edge = np.zeros((1, 400), np.float32)
    edge[:, 200:] = 1
    for offset in (0, 10, 25):
        wanted = NormalDist(0, 20).cdf(offset + 0.5)
        assert masks.blur(edge, 20.0)[0, 200 + offset] == pytest.approx(wanted, abs=0.004)


def test_quantized_masks_follow_their_formulas() -> None:
    weights = np.array([[[0.2, 0.6, 0.8, 1.0]]], np.float32)
    assert masks.quantize(weights, "discrete", 0.7, 0.5).tolist() == [[[0, 0, 1, 1]]]
    assert np.allclose(masks.quantize(weights, "continuous", 0.7, 0.5), [[[0, 0.5, 1, 1]]])
    assert masks.quantize(weights, "semi-continuous", 0.7, 0.5).tolist() == [[[0, 0, 1, 1]]]
    assert np.allclose(masks.quantize(weights, "semi-continuous", 0.4, 0.0), [[[0.5, 1, 1, 1]]])


@pytest.mark.parametrize("kind", GROWING)
def test_quantized_masks_only_grow_as_the_noise_falls(kind: str) -> None:
    noises = [0.998, 0.994, 0.97, 0.85, 0.58, 0.0]
    weights = np.linspace(0, 1, 101, dtype=np.float32)[None, None]
    steps = [masks.quantize(weights, kind, a, b) for a, b in itertools.pairwise(noises)]
    assert all((after >= before).all() for before, after in itertools.pairwise(steps))


@given(
    st.lists(st.lists(st.sampled_from([0, 0.125, 0.25, 0.5]), min_size=4, max_size=4), min_size=1, max_size=4),
    UNIT,
    UNIT,
)
@settings(max_examples=100, deadline=None)
def test_what_brushes_win_together_goes_to_the_greatest(shares: list[list[float]], a: float, b: float) -> None:
    """Greatest ones of equal weight divide it."""
    weights = np.array(shares, np.float32)[:, None]
    weights /= np.maximum(1, weights.sum(axis=0))
    for kind in KINDS:
        found = masks.quantize_gapless(weights, kind, max(a, b), min(a, b))
        alone = masks.quantize(weights, kind, max(a, b), min(a, b))
        together = masks.quantize(weights.sum(axis=0), kind, max(a, b), min(a, b))
        if kind not in GROWING or len(weights) == 1:
            assert np.array_equal(found, alone)
            continue
        assert np.allclose(found.sum(axis=0), np.maximum(together, alone.sum(axis=0)), atol=1e-5)
        more, greatest = found - alone > 1e-6, np.isclose(weights, weights.max(axis=0)) & (weights > 0)
        assert not (more & ~greatest).any()
        most = np.where(greatest, found, 0).max(axis=0)
        assert np.allclose(np.where(greatest, found, most), most)
