"""Writes the shares that the planner gives to brushes with soft edges, and that the painting page must show.

`python tools/golden_shares.py` makes tests/golden/shares.json anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from lib_regiondiff.document.palette import parse
from lib_regiondiff.planning.weights import masks
from lib_regiondiff.planning.weights.partition import divide

FILE = Path(__file__).resolve().parent.parent / "tests" / "golden" / "shares.json"
CELL = 8
CASES: tuple[dict[str, Any], ...] = (
    {
        "size": {"width": 192, "height": 128},
        "brushes": [
            {"mask": {"rectangle": [0, 0.55, 1, 1]}, "feather": 24},
            {"mask": {"rectangle": [0.15, 0.2, 0.5, 0.85]}},
            {"mask": {"ellipse": [0.4, 0.1, 0.9, 0.8]}, "feather": 6},
        ],
    },
    {
        "size": {"width": 200, "height": 120},
        "brushes": [
            {"mask": {"rectangle": [0, 0, 0.33, 1]}, "feather": 12},
            {"mask": {"rectangle": [0.33, 0, 0.66, 1]}, "feather": 12, "weight": 4},
            {"mask": {"polygon": [[0.66, 0], [1, 0], [1, 1], [0.5, 1]]}},
        ],
    },
    {
        "size": {"width": 256, "height": 256},
        "brushes": [
            {"mask": {"ellipse": [0.3, 0.3, 0.7, 0.7]}, "feather": 60},
            {"mask": {"rectangle": [0.9, 0, 1, 1]}},
        ],
    },
)


def share(case: dict[str, Any]) -> np.ndarray:
    """Shares [1 + P, h, w] of the background and of each brush of a case, from the lowest up."""
    brushes = [{"id": f"b{index}", "prompt": "a", **brush} for index, brush in enumerate(case["brushes"])]
    palette = parse({"version": 1, "size": case["size"], "brushes": brushes})
    coverages = [masks.measure_cells(brush.mask, palette.size, CELL) for brush in palette.brushes]
    return divide(palette, coverages, palette.size.cells(CELL), 1 / CELL)


def main() -> None:
    """Write the cases with their shares, in thousandths."""
    made = [{**case, "shares": (1000 * share(case)).round().astype(int).reshape(-1).tolist()} for case in CASES]
    lines = ",\n".join(json.dumps(case) for case in made)
    FILE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
