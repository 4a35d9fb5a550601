"""The header of a .safetensors file, read without its tensors; JSON files; errors of damaged files."""

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
"""The most bytes of a header, as in the safetensors library."""
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
"""What libraries raise for weights and configurations that are missing or damaged; `next` for a missing name."""


MISSHAPEN = "missing or misshapen weights ({})"


def read_header(path: Path) -> tuple[dict[str, tuple[int, ...]], dict[str, str]]:
    """(shapes, notes) of a safetensors file: the shape of each tensor by name, and the texts of `__metadata__`.

    Raises HostError for a file that is damaged, truncated or of another format, OSError for one that cannot be read.
    """
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
    """The object in a JSON file; HostError, saying what was `expected`, where it cannot be read or holds no object."""
    try:
        with path.open("rb") as file:
            value = loads(file.read(MAX_BYTES + 1))
    except OSError as error:
        raise HostError(str(path), expected, summarise_error(error)) from error
    except Fault as fault:
        raise HostError(str(path), expected, fault.problems[0].got) from None
    if not isinstance(value, dict):
        raise HostError(str(path), expected, show(value))
    return value


@contextlib.contextmanager
def report_damage(where: str, expected: str, got: str = "{}") -> Iterator[None]:
    """Turn whatever a library raises inside a `with` into a HostError for a damaged file.

    `where` and `expected` are the error's; in `got` the library's own words replace {}. Our own errors and MemoryError
    pass as they are.
    """
    try:
        yield
    except (RegionDiffError, MemoryError):
        raise
    except Exception as error:
        raise HostError(where, expected, got.format(summarise_error(error))) from error


def summarise_error(error: BaseException) -> str:
    """What an exception says, on one line of at most 200 characters."""
    text = " ".join(str(error).split())
    return text if len(text) <= 200 else text[:197] + "..."
