"""Admission: what a document may hold is counted before it is read, and the files beside it are read after."""

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


def admit_document(data: Any, known: int) -> Allowance:
    """What a document of version `known` may still hold, once its own text is counted.

    Raises Fault where reading on is pointless: no object, another version, too much text or too many pixels.
    """
    if not isinstance(data, Mapping):
        raise fault("", "an object", data)
    version = data.get("version", "")
    if version != known or not isinstance(version, int) or isinstance(version, bool):
        got = show(version) if "version" in data else "nothing"
        raise Fault(Problem("version", f"{known} (this program knows no other)", got))
    room = Allowance(MAX_BYTES, free=budget.count_free_decoding(data.get("size")))
    for key, text in _walk_texts(data):
        room.admit(text, "palette", key)
    return room


def _walk_texts(data: Any, key: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every text in plain data, at most 8 levels deep, with the key that it stands at."""
    if isinstance(data, str):
        yield key, data
    elif isinstance(data, list | tuple | Mapping) and depth < 8:
        for name, value in data.items() if isinstance(data, Mapping) else ((key, each) for each in data):
            if not isinstance(value, int | float):
                yield from _walk_texts(value, str(name), depth + 1)


def inline_files(value: Any, path: str, folder: Path | None, room: Allowance, problems: list[Problem]) -> Any:
    """A value in which every `File` is read from `folder` and replaced by its Picture, within the `room` left.

    Nothing is raised: what is wrong with files is added to `problems`, with paths below `path`.
    """
    if isinstance(value, File):
        try:
            return _read_picture(value, f"{path}.file", folder, room)
        except Fault as error:
            problems.extend(error.problems)
    elif isinstance(value, tuple):
        return tuple(inline_files(each, f"{path}[{i}]", folder, room, problems) for i, each in enumerate(value))
    elif dataclasses.is_dataclass(value) and not isinstance(value, type | Size | Picture | Shape):
        keys = [field.name for field in dataclasses.fields(value)]
        news = {key: inline_files(getattr(value, key), join(path, key), folder, room, problems) for key in keys}
        return dataclasses.replace(value, **news)
    return value


def _read_picture(file: File, path: str, folder: Path | None, room: Allowance) -> Picture:
    if folder is None:
        raise fault(path, "no file (this palette has no folder)", file.name)
    return pictures.load(file, folder, path, room)
