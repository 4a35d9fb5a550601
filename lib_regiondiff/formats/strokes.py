"""Painted masks in few bytes: which pixels are empty, covered in part or in full, and how far the parts are covered."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

MOST = 2**24
"""Pixels of all masks together that are packed like this."""
PART = 1
LEVELS = np.array([0, 0, 255], np.uint8)  # of empty, part, full
SIZE = struct.Struct(">II")


def split(maps: Sequence[np.ndarray]) -> tuple[bytes, list[bytes]]:
    """Split coverages uint8 [height, width] into planes and parts, for `join`.

    The planes are one byte for each pixel of all masks: 0 empty, 1 in part, 2 full. Each mask's part is its height and
    width, and the values of its pixels that are covered in part.
    """
    planes = [np.where(each == 255, 2, np.where(each > 0, PART, 0)).astype(np.uint8) for each in maps]
    parts = [SIZE.pack(*each.shape) + each[plane == PART].tobytes() for each, plane in zip(maps, planes, strict=True)]
    return b"".join(plane.tobytes() for plane in planes), parts


def join(planes: bytes, parts: Sequence[bytes]) -> list[np.ndarray]:
    """The coverages uint8 [height, width] of what `split` gave; ValueError for anything else."""
    place, maps = 0, []
    for part in parts:
        if len(part) < SIZE.size:
            raise ValueError("a size")
        height, width = SIZE.unpack_from(part)
        kinds = np.frombuffer(planes[place : place + height * width], np.uint8)
        if kinds.size != height * width or kinds.size == 0 or kinds.max() >= len(LEVELS):
            raise ValueError("a plane")
        maps.append(_fill(kinds, part[SIZE.size :]).reshape(height, width))
        place += height * width
    if place != len(planes):
        raise ValueError("as many planes as sizes")
    return maps


def _fill(kinds: np.ndarray, values: bytes) -> np.ndarray:
    """Coverage of pixels by their kinds, given the values of those covered in part."""
    found = LEVELS[kinds]
    partly = kinds == PART
    if partly.sum() != len(values):
        raise ValueError("as many values as parts")
    found[partly] = np.frombuffer(values, np.uint8)
    return found
