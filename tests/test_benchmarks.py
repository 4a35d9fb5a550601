"""The exact figures in docs/benchmarks.md are those that the code counts now."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TABLE = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")


def test_counted_rows_are_those_of_the_docs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import rows
    import scenes

    for name in scenes.SCENES:
        line = rows.count(name)
        numbers = [line["calls"], line["rows"], line["latent_pixels"], line["canvas"]]
        assert f"| {name} | " + " | ".join(f"{number:,}" for number in numbers) + " |" in TABLE
    for module in ("rows", "scenes"):
        sys.modules.pop(module)
