"""The header of a .safetensors file: what is in it, read without its tensors."""

from __future__ import annotations

import contextlib
import operator
import pickle
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from lib_regiondiff.document.json_text import MAX_BYTES, loads
from lib_regiondiff.document.rules import Fault, show
from lib_regiondiff.errors import HostError, RegionDiffError

MAX_HEADER = 100_000_000
"""Bytes, as in the library of the format itself."""
Shapes = Mapping[str, tuple[int, ...]]
DAMAGE = (
    SafetensorError,
    pickle.UnpicklingError,
    OSError,
    EOFError,
    LookupError,
    RuntimeError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    struct.error,
    AssertionError,
    ImportError,
    StopIteration,
)
"""What libraries raise for weights and configurations that are missing or damaged, and `next` for a missing name."""


MISSHAPEN = "missing or misshapen weights ({})"


def read_header(path: Path) -> tuple[dict[str, tuple[int, ...]], dict[str, str]]:
    """Shapes of the tensors in a safetensors file, and the notes in its header; HostError where it is damaged."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        raw = file.read(length) if length <= min(size, MAX_HEADER) else b""
    if MAX_HEADER < length < size:
        raise HostError(str(path), f"a header of at most {MAX_HEADER} bytes", str(length))
    try:
        header = loads(raw, MAX_HEADER)
        notes = {name: note for name, note in header.pop("__metadata__", {}).items() if isinstance(note, str)}
        shapes = {name: tuple(map(operator.index, entry["shape"])) for name, entry in header.items()}
        whole = 8 + length + max(entry["data_offsets"][1] for entry in header.values())
    except (Fault, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        got = "a file of another format, or only its beginning"
        raise HostError(str(path), "a .safetensors file", got) from error
    if size < whole:
        cure = "the file is truncated: download or copy it again"
        raise HostError(str(path), f"{whole} bytes", f"{size} bytes", cure)
    return shapes, notes


def read_json(path: Path, expected: str) -> Mapping[str, Any]:
    """The object of a JSON file; HostError where there is none."""
    try:
        with path.open("rb") as file:
            value = loads(file.read(MAX_BYTES + 1))
    except OSError as error:
        raise HostError(str(path), expected, brief(error)) from error
    except Fault as fault:
        raise HostError(str(path), expected, fault.problems[0].got) from None
    if not isinstance(value, dict):
        raise HostError(str(path), expected, show(value))
    return value


@contextlib.contextmanager
def telling(where: str, expected: str, got: str = "{}") -> Iterator[None]:
    """Whatever a library raises inside, for a file that is damaged, becomes a HostError in which {} is what it says."""
    try:
        yield
    except (RegionDiffError, MemoryError):
        raise
    except Exception as error:
        raise HostError(where, expected, got.format(brief(error))) from error


def brief(error: BaseException) -> str:
    """What an exception says, on one line and without its longer advice."""
    text = " ".join(str(error).split())
    return text if len(text) <= 200 else text[:197] + "..."
