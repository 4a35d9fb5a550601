"""Masks to weights: rasterise, resize to cells, order, feather, quantize; at each cell the weights sum to 1."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from lib_regiondiff import imaging
from lib_regiondiff.geometry import Size
from lib_regiondiff.imaging import Mask, Picture, Shape
from lib_regiondiff.palette import Overlap

SAMPLES = 4
STRIP, PART = 2**16, 2**18
"""Pixels of a shape that are sampled at once, and of a canvas that are worked on at once."""
TRACE = 1e-4


Rows = Callable[[int, int], np.ndarray]


@dataclass(frozen=True)
class Layer:
    """One brush on the way to its weight: coverage [h, w] in [0, 1], feather in cells, weight > 0 or a map of it."""

    coverage: np.ndarray
    feather: float = 0.0
    weight: float | np.floating | np.ndarray = 1.0


def rasterise(mask: Mask, size: Size) -> np.ndarray:
    """Coverage float32 [height, width] in [0, 1] of a mask on a canvas of `size` pixels."""
    return rows_of(mask, size)(0, size.height)


def rows_of(mask: Mask, size: Size) -> Rows:
    """The same for parts: what gives pixel rows top..bottom-1, so that nobody needs a large canvas at once."""
    if isinstance(mask, Picture):
        coverage = _resized(imaging.coverage(mask), size)
        return lambda top, bottom: coverage[top:bottom].astype(np.float32) / np.float32(255)
    assert isinstance(mask, Shape), "files are read while parsing"

    def rows(top: int, bottom: int) -> np.ndarray:
        return np.concatenate([_strip(mask, size, *part) for part in parts(top, bottom, size.width, STRIP)])

    return rows


def parts(top: int, bottom: int, width: int, area: int, multiple: int = 1) -> Iterator[tuple[int, int]]:
    """Rows top..bottom-1 in parts of about so many pixels, each but the last a multiple of some rows."""
    step = max(1, area // (width * multiple)) * multiple
    for start in range(top, bottom, step):
        yield start, min(start + step, bottom)


@functools.lru_cache(maxsize=256)
def cells(mask: Mask, size: Size, pixels_per_cell: int) -> np.ndarray:
    """Mean coverage float32 [h, w] of each latent cell; the canvas border is repeated into a cut cell."""
    rows, whole = rows_of(mask, size), size.up_to(pixels_per_cell)
    means = []
    for top, bottom in parts(0, whole.height, whole.width, PART, pixels_per_cell):
        coverage = rows(top, min(bottom, size.height))
        beyond = ((0, max(0, bottom - size.height)), (0, whole.width - size.width))
        cut = np.pad(coverage, beyond, mode="edge").reshape(
            -1, pixels_per_cell, whole.width // pixels_per_cell, pixels_per_cell
        )
        means.append(cut.mean(axis=(1, 3), dtype=np.float32))
    found = np.concatenate(means)
    found.setflags(write=False)
    return found


def _resized(coverage: np.ndarray, size: Size) -> np.ndarray:
    height, width = coverage.shape
    if (height, width) == (size.height, size.width):
        return coverage
    shrinks = size.height <= height and size.width <= width
    return cv2.resize(
        coverage, (size.width, size.height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )


def _strip(shape: Shape, size: Size, top: int, bottom: int) -> np.ndarray:
    """Pixel rows top..bottom-1 of a shape: the share of 4x4 sample points inside each pixel."""
    coverage = np.zeros((bottom - top, size.width), np.float32)
    scales = (float(SAMPLES * size.width), float(SAMPLES * size.height))
    numbers = [number * scales[index % 2] for index, number in enumerate(shape.numbers)]
    left, right = _reach(numbers[::2], 0, size.width)
    first, last = _reach(numbers[1::2], top, bottom)
    if left >= right or first >= last:
        return coverage
    x = np.arange(SAMPLES * left, SAMPLES * right, dtype=np.float64)[None, :] + 0.5
    y = np.arange(SAMPLES * first, SAMPLES * last, dtype=np.float64)[:, None] + 0.5
    inside = INSIDE[shape.kind](x, y, numbers)
    counts = inside.reshape(last - first, SAMPLES, right - left, SAMPLES).sum(axis=(1, 3), dtype=np.uint8)
    coverage[first - top : last - top, left:right] = counts.astype(np.float32) / np.float32(SAMPLES * SAMPLES)
    return coverage


def _reach(numbers: Sequence[float], low: int, high: int) -> tuple[int, int]:
    """The pixels of low..high-1 that a shape's coordinates, in samples, may touch along one axis."""
    first, last = math.floor(min(numbers) / SAMPLES), math.ceil(max(numbers) / SAMPLES)
    return max(low, first), min(high, last + 1)


def _in_rectangle(x: np.ndarray, y: np.ndarray, numbers: Sequence[float]) -> np.ndarray:
    left, top, right, bottom = numbers
    return ((x >= left) & (x < right)) & ((y >= top) & (y < bottom))


def _in_ellipse(x: np.ndarray, y: np.ndarray, numbers: Sequence[float]) -> np.ndarray:
    left, top, right, bottom = numbers
    across, down = x * 2.0 - (left + right), y * 2.0 - (top + bottom)
    wide, high = (right - left) * (right - left), (bottom - top) * (bottom - top)
    return across * across * high + down * down * wide <= wide * high


def _in_polygon(x: np.ndarray, y: np.ndarray, numbers: Sequence[float]) -> np.ndarray:
    """Even-odd rule; an edge counts for the sample points to the left of it."""
    points = list(zip(numbers[::2], numbers[1::2], strict=True))
    inside = np.zeros((y.shape[0], x.shape[1]), dtype=bool)
    for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1], strict=True):
        low, high = min(y0, y1), max(y0, y1)
        rows = slice(int(np.searchsorted(y[:, 0], low)), int(np.searchsorted(y[:, 0], high)))
        if rows.start < rows.stop:
            side = (x - x0) * (y1 - y0) - (y[rows] - y0) * (x1 - x0)
            inside[rows] ^= (side < 0) if y1 > y0 else (side > 0)
    return inside


INSIDE = {"rectangle": _in_rectangle, "ellipse": _in_ellipse, "polygon": _in_polygon}


def partition(layers: Sequence[Layer], size: Size, overlap: Overlap, ring: bool = False) -> np.ndarray:
    """Weights float32 [1 + P, h, w] of the background and of each layer, from the lowest up; they sum to 1.

    In a `ring` soft edges go on from the right border to the left one.
    """
    stack = (_painter if overlap.rule == "painter" else _weighted)(layers, size, overlap.cover_alpha)
    return _normalised(_feathered(stack, [layer.feather for layer in layers], ring))


def _painter(layers: Sequence[Layer], size: Size, keep: float) -> np.ndarray:
    stack = np.zeros((1 + len(layers), size.height, size.width), np.float32)
    stack[0] = 1
    for index, layer in enumerate(layers, start=1):
        lower = stack[1:index].sum(axis=0)
        stack[index] = layer.coverage * (1 - np.float32(keep) * lower)
        stack[1:index] *= 1 - np.float32(1 - keep) * layer.coverage
        stack[0] *= 1 - layer.coverage
    return _scaled(_filled(stack, layers), layers)


def _weighted(layers: Sequence[Layer], size: Size, keep: float) -> np.ndarray:
    del keep  # a matter of the painter's order only
    stack = np.ones((1 + len(layers), size.height, size.width), np.float32)
    for index, layer in enumerate(layers, start=1):
        stack[index] = layer.coverage
        stack[0] *= 1 - layer.coverage
    return _scaled(_filled(stack, layers), layers)


def _filled(stack: np.ndarray, layers: Sequence[Layer]) -> np.ndarray:
    """Nothing is left to the background where brushes that meet inside a cell fill it together."""
    covered = np.sum([layer.coverage for layer in layers], axis=0, dtype=np.float32)
    stack[0] = np.minimum(stack[0], np.clip(1 - covered, 0, 1))
    return stack


def _scaled(stack: np.ndarray, layers: Sequence[Layer]) -> np.ndarray:
    for index, layer in enumerate(layers, start=1):
        stack[index] *= layer.weight
    return _normalised(stack)


def _feathered(stack: np.ndarray, feathers: Sequence[float], ring: bool) -> np.ndarray:
    """Blur each brush by its own feather; the background fills up to 1, but only where it was near before."""
    if not any(feathers):
        return stack
    soft = [blur(weight, feather, ring) for weight, feather in zip(stack[1:], feathers, strict=True)]
    rest = np.minimum(blur(stack[0], max(feathers), ring), np.clip(1 - np.sum(soft, axis=0), 0, None))
    return np.stack([rest, *soft])


def blur(weight: np.ndarray, deviation: float, ring: bool = False) -> np.ndarray:
    """Gaussian blur [h, w] with a deviation in cells, cut at three deviations, borders repeated.

    The left and right border of a `ring` continue each other.
    """
    if deviation <= 0:
        return weight
    taps = 2 * reach(deviation) + 1
    beyond = taps // 2 if ring else 0
    wide = np.pad(weight, ((0, 0), (beyond, beyond)), mode="wrap") if beyond else weight
    soft = cv2.GaussianBlur(wide, (taps, taps), deviation, borderType=cv2.BORDER_REPLICATE)
    return soft[:, beyond : beyond + weight.shape[1]]


def reach(deviation: float) -> int:
    """How far a blur sees."""
    return math.ceil(3 * deviation)


def _normalised(stack: np.ndarray) -> np.ndarray:
    return stack / stack.sum(axis=0, keepdims=True)


def quantize(weights: np.ndarray, kind: str, noise: float, following: float) -> np.ndarray:
    """Brush weights [P, h, w] at a level, by its noise and that of the following level (0 after the last).

    StreamMultiDiffusion's noise-level masks: discrete is weight > noise, continuous a ramp between the two levels,
    semi-continuous discrete until the last level. What a brush has to itself it has at any level, also at noise 1,
    where flow models begin.
    """
    if kind == "semi-continuous":
        kind = "continuous" if following <= 0 else "discrete"
    if kind == "none":
        return weights
    noise = min(noise, 1 - TRACE)
    if kind == "discrete" or noise <= following:
        return (weights > noise).astype(np.float32)
    return np.clip((weights - following) / (noise - following), 0, 1).astype(np.float32)


def at_level(weights: np.ndarray, kind: str, noise: float, following: float) -> np.ndarray:
    """Quantized brush weights [P, h, w] without gaps between feathered neighbours.

    Where brushes win a cell only together, it is the greatest one's, which is the first to win it alone later.
    """
    alone = quantize(weights, kind, noise, following)
    if kind == "none" or len(weights) < 2:
        return alone
    gap = quantize(weights.sum(axis=0), kind, noise, following) - alone.sum(axis=0)
    greatest = (weights > 0) & (weights > weights.max(axis=0) - TRACE)
    return alone + np.clip(gap, 0, None) * greatest / np.maximum(1, greatest.sum(axis=0))


def with_background(brushes: np.ndarray) -> np.ndarray:
    """Weights [1 + P, h, w] that sum to 1: traces are dropped and what nobody wins goes to the background.

    Quantized brushes may sum to more than 1, so shares are taken before anything is called a trace.
    """
    brushes = brushes / np.maximum(1, brushes.sum(axis=0, keepdims=True))
    brushes = np.where(brushes < TRACE, 0, brushes)
    rest = np.clip(1 - brushes.sum(axis=0, keepdims=True), 0, 1)
    return _normalised(np.concatenate([np.where(rest < TRACE, 0, rest), brushes])).astype(np.float32)
