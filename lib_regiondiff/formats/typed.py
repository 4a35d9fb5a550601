"""Typed regions: a prompt with BREAK, ADDCOL and the like, or one region a line, becomes a palette of rectangles."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lib_regiondiff.document.palette import MOST_BRUSHES, PROMPT, VERSION
from lib_regiondiff.document.rules import Choice, Fault, Number, Object, Text, cap_problems, fault, field, show
from lib_regiondiff.errors import PaletteError, Problem
from lib_regiondiff.formats.tags import split_networks

HEAD = re.compile(r"\b(ADDCOMM|ADDBASE)\b")
ROW = re.compile(r"\bADDROW\b")
COLUMN = re.compile(r"\bADDCOL\b")
BREAK = re.compile(r"\bBREAK\b")
RATIO = re.compile(r"[0-9]{1,6}(\.[0-9]{0,6})?|\.[0-9]{1,6}")
EMPHASIS = re.compile(r":[0-9.]+(?=\s*[)\]])")
FIRST_WORDS = re.compile(r"[^\s,()\[\]{}|]+")

Edges = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a prompt is taken apart and where its parts go."""

    split: str = field(
        Choice(("auto", "lines", "BREAK", "ADDCOL")),
        "auto",
        "What stands between regions; auto: ADDCOL and ADDROW if there is one, else BREAK if there is one, else lines.",
    )
    layout: str = field(
        Choice(("columns", "rows", "grid")),
        "columns",
        "Left to right, top to bottom, or rows of cells; ADDCOL, ADDROW and ratios with ';' decide it themselves.",
    )
    ratios: str = field(
        Text(1000),
        "",
        "Sizes of the parts, such as 2,1,1; of a grid the rows, each its height and then its cells' widths; "
        "empty makes equal parts.",
    )
    common: str = field(
        Choice(("none", "first")), "none", "first: the first part of the prompt is put before all others."
    )
    common_negative: str = field(Choice(("none", "first")), "none", "The same for the negative prompt.")
    feather: float = field(Number(0, 1024), 0.0, "Softness of the edges: a Gaussian's deviation in pixels.")


@dataclass(frozen=True)
class TypedParts:
    """A prompt taken apart: the common part, the background's part, and the parts of the regions in rows."""

    common: str = ""
    base: str = ""
    rows: tuple[tuple[str, ...], ...] = ()

    @property
    def cells(self) -> tuple[str, ...]:
        """The prompts of the regions in reading order, each with the common part before it."""
        return tuple(_join(self.common, cell) for row in self.rows for cell in row)

    @property
    def background(self) -> str:
        """The background's prompt, the common part before it; empty where there is neither."""
        return _join(self.common, self.base)


@dataclass(frozen=True)
class GridRow:
    """A row of a grid: its height and the widths of its cells, in units of their own."""

    height: float
    widths: tuple[float, ...]


def is_typed(data: Any) -> bool:
    """Whether plain data is a document of typed regions."""
    return isinstance(data, Mapping) and "typed" in data


def parse_typed(data: Mapping[str, Any], prompt: str, negative: str) -> dict[str, Any]:
    """Plain data for `palette.parse`, of a typed document and the two prompts of a WebUI.

    Raises PaletteError for what is wrong with the options or prompts; the other keys are left to `parse`.
    """
    try:
        return _parse_typed(data, prompt, negative)
    except Fault as error:
        raise PaletteError(error.problems) from None


def _parse_typed(data: Mapping[str, Any], prompt: str, negative: str) -> dict[str, Any]:
    options: Options = Object(Options).read(data["typed"], "typed")
    if "brushes" in data:
        raise fault("brushes", "nothing, because typed makes the brushes", data["brushes"])
    split = _choose_split(options.split, PROMPT.read(prompt, "prompt"), "lines")
    parts = _take_apart(prompt, "prompt", split, options.common == "first")
    boxes = _make_boxes(options, parts, split)
    negatives = _parse_negatives(negative, options, split, len(boxes))
    background = _merge_background(data.get("background", {}), {"prompt": parts, "negative": negatives})
    brushes = _make_brushes(parts, boxes, negatives.cells, options.feather)
    rest = {key: value for key, value in data.items() if key != "typed"}
    return {"version": VERSION} | rest | {"background": background, "brushes": brushes}


def _choose_split(option: str, text: str, otherwise: str) -> str:
    """What separates the regions of a text: the option, or where that is `auto`, what the text holds."""
    if option != "auto":
        return option
    if COLUMN.search(text) or ROW.search(text):
        return "ADDCOL"
    return "BREAK" if BREAK.search(text) else otherwise


def _take_apart(text: str, path: str, split: str, first: bool) -> TypedParts:
    """A text taken apart; Fault names parts that are empty or hold words that would be lost."""
    *heads, rest = HEAD.split(text)
    head = dict(zip(heads[1::2], map(str.strip, heads[::2]), strict=True))
    if 2 * len(head) < len(heads):
        raise Fault(Problem(path, "ADDCOMM and ADDBASE at most once each", "one of them again"))
    rows = _split_rows(rest, split)
    _check(head, rows, path, split)
    if first and "ADDCOMM" not in head:
        head["ADDCOMM"], rows = _take_first(rows)
    return TypedParts(head.get("ADDCOMM", ""), head.get("ADDBASE", ""), rows)


def _split_rows(text: str, split: str) -> tuple[tuple[str, ...], ...]:
    if split == "ADDCOL":
        return tuple(tuple(map(str.strip, COLUMN.split(row))) for row in ROW.split(text))
    cells = BREAK.split(text) if split == "BREAK" else [line for line in text.split("\n") if line.strip()] or [""]
    return (tuple(map(str.strip, cells)),)


def _take_first(rows: tuple[tuple[str, ...], ...]) -> tuple[str, tuple[tuple[str, ...], ...]]:
    """The first part, and the rows without it."""
    (first, *others), *rest = rows
    return first, tuple(filter(None, (tuple(others), *rest)))


def _check(head: Mapping[str, str], rows: Sequence[Sequence[str]], path: str, split: str) -> None:
    """Raise Fault for every part that is empty or holds a region word, with its place."""
    cells = list(itertools.chain(*rows))
    places = {f"before {word}": text for word, text in head.items()}
    places |= {f"in part {number} of {len(cells)}": cell for number, cell in enumerate(cells, 1)}
    words = (COLUMN, ROW, BREAK) if split == "BREAK" else (COLUMN, ROW)
    problems = [Problem(path, f"text {place}", "nothing") for place, text in places.items() if not text]
    for place, text in places.items():
        found = [match[0] for word in words if (match := word.search(text))]
        problems += [Problem(path, f"no {word} {place} (the split is {split})", show(text)) for word in found]
    if problems:
        raise Fault(*cap_problems(problems, path))


def _parse_negatives(text: str, options: Options, split: str, count: int) -> TypedParts:
    """The negative taken apart, with a part for each region or with none, where all share the background's."""
    if not PROMPT.read(text, "negative").strip():
        return TypedParts()
    way = _choose_split(options.split, text, "lines" if split == "lines" else "BREAK")
    parts = _take_apart(text, "negative", way, options.common_negative == "first")
    cells = parts.cells
    if len(cells) not in (0, 1, count):
        raise Fault(Problem("negative", f"1 part or {count} for {count} prompts", str(len(cells))))
    if len(cells) == 1:
        return replace(parts, rows=parts.rows * count) if parts.base else TypedParts(common=cells[0])
    return parts


def _merge_background(background: Any, said: Mapping[str, TypedParts]) -> Any:
    """The document's background with what was typed for it; Fault where both have a prompt or both a negative.

    Where neither has one it gets those of all regions, for a host would take the whole text, region words included.
    """
    if not isinstance(background, Mapping):
        return background
    twice = [key for key, parts in said.items() if parts.background and background.get(key)]
    if twice:
        expected = "nothing, because the typed text has one for the background"
        raise Fault(*(Problem(f"background.{key}", expected, show(background[key])) for key in twice))
    given = {key: parts.background or background.get(key) or ", ".join(parts.cells) for key, parts in said.items()}
    return {**background, **{key: text for key, text in given.items() if text}}


def _make_brushes(
    parts: TypedParts, boxes: Sequence[Edges], negatives: Sequence[str], feather: float
) -> list[dict[str, Any]]:
    regions = zip(itertools.chain(*parts.rows), parts.cells, boxes, strict=True)
    brushes = [
        {
            "id": f"r{index + 1}",
            "name": _make_name(own) or f"r{index + 1}",
            "prompt": prompt,
            "mask": {"rectangle": list(box)},
            "feather": feather,
        }
        for index, (own, prompt, box) in enumerate(regions)
    ]
    for brush, negative in zip(brushes, negatives, strict=False):  # none, or one for each
        brush["negative"] = negative
    return brushes


def _make_name(prompt: str) -> str:
    """The first words of a prompt, without marks of emphasis and tags."""
    plain = EMPHASIS.sub("", split_networks(prompt)[0])
    return " ".join(FIRST_WORDS.findall(plain)[:4])[:60]


def _join(first: str, second: str) -> str:
    return f"{first.rstrip(' ,')}, {second}" if first.strip(" ,") and second else first or second


def _make_boxes(options: Options, parts: TypedParts, split: str) -> list[Edges]:
    """One box for each region, in shares of the canvas; Fault if regions and ratios do not agree."""
    shape = [len(row) for row in parts.rows]
    if not shape:
        raise Fault(Problem("prompt", "a region after the common part", "one part"))
    if sum(shape) > MOST_BRUSHES:
        raise Fault(Problem("prompt", f"at most {MOST_BRUSHES} regions", str(sum(shape))))
    layout = _infer_layout(shape) if split == "ADDCOL" else options.layout
    if not options.ratios.strip():
        return list(_cut(_make_equal_rows(sum(shape), layout, shape if split == "ADDCOL" else None)))
    is_grid = layout == "grid" or ";" in options.ratios
    rows = _read_grid(options.ratios) if is_grid else _read_line(options.ratios, layout)
    count = sum(len(row.widths) for row in rows)
    if count != sum(shape):
        expected = f"{sum(shape)} cells for {sum(shape)} prompts" if sum(shape) > 1 else "1 cell for 1 prompt"
        raise Fault(Problem("typed.ratios", expected, str(count)))
    widths = [len(row.widths) for row in rows]
    if split == "ADDCOL" and widths != shape:
        raise Fault(Problem("typed.ratios", f"rows of {shape} cells, as in the prompt", f"rows of {widths}"))
    return list(_cut(rows))


def _infer_layout(shape: Sequence[int]) -> str:
    """The layout that the words ADDCOL and ADDROW of a prompt imply, by the number of cells in each row."""
    if len(shape) == 1:
        return "columns"
    return "rows" if max(shape) == 1 else "grid"


def _make_equal_rows(count: int, layout: str, shape: Sequence[int] | None) -> list[GridRow]:
    """Equal parts; a grid without words is as square as can be, its last row shorter where it must be."""
    if layout == "columns":
        shape = [count]
    elif layout == "rows":
        shape = [1] * count
    elif shape is None:
        across = math.isqrt(count - 1) + 1
        shape = [min(across, count - done) for done in range(0, count, across)]
    return [GridRow(1.0, (1.0,) * width) for width in shape]


def _read_line(ratios: str, layout: str) -> list[GridRow]:
    """Columns or rows of given sizes."""
    sizes = _read_numbers(ratios)
    return [GridRow(1.0, sizes)] if layout == "columns" else [GridRow(size, (1.0,)) for size in sizes]


def _read_grid(ratios: str) -> list[GridRow]:
    """Rows of given heights, each with its cells; a height alone is a row of one cell."""
    rows = [_read_numbers(row) for row in ratios.split(";")]
    return [GridRow(height, tuple(widths) or (1.0,)) for height, *widths in rows]


def _read_numbers(text: str) -> tuple[float, ...]:
    words = [word.strip() for word in text.split(",")]
    sizes = tuple(float(word) if RATIO.fullmatch(word) else 0.0 for word in words)
    if min(sizes) <= 0:
        wrong = words[sizes.index(min(sizes))]
        raise fault("typed.ratios", "numbers above 0, such as 2,1,1 or, in a grid, 1;2,1,1", wrong)
    return sizes


def _cut(rows: Sequence[GridRow]) -> Iterator[Edges]:
    """The boxes of a canvas that is cut into rows and cells; neighbours share their edges to the bit."""
    for row, (top, bottom) in zip(rows, _find_edges([row.height for row in rows]), strict=True):
        for left, right in _find_edges(row.widths):
            yield left, top, right, bottom


def _find_edges(sizes: Sequence[float]) -> list[tuple[float, float]]:
    """Start and end of each part, from exactly 0 to exactly 1."""
    ends = [0.0, *itertools.accumulate(sizes)]
    return list(itertools.pairwise([end / ends[-1] for end in ends]))
