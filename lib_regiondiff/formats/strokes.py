"""Painted masks in few bytes: where each is empty, covered in part or in full, and how far the parts are covered."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

MOST = 2**24
"""Pixels of all masks that are taken."""
PART = 1
LEVELS = np.array([0, 0, 255], np.uint8)  # of empty, part, full
SIZE = struct.Struct(">II")


def split(maps: Sequence[np.ndarray]) -> tuple[bytes, list[bytes]]:
    """Coverages uint8 [height, width] as a byte for each pixel of all, and for each map its size and its parts."""
    planes = [np.where(each == 255, 2, np.where(each > 0, PART, 0)).astype(np.uint8) for each in maps]
    parts = [SIZE.pack(*each.shape) + each[plane == PART].tobytes() for each, plane in zip(maps, planes, strict=True)]
    return b"".join(plane.tobytes() for plane in planes), parts


def join(planes: bytes, parts: Sequence[bytes]) -> list[np.ndarray]:
    """The coverages of what `split` gave; ValueError for anything else."""
    place, maps = 0, []
    for part in parts:
        if len(part) < SIZE.size:
            raise ValueError("a size")
        height, width = SIZE.unpack_from(part)
        kinds = np.frombuffer(planes[place : place + height * width], np.uint8)
        if kinds.size != height * width or kinds.size == 0 or kinds.max() >= len(LEVELS):
            raise ValueError("a plane")
        maps.append(_filled(kinds, part[SIZE.size :]).reshape(height, width))
        place += height * width
    if place != len(planes):
        raise ValueError("as many planes as sizes")
    return maps


def _filled(kinds: np.ndarray, values: bytes) -> np.ndarray:
    """Coverage of pixels whose kinds are told, given the values of the parts."""
    found = LEVELS[kinds]
    partly = kinds == PART
    if partly.sum() != len(values):
        raise ValueError("as many values as parts")
    found[partly] = np.frombuffer(values, np.uint8)
    return found
