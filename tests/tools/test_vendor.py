"""Bought JavaScript: what lies in vendor/ is what its record says, unchanged, with its licence."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from tools.vendor import FOLDER, PACKAGES, RECORD

ENTRIES = json.loads(RECORD.read_text(encoding="utf-8"))


def test_all_files_are_recorded_and_all_records_are_wished_for() -> None:
    assert [(entry["name"], entry["version"]) for entry in ENTRIES] == [(each.name, each.version) for each in PACKAGES]
    known = {name for entry in ENTRIES for name in (entry["file"], f"{entry['name']}.LICENSE.txt")}
    loaded = {path.name for path in FOLDER.iterdir() if not path.name.endswith(".d.mts")}  # types of our own
    assert loaded == known | {RECORD.name}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["name"])
def test_a_file_is_what_was_bought(entry: dict[str, str]) -> None:
    content = Path(FOLDER, entry["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    head = content.split(b"\n", 1)[0].decode()
    assert re.fullmatch(rf"// .*{entry['name']} {re.escape(entry['version'])}, {entry['licence']}: .*", head)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["name"])
def test_a_licence_is_the_one_that_is_named(entry: dict[str, str]) -> None:
    text = Path(FOLDER, f"{entry['name']}.LICENSE.txt").read_text(encoding="utf-8")
    words = {"MIT": "MIT License", "Apache-2.0": "Licensed under the Apache License, Version 2.0", "ISC": "ISC License"}
    assert words[entry["licence"]] in text
