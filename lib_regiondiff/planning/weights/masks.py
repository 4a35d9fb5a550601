"""Masks to weights: rasterise, resize to cells, order, feather, quantize; at each cell the weights sum to 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from lib_regiondiff.document import pictures
from lib_regiondiff.document.palette import Overlap
from lib_regiondiff.document.pictures import File, Mask, Picture, Shape
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.weights.blur import blur
from lib_regiondiff.planning.weights.shapes import POINTS, count_points, sum_points
from lib_regiondiff.store import Store

PART = 2**18
"""Pixels of a canvas that are worked on at a time."""
NUMBERS = 2**20
"""Weights of all layers together that are worked on at a time: as many as fit in a processor's cache."""
TRACE = 1e-4


Rows = Callable[[int, int], np.ndarray]


@dataclass(frozen=True)
class BrushLayer:
    """One brush on the way to its weight: coverage [h, w] in [0, 1], feather in cells, weight > 0 or a map of it."""

    coverage: np.ndarray
    feather: float = 0.0
    weight: float | np.floating | np.ndarray = 1.0


def rasterise(mask: Mask, size: Size, store: Store | None = None) -> np.ndarray:
    """Coverage float32 [height, width] in [0, 1] of a mask on a canvas of `size` pixels; `store` keeps decoded ones."""
    return open_rows(mask, size, store)(0, size.height)


def open_rows(mask: Mask, size: Size, store: Store | None = None) -> Rows:
    """A function that gives rows of a mask's coverage, float32 [rows, width] in [0, 1], on a canvas of `size` pixels.

    It takes the first pixel row and the one behind the last, so that nobody needs a large canvas at once; `store` keeps
    decoded masks.
    """
    levels, full = _open_levels(mask, size, store)
    return lambda top, bottom: np.divide(levels(top, bottom), np.float32(full), dtype=np.float32)


def _open_levels(mask: Mask, size: Size, store: Store | None) -> tuple[Rows, int]:
    """A function that gives pixel rows uint8 of a mask, and the number in them that stands for full coverage."""
    if isinstance(mask, Picture):
        return _resize(pictures.read_coverage(mask, store), size), 255
    assert isinstance(mask, Shape), "files are read while parsing"
    return lambda top, bottom: count_points(mask, size, top, bottom), POINTS


def split_rows(top: int, bottom: int, width: int, area: int, multiple: int = 1) -> Iterator[tuple[int, int]]:
    """Split rows top..bottom-1 of a width into parts of about `area` cells, each but the last a `multiple` of rows."""
    step = max(1, area // (width * multiple)) * multiple
    for start in range(top, bottom, step):
        yield start, min(start + step, bottom)


def measure_cells(mask: Mask, size: Size, pixels_per_cell: int, store: Store | None = None) -> np.ndarray:
    """Mean coverage float32 [h, w] in [0, 1] of each latent cell; the canvas border is repeated into a cut cell."""
    if store is None:
        return _measure_cells(mask, size, pixels_per_cell, None)
    assert not isinstance(mask, File), "files are read while parsing"
    return store.get((mask.digest, size, pixels_per_cell), lambda: _measure_cells(mask, size, pixels_per_cell, store))


def _measure_cells(mask: Mask, size: Size, pixels_per_cell: int, store: Store | None) -> np.ndarray:
    if isinstance(mask, Shape):
        return sum_points(mask, size, pixels_per_cell).astype(np.float32) / np.float32(POINTS * pixels_per_cell**2)
    (levels, full), whole = _open_levels(mask, size, store), size.up_to(pixels_per_cell)
    sums = np.empty((whole.height // pixels_per_cell, whole.width // pixels_per_cell), np.float32)
    for top, bottom in split_rows(0, whole.height, whole.width, PART, pixels_per_cell):
        rows = levels(top, min(bottom, size.height))
        if bottom > size.height or whole.width > size.width:
            rows = np.pad(rows, ((0, max(0, bottom - size.height)), (0, whole.width - size.width)), mode="edge")
        down = rows.reshape(-1, pixels_per_cell, whole.width).sum(axis=1, dtype=np.uint16)
        across = down.reshape(len(down), -1, pixels_per_cell).sum(axis=2, dtype=np.uint32)
        sums[top // pixels_per_cell : bottom // pixels_per_cell] = across
    return sums / np.float32(full * pixels_per_cell**2)


def _resize(coverage: np.ndarray, size: Size) -> Rows:
    """A function that gives pixel rows of stretched coverage uint8 [h, w]: means where it shrinks, else linear."""
    height, width = coverage.shape
    if size.height <= height and size.width <= width:
        same = (height, width) == (size.height, size.width)
        small = coverage if same else cv2.resize(coverage, (size.width, size.height), interpolation=cv2.INTER_AREA)
        return lambda top, bottom: small[top:bottom]

    def rows(top: int, bottom: int) -> np.ndarray:
        places = ((np.arange(top, bottom) + 0.5) * (height / size.height) - 0.5).clip(0, height - 1)
        lower = places.astype(np.int64)
        share = (places - lower).astype(np.float32)[:, None]
        tall = coverage[lower] * (1 - share) + coverage[np.minimum(lower + 1, height - 1)] * share
        wide = cv2.resize(tall, (size.width, bottom - top), interpolation=cv2.INTER_LINEAR)
        return (wide + np.float32(0.5)).astype(np.uint8)

    return rows


def partition(layers: Sequence[BrushLayer], size: Size, overlap: Overlap, ring: bool = False) -> np.ndarray:
    """Weights float32 [1 + P, h, w] of the background and of each layer, from the lowest up; they sum to 1.

    In a `ring` soft edges go on from the right border to the left one.
    """
    return _normalise(_feather(partition_hard(layers, size, overlap), [layer.feather for layer in layers], ring))


def partition_hard(layers: Sequence[BrushLayer], size: Size, overlap: Overlap) -> np.ndarray:
    """Weights float32 [1 + P, h, w] as `partition` makes them, before feathers soften the edges.

    `overlap.rule` is a key of OVERLAP_RULES, and decides what each layer has where several cover a cell.
    """
    stack = np.empty((1 + len(layers), size.height, size.width), np.float32)
    order = OVERLAP_RULES[overlap.rule]
    for top, bottom in split_rows(0, size.height, size.width, NUMBERS // len(stack)):
        made = stack[:, top:bottom]
        coverages = [layer.coverage[top:bottom] for layer in layers]
        order(made, coverages, np.float32(overlap.cover_alpha))
        _fill(made, coverages)
        for index, layer in enumerate(layers, start=1):
            made[index] *= layer.weight[top:bottom] if isinstance(layer.weight, np.ndarray) else layer.weight
        _normalise(made)
    return stack


def _painter(made: np.ndarray, coverages: Sequence[np.ndarray], keep: np.floating) -> None:
    """Each layer over those below it, which keep a share of what it covers; the background keeps none."""
    lower, lost, covers = np.zeros_like(made[0]), 1 - keep, [coverage.any() for coverage in coverages]
    for index, coverage in enumerate(coverages, start=1):
        if not covers[index - 1]:
            made[index] = 0
            continue
        if not keep:
            made[index] = coverage
            continue
        np.multiply(coverage, 1 - keep * lower, out=made[index])
        lower *= 1 - lost * coverage
        lower += made[index]
    seen, made[0] = np.ones_like(lower), 1
    for index in range(len(coverages), 0, -1):
        if covers[index - 1]:
            made[index] *= seen
            seen *= 1 - lost * coverages[index - 1]
            made[0] *= 1 - coverages[index - 1]


def _mixed(made: np.ndarray, coverages: Sequence[np.ndarray], keep: np.floating) -> None:
    """All that there are, together; `keep` is a matter of the painter's order only."""
    del keep
    made[0] = 1
    for index, coverage in enumerate(coverages, start=1):
        made[index] = coverage
        made[0] *= 1 - coverage


OverlapRule = Callable[[np.ndarray, Sequence[np.ndarray], np.floating], None]
"""Fills weights [1 + P, h, w] from coverages [h, w] and the share that covered layers keep, in place."""
OVERLAP_RULES: Mapping[str, OverlapRule] = {"painter": _painter, "weighted": _mixed}
"""A palette's `overlap.rule` -> how layers share the cells that several of them cover."""


def _fill(made: np.ndarray, coverages: Sequence[np.ndarray]) -> None:
    """Leave nothing to the background, in place, where brushes that meet inside a cell fill it together."""
    total = np.zeros_like(made[0])
    for coverage in coverages:
        total += coverage
    np.minimum(made[0], np.clip(1 - total, 0, 1), out=made[0])


def _feather(stack: np.ndarray, feathers: Sequence[float], ring: bool) -> np.ndarray:
    """Blur each brush by its own feather; the background fills up to 1, but only near where it was before."""
    if not any(feathers):
        return stack
    soft, total = np.empty_like(stack), np.zeros_like(stack[0])
    for index, feather in enumerate(feathers, start=1):
        soft[index] = blur(stack[index], feather, ring)
        total += soft[index]
    np.minimum(blur(stack[0], max(feathers), ring), np.clip(1 - total, 0, None), out=soft[0])
    return soft


def _normalise(stack: np.ndarray) -> np.ndarray:
    """Scale weights [1 + P, h, w], in place, so that they sum to 1 in each cell."""
    stack /= stack.sum(axis=0, keepdims=True)
    return stack


def _discrete(weights: np.ndarray, noise: float, following: float) -> np.ndarray:
    """A brush has all of a cell where its weight exceeds the noise, else nothing."""
    del following
    return (weights > noise).astype(np.float32)


def _continuous(weights: np.ndarray, noise: float, following: float) -> np.ndarray:
    """A ramp from 0 at the following level's noise to 1 at this one's."""
    if noise <= following:
        return _discrete(weights, noise, following)
    return np.clip((weights - following) / (noise - following), 0, 1).astype(np.float32)


def _semi_continuous(weights: np.ndarray, noise: float, following: float) -> np.ndarray:
    """Discrete at every level but the last, which has a ramp."""
    return (_continuous if following <= 0 else _discrete)(weights, noise, following)


Quantization = Callable[[np.ndarray, float, float], np.ndarray]
"""(weights, noise, following noise) -> weights float32 of one shape, in [0, 1]."""
QUANTIZATIONS: Mapping[str, Quantization | None] = {
    "none": None,
    "discrete": _discrete,
    "semi-continuous": _semi_continuous,
    "continuous": _continuous,
}
"""A palette's `quantization` -> how masks grow as the noise falls; None where they do not."""


def quantize(weights: np.ndarray, kind: str, noise: float, following: float) -> np.ndarray:
    """Quantized brush weights [P, h, w] at a level, by its noise and that of the following level (0 after the last).

    StreamMultiDiffusion's noise-level masks, of a kind in QUANTIZATIONS. What a brush has to itself it has at any
    level, also at noise 1, where flow models begin.
    """
    quantization = QUANTIZATIONS[kind]
    return weights if quantization is None else quantization(weights, min(noise, 1 - TRACE), following)


def quantize_gapless(weights: np.ndarray, kind: str, noise: float, following: float) -> np.ndarray:
    """Quantized brush weights [P, h, w] at a level, without gaps between feathered neighbours.

    A cell that brushes win only together goes to the one with the greatest weight, which wins it alone first later on.
    """
    alone = quantize(weights, kind, noise, following)
    if QUANTIZATIONS[kind] is None or len(weights) < 2:
        return alone
    gap = quantize(weights.sum(axis=0), kind, noise, following) - alone.sum(axis=0)
    greatest = (weights > 0) & (weights > weights.max(axis=0) - TRACE)
    return alone + np.clip(gap, 0, None) * greatest / np.maximum(1, greatest.sum(axis=0))


def add_background(brushes: np.ndarray) -> np.ndarray:
    """Weights float32 [1 + P, h, w] that sum to 1, from brushes' [P, h, w]; the background has what nobody wins.

    Quantized brushes may sum to more than 1, so shares are taken before traces are dropped.
    """
    made = np.empty((1 + len(brushes), *brushes.shape[1:]), np.result_type(brushes, np.float32))
    shares = np.divide(brushes, np.maximum(1, brushes.sum(axis=0)), out=made[1:])
    shares[shares < TRACE] = 0
    rest = np.clip(1 - shares.sum(axis=0), 0, 1)
    made[0] = np.where(rest < TRACE, 0, rest)
    return _normalise(made).astype(np.float32)
