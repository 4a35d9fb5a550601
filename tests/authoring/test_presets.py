"""Palettes by name: presets that nothing is wrong with, files that stay where they belong."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib_regiondiff.authoring import presets
from lib_regiondiff.authoring.preflight import JobContext, preflight
from lib_regiondiff.authoring.presets import PaletteFolder
from lib_regiondiff.authoring.summary import Shares
from lib_regiondiff.document.palette import parse
from lib_regiondiff.errors import PaletteError
from lib_regiondiff.geometry import Size
from palettes import picture

SHARES = {
    "Two columns": [0, 0.5, 0.5],
    "Three rows": [0, 0.375, 0.25, 0.375],
    "Grid, 2 by 2": [0, 0.25, 0.25, 0.25, 0.25],
    "Object in the centre": [0.7546, 0.2454],
}


def test_each_preset_shares_the_canvas_as_its_name_says() -> None:
    assert presets.list_presets() == tuple(SHARES)
    for name, expected in SHARES.items():
        shares = Shares.of(parse(presets.copy_preset(name)))
        found = [shares.part(index) for index in range(len(expected))]
        assert found == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("name", presets.list_presets())
@pytest.mark.parametrize("size", [Size(512, 512), Size(1216, 832), Size(576, 1024)])
def test_nothing_is_wrong_with_a_preset_at_usual_sizes(name: str, size: Size) -> None:
    notices = preflight(parse(presets.copy_preset(name)), JobContext(prompt="a picture", size=size))
    assert [notice for notice in notices if notice.kind != "note"] == []
    ground = [notice for notice in notices if "has no brush" in notice.text]
    assert len(ground) == (name == "Object in the centre")


@pytest.mark.parametrize("name", presets.list_presets())
def test_brushes_of_a_preset_differ_in_all_that_people_see(name: str) -> None:
    brushes = parse(presets.copy_preset(name)).brushes
    for key in ("id", "name", "prompt"):
        values = [getattr(brush, key) for brush in brushes]
        assert len(set(values)) == len(values) and all(values)


def test_text_for_people_is_the_same_data_with_a_line_for_each_brush() -> None:
    for name in presets.list_presets():
        data = presets.copy_preset(name)
        text = presets.format_json(data)
        assert json.loads(text) == data
        lines = [line for line in text.split("\n") if '"id"' in line]
        assert len(lines) == len(data["brushes"])


def test_a_copy_can_be_changed_freely() -> None:
    first = presets.copy_preset("Two columns")
    first["brushes"][0]["mask"]["rectangle"][2] = 0.25
    assert presets.copy_preset("Two columns")["brushes"][0]["mask"] == {"rectangle": [0, 0, 0.5, 1]}


def test_another_name_is_refused() -> None:
    with pytest.raises(PaletteError, match=r"preset: expected one of Two columns, .*, got 'Nine columns'"):
        presets.copy_preset("Nine columns")


PLAIN = json.dumps({"version": 1, "brushes": [{"id": "a", "mask": {"rectangle": [0, 0, 1, 1]}}]})
UNSAFE = (
    "",
    " ",
    ".",
    "..",
    ".a",
    "a.",
    "../a",
    "a/b",
    "a\\b",
    "c:a",
    "a\n",
    "a\0",
    "CON",
    "nul.x",
    "Com1",
    "CON.txt",
    "aux .a",
    "COM\u00b9",
    "lpt\u00b2.x",
    "Lpt\u00b3",
    "com0",
    "a" * 81,
    "\U00020000" * 63,
    "\u4e00" * 80 + "\U00020000",
    None,
)


@pytest.mark.parametrize("name", UNSAFE)
def test_no_name_leads_out_of_the_folder_or_to_a_device(tmp_path: Path, name: str | None) -> None:
    store = PaletteFolder(tmp_path / "own")
    with pytest.raises(PaletteError, match="file: expected a name of letters"):
        store.load(name)
    if name != "a\n":  # spaces around a name that is typed are dropped
        with pytest.raises(PaletteError, match="file: expected a name of letters"):
            store.save(name, PLAIN, True)
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=20))
def test_any_name_is_that_of_a_file_in_the_folder_or_refused(name: str) -> None:
    folder = Path("folder").resolve()
    try:
        path = PaletteFolder(folder)._find_path(name)
    except PaletteError:
        return
    assert path.resolve().parent == folder and path.suffix == ".json"


def test_what_is_saved_is_listed_and_loaded(tmp_path: Path) -> None:
    store = PaletteFolder(tmp_path / "a" / "b")
    assert store.names() == []
    for name in ("été (2)", "Beach-1.5", "b"):
        store.save(f" {name} ", PLAIN, False)
        assert store.load(name) == PLAIN
    assert store.names() == ["Beach-1.5", "b", "été (2)"]
    (store.folder / ".hidden.json").write_text("{}", encoding="utf-8")
    (store.folder / "note.txt").write_text("", encoding="utf-8")
    assert store.names() == ["Beach-1.5", "b", "été (2)"]


@pytest.mark.parametrize("text", ["", "{", "3", '{"version": 9}', "rd1.x"])
def test_what_is_no_palette_is_not_saved(tmp_path: Path, text: str) -> None:
    with pytest.raises(PaletteError):
        PaletteFolder(tmp_path / "own").save("a", text, True)
    assert list(tmp_path.iterdir()) == []


def test_masks_in_files_beside_a_palette_come_with_it(tmp_path: Path) -> None:
    (tmp_path / "m.png").write_bytes(picture().data)
    data = {"version": 1, "brushes": [{"id": "a", "mask": {"file": "m.png"}}]}
    (tmp_path / "p.json").write_text(json.dumps(data), encoding="utf-8")
    assert json.loads(PaletteFolder(tmp_path).load("p"))["brushes"][0]["mask"] == picture().url


def test_a_file_that_is_wrong_is_loaded_as_it_is_and_one_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "wrong.json").write_text('\ufeff{"version": 1, "steps": 0}', encoding="utf-8")
    assert PaletteFolder(tmp_path).load("wrong") == '{"version": 1, "steps": 0}'
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    for name in ("bytes", "missing"):
        with pytest.raises(PaletteError, match=f"file: expected a text file that can be read, got '{name}'"):
            PaletteFolder(tmp_path).load(name)


def test_the_longest_names_are_files(tmp_path: Path) -> None:
    """A name is measured in bytes, as file systems do."""
    for name in ("a" * 80, "\u4e00" * 80, "\U00020000" * 62, "CON\u00b9", "com10", "comma", "nulls.x"):
        PaletteFolder(tmp_path).save(name, PLAIN, False)
        assert PaletteFolder(tmp_path).load(name) == PLAIN


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_no_link_in_the_folder_leads_what_is_saved_elsewhere(tmp_path: Path) -> None:
    folder, other = tmp_path / "own", tmp_path / "other.txt"
    folder.mkdir()
    other.write_text("kept")
    for link in (".a.json.part", "a.json", ".a.part"):
        (folder / link).symlink_to(other)
    PaletteFolder(folder).save("a", PLAIN, True)
    assert other.read_text() == "kept" and PaletteFolder(folder).load("a") == PLAIN
    assert not (folder / "a.json").is_symlink()
    assert sorted(path.name for path in folder.iterdir()) == [".a.json.part", ".a.part", "a.json"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_a_pipe_does_not_hold_the_reader(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(PaletteError, match="file: expected a text file that can be read"):
        PaletteFolder(tmp_path).load("pipe")


def test_nothing_unfinished_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(PaletteError, match="No space left"):
        PaletteFolder(tmp_path).save("a", PLAIN, False)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(PaletteError, match="file: expected a folder to write to"):
        PaletteFolder(tmp_path / "file").save("a", PLAIN, False)
