"""Figures of a GPU run: one JSON line each, with card, versions and commit; and the table that docs/gpu.md shows."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "gpu.md"
LINES = "gpu.jsonl"
NONE_YET = "No figures are on record yet."
FIGURES = re.compile(r"<!-- figures -->.*?<!-- end -->", re.DOTALL)
DIGITS = 4

Line = dict[str, Any]


@dataclass
class Report:
    """Writes lines to a file and to the screen, and counts those that are not as they should be."""

    file: Path
    stamp: Mapping[str, Any]
    failed: int = 0

    def note(self, name: str, value: float | None, unit: str, **more: Any) -> None:
        """Write a figure; `ok` among what more is said of it tells whether it is within its limit."""
        known = value if value is not None and math.isfinite(value) else None
        shown = round(known, DIGITS) if isinstance(known, float) else known
        line = {"benchmark": "gpu", "name": name, "value": shown, "unit": unit, **more, **self.stamp}
        self.failed += line.get("ok") is False
        text = json.dumps(line)
        with self.file.open("a", encoding="utf-8") as file:
            file.write(text + "\n")
        print(text, flush=True)

    def at_most(self, name: str, value: float, unit: str, limit: float, **more: Any) -> None:
        """Write a figure that has an upper limit; what is no number is beyond it."""
        self.note(name, value, unit, limit=f"<= {limit:g}", ok=bool(value <= limit), **more)

    def at_least(self, name: str, value: float, unit: str, limit: float, **more: Any) -> None:
        """Write a figure that has a lower limit; what is no number is below it."""
        self.note(name, value, unit, limit=f">= {limit:g}", ok=bool(value >= limit), **more)

    @contextmanager
    def guarded(self, name: str) -> Iterator[None]:
        """Let a measurement fail by itself: its error becomes a line, and the others go on."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever it is, a card is lent for minutes and the rest must run
            told = f"{type(error).__name__}: {error}".splitlines()[0][:300]
            self.note(name, None, "", ok=False, error=told)


@dataclass(frozen=True)
class Bench:
    """What a measurement is given: where it runs and where its figures go."""

    card: Any
    report: Report

    @property
    def small(self) -> bool:
        """Whether all is to be small, for a dry run."""
        return self.card.dry_run


def read(path: Path) -> list[Line]:
    """The lines of a run; SystemExit where there are none, or where they are those of a dry run."""
    if not path.is_file():
        raise SystemExit(f"bench-gpu: expected the lines of a run in {path}, got no such file")
    lines = [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines() if text]
    if not lines or any(line["dry_run"] for line in lines):
        raise SystemExit(f"bench-gpu: expected figures of a card in {path}, got {'a dry run' if lines else 'none'}")
    return lines


def table(lines: Sequence[Line]) -> str:
    """A sentence that names the card and what ran on it, then a row for each figure."""
    first = lines[0]
    made = f"commit {first['commit']}" if first["commit"] else f"source {first['source']}"
    head = f"{first['device']}, torch {first['torch']}, diffusers {first['diffusers']}, {made}, {first['date']}."
    rows = [head, "", "| figure | value | unit | limit | |", "|---|---|---|---|---|"]
    for line in lines:
        verdict = {True: "kept", False: "**missed**", None: ""}[line.get("ok")]
        value = line.get("error", "none") if line["value"] is None else f"{line['value']:g}"
        rows.append(f"| {line['name']} | {value} | {line['unit']} | {line.get('limit', '')} | {verdict} |")
    return "\n".join(rows)


def renew(page: Path, measured: str) -> None:
    """Put figures between the markers of a page."""
    text, made = page.read_text(encoding="utf-8"), f"<!-- figures -->\n{measured}\n<!-- end -->"
    page.write_text(FIGURES.sub(lambda _: made, text), encoding="utf-8")
