"""What a document may hold, before it is read and after: letters and pixels are counted, files beside it are read."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lib_regiondiff.document import budget, pictures
from lib_regiondiff.document.json_text import MAX_BYTES
from lib_regiondiff.document.pictures import Allowance, File, Picture, Shape
from lib_regiondiff.document.rules import Fault, fault, join, show
from lib_regiondiff.errors import Problem
from lib_regiondiff.geometry import Size


def admitted(data: Any, known: int) -> Allowance:
    """The room that a document of a known version leaves for files; Fault for what makes reading further pointless."""
    if not isinstance(data, Mapping):
        raise fault("", "an object", data)
    version = data.get("version", "")
    if version != known or not isinstance(version, int) or isinstance(version, bool):
        got = show(version) if "version" in data else "nothing"
        raise Fault(Problem("version", f"{known} (this program knows no other)", got))
    room = Allowance(MAX_BYTES, free=budget.free_decoding(data.get("size")))
    for key, text in _texts(data):
        room.admit(text, "palette", key)
    return room


def _texts(data: Any, key: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every text below plain data, with the key that it stands at."""
    if isinstance(data, str):
        yield key, data
    elif isinstance(data, list | tuple | Mapping) and depth < 8:
        for name, value in data.items() if isinstance(data, Mapping) else ((key, each) for each in data):
            if not isinstance(value, int | float):
                yield from _texts(value, str(name), depth + 1)


def inlined(value: Any, path: str, folder: Path | None, room: Allowance, problems: list[Problem]) -> Any:
    """A value with every `File` below it read into a Picture; what can't be read is added to `problems`."""
    if isinstance(value, File):
        try:
            return _picture(value, f"{path}.file", folder, room)
        except Fault as error:
            problems.extend(error.problems)
    elif isinstance(value, tuple):
        return tuple(inlined(each, f"{path}[{i}]", folder, room, problems) for i, each in enumerate(value))
    elif dataclasses.is_dataclass(value) and not isinstance(value, type | Size | Picture | Shape):
        keys = [field.name for field in dataclasses.fields(value)]
        news = {key: inlined(getattr(value, key), join(path, key), folder, room, problems) for key in keys}
        return dataclasses.replace(value, **news)
    return value


def _picture(file: File, path: str, folder: Path | None, room: Allowance) -> Picture:
    if folder is None:
        raise fault(path, "no file (this palette has no folder)", file.name)
    return pictures.load(file, folder, path, room)
