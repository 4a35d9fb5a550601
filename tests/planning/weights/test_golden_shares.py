"""The planner gives the golden shares to brushes with soft edges; the page's JavaScript is held to the same ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lib_regiondiff.document.palette import parse
from lib_regiondiff.planning.weights import masks
from lib_regiondiff.planning.weights.partition import divide

FILE = Path(__file__).resolve().parents[2] / "golden" / "shares.json"
CASES = json.loads(FILE.read_text(encoding="utf-8"))
CELL = 8


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['size']['width']}x{case['size']['height']}")
def test_brushes_have_their_golden_shares(case: dict[str, Any]) -> None:
    brushes = [{"id": f"b{index}", "prompt": "a", **brush} for index, brush in enumerate(case["brushes"])]
    palette = parse({"version": 1, "size": case["size"], "brushes": brushes})
    coverages = [masks.measure_cells(brush.mask, palette.size, CELL) for brush in palette.brushes]
    found = divide(palette, coverages, palette.size.cells(CELL), 1 / CELL)
    assert np.abs(found.reshape(-1) - np.array(case["shares"]) / 1000).max() < 0.001
