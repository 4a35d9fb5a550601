"""Draws the masks that Python and JavaScript must both give, tests/golden/shapes: `python tools/golden_shapes.py`."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lib_regiondiff.document.palette import parse
from lib_regiondiff.document.pictures import Shape
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.weights.shapes import POINTS, count_points

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "golden" / "shapes"
SIZES = ((64, 64), (130, 100), (97, 211))
NASTY: tuple[dict[str, Any], ...] = (
    {"rectangle": [0, 0, 1, 1]},
    {"rectangle": [-1, -1, 2, 2]},
    {"rectangle": [0.25, 0.25, 0.2501, 0.75]},
    {"rectangle": [1 / 3, 1 / 7, 2 / 3, 6 / 7]},
    {"ellipse": [0, 0, 1, 1]},
    {"ellipse": [-0.5, -0.5, 0.5, 0.5]},
    {"ellipse": [0.999, 0.2, 1.9, 0.4]},
    {"ellipse": [0.3, 0.3, 0.301, 0.9]},
    {"polygon": [[0, 0], [1, 1], [1, 0], [0, 1]]},
    {"polygon": [[0.1, 0.1], [0.9, 0.1], [0.1, 0.1]]},
    {"polygon": [[0.5, -1], [2, 0.5], [0.5, 2], [-1, 0.5]]},
    {"polygon": [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8], [0.2, 0.2], [0.4, 0.4], [0.4, 0.6], [0.6, 0.6]]},
)


def draw(shape: dict[str, Any], width: int, height: int) -> np.ndarray:
    """The coverage uint8 [height, width] of a shape of a palette."""
    size = {"width": width, "height": height}
    brushes = [{"id": "a", "prompt": "a", "mask": shape}]
    mask = parse({"version": 1, "size": size, "brushes": brushes}).brushes[0].mask
    assert isinstance(mask, Shape)
    counts = count_points(mask, Size(height, width), 0, height).astype(np.float64)
    return np.floor(255 * counts / POINTS + 0.5).astype(np.uint8)


def list_shapes() -> list[dict[str, Any]]:
    """The nasty shapes, and some by chance, the same each time."""
    chance = random.Random(5)
    shapes = list(NASTY)
    for kind in ("rectangle", "ellipse", "polygon", "polygon"):
        for _ in range(4):
            numbers = [round(chance.uniform(-0.3, 1.3), 4) for _ in range(2 * chance.randint(3, 12))]
            if kind == "polygon":
                shapes.append({kind: [list(pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]})
            else:
                (left, right), (top, bottom) = sorted(numbers[:2]), sorted(numbers[2:4])
                shapes.append({kind: [left, top, right, bottom]})
    return shapes


def main() -> None:
    """Write the cases and their masks."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    cases = []
    for number, shape in enumerate(list_shapes()):
        width, height = SIZES[number % len(SIZES)]
        cases.append({"file": f"{number:02}.png", "width": width, "height": height, "shape": shape})
        Image.fromarray(draw(shape, width, height)).save(FOLDER / f"{number:02}.png")
    (FOLDER / "cases.json").write_text(json.dumps(cases, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
