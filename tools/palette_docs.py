"""Makes the tables of docs/palette-format.md and docs/palette.schema.json from the rules; run without arguments."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lib_regiondiff.document import expressions, palette, rules, values

DOCS = Path(__file__).resolve().parent.parent / "docs"
FORMAT, SCHEMA = DOCS / "palette-format.md", DOCS / "palette.schema.json"
TABLE = re.compile(r"(<!-- table (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
HEAD = "| key | type | range | default | meaning |\n|---|---|---|---|---|\n"

Words = tuple[str, str]  # type and range


def format_bounds(low: float, high: float) -> str:
    """A range of numbers, such as `0…1`."""
    return f"{low:g}…{high:.17g}"


def _text(rule: rules.Text) -> Words:
    return "text", f"{format_bounds(rule.least, rule.limit)} characters"


def _maybe(rule: rules.Maybe) -> Words:
    kind, span = describe(rule.rule)
    return f"{kind} or null", span


def _many(rule: rules.Many) -> Words:
    return f"list of {describe(rule.rule)[0]}", f"{format_bounds(rule.least, rule.limit)} entries"


def _picture(rule: values.PictureRule) -> Words:
    return ("[mask](#masks)", "") if rule.mask else ("[picture](#pictures)", "")


DESCRIPTIONS: dict[type, Callable[[Any], Words]] = {
    rules.Number: lambda rule: ("whole number" if rule.whole else "number", format_bounds(rule.low, rule.high)),
    rules.Text: _text,
    rules.Choice: lambda rule: ("word", ", ".join(f"`{word}`" for word in rule.words)),
    rules.Maybe: _maybe,
    rules.Many: _many,
    rules.Object: lambda rule: (f"[{rule.record.__name__}](#{rule.record.__name__.lower()})", ""),
    values.Checked: lambda rule: describe(rule.rule),
    values.Apart: lambda rule: describe(rule.rule),
    values.SizeRule: lambda rule: (
        "`width` and `height`",
        f"whole numbers {format_bounds(values.SIDE.low, values.SIDE.high)}",
    ),
    values.Guidance: lambda rule: ("number", "0 or 1…100"),
    values.Auto: lambda rule: (f"{describe(rule.rule)[0]} or `auto`", describe(rule.rule)[1]),
    values.Colour: lambda rule: ("colour", "`#rrggbb`"),
    values.Exactly: lambda rule: ("whole number", f"{rule.number}"),
    expressions.Expression: lambda rule: ("formula", f"of `sigma`, at most {expressions.LONGEST} characters"),
    values.Flag: lambda rule: ("flag", "`true`, `false`"),
    values.PictureRule: _picture,
}


def describe(rule: Any) -> Words:
    """Type and range, in words, of the values that a rule takes."""
    return DESCRIPTIONS[type(rule)](rule)


def format_default(record: type, key: str) -> str:
    """The default of a record's key as the table shows it; the version is needed although the record has one."""
    value = rules.Object(record).schema()["properties"][key].get("default", rules.REQUIRED)
    if value is rules.REQUIRED or (record is palette.Palette and key == "version"):
        return "**needed**"
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def format_table(record: type) -> str:
    """The Markdown table of a record, with a row for each key."""
    rows = []
    for each in dataclasses.fields(record):
        kind, span = describe(each.metadata["rule"])
        cells = (f"`{each.name}`", kind, span, format_default(record, each.name), each.metadata["doc"])
        rows.append("| " + " | ".join(cells) + " |\n")
    return HEAD + "".join(rows)


def update_tables(text: str) -> str:
    """The text of a page with all its tables made anew."""
    return TABLE.sub(lambda found: found[1] + format_table(getattr(palette, found[2])) + found[3], text)


def export_schema() -> str:
    """The text of the JSON schema's file."""
    return json.dumps(palette.make_schema(), ensure_ascii=False, indent=2) + "\n"


def main() -> None:
    """Write the page and the schema."""
    FORMAT.write_text(update_tables(FORMAT.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
    SCHEMA.write_text(export_schema(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
