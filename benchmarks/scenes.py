"""Palettes to measure with: written by hand, from a plain picture to a panorama."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib_regiondiff.document.palette import Palette, parse


def make_boxes(columns: int, rows: int) -> list[dict[str, Any]]:
    """The plain data of brushes of stuff that share the canvas as a grid of columns and rows."""
    return [
        {
            "id": f"{row}-{column}",
            "kind": "stuff",
            "prompt": f"thing {row} {column}",
            "mask": {"rectangle": [column / columns, row / rows, (column + 1) / columns, (row + 1) / rows]},
        }
        for row in range(rows)
        for column in range(columns)
    ]


HILLS = [[0, 0.6], [0.3, 0.45], [0.7, 0.6], [1, 0.5], [1, 1], [0, 1]]
HOUSE = [[0.82, 0.62], [0.9, 0.5], [0.98, 0.62], [0.98, 0.85], [0.82, 0.85]]
LANDSCAPE = [
    {"id": "hills", "prompt": "hills", "mask": {"polygon": HILLS}},
    {"id": "lake", "prompt": "a lake", "mask": {"ellipse": [0.35, 0.7, 0.75, 0.95]}},
    {"id": "sun", "prompt": "the sun", "mask": {"ellipse": [0.1, 0.08, 0.18, 0.28]}},
    {"id": "moon", "prompt": "the moon", "mask": {"ellipse": [0.8, 0.1, 0.86, 0.25]}},
    {"id": "tree", "prompt": "a tree", "mask": {"rectangle": [0.05, 0.5, 0.2, 0.9]}},
    {"id": "house", "prompt": "a house", "mask": {"polygon": HOUSE}},
    {"id": "boat", "prompt": "a boat", "mask": {"rectangle": [0.5, 0.75, 0.58, 0.85]}},
    {"id": "bird", "prompt": "a bird", "mask": {"ellipse": [0.45, 0.2, 0.52, 0.28]}},
]
GRID = {"width": 768, "height": 768, "overlap": 384}
SCENES: Mapping[str, dict[str, Any]] = {
    "plain 512x512": {"size": (512, 512)},
    "two halves 512x512": {"size": (512, 512), "brushes": make_boxes(2, 1)},
    "two halves 512x512, guidance 1": {"size": (512, 512), "brushes": make_boxes(2, 1), "guidance": 1},
    "3 columns 768x512": {"size": (768, 512), "brushes": make_boxes(3, 1)},
    "9 boxes 768x768": {"size": (768, 768), "brushes": make_boxes(3, 3)},
    "landscape of 8 brushes 1920x768": {"size": (1920, 768), "brushes": LANDSCAPE, "tiles": GRID},
    "landscape, guidance 1": {"size": (1920, 768), "brushes": LANDSCAPE, "tiles": GRID, "guidance": 1},
    "panorama 3072x512, tiles of 512": {
        "size": (3072, 512),
        "guidance": 1,
        "tiles": {"width": 512, "height": 512, "overlap": 128},
    },
}


def make_scene(name: str) -> Palette:
    """The palette of a scene, by its name."""
    data = dict(SCENES[name])
    width, height = data.pop("size")
    head = {"version": 1, "size": {"width": width, "height": height}, "background": {"prompt": "a wide land"}}
    return parse(head | data)
