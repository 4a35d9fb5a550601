"""Palettes as shells write them: in UTF-8 and, where a byte order mark says so, in UTF-16."""

from __future__ import annotations

import codecs
import json
from pathlib import Path

import pytest

from cli_stub import PALETTE, run
from lib_regiondiff.document.palette import dump, parse

TEXT = json.dumps(PALETTE | {"background": {"prompt": "Bäume 木 👩"}}, ensure_ascii=False, indent=1).replace(
    "\n", "\r\n"
)
FORMS = {
    "PowerShell 5": codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
    "big-endian": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "UTF-8 with a mark": codecs.BOM_UTF8 + TEXT.encode(),
    "UTF-8": TEXT.encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_palette_is_read_as_it_says(form: str, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_bytes(FORMS[form])
    for result in (run("info", tmp_path / "p.json"), run("info", "-", input=FORMS[form])):
        assert json.loads(result.stdout)["palette"] == dump(parse(json.loads(TEXT)))


@pytest.mark.parametrize(
    "data",
    [codecs.BOM_UTF16_LE + b"{", codecs.BOM_UTF16_LE + b"\x00\xd8", TEXT.encode("utf-16-le"), b"\xff\xfe\x00\x00{"],
)
def test_what_is_no_text_is_told(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_bytes(data)
    told = run("check", tmp_path / "p.json", code=2).stderr
    assert told.startswith("palette: expected ") and told.count("\n") == 1


def test_a_text_is_as_long_as_it_is_in_utf_8(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the bytes are no reason to refuse it."""
    from lib_regiondiff.command import reading
    from lib_regiondiff.document import json_text

    monkeypatch.setattr(reading, "MAX_BYTES", len(TEXT) + 50)
    monkeypatch.setattr(json_text, "MAX_BYTES", len(TEXT) + 50)
    run("info", "-", input=FORMS["PowerShell 5"])
