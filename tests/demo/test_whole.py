"""The demo model's checkpoint is put together from what it was at first and what it learned later."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

pytest.importorskip("safetensors")

from safetensors import safe_open
from safetensors.torch import load_file

from lib_regiondiff import demo
from lib_regiondiff.demo import whole
from lib_regiondiff.errors import HostError


def test_only_what_was_learned_later_differs() -> None:
    first, made, later = load_file(demo.FIRST), load_file(demo.make_checkpoint()), load_file(demo.LATER)
    assert made.keys() == first.keys()
    named = {name.removesuffix(".up").removesuffix(".down") for name in later}
    assert named <= first.keys()
    assert {name for name in first if not torch.equal(first[name], made[name])} <= named
    assert {value.dtype for value in later.values()} == {torch.float16}
    for name in named:
        wanted = later.get(name)
        if wanted is None:
            down, up = later[f"{name}.down"].double(), later[f"{name}.up"].double()
            sums = torch.einsum("or,r...->o...", up.flatten(1), down)
            wanted = first[name].double() + sums.reshape(first[name].shape)
        assert (made[name].double() - wanted.double()).abs().max() <= 1e-3 * wanted.abs().max()


def test_the_notes_of_the_file_and_its_yaml_stay() -> None:
    with safe_open(demo.FIRST, "pt") as first, safe_open(demo.make_checkpoint(), "pt") as made:
        assert made.metadata() == first.metadata() | whole.NOTES
    assert demo.make_checkpoint().with_suffix(".yaml").read_bytes() == demo.FIRST.with_suffix(".yaml").read_bytes()


def test_its_bytes_are_the_same_wherever_it_is_made(tmp_path: Path) -> None:
    for number in range(3):
        whole.write(tmp_path / f"{number}.safetensors")
    assert len({path.read_bytes() for path in tmp_path.glob("*.safetensors")}) == 1


def test_it_is_made_once_and_leaves_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(whole.VARIABLE, str(tmp_path / "cä che"))
    place = demo.make_checkpoint()
    before = place.stat().st_mtime_ns
    assert demo.make_checkpoint() == place and place.stat().st_mtime_ns == before
    assert sorted(path.name for path in place.parent.iterdir()) == ["toyworld.safetensors", "toyworld.yaml"]
    assert demo.locate("demo") == str(place) and demo.locate("other") == "other"


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_what_stops_it_leaves_nothing(
    error: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(path: Path, data: bytes) -> int:
        raise error

    monkeypatch.setenv(whole.VARIABLE, str(tmp_path))
    monkeypatch.setattr(Path, "write_bytes", stopped)
    with pytest.raises((KeyboardInterrupt, HostError)):
        demo.make_checkpoint()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv(whole.VARIABLE, str(tmp_path / "file"))
    with pytest.raises(HostError, match=r"(?s)file.*REGIONDIFF_CACHE"):
        demo.make_checkpoint()


@pytest.mark.parametrize(
    ("platform", "variable", "end"),
    [
        ("linux", "XDG_CACHE_HOME", "given/regiondiff"),
        ("win32", "LOCALAPPDATA", "given/regiondiff"),
        ("linux", None, "home/.cache/regiondiff"),
        ("darwin", None, "home/Library/Caches/regiondiff"),
        ("win32", None, "home/AppData/Local/regiondiff"),
    ],
)
def test_each_system_has_its_own_place(
    platform: str, variable: str | None, end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (whole.VARIABLE, "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    if variable:
        monkeypatch.setenv(variable, str(tmp_path / "given"))
    assert whole.find_cache_folder() == tmp_path / end
