"""Palettes of the known model's colours, and what their pictures must show."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from live.client import WebUI

Alone = Callable[[str, str], np.ndarray]
COLOURS = ("red", "blue", "yellow", "magenta", "aqua")
NEAR = 10.0
BORDER = 8  # one cell: what lies nearer to a border may show both sides


def columns(*prompts: str, **more: Any) -> dict[str, Any]:
    """A palette of equal columns; `more` is its other keys."""
    count = len(prompts)
    brushes = [
        {"id": f"c{i}", "prompt": prompt, "mask": {"rectangle": [i / count, 0, (i + 1) / count, 1]}}
        for i, prompt in enumerate(prompts)
    ]
    return {"version": 1, "brushes": brushes, **more}


def unmerged(prompt: str, scale: float) -> dict[str, Any]:
    """Halves of one meaning that are drawn apart, for they have scales of their own: what the job's scale is."""
    palette = columns(prompt, prompt)
    for brush in palette["brushes"]:
        brush["guidance"] = scale
    palette["brushes"][1]["prompt_strength"] = 0.0  # the main prompt by another way
    return palette


def mean(picture: np.ndarray) -> np.ndarray:
    """The mean colour inside the borders of a picture uint8 [h, w, 3]."""
    return picture[BORDER:-BORDER, BORDER:-BORDER].reshape(-1, 3).mean(axis=0)


def middles(picture: np.ndarray, count: int) -> list[np.ndarray]:
    """The mean colour of each of so many columns inside its borders."""
    edges = [round(picture.shape[1] * i / count) for i in range(count + 1)]
    return [mean(picture[:, a:b]) for a, b in itertools.pairwise(edges)]


def obeys(picture: np.ndarray, prompts: Sequence[str], sampler: str, alone: Alone) -> None:
    """Check the columns of a picture against what their prompts draw alone."""
    for prompt, seen in zip(prompts, middles(picture, len(prompts)), strict=True):
        assert np.abs(seen - alone(prompt, sampler)).max() < NEAR, f"{prompt}: {seen}, alone {alone(prompt, sampler)}"


def differ(a: np.ndarray, b: np.ndarray) -> int:
    """The greatest difference of two pictures in grey levels."""
    return int(np.abs(a.astype(int) - b.astype(int)).max())


def needs(webui: WebUI, sampler: str) -> None:
    """Skip where the WebUI has no such sampler: it would take another one without a word."""
    if sampler not in webui.samplers():
        pytest.skip(f"this WebUI has no {sampler}")
