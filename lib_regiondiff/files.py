"""Files that are written whole or not at all, and places that are tried before there is anything to write."""

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
"""Bytes that are written to try a place."""


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write to; what is there is replaced when it is whole. HostError names the path that was given."""
    with _part(path) as part:
        with part.open("xb") as file:
            yield file
        part.replace(os.path.realpath(path))


def expect_room(path: Path, need: int) -> None:
    """HostError where a path cannot be written now, or where its disk has fewer bytes left than are needed."""
    with _part(path) as part:
        part.write_bytes(bytes(TRIED))
        free = shutil.disk_usage(part.parent).free
    if free < need:
        raise HostError(str(path), f"a disk with {need / 2**20:,.1f} MB free", f"{free / 2**20:,.1f} MB")


@contextlib.contextmanager
def _part(path: Path) -> Iterator[Path]:
    """A new name beside a file, which is gone afterwards; what goes wrong there is told of the file itself."""
    part = Path(os.path.realpath(path)).with_name(f".regiondiff-{secrets.token_hex(8)}.part")
    try:
        yield part
    except OSError as error:
        raise HostError(str(path), EXPECTED, error.strerror or str(error)) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
