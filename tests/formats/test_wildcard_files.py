"""Wildcards of a folder: stars stand for what they should, in time that grows no faster than name and path."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bounded import bounded
from lib_regiondiff.errors import PaletteError
from lib_regiondiff.formats import wildcard_files
from lib_regiondiff.formats.wildcard_files import matches, open_folder
from lib_regiondiff.formats.wildcards import expand


@given(st.text("ab*/", max_size=12), st.text("ab/", max_size=12))
@example("***", "a/b")
@example("*", "a/b")
@example("a**b*", "a/b")
def test_a_name_stands_for_what_its_stars_say(pattern: str, path: str) -> None:
    said = re.sub(r"\*+", lambda stars: ".*" if len(stars[0]) > 1 else "[^/]*", pattern)
    assert matches(pattern, path) == bool(re.fullmatch(said, path))


@given(st.text("ab*/?[]!.\n", max_size=12), st.text("ab/?[]!.\n", max_size=12))
def test_nothing_but_stars_stands_for_other_letters(pattern: str, path: str) -> None:
    said = re.sub(r"(?:\\\*)+", lambda stars: ".*" if len(stars[0]) > 2 else "[^/]*", re.escape(pattern))
    assert matches(pattern, path) == bool(re.fullmatch(said, path, re.DOTALL))


@pytest.mark.parametrize("name", ["*" * 100_000 + "q", "*a" * 9_000 + "q", "**a*" * 40 + "q", "a" * 20_000 + "*"])
def test_no_name_with_stars_takes_long(tmp_path: Path, name: str) -> None:
    for index in range(100):
        (tmp_path / f"{'a' * 200}{index}.txt").write_text("x")
    files = open_folder(tmp_path)
    with bounded(1.0):
        assert files(name) is None


def test_names_with_stars_end_some_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wildcard_files, "MOST_WORK", 2000)
    for index in range(10):
        (tmp_path / f"{index}.txt").write_text("x\ny")
    files = open_folder(tmp_path)
    assert all(len(files("*") or ()) == 20 for _ in range(10_000))  # known by now
    assert all(files(f"{index % 10}") for index in range(10_000))
    with pytest.raises(PaletteError) as caught:
        list(map(files, ("*" * index for index in range(1, 1000))))
    assert str(caught.value) == "wildcards: expected fewer names with *, or files that they stand for, got more"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of wildcards beside a file that is none of its own."""
    (tmp_path / "secret.txt").write_text("secret\n")
    for name, text in {
        "top": "\ufeffone\ntwo",
        "animals/cats": "manx",
        "animals/dogs": "pug",
        "animals/x/y": "z",
    }.items():
        path = tmp_path / "wildcards" / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "wildcards" / "notes.md").write_text("no\n")
    return tmp_path / "wildcards"


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("top", ("one", "two")),
        ("animals/cats", ("manx",)),
        ("animals/*", ("manx", "pug")),
        ("animals/**", ("manx", "pug", "z")),
        ("*/cats", ("manx",)),
        ("*", ("one", "two")),
        ("animals", None),
        ("notes", None),
        ("t.p", None),
    ],
)
def test_files_of_a_folder_are_wildcards(folder: Path, name: str, lines: Sequence[str] | None) -> None:
    assert open_folder(folder)(name) == lines


@pytest.mark.parametrize("name", ["../secret", "animals/../../secret", "/etc/passwd", "..", "", "secret", "C:/secret"])
def test_no_name_leads_out_of_the_folder(folder: Path, name: str) -> None:
    assert open_folder(folder)(name) is None
    assert open_folder(folder)(f"{folder.parent}/secret") is None


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_no_link_leads_out_of_the_folder(folder: Path) -> None:
    (folder / "link.txt").symlink_to(folder.parent / "secret.txt")
    (folder / "inside.txt").symlink_to(folder / "top.txt")
    assert open_folder(folder)("link") is None
    assert open_folder(folder)("inside") == ("one", "two")


def test_a_folder_that_is_not_there_has_no_wildcards(tmp_path: Path) -> None:
    assert open_folder(tmp_path / "none")("a") is None


@pytest.mark.parametrize(("data", "got"), [(b"\xff\xfe\xfd", "other bytes"), (b"a\0b", "text with NUL")])
def test_files_that_are_no_text_are_told(folder: Path, data: bytes, got: str) -> None:
    (folder / "bad.txt").write_bytes(data)
    with pytest.raises(PaletteError) as caught:
        open_folder(folder)("bad")
    assert str(caught.value) == f"wildcards: expected UTF-8 text in bad.txt, got {got}"


def test_a_folder_serves_an_expansion(folder: Path) -> None:
    drawn = {expand("__animals/*__", seed, open_folder(folder)) for seed in range(30)}
    assert drawn == {"manx", "pug"}
