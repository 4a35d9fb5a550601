"""Puts the demo model's checkpoint together: its first weights, and what it learned later, which is small."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lib_regiondiff import demo
from lib_regiondiff.errors import HostError
from lib_regiondiff.stopping import allow_cleanup

if TYPE_CHECKING:
    from torch import Tensor

UP, DOWN = ".up", ".down"
VARIABLE = "REGIONDIFF_CACHE"
LAYOUT = 4
"""The version of the file that is made; another number has it made anew."""
NOTES = {"regiondiff.longest": "1.0"}
"""What programs are told beside the notes of the first weights: how long pictures may be, in times their width."""


def make_checkpoint() -> Path:
    """The path of the whole checkpoint, a single file in SD1's layout, made once in `cache_folder`.

    Raises HostError where it cannot be written.
    """
    name = f"{hashlib.sha256(demo.LATER.read_bytes()).hexdigest()[:10]}-{LAYOUT}"
    place = find_cache_folder() / name / demo.FIRST.name
    if not place.exists():
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            write(place)
        except OSError as error:
            cure = f"name a folder in {VARIABLE}"
            raise HostError(str(place), "a file that can be written", error.strerror or "none", cure) from error
    return place


def write(place: Path) -> None:
    """Write the whole checkpoint, entirely or not at all, and its yaml beside it; OSError where that fails."""
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file

    with safe_open(demo.FIRST, "pt") as file:
        notes = {**file.metadata(), **NOTES}
    unfinished = place.with_suffix(f".{os.getpid()}")
    with allow_cleanup():
        try:
            save_file(apply_changes(load_file(demo.FIRST), load_file(demo.LATER)), unfinished, metadata=notes)
            sort_notes(unfinished, notes)
            place.with_suffix(".yaml").write_bytes(demo.FIRST.with_suffix(".yaml").read_bytes())
            unfinished.replace(place)
        finally:
            unfinished.unlink(missing_ok=True)


def sort_notes(path: Path, notes: Mapping[str, str]) -> None:
    """Sort the metadata in a safetensors file, which the format's library writes in another order each time.

    The file's hash names the model in pictures, so it has to be the same wherever the file was made.
    """
    head = b'{"__metadata__":'
    text = json.dumps(dict(sorted(notes.items())), separators=(",", ":"), ensure_ascii=False).encode()
    with path.open("r+b") as file:
        file.seek(8)
        assert file.read(len(head)) == head, "the library writes notes first"
        file.write(text)


def apply_changes(first: Mapping[str, Tensor], later: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights `first`, changed: `name.up` times `name.down` is added to a weight, any other name replaces one."""
    whole = dict(first)
    for name, value in later.items():
        if name.endswith(UP):
            weight = name.removesuffix(UP)
            addition = value.float().flatten(1) @ later[weight + DOWN].float().flatten(1)
            whole[weight] = (whole[weight].float() + addition.view_as(whole[weight])).to(whole[weight].dtype)
        elif not name.endswith(DOWN):
            whole[name] = value
    return whole


def find_cache_folder() -> Path:
    """The folder for what can be made again: REGIONDIFF_CACHE in the environment, else the system's usual one."""
    given, home = os.environ.get(VARIABLE), Path.home()
    if given:
        return Path(given)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "regiondiff"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "regiondiff"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "regiondiff"
