"""A square canvas on which worlds draw their backgrounds, with noise, spots and soft edges."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator

Picture = np.ndarray  # float, 0 to 255; [h, w, 3] or [h, w]
RGB = tuple[int, int, int]


@dataclass(frozen=True)
class Canvas:
    """What a texture is drawn with: side in pixels, colour, and random numbers."""

    size: int
    colour: Picture
    rng: Generator

    def flat(self, colour: RGB | Picture | None = None) -> Picture:
        """A picture [size, size, 3] of one colour, the canvas's own if none is given."""
        rgb = np.asarray(self.colour if colour is None else colour, np.float32)
        return np.broadcast_to(rgb, (self.size, self.size, 3)).copy()

    def grid(self) -> tuple[Picture, Picture]:
        """x and y [size, size] of the pixels' centres, from a random origin."""
        start = self.rng.uniform(0, 1000, 2)
        line = np.arange(self.size, dtype=np.float32)
        x, y = np.meshgrid(line + np.float32(start[0]), line + np.float32(start[1]))
        return x, y

    def clouds(self, cell: int) -> Picture:
        """Smooth noise [size, size] of about unit strength, its features `cell` pixels wide."""
        side = self.size // cell + 3
        coarse = self.rng.standard_normal((side, side)).astype(np.float32)
        wide = cv2.resize(coarse, (side * cell, side * cell), interpolation=cv2.INTER_CUBIC)
        left, top = self.rng.integers(0, cell, 2) + cell // 2
        return wide[top : top + self.size, left : left + self.size]

    def spots(self, picture: Picture, count: int, radii: tuple[float, float], colour: RGB) -> None:
        """Scatter antialiased spots over a picture, `count` of them for each 128 x 128 pixels, with radii in pixels."""
        for _ in range(int(self.rng.poisson(count * (self.size / 128) ** 2))):
            x, y = self.rng.uniform(0, self.size * 16, 2).astype(int).tolist()
            radius = int(self.rng.uniform(*radii) * 16)
            cv2.circle(picture, (x, y), radius, colour, -1, cv2.LINE_AA, 4)


def soft_step(value: Picture) -> Picture:
    """A soft edge for a distance in pixels: 0 below it, 1 above, and a ramp one pixel wide between."""
    return np.clip(value + 0.5, 0, 1)


def mix(below: Picture, above: Picture, share: Picture) -> Picture:
    """A picture over another: the upper one where its share [size, size] is 1."""
    return below + (above - below) * share[..., None]
