"""Files are written whole or not at all, and where nothing can be written is told by the name that was given."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli_stub import LAND
from lib_regiondiff import files
from lib_regiondiff.command import cli, drawing
from lib_regiondiff.errors import HostError
from lib_regiondiff.files import expect_room, write_whole

Usage = namedtuple("Usage", "total used free")


def full(*arguments: Any, **named: Any) -> Any:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/somewhere/.regiondiff-0123.part")


def test_a_place_is_tried_and_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("mine")
    expect_room(tmp_path / "a.png", 1)
    expect_room(tmp_path / "b.png", 1)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"] and (tmp_path / "a.png").read_text() == "mine"


def test_a_full_disk_is_told_by_the_given_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(HostError) as error:
            expect_room(Path("out.png"), 0)
    assert str(error.value) == "out.png: expected a file that can be written, got No space left on device"
    with pytest.raises(HostError, match=r"^out\.png: expected a file that can be written, got No space left"):  # noqa: SIM117
        with write_whole(Path("out.png")):
            full()
    monkeypatch.setattr(shutil, "disk_usage", lambda place: Usage(2**40, 2**40, 2**20))
    with pytest.raises(HostError, match=r"^out\.png: expected a disk with 30\.0 MB free, got 1\.0 MB$"):
        expect_room(Path("out.png"), 30 * 2**20)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="the place is one of Linux")
@pytest.mark.parametrize("command", ["render", "overlay"])
def test_what_cannot_be_written_is_told_before_anything_is_drawn(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "load_renderer", lambda *how: pytest.fail("loaded"))
    result = CliRunner().invoke(cli.main, [command, str(LAND), "-o", "/proc/out.png"])
    assert result.exit_code == 1 and result.stderr.count("\n") == 1
    assert result.stderr.startswith("/proc/out.png: expected a file that can be written, got ")


def test_a_disk_that_fills_up_while_drawing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("PIL.Image.Image.save", full)
    shown = tmp_path / "shown.png"
    result = CliRunner().invoke(cli.main, ["overlay", str(LAND), "-o", str(shown)])
    assert result.stderr == f"{shown}: expected a file that can be written, got No space left on device\n"
    assert list(tmp_path.iterdir()) == [] and files.TRIED
