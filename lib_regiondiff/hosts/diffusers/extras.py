"""What is added to a model after loading: files by path or name, their fingerprint, and the order of their work."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers import lora, weights
from lib_regiondiff.hosts.diffusers.loader import fingerprint
from lib_regiondiff.hosts.diffusers.lora import LoraFile
from lib_regiondiff.palette import Lora, Palette

LORAS = "REGIONDIFF_LORAS"


@dataclass(frozen=True)
class Extras:
    """Additions to a model, in the order of loading."""

    loras: tuple[LoraFile, ...] = ()

    @property
    def recorded(self) -> tuple[Lora, ...]:
        """The LoRAs as a palette has them."""
        return tuple(Lora(name=file.name or file.path.stem, weight=file.weight) for file in self.loras)


NOTHING = Extras()


def add(pipe: Any, extras: Extras) -> None:
    """Change a loaded pipeline; HostError says which file does not fit."""
    for file in extras.loras:
        lora.merge(pipe, file)


def fingerprint_with(model: str, extras: Extras) -> str:
    """The model's own fingerprint, and behind a plus sign one of the files that were added."""
    files = [file.path for file in extras.loras]
    if not files:
        return model
    return f"{model}+{hashlib.sha256(''.join(map(fingerprint, files)).encode()).hexdigest()[:10]}"


def extras_of(palette: Palette, model: str, known: Mapping[str, Path]) -> Extras:
    """The files that a palette names; `known` are names that stand for files anywhere."""
    places = {each.name: known.get(each.name) or find_lora(each.name, model) for each in palette.model.loras}
    return Extras(tuple(LoraFile(places[each.name], each.weight, each.name) for each in palette.model.loras))


def find_lora(name: str, model: str) -> Path:
    """A LoRA's file: a path, or a name in the folder REGIONDIFF_LORAS (or below it) or beside the model.

    HostError where there is none, or several in one folder.
    """
    folder, beside = os.environ.get(LORAS), Path(model).expanduser()
    places = [Path(folder).expanduser().rglob("*")] if folder else []
    places += [(beside if beside.is_dir() else beside.parent).glob("*")] if beside.exists() else []
    return _find("LoRA", name, places, f"set {LORAS} to their folder, or give a path")


def _find(kind: str, name: str, places: Sequence[Iterator[Path]], cure: str) -> Path:
    """The file that a path or a name means, with or without its ending; the first place that has it counts."""
    path = Path(name).expanduser()
    if path.is_file():
        return path
    for files in places:
        found = sorted(each for each in files if each.suffix in weights.ENDINGS and name in (each.stem, each.name))
        if len(found) > 1:
            raise HostError(name, f"one {kind} of this name", f"{found[0]} and {found[1]}", "give a path")
        if found:
            return found[0]
    raise HostError(name, f"a {kind}'s file or name", "nothing there", cure)
