"""The page on the palette format says what the rules say."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest

from lib_regiondiff.document import budget, encoded, json_text, palette, pictures, rules, values
from lib_regiondiff.errors import PaletteError
from tools import palette_docs

PAGE = palette_docs.FORMAT.read_text(encoding="utf-8")
CURE = "run `python tools/palette_docs.py`"


def section(title: str) -> str:
    """The text under a heading of the page."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_the_tables_are_current() -> None:
    assert palette_docs.update_tables(PAGE) == PAGE, CURE


def test_the_schema_file_is_current() -> None:
    assert palette_docs.SCHEMA.read_text(encoding="utf-8") == palette_docs.export_schema(), CURE


def test_every_record_has_its_table_under_its_heading() -> None:
    records = {name for name, value in vars(palette).items() if getattr(value, "__module__", "") == palette.__name__}
    records = {name for name in records if isinstance(vars(palette)[name], type)}
    assert len(records) == 12
    for name in records:
        assert f"<!-- table {name} -->" in section(name)


def test_every_key_has_a_row_with_its_range_and_default() -> None:
    rows = palette_docs.format_table(palette.Brush).splitlines()
    assert "| `id` | text | 1…64 characters | **needed** | Its identity; unique in the palette. |" in rows
    assert any(row.startswith("| `guidance` | number or null | 0 or 1…100 | `null` |") for row in rows)
    assert len(rows) == 2 + len(rules.list_rules(palette.Brush))


def test_links_within_the_page_lead_to_headings() -> None:
    headings = {title.lower().replace(" ", "-") for title in re.findall(r"^## (.+)$", PAGE, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= headings


def test_the_example_is_a_palette() -> None:
    (text,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert [brush.id for brush in palette.parse(text).brushes] == ["hills", "boat"]
    assert palette.dump(palette.parse(text)) == json.loads(text)
    jsonschema.Draft202012Validator(palette.make_schema()).validate(json.loads(text))


def test_the_problems_are_told_in_those_words() -> None:
    (text,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    data = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[0])
    data["brushes"][1] |= {"promt": data["brushes"][1].pop("prompt"), "strength": "0.9"}
    with pytest.raises(PaletteError) as caught:
        palette.parse(data)
    assert str(caught.value) == text.strip()


def test_the_limits_are_those_of_the_code() -> None:
    limits = section("Limits")
    for number in (encoded.MAX_PIXELS, pictures.MAX_PIXELS_OF_ALL, encoded.MAX_SIDE, json_text.MAX_VALUES, rules.MOST):
        assert f" {number} " in limits
    for number in (budget.MOST_PIXELS, budget.MOST_TILES, budget.MOST_VIEWS, budget.MOST_LETTERS, pictures.LIMIT):
        assert f" {number} " in limits
    for number in (json_text.MAX_BYTES, pictures.MAX_BYTES):
        assert f" {number // 2**20} MB " in limits
    assert f" {encoded.MAX_CHUNKS}, {encoded.MAX_MARKERS}, {encoded.MAX_SCANS} " in limits
    assert f"from {values.FRACTION.low} to {values.FRACTION.high}" in section("Masks")
