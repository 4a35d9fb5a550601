"""Sizes and boxes: integers in pixels or in latent cells, the unit named by whoever holds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

LATENT_CELL = 8
"""Pixels along a side of a latent cell while no model is known; all models that the command line draws with have it."""


@dataclass(frozen=True)
class Size:
    """Height and width, in pixels or in latent cells."""

    height: int
    width: int

    def up_to(self, multiple: int) -> Size:
        """The smallest size that holds this one and whose sides are multiples of `multiple`, in the same unit."""
        return Size(-(-self.height // multiple) * multiple, -(-self.width // multiple) * multiple)

    def cells(self, pixels_per_cell: int) -> Size:
        """Convert a size in pixels to latent cells; a cell that the border cuts counts whole."""
        whole = self.up_to(pixels_per_cell)
        return Size(whole.height // pixels_per_cell, whole.width // pixels_per_cell)

    def pixels(self, pixels_per_cell: int) -> Size:
        """Convert a size in latent cells to pixels."""
        return Size(self.height * pixels_per_cell, self.width * pixels_per_cell)

    @property
    def area(self) -> int:
        """Height times width, in pixels or in latent cells."""
        return self.height * self.width

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True)
class Box:
    """A half-open rectangle in pixels or latent cells: rows top..bottom-1, columns left..right-1.

    It may leave its canvas. With `ring` the canvas continues at its other side: columns beyond a border are those from
    the other border on.
    """

    top: int
    left: int
    bottom: int
    right: int
    ring: bool = False

    @staticmethod
    def whole(size: Size) -> Box:
        """The box that covers a canvas of `size`."""
        return Box(0, 0, size.height, size.width)

    @property
    def size(self) -> Size:
        """Height and width of the box."""
        return Size(self.bottom - self.top, self.right - self.left)

    def crop(self, array: Any) -> Any:
        """The part of a tensor or array [..., h, w] inside the box, as a view; the box must lie within the array."""
        return array[..., self.top : self.bottom, self.left : self.right]

    def paste(self, array: Any, patch: Any) -> None:
        """Write `patch` [..., h, w] over the box of `array`, in place; the box must lie within the array."""
        array[..., self.top : self.bottom, self.left : self.right] = patch

    def padded(self, array: Any) -> Any:
        """Crop a tensor or array [..., h, w] to a box that may leave it: a view where the box lies within, else a copy.

        What lies beyond is the nearest cell of the border; in a ring, columns go on at the other side.
        """
        height, width = array.shape[-2:]
        if self.within(Size(height, width)) == self:
            return self.crop(array)
        rows = [min(max(row, 0), height - 1) for row in range(self.top, self.bottom)]
        span = range(self.left, self.right)
        columns = [column % width if self.ring else min(max(column, 0), width - 1) for column in span]
        return array[..., rows, :][..., columns]

    def within(self, size: Size) -> Box:
        """The part of the box that lies on a canvas of `size`; empty where none does."""
        top, left = min(max(self.top, 0), size.height), min(max(self.left, 0), size.width)
        bottom, right = max(top, min(self.bottom, size.height)), max(left, min(self.right, size.width))
        return Box(top, left, bottom, right, self.ring)

    def pieces(self, size: Size) -> Iterator[tuple[Box, Box]]:
        """What of the box lies on a canvas of `size`, in a ring perhaps in several pieces.

        Each piece comes as a box of the canvas and as the same part of this box.
        """
        turns = range(self.left // size.width, (self.right - 1) // size.width + 1) if self.ring else range(1)
        for turn in turns:
            inside = self.moved(0, -turn * size.width).within(size)
            yield inside, inside.moved(-self.top, turn * size.width - self.left)

    def moved(self, down: int, across: int) -> Box:
        """The box moved by so many rows down and columns to the right; negative numbers move it up and to the left."""
        return Box(self.top + down, self.left + across, self.bottom + down, self.right + across, self.ring)

    @staticmethod
    def hull(boxes: Iterable[Box]) -> Box:
        """The smallest box that holds all the given ones, of which there must be at least one."""
        every = list(boxes)
        return Box(
            min(box.top for box in every),
            min(box.left for box in every),
            max(box.bottom for box in every),
            max(box.right for box in every),
            any(box.ring for box in every),
        )

    def union(self, other: Box) -> Box:
        """The smallest box that holds this one and `other`; a ring where either is."""
        return Box.hull((self, other))
