"""Close-ups: a thing is drawn whole in a window of the model's native size, whatever the size of its brush."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.host import LatentSpec
from lib_regiondiff.planning import noise, tiles
from lib_regiondiff.planning.regions import Region
from lib_regiondiff.planning.things.candidates import FINER

LEAST = 2
"""Cells along a side that a window has at least."""
ROUNDING = 1e-6
"""Cells by which a product may fall short of a whole number."""
FILL = 0.8
"""Share of its window's side that a brush takes."""
FINEST = 8
"""Cells whose multiples a window's sides are; a smaller model has eighths of its native side."""
SAME_ASPECT = 2
"""How much more a window's aspect counts than its area: what it shows beyond its brush is cut off, things as well."""
ASKED = (0.2, 0.6)
"""Shares of the steps after which the ground is asked for what the window shows without the thing."""
LATE, FAINT = 0.4, 0.75
"""The share of the steps, the last ones, in which a close-up is finer at most, and the noise over the signal that is
left in them at most: its shape is settled, and details and edges are not."""


@dataclass(frozen=True, eq=False)
class Closeup:
    """How a view is drawn beside the canvas: in `size` cells, from noise of its own, one seed for each image.

    `begun` is the size of its first steps, and `next` that of the step after this one; None where they are no other.

    `inside` float32 [h', w'] is how much of each of its cells the brush covers. `ground` is what is asked beside the
    prompt at this step, to tell the thing from what is around it; None at most steps. `last` says that x0 is final,
    `above` that it lies above the views without a zoom, as things do; a scene lies beside them. `core` is the part of
    the view's box that is drawn, None for all of it; the rest goes on from there. All that a `whole` one shows is
    meant, as in a scene; one that has no core, as a stroke, keeps its scale and is mirrored to fill the view's box.
    """

    size: Size
    channels: int
    seeds: tuple[int, ...]
    inside: Tensor
    ground: Region | None = None
    last: bool = False
    above: bool = True
    core: Box | None = None
    whole: bool = False
    begun: Size | None = None
    next: Size | None = None

    @property
    def mirrored(self) -> bool:
        """Whether it keeps its scale, and is mirrored to fill the view's box."""
        return self.whole and self.core is None

    def draw_noise(self, image: int, step: int) -> Tensor:
        """The unit noise float32 [C, h', w'] of an image at a step."""
        generator = noise.make_generator(noise.derive_seed(self.seeds[image], step))
        made = noise.draw_unit([generator], (self.channels, self.size.height, self.size.width))[0]
        return made.to(self.inside.device)


def list_asked(steps: int) -> frozenset[int]:
    """The steps, of so many, at which grounds are asked: never the last one unless there is no other."""
    return frozenset(min(max(0, steps - 2), round(share * steps)) for share in ASKED)


def list_fine(clock: Sequence[float], prediction: str = "epsilon") -> list[bool]:
    """Whether close-ups are finer at each step of a clock, which ends with 0: never at the first one.

    What is predicted says what the clock counts: in flow models the noise of 1 - noise parts of the picture.
    """
    steps, most = len(clock) - 1, FAINT / (1 + FAINT) if prediction == "flow" else FAINT / (1 + FAINT**2) ** 0.5
    late = steps - max(1, round(LATE * steps))
    return [step >= max(1, late) and clock[step] <= most for step in range(steps)]


def enlarge(size: Size, window: Size, canvas: Size, latent: LatentSpec) -> Size:
    """The cells in which a close-up of a `size` is drawn in its last steps, for a window and on a canvas of so many.

    It is neither larger than its window, which may leave the canvas, nor has it a greater area than the canvas, or than
    the network may be asked for in one call.
    """
    room = (min(canvas.area, max(size.area, latent.cells_per_call)) / size.area) ** 0.5
    times = min(FINER, room, window.height / size.height, window.width / size.width)
    step = _find_step(latent)
    return Size(*(max(side, int(times * side + ROUNDING) // step * step) for side in (size.height, size.width)))


def choose_size(high: float, wide: float, latent: LatentSpec) -> Size:
    """The cells in which something is drawn that is so high and wide, by the ratio of both.

    It has about the native area, and the aspect as far as the model was trained for it.
    """
    native, step = latent.native // latent.pixels_per_cell, _find_step(latent)
    most = int(native * latent.longest**0.5) // step * step
    sides = dict.fromkeys((*range(step, max(step, most) + 1, step), native))
    return min(
        (Size(*each) for each in itertools.product(sides, sides)), key=lambda size: _judge(size, high, wide, native)
    )


def _find_step(latent: LatentSpec) -> int:
    """The cells whose multiples the sides of close-ups are."""
    return max(1, min(FINEST, latent.native // latent.pixels_per_cell // 8))


def _judge(size: Size, high: float, wide: float, native: int) -> float:
    """How much worse than the native area in the aspect of what is shown a size in cells is."""
    wasted = size.area * find_scale(size, high, wide) ** 2 / (high * wide)
    return SAME_ASPECT * math.log(wasted) + abs(math.log(size.area / native**2))


def find_scale(size: Size, high: float, wide: float) -> float:
    """How many times larger a size becomes that covers what is so high and wide."""
    return max(high / size.height, wide / size.width)


def find_window(
    coverage: np.ndarray, latent: LatentSpec, ring: bool = False, drawn: Size | None = None
) -> tuple[Box, Size]:
    """The window in cells of a thing whose brush covers these shares [h, w] of cells, which must not all be 0, and the
    size in which it is drawn, or has been `drawn` before.

    It is centred on the brush, has its aspect as far as the model was trained for it, and may leave the canvas; in a
    `ring` it may cross the border.
    """
    inner = tiles.find_bounds(coverage > 0, ring)
    assert inner is not None
    turn = inner.left if ring else 0
    (top, high), (left, wide) = (_measure(np.roll(coverage, -turn, axis=1).max(axis=axis)) for axis in (1, 0))
    if ring:
        wide = min(wide, FILL * coverage.shape[1])
    high, wide = min(high, latent.longest * wide), min(wide, latent.longest * high)
    size = drawn or choose_size(high, wide, latent)
    scale = find_scale(size, high, wide) / FILL
    tall, broad = (max(LEAST, round(scale * side)) for side in (size.height, size.width))
    first, start = round(top - tall / 2), round(left + turn - broad / 2)
    return Box(first, start, first + tall, start + broad, ring), size


def _measure(profile: np.ndarray) -> tuple[float, float]:
    """Middle and length in cells of a brush along an axis, from its greatest weights there."""
    shares = profile / max(float(profile.max()), 1e-6)
    length = float(shares.sum())
    return float((shares * (np.arange(len(shares)) + 0.5)).sum() / max(length, 1e-6)), length
