"""Shapes: what is found from edge to edge is what the definition says of each sample point, to the bit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib_regiondiff.document.pictures import Shape
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.weights import shapes

SIZES = st.builds(Size, st.integers(1, 40), st.integers(1, 40))


def definition(shape: Shape, size: Size) -> np.ndarray:
    """Every sample point asked by itself, by adding, multiplying and comparing."""
    numbers = [number * 4.0 * (size.height if index % 2 else size.width) for index, number in enumerate(shape.numbers)]
    x = np.arange(4 * size.width, dtype=np.float64)[None] + 0.5
    y = np.arange(4 * size.height, dtype=np.float64)[:, None] + 0.5
    inside = DEFINITIONS[shape.kind](x, y, numbers)
    return inside.reshape(size.height, 4, size.width, 4).sum(axis=(1, 3))


def in_rectangle(x: np.ndarray, y: np.ndarray, numbers: Sequence[float]) -> np.ndarray:
    left, top, right, bottom = numbers
    return (x >= left) & (x < right) & (y >= top) & (y < bottom)


def in_ellipse(x: np.ndarray, y: np.ndarray, numbers: Sequence[float]) -> np.ndarray:
    left, top, right, bottom = numbers
    across, down = x * 2.0 - (left + right), y * 2.0 - (top + bottom)
    wide, high = (right - left) * (right - left), (bottom - top) * (bottom - top)
    return across * across * high + down * down * wide <= wide * high


def in_polygon(x: np.ndarray, y: np.ndarray, numbers: Sequence[float]) -> np.ndarray:
    points = list(zip(numbers[::2], numbers[1::2], strict=True))
    inside = np.zeros((y.shape[0], x.shape[1]), bool)
    for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1], strict=True):
        side = (x - x0) * (y1 - y0) - (y - y0) * (x1 - x0)
        inside ^= (y >= min(y0, y1)) & (y < max(y0, y1)) & ((side < 0) if y1 > y0 else (side > 0))
    return inside


DEFINITIONS = {"rectangle": in_rectangle, "ellipse": in_ellipse, "polygon": in_polygon}


def check(shape: Shape, size: Size) -> None:
    wanted, found = definition(shape, size), shapes.count_points(shape, size, 0, size.height)
    assert found.dtype == np.uint8 and np.array_equal(found, wanted)
    for cell in (1, 5, 8):
        padded = np.pad(wanted, ((0, -size.height % cell), (0, -size.width % cell)), mode="edge")
        blocks = padded.reshape(padded.shape[0] // cell, cell, -1, cell)
        sums = shapes.sum_points(shape, size, cell)
        assert sums.dtype == np.int32 and np.array_equal(sums, blocks.sum(axis=(1, 3)))


def coordinates() -> st.SearchStrategy[float]:
    """Anything, what lies on sample points and borders of pixels, and what differs by one rounding."""
    rounded = st.builds(lambda n, d: n / d, st.integers(-8, 16), st.sampled_from([4, 8, 13, 26, 52]))
    close = st.builds(lambda n: 0.5 + n * 2.0**-53, st.integers(-3, 3))
    return st.one_of(st.floats(-1, 2), rounded, close)


@given(st.lists(st.tuples(coordinates(), coordinates()), min_size=3, max_size=24), SIZES)
@settings(max_examples=150, deadline=None)
def test_a_polygon_is_its_definition(points: list[tuple[float, float]], size: Size) -> None:
    check(Shape("polygon", tuple(number for point in points for number in point)), size)


@pytest.mark.parametrize("kind", ["rectangle", "ellipse"])
@given(st.tuples(coordinates(), coordinates()), st.tuples(coordinates(), coordinates()), SIZES)
@settings(max_examples=80, deadline=None)
def test_a_box_is_its_definition(kind: str, a: tuple[float, float], b: tuple[float, float], size: Size) -> None:
    (left, right), (top, bottom) = sorted((a[0], b[0])), sorted((a[1], b[1]))
    if left < right and top < bottom:
        check(Shape(kind, (left, top, right, bottom)), size)


def zigzag(corners: int) -> Shape:
    """A polygon that goes up and down between the borders as often as it has corners."""
    return Shape("polygon", tuple(n for i in range(corners) for n in (i / corners, float(i % 2))))


@pytest.mark.parametrize("corners", [3, 64, 1024])
def test_many_edges_in_a_row_are_told_apart(corners: int) -> None:
    check(zigzag(corners), Size(9, 33))


@pytest.mark.parametrize("kind", ["ellipse", "polygon"])
@pytest.mark.parametrize("area", [1, 40, 2**30])
def test_parts_join_without_a_seam(monkeypatch: pytest.MonkeyPatch, kind: str, area: int) -> None:
    monkeypatch.setattr(shapes, "STRIP", area)
    monkeypatch.setattr(shapes, "CROSSINGS", area)
    monkeypatch.setattr(shapes, "LINES", area)
    shape = zigzag(7) if kind == "polygon" else Shape(kind, (0.1, -0.2, 1.1, 0.9))
    check(shape, Size(23, 31))
    whole = shapes.count_points(shape, Size(23, 31), 0, 23)
    assert np.array_equal(shapes.count_points(shape, Size(23, 31), 5, 18), whole[5:18])
