"""Shapes give the golden masks to the pixel; the page's JavaScript is held to the same ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lib_regiondiff.document.palette import parse
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.weights import masks

FOLDER = Path(__file__).resolve().parents[2] / "golden" / "shapes"
CASES = json.loads((FOLDER / "cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_a_shape_covers_what_its_golden_mask_does(case: dict[str, Any]) -> None:
    size = {"width": case["width"], "height": case["height"]}
    brushes = [{"id": "a", "prompt": "a", "mask": case["shape"]}]
    mask = parse({"version": 1, "size": size, "brushes": brushes}).brushes[0].mask
    found = masks.rasterise(mask, Size(case["height"], case["width"]))
    with Image.open(FOLDER / case["file"]) as wanted:
        assert np.array_equal(np.floor(255 * found.astype(np.float64) + 0.5).astype(np.uint8), np.asarray(wanted))


def test_there_are_cases_of_each_kind_and_size() -> None:
    kinds = {next(iter(case["shape"])) for case in CASES}
    assert kinds == {"rectangle", "ellipse", "polygon"} and len({case["width"] for case in CASES}) == 3
    assert len(CASES) == len(list(FOLDER.glob("*.png"))) >= 24
