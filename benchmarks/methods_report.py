"""The report of methods: records -> JSON lines, tables of docs/methods.md, a picture of palettes by method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from fidelity_palettes import make_puzzle
from fidelity_report import DOCS, encode_png, format_rows, measure_interval, renew, round_numbers
from methods_names import LISTING, METHODS, name_function
from methods_overlaps import BINS
from PIL import Image, ImageDraw, ImageFont

from lib_regiondiff.authoring.overlay import overlay

PAGE, SHEET = DOCS / "methods.md", DOCS / "pictures" / "methods.png"
BEYOND = "beyond one prompt"
SHOWN: Mapping[str, tuple[str, ...]] = {
    "puzzles": ("fidelity", "texture IoU", "right class", "wrong colour", "leaked", "duplicated"),
    "splits": ("whole", "once", "second", "class", "ground IoU", "boundary"),
    "overlaps": ("mIoU", "mIoU inside", "order", "kept"),
    "order": ("told", "order", "kept"),
    "functions": ("fidelity", BEYOND, "texture IoU", "right class", "wrong colour"),
}
"""The scores that a part's table shows, all in percent."""
COSTS = {"rows": ("rows", 1.0), "multiply-adds": ("multiply-adds, G", 1e-9), "seconds": ("CPU seconds", 1.0)}
CEILING = "true"
LABELS = {CEILING: "the true picture through the autoencoder", LISTING: "one plain prompt that lists everything"}
"""What the tables call what is no method of docs/methods.md."""
ANY, BINNED = "all", ("overlaps", "order")
EVERY, ROWS, EACH, HEAD = 4, 5, (192, 144), 14  # palettes of the sheet, and its pictures

Record = Mapping[str, Any]


def make_lines(part: str, records: Sequence[Record]) -> list[dict[str, Any]]:
    """The lines to print: each method's means and 95 % intervals; overlaps also by bin."""
    found = []
    for chosen, each in list_groups(part, records):
        for name in list_methods(each):
            line: dict[str, Any] = {"benchmark": "methods", "part": part, "palettes": len(each), "method": name}
            line |= {"overlap": chosen} if chosen != ANY else {}
            line |= {cost: round_numbers([tabulate(each, name, cost).mean()])[0] for cost in COSTS}
            line |= {score: round_numbers(measure_interval(tabulate(each, name, score))) for score in SHOWN[part]}
            found.append(line)
    return found


def list_groups(part: str, records: Sequence[Record]) -> list[tuple[str, Sequence[Record]]]:
    """The records under their bins of overlap, if the part has them; of other parts, all of them."""
    if part not in BINNED:
        return [(ANY, records)]
    bins = [
        (f"{low:.0%} to {high:.0%}", [each for each in records if each["bin"] == at])
        for at, (low, high) in enumerate(BINS)
    ]
    return [(name, each) for name, each in bins if each]


def list_methods(records: Sequence[Record]) -> list[str]:
    """The methods that records have, in their order."""
    return list(records[0]["methods"]) if records else []


def tabulate(records: Sequence[Record], method: str, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """A method's score of each palette, NaN where there is none."""
    return np.array([each["methods"][method].get(name, np.nan) for each in records], np.float64)


def write(part: str, records: Sequence[Record]) -> None:
    """Put a part's table into docs/methods.md, and the pictures of puzzles beside it."""
    renew(PAGE, format_table(part, records), f"measured {part}")
    if part == "puzzles":
        SHEET.write_bytes(encode_png(draw_sheet(records)))


def format_table(part: str, records: Sequence[Record]) -> str:
    """The Markdown of a part: a row for each method, and for each bin of overlaps."""
    costs = [each for each in COSTS if part not in BINNED and not np.isnan(find_cost(records, each))]
    heads = ["method", *(["overlap"] if part in BINNED else []), "palettes", *(COSTS[each][0] for each in costs)]
    rows: list[Sequence[str]] = [[*heads, *SHOWN[part]]]
    rows.append(["---"] * len(rows[0]))
    for chosen, each in list_groups(part, records):
        for name in list_methods(each):
            first = [LABELS.get(name, name), *([chosen] if part in BINNED else [])]
            paid = [format_cost(each, name, cost) for cost in costs]
            rows.append([*first, str(len(each)), *paid, *(format_score(each, name, score) for score in SHOWN[part])])
    return format_rows(rows)


def find_cost(records: Sequence[Record], cost: str) -> float:
    """The mean cost of the first method that is not the ceiling; NaN if it was not noted."""
    return float(tabulate(records, list_methods(records)[0], cost).mean())


def format_cost(records: Sequence[Record], method: str, cost: str) -> str:
    """A mean cost as text; nothing for the ceiling."""
    value = float(tabulate(records, method, cost).mean()) * COSTS[cost][1]
    return "" if np.isnan(value) else f"{value:.1f}" if value < 10 else f"{value:.0f}"


def format_score(records: Sequence[Record], method: str, name: str) -> str:
    """A mean score in percent with its 95 % interval."""
    mean, low, high = (100 * each for each in measure_interval(tabulate(records, method, name)))
    return "" if np.isnan(mean) else f"{mean:.0f} ({low:.0f} to {high:.0f})"


def choose_best(records: Sequence[Record]) -> list[str]:
    """The name of each weight function at the scale that obeys best over all records."""
    best: dict[str, str] = {}
    for name in list_methods(records):
        rival = best.setdefault(name_function(name), name)
        if measure_mean(records, name) > measure_mean(records, rival):
            best[name_function(name)] = name
    return list(best.values())


def compare(record: Record) -> dict[str, Any]:
    """A record in which each method has, beside its fidelity, how much that is beyond one plain prompt's."""
    methods: Mapping[str, Mapping[str, Any]] = record["methods"]
    least = methods[LISTING]["fidelity"]
    return {**record, "methods": {key: {**each, BEYOND: each["fidelity"] - least} for key, each in methods.items()}}


def measure_mean(records: Sequence[Record], name: str) -> float:
    """A method's mean fidelity."""
    return float(tabulate(records, name, "fidelity").mean())


def draw_sheet(records: Sequence[Record]) -> Image.Image:
    """A picture of every EVERY-th palette, one in each row: the palette, then the picture by each method."""
    columns, chosen = ["painted", *METHODS], [each for each in records if each["number"] % EVERY == 0][:ROWS]
    wide, high = EACH
    whole = Image.new("RGB", (len(columns) * (wide + 2), HEAD + len(chosen) * (high + 2)), "white")
    draw = ImageDraw.Draw(whole)
    for x, column in enumerate(columns):
        draw.text((x * (wide + 2) + 4, 1), column, "black", ImageFont.load_default())
        for y, each in enumerate(chosen):
            picture = (
                overlay(make_puzzle(each["number"]).palette()) if column == "painted" else open_picture(each, column)
            )
            whole.paste(picture.resize(EACH, Image.Resampling.LANCZOS), (x * (wide + 2), HEAD + y * (high + 2)))
    return whole


def open_picture(record: Record, method: str) -> Image.Image:
    """The picture of a record by a method."""
    with Image.open(record["methods"][method]["picture"]) as picture:
        return picture.convert("RGB")
