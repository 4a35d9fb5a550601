"""Does region X obey prompt X? Pixel assertions on the real network code, with the model whose pictures are known."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("diffusers")

from lib_regiondiff.document.palette import Palette
from lib_regiondiff.hosts.diffusers.host import DiffusersHost
from lib_regiondiff.hosts.diffusers.render import render
from lib_regiondiff.planning.weights import masks
from palettes import drawing
from quick import some

SAMPLERS = ["Euler", "Euler a", "DDIM", "DPM++ 2M", "UniPC", "LCM"]
COLOURS = ["red", "green", "blue", "yellow", "aqua", "magenta", "white", "black", "orange"]
TOLERANCE = 8
Alone = Callable[[str, str], np.ndarray]


@pytest.fixture(scope="module")
def host(known_pipeline: Any) -> DiffusersHost:
    known_pipeline.set_progress_bar_config(disable=True)
    return DiffusersHost.of(known_pipeline, "known")


def palette(sampler: str, size: tuple[int, int], **more: Any) -> Palette:
    few = sampler == "LCM"
    return drawing(sampler, size, **{"seed": 5, "steps": 4 if few else 6, "guidance": 1 if few else 5} | more)


def grid(columns: int, rows: int) -> list[dict[str, Any]]:
    """Brushes that share the canvas, each of another colour."""
    return [
        {
            "id": COLOURS[row * columns + column],
            "prompt": f"a {COLOURS[row * columns + column]} thing",
            "mask": {"rectangle": [column / columns, row / rows, (column + 1) / columns, (row + 1) / rows]},
        }
        for row in range(rows)
        for column in range(columns)
    ]


@pytest.fixture(scope="module")
def alone(host: DiffusersHost) -> Alone:
    """The mean colour that a prompt gives alone, by sampler and prompt."""

    @functools.cache
    def colour(sampler: str, prompt: str) -> np.ndarray:
        image = render(host, palette(sampler, (64, 64), background={"prompt": prompt}))[0].image
        return np.array(image, float).mean(axis=(0, 1))

    return colour


def check(host: DiffusersHost, document: Palette, alone: Alone, least: int = 100) -> None:
    """Each brush, eroded by 8 px where no other brush lies above it, has the colour of its prompt alone."""
    pixels = np.array(render(host, document)[0].image, float)
    shown = seen_of(document)
    for brush, own in zip(document.brushes, shown, strict=True):
        inner = eroded(own, 8)
        assert inner.sum() >= least, f"{brush.id} has too little left to look at"
        wanted = alone(document.sampler, brush.prompt)
        assert np.abs(pixels[inner].mean(axis=0) - wanted).max() <= TOLERANCE, brush.id


def seen_of(document: Palette) -> list[np.ndarray]:
    """Where each brush is on top."""
    shown: list[np.ndarray] = []
    for brush in document.brushes:
        mask = masks.rasterise(brush.mask, document.size) > 0.5
        shown = [lower & ~mask for lower in shown] + [mask]
    return shown


def eroded(mask: np.ndarray, by: int) -> np.ndarray:
    """The pixels that are further than `by` from the outside of a mask; the border of the picture is no outside."""
    inner = mask.copy()
    for axis in (0, 1):
        for shift in range(-by, by + 1):
            moved = np.roll(mask, shift, axis=axis)
            edge = [slice(None)] * 2
            edge[axis] = slice(0, shift) if shift > 0 else slice(mask.shape[axis] + shift, None)
            if shift:
                moved[tuple(edge)] = True
            inner &= moved
    return inner


@pytest.mark.parametrize("sampler", some(SAMPLERS, "Euler a", "DPM++ 2M"))
@pytest.mark.parametrize(("size", "shape"), some([((128, 64), (2, 1)), ((168, 64), (3, 1))], ((168, 64), (3, 1))))
def test_two_and_three_brushes_obey(
    host: DiffusersHost, alone: Alone, sampler: str, size: tuple[int, int], shape: tuple[int, int]
) -> None:
    check(host, palette(sampler, size, brushes=grid(*shape)), alone)


@pytest.mark.slow
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_nine_brushes_obey(host: DiffusersHost, alone: Alone, sampler: str) -> None:
    check(host, palette(sampler, (144, 144), brushes=grid(3, 3)), alone)


SHAPES: Sequence[dict[str, Any]] = [
    {"id": "l", "prompt": "red", "mask": {"polygon": [[0, 0], [0.35, 0], [0.35, 0.6], [1, 0.6], [1, 1], [0, 1]]}},
    {"id": "disc", "prompt": "blue", "mask": {"ellipse": [0.45, 0.05, 0.85, 0.55]}},
    {"id": "over", "prompt": "green", "mask": {"ellipse": [0.2, 0.4, 0.5, 0.9]}, "guidance": 3},
]


TILES = {"width": 96, "height": 64, "overlap": 32}


@pytest.mark.parametrize(
    ("native", "tiles", "blend"),
    some([(64, None, "average"), (512, TILES, "average"), (64, TILES, "mixture")], (64, TILES, "mixture")),
)
def test_shapes_obey_through_windows_and_tiles(
    host: DiffusersHost, alone: Alone, native: int, tiles: Any, blend: str
) -> None:
    windowed = replace(host, latent=replace(host.latent, native=native))
    document = palette("DPM++ 2M", (168, 136), brushes=SHAPES, tiles=tiles, blend=blend, background={"prompt": "gray"})
    check(windowed, document, alone)


@pytest.mark.parametrize("kind", [kind for kind, made in masks.QUANTIZATIONS.items() if made])
def test_quantized_masks_obey(host: DiffusersHost, alone: Alone, kind: str) -> None:
    brushes = [brush | {"feather": 6} for brush in grid(2, 1)]
    check(host, palette("LCM", (192, 64), brushes=brushes, quantization=kind), alone)


def test_uncovered_canvas_belongs_to_the_background(host: DiffusersHost, alone: Alone) -> None:
    brushes = [{"id": "a", "prompt": "red", "mask": {"rectangle": [0, 0, 0.3, 1]}}]
    document = palette("Euler", (160, 64), brushes=brushes, background={"prompt": "green"})
    pixels = np.array(render(host, document)[0].image, float)
    assert np.abs(pixels[:, 64:].mean(axis=(0, 1)) - alone("Euler", "green")).max() <= TOLERANCE


@pytest.mark.parametrize("dtype", some(["float16", "bfloat16"], "bfloat16"))
def test_half_precision_obeys(known_folder: Path, dtype: str) -> None:
    half = DiffusersHost.load(str(known_folder), "cpu", dtype)
    document = palette("Euler", (64, 64), brushes=grid(2, 1), steps=2)  # a CPU is slow in half precision
    pixels = np.array(render(half, document)[0].image, float)
    assert str(half.latent.dtype) == f"torch.{dtype}"
    assert np.abs(pixels[8:-8, 8:24].mean(axis=(0, 1)) - [255, 0, 0]).max() <= TOLERANCE
    assert np.abs(pixels[8:-8, 40:-8].mean(axis=(0, 1)) - [0, 255, 0]).max() <= TOLERANCE
