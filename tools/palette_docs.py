"""Makes the tables of docs/palette-format.md and docs/palette.schema.json from the rules; run without arguments."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lib_regiondiff import fields, palette, schema

DOCS = Path(__file__).resolve().parent.parent / "docs"
FORMAT, SCHEMA = DOCS / "palette-format.md", DOCS / "palette.schema.json"
TABLE = re.compile(r"(<!-- table (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
HEAD = "| key | type | range | default | meaning |\n|---|---|---|---|---|\n"

Words = tuple[str, str]  # type and range


def bounds(low: float, high: float) -> str:
    """A range of numbers."""
    return f"{low:g}…{high:.17g}"


def _text(rule: schema.Text) -> Words:
    return "text", f"{bounds(rule.least, rule.limit)} characters"


def _maybe(rule: schema.Maybe) -> Words:
    kind, span = described(rule.rule)
    return f"{kind} or null", span


def _many(rule: schema.Many) -> Words:
    return f"list of {described(rule.rule)[0]}", f"{bounds(rule.least, rule.limit)} entries"


def _picture(rule: fields.PictureRule) -> Words:
    return ("[mask](#masks)", "") if rule.mask else ("[picture](#pictures)", "")


DESCRIPTIONS: dict[type, Callable[[Any], Words]] = {
    schema.Number: lambda rule: ("whole number" if rule.whole else "number", bounds(rule.low, rule.high)),
    schema.Text: _text,
    schema.Choice: lambda rule: ("word", ", ".join(f"`{word}`" for word in rule.words)),
    schema.Maybe: _maybe,
    schema.Many: _many,
    schema.Object: lambda rule: (f"[{rule.record.__name__}](#{rule.record.__name__.lower()})", ""),
    fields.Checked: lambda rule: described(rule.rule),
    fields.Apart: lambda rule: described(rule.rule),
    fields.SizeRule: lambda rule: (
        "`width` and `height`",
        f"whole numbers {bounds(fields.SIDE.low, fields.SIDE.high)}",
    ),
    fields.Guidance: lambda rule: ("number", "0 or 1…100"),
    fields.Auto: lambda rule: (f"{described(rule.rule)[0]} or `auto`", described(rule.rule)[1]),
    fields.Colour: lambda rule: ("colour", "`#rrggbb`"),
    fields.Exactly: lambda rule: ("whole number", f"{rule.number}"),
    fields.Flag: lambda rule: ("flag", "`true`, `false`"),
    fields.PictureRule: _picture,
}


def described(rule: Any) -> Words:
    """Type and range of what a rule takes."""
    return DESCRIPTIONS[type(rule)](rule)


def default(record: type, key: str) -> str:
    """The default of a key as JSON; the version is needed although the record has one."""
    value = schema.Object(record).schema()["properties"][key].get("default", schema.REQUIRED)
    if value is schema.REQUIRED or (record is palette.Palette and key == "version"):
        return "**needed**"
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def table(record: type) -> str:
    """The Markdown table of a record, a row for each key."""
    rows = []
    for each in dataclasses.fields(record):
        kind, span = described(each.metadata["rule"])
        cells = (f"`{each.name}`", kind, span, default(record, each.name), each.metadata["doc"])
        rows.append("| " + " | ".join(cells) + " |\n")
    return HEAD + "".join(rows)


def updated(text: str) -> str:
    """The document with all its tables made anew."""
    return TABLE.sub(lambda found: found[1] + table(getattr(palette, found[2])) + found[3], text)


def exported() -> str:
    """The JSON schema as a file."""
    return json.dumps(palette.json_schema(), ensure_ascii=False, indent=2) + "\n"


def main() -> None:
    """Write both files."""
    FORMAT.write_text(updated(FORMAT.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
    SCHEMA.write_text(exported(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
