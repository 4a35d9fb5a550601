"""The report: measurements of many palettes -> lines, a table with confidence intervals, a sheet of pictures."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from fidelity_methods import METHODS
from fidelity_palettes import GRADES, make_puzzle
from fidelity_scores import NAMES
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from lib_regiondiff.authoring.overlay import overlay

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE, SHEET = DOCS / "reports" / "fidelity.md", DOCS / "pictures" / "fidelity.png"
OURS, NAIVE, SLOW, CEILING = "f", "b", "g", "true"
SCORES = (*NAMES, "seams", "elsewhere changed")
SHOWN = ("fidelity", "right class")
"""The scores in the table, the first one with its interval; what is printed has all."""
LABELS = {letter: label for letter, (label, _) in METHODS.items()} | {CEILING: "the true picture through the VAE"}
TITLES = {
    "a": "one plain prompt",
    "b": "MultiDiffusion",
    "c": "+ predictions averaged",
    "d": "StreamMultiDiffusion",
    "e": "+ quantized masks, blurred",
    "m": "Mixture of Diffusers' canvas",
    "f": "ours",
    "g": "50-step DDIM with regions",
    CEILING: "true pictures",
}
"""What the table calls methods."""
DRAWS = 4000
MOST_BYTES = 300_000
EVERY, ROWS, EACH = 3, 5, (144, 108)

Table = NDArray[np.float64]


def tabulate(records: Sequence[Mapping[str, Any]], letter: str, name: str) -> Table:
    """A method's score of each palette, NaN where there is none."""
    return np.array([each["methods"][letter].get(name, np.nan) for each in records], np.float64)


def measure_interval(values: Table, seed: int = 0) -> tuple[float, float, float]:
    """The mean of the known scores and its 95 % bootstrap interval over palettes: mean, low, high; NaN without any."""
    known = values[~np.isnan(values)]
    if not len(known):
        return np.nan, np.nan, np.nan
    draws = known[np.random.default_rng(seed).integers(len(known), size=(DRAWS, len(known)))].mean(axis=1)
    low, high = np.percentile(draws, (2.5, 97.5))
    return float(known.mean()), float(low), float(high)


def measure_closed(records: Sequence[Mapping[str, Any]], name: str = "fidelity") -> tuple[float, float, float]:
    """The share of the gap from the naive method to the slow reference that ours closes, and its 95 % interval."""
    naive, ours, slow = (tabulate(records, letter, name) for letter in (NAIVE, OURS, SLOW))
    picks = np.random.default_rng(0).integers(len(records), size=(DRAWS, len(records)))
    gains, gaps = (ours - naive)[picks].mean(axis=1), (slow - naive)[picks].mean(axis=1)
    low, high = np.percentile(gains / gaps, (2.5, 97.5))
    return float((ours - naive).mean() / (slow - naive).mean()), float(low), float(high)


def make_lines(records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The lines to print: one for each method, and one for the gap that is closed."""
    found = []
    for letter, label in LABELS.items():
        line: dict[str, Any] = {"benchmark": "fidelity", "method": letter, "label": label, "palettes": len(records)}
        for name in ("rows", "cells", "multiply-adds", "seconds"):
            if name in records[0]["methods"][letter]:
                line[name] = round(float(tabulate(records, letter, name).mean()), 2)
        for name in SCORES:
            values = tabulate(records, letter, name)
            line[name] = round_numbers(measure_interval(values)[:1])[0]
            line[f"{name} minus ours"] = round_numbers(measure_interval(values - tabulate(records, OURS, name)))
        line["fidelity by grade"] = {
            g: round_numbers(measure_interval(select_grade(records, letter, g))[:1])[0] for g in GRADES
        }
        found.append(line)
    gap = {"share of the gap from b to g closed by f": round_numbers(measure_closed(records))}
    return [*found, {"benchmark": "fidelity", "palettes": len(records)} | gap]


def select_grade(records: Sequence[Mapping[str, Any]], letter: str, grade: str) -> Table:
    """A method's fidelity for each palette of a grade."""
    return tabulate([each for each in records if each["grade"] == grade], letter, "fidelity")


def round_numbers(numbers: Sequence[float]) -> list[float | None]:
    """Numbers with four digits; None for NaN."""
    return [None if np.isnan(number) else round(number, 4) for number in numbers]


def format_page(records: Sequence[Mapping[str, Any]]) -> str:
    """The Markdown of the ladder: how many palettes, and the table of scores, a row for each method."""
    heads = ("method", "rows", *SHOWN)
    rows = [heads, ("---",) * len(heads), *(format_row(records, letter) for letter in LABELS)]
    return f"{len(records)} palettes:\n\n{format_rows(rows)}"


def format_rows(rows: Sequence[Sequence[str]]) -> str:
    """The rows of a table as Markdown."""
    lines = ("| " + " | ".join(row) + " |" for row in rows)
    return "\n".join(line.replace(" ", "") if set(line) == set("| -") else line for line in lines)


def format_mark(letter: str) -> str:
    """A method's letter in brackets; the word `ceiling` for the ceiling."""
    return f"({letter})" if letter in METHODS else "ceiling" if letter == CEILING else letter


def format_row(records: Sequence[Mapping[str, Any]], letter: str) -> tuple[str, ...]:
    """A method's row of the table: means in percent, and for the first how much it is more or less than ours."""
    known = "rows" in records[0]["methods"][letter]
    rows = f"{tabulate(records, letter, 'rows').mean():.0f}" if known else ""
    cells = (format_cell(records, letter, name, name == SHOWN[0]) for name in SHOWN)
    title = f"({letter}) {TITLES[letter]}" if letter in METHODS else TITLES[letter]
    return (title, rows, *cells)


def format_cell(records: Sequence[Mapping[str, Any]], letter: str, name: str, compared: bool) -> str:
    """The text of a table's cell: the mean and, if it is `compared`, the 95 % interval of its difference from ours."""
    values = tabulate(records, letter, name)
    mean = measure_interval(values)[0]
    if np.isnan(mean):
        return ""
    _, low, high = measure_interval(values - tabulate(records, OURS, name))
    told = f" ({100 * low:+.0f} to {100 * high:+.0f})" if compared and letter != OURS else ""
    return f"{100 * mean:.0f}{told}"


def draw_sheet(records: Sequence[Mapping[str, Any]]) -> Image.Image:
    """A picture of every EVERY-th palette, one in each row: the palette, then the picture by each method."""
    columns, chosen = ["palette", *LABELS], [each for each in records if each["number"] % EVERY == 0][:ROWS]
    wide, high = EACH
    whole = Image.new("RGB", (len(columns) * (wide + 2), 14 + len(chosen) * (high + 2)), "white")
    draw = ImageDraw.Draw(whole)
    for x, column in enumerate(columns):
        draw.text((x * (wide + 2) + 4, 1), format_mark(column), "black", ImageFont.load_default())
        for y, each in enumerate(chosen):
            picture = (
                overlay(make_puzzle(each["number"]).palette()) if column == "palette" else open_picture(each, column)
            )
            whole.paste(picture.resize(EACH, Image.Resampling.LANCZOS), (x * (wide + 2), 14 + y * (high + 2)))
    return whole


def open_picture(record: Mapping[str, Any], letter: str) -> Image.Image:
    """The picture of a record by a method."""
    with Image.open(record["pictures"][letter]) as picture:
        return picture.convert("RGB")


def encode_png(picture: Image.Image) -> bytes:
    """The PNG of a picture in at most MOST_BYTES, with as many colours as that allows."""
    for colours in (256, 192, 128, 96, 64, 48, 32, 16):
        file = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        if file.tell() <= MOST_BYTES:
            break
    return file.getvalue()


def write(records: Sequence[Mapping[str, Any]]) -> None:
    """Put the table into the report, and the sheet of pictures beside it."""
    SHEET.parent.mkdir(exist_ok=True)
    SHEET.write_bytes(encode_png(draw_sheet(records)))
    renew(PAGE, format_page(records), "measured ladder")


def read_measured(page: Path, marker: str) -> str:
    """What stands between the markers of a page; nothing where it has none."""
    found = _find_markers(marker).search(page.read_text(encoding="utf-8"))
    return found[1] if found else ""


def renew(page: Path, measured: str, marker: str = "measured") -> None:
    """Replace what stands between the markers of a page by what was measured."""
    made, text = f"<!-- {marker} -->\n{measured}\n<!-- end -->", page.read_text(encoding="utf-8")
    renewed, count = _find_markers(marker).subn(lambda _: made, text)
    if count != 1:
        raise SystemExit(f"{page}: expected `<!-- {marker} -->` and `<!-- end -->` once, got {count} of them")
    page.write_text(renewed, encoding="utf-8")


def _find_markers(marker: str) -> re.Pattern[str]:
    """What finds the markers of a page and, as its group, what stands between them."""
    return re.compile(rf"<!-- {marker} -->\n?(.*?)\n?<!-- end -->", re.DOTALL)
