"""The header of a .safetensors file: what is in it, read without its tensors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError

from lib_regiondiff.errors import HostError

Shapes = Mapping[str, tuple[int, ...]]
DAMAGE = (SafetensorError, OSError, LookupError, RuntimeError, ValueError, StopIteration)
"""What libraries raise for weights that are missing or misshapen, and `next` where none of the names is there."""


def read_header(path: Path) -> tuple[dict[str, tuple[int, ...]], dict[str, str]]:
    """Shapes of the tensors in a safetensors file, and the notes in its header; HostError where it is damaged."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        raw = file.read(min(length, size))
    try:
        header = json.loads(raw)
        notes = header.pop("__metadata__", {})
        shapes = {name: tuple(entry["shape"]) for name, entry in header.items()}
        whole = 8 + length + max(entry["data_offsets"][1] for entry in header.values())
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        got = "a file of another format, or only its beginning"
        raise HostError(str(path), "a .safetensors file", got) from error
    if size < whole:
        cure = "the file is truncated: download or copy it again"
        raise HostError(str(path), f"{whole} bytes", f"{size} bytes", cure)
    return shapes, notes


def brief(error: BaseException) -> str:
    """What an exception says, on one line and without its longer advice."""
    text = " ".join(str(error).split())
    return text if len(text) <= 200 else text[:197] + "..."
