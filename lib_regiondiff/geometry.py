"""Sizes and boxes: integers in pixels or in latent cells, the unit named by whoever holds them."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

LATENT_CELL = 8
"""Pixels at a side of a latent cell where no model is known yet; all that the command line draws with have it."""


@dataclass(frozen=True)
class Size:
    """Height and width, in pixels or in latent cells."""

    height: int
    width: int

    def up_to(self, multiple: int) -> Size:
        """The smallest size whose sides are multiples of `multiple` and that holds this one."""
        return Size(-(-self.height // multiple) * multiple, -(-self.width // multiple) * multiple)

    def cells(self, pixels_per_cell: int) -> Size:
        """From pixels to latent cells; a cell that is cut by the border counts whole."""
        whole = self.up_to(pixels_per_cell)
        return Size(whole.height // pixels_per_cell, whole.width // pixels_per_cell)

    def pixels(self, pixels_per_cell: int) -> Size:
        """From latent cells to pixels."""
        return Size(self.height * pixels_per_cell, self.width * pixels_per_cell)

    @property
    def area(self) -> int:
        """Height times width."""
        return self.height * self.width

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True)
class Box:
    """A half-open rectangle: rows top..bottom-1, columns left..right-1.

    With `ring` a canvas continues at its other side: columns beyond a border are those from the other border on.
    """

    top: int
    left: int
    bottom: int
    right: int
    ring: bool = False

    @staticmethod
    def whole(size: Size) -> Box:
        """The box that covers a canvas."""
        return Box(0, 0, size.height, size.width)

    @property
    def size(self) -> Size:
        """Height and width of the box."""
        return Size(self.bottom - self.top, self.right - self.left)

    def crop(self, array: Any) -> Any:
        """The part of a tensor or array [..., h, w] inside the box, as a view."""
        return array[..., self.top : self.bottom, self.left : self.right]

    def paste(self, array: Any, patch: Any) -> None:
        """Write `patch` [..., h, w] over the box of `array`, in place."""
        array[..., self.top : self.bottom, self.left : self.right] = patch

    def padded(self, array: Any) -> Any:
        """The part of a tensor or array [..., h, w] in a box that may leave it; beyond it, its border or other side."""
        height, width = array.shape[-2:]
        if self.within(Size(height, width)) == self:
            return self.crop(array)
        rows = [min(max(row, 0), height - 1) for row in range(self.top, self.bottom)]
        span = range(self.left, self.right)
        columns = [column % width if self.ring else min(max(column, 0), width - 1) for column in span]
        return array[..., rows, :][..., columns]

    def within(self, size: Size) -> Box:
        """What of the box lies on a canvas."""
        top, left = min(max(self.top, 0), size.height), min(max(self.left, 0), size.width)
        bottom, right = max(top, min(self.bottom, size.height)), max(left, min(self.right, size.width))
        return Box(top, left, bottom, right, self.ring)

    def pieces(self, size: Size) -> Iterator[tuple[Box, Box]]:
        """What of the box lies on a canvas: each piece as a box of the canvas and as one of this box."""
        turns = range(self.left // size.width, (self.right - 1) // size.width + 1) if self.ring else range(1)
        for turn in turns:
            inside = self.moved(0, -turn * size.width).within(size)
            yield inside, inside.moved(-self.top, turn * size.width - self.left)

    def moved(self, down: int, across: int) -> Box:
        """A box of this size, so many rows further down and columns further right."""
        return Box(self.top + down, self.left + across, self.bottom + down, self.right + across, self.ring)

    @staticmethod
    def hull(boxes: Iterable[Box]) -> Box:
        """The smallest box that holds all of them."""
        return functools.reduce(Box.union, boxes)

    def union(self, other: Box) -> Box:
        """The smallest box that holds both."""
        return Box(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
            self.ring or other.ring,
        )
