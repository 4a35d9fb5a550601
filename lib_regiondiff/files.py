"""Files that are written whole or not at all, and a trial of a place before the work that fills it."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from lib_regiondiff.errors import HostError

EXPECTED = "a file that can be written"
TRIED = 2**16
"""Bytes that a trial of a place writes."""


@contextlib.contextmanager
def write_whole(path: Path) -> Iterator[BinaryIO]:
    """Open a file that replaces `path` once all of it is written; after an exception `path` is as it was.

    HostError names `path` where it cannot be written, also in the middle of writing.
    """
    with _open_part(path) as part:
        with part.open("xb") as file:
            yield file
        part.replace(os.path.realpath(path))


def expect_room(path: Path, need: int) -> None:
    """Raise HostError where `path` cannot be written now, or where its disk has fewer than `need` bytes free."""
    with _open_part(path) as part:
        part.write_bytes(bytes(TRIED))
        free = shutil.disk_usage(part.parent).free
    if free < need:
        raise HostError(str(path), f"a disk with {need / 2**20:,.1f} MB free", f"{free / 2**20:,.1f} MB")


@contextlib.contextmanager
def _open_part(path: Path) -> Iterator[Path]:
    """A new name beside `path`, removed afterwards; an OSError becomes a HostError that names `path` instead."""
    part = Path(os.path.realpath(path)).with_name(f".regiondiff-{secrets.token_hex(8)}.part")
    try:
        yield part
    except OSError as error:
        raise HostError(str(path), EXPECTED, error.strerror or str(error)) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
