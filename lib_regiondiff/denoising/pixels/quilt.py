"""Quilting (Efros & Freeman 2001): a picture goes on beyond its border with patches of its own ground.

A patch is taken from where it fits best to what is beside it, so that patterns go on in their period and direction, and
it is cut along the seam at which both differ least.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import cv2
import numpy as np

from lib_regiondiff.geometry import Box, Size

PATCHES = (0.3, 0.22, 0.16, 0.12, 0.09)
"""Shares of the shorter side that a patch may have along its own, the first of which there are enough."""
OVERLAP = 1 / 3
"""Share of a patch that lies on what is there already."""
INSET, RIM = 0.05, 0.03
"""Shares of the shorter side: what is left out before the border, where decoders draw lines, and beside a figure."""
ENOUGH, FEW = 0.12, 0.01
"""Shares of all places at which a patch may begin: enough to choose among, and the least."""
LOOKED = 128
"""Pixels of the shorter side, about, at which a patch is looked for first."""
SURE = 0.99
"""Share of such a pixel that is known, at least, where it counts."""
UNDER, SEEN = 4, 0.4
"""How much more what is under a patch counts than what is around it, and the share of both that is to be compared."""


def quilt(pixels: np.ndarray, busy: np.ndarray, core: Box, size: Size) -> np.ndarray | None:
    """A picture uint8 [h, w, 3] of a core, gone on with to a size around it by what is not `busy` [h, w] of it.

    None where there is too little of that.
    """
    short = min(busy.shape)
    rim = max(1, round(INSET * short))
    free = ~_spread(busy, max(1, round(RIM * short)))
    free[:rim] = free[-rim:] = free[:, :rim] = free[:, -rim:] = False
    starts = _choose_starts(free, short)
    if starts is None:
        return None
    source = Source(pixels.astype(np.float32), free, starts, _choose_step(short))
    made, far = pixels, (core.top, size.height - core.bottom, core.left, size.width - core.right)
    for side, rows in enumerate(far):
        if rows > 0:
            made = _turn_back(_go_on(_turn(made, side)[:-rim], source.turn(side), rows + rim), side)
    return np.ascontiguousarray(made)


def _turn(values: np.ndarray, side: int) -> np.ndarray:
    """Values [h, w, ...] with their upper, lower, left or right border below."""
    values = values.swapaxes(0, 1) if side > 1 else values
    return values if side % 2 else values[::-1]


def _turn_back(values: np.ndarray, side: int) -> np.ndarray:
    """The same the other way round."""
    values = values if side % 2 else values[::-1]
    return values.swapaxes(0, 1) if side > 1 else values


def _spread(busy: np.ndarray, far: int) -> np.ndarray:
    """Where something `busy` [h, w] is, or is no farther than so many pixels."""
    return cv2.dilate(busy.astype(np.uint8), np.ones((2 * far + 1, 2 * far + 1), np.uint8)) > 0


def _choose_step(short: int) -> int:
    """How many pixels of a shorter side are looked at as one."""
    return max(1, round(short / LOOKED))


def _choose_starts(free: np.ndarray, short: int) -> np.ndarray | None:
    """Where [h - side + 1, w - side + 1] a patch may begin that is all `free` [h, w], of the largest side of which
    there are enough, or of the smallest one, if there are a few."""
    step = _choose_step(short)
    counts, starts = cv2.integral(free.astype(np.uint8)), np.zeros((1, 1), bool)
    for share in PATCHES:
        side = max(3, round(share * short / step)) * step
        whole = counts[side:, side:] - counts[:-side, side:] - counts[side:, :-side] + counts[:-side, :-side]
        starts = whole == side * side
        if starts.any() and starts.mean() >= ENOUGH:
            return starts
    return starts if starts.any() and starts.mean() >= FEW else None


def _go_on(above: np.ndarray, source: Source, rows: int) -> np.ndarray:
    """A picture uint8 [h, w, 3] with so many rows more below it, of patches of a source."""
    (high, wide), side, lap = above.shape[:2], source.side, source.lap
    made = np.zeros((side + high + rows + side, side + wide + side, 3), np.float32)
    known = np.zeros(made.shape[:2], bool)
    made[side : side + high, side : side + wide], known[side : side + high, side : side + wide] = above, True
    columns = dict.fromkeys(min(left, wide - side) for left in range(0, wide - lap, side - lap))
    for top in range(high - lap, high + rows - lap, side - lap):
        for left in columns:
            around = slice(top, top + 2 * side), slice(left, left + 3 * side)
            _lay(made[around], known[around], source)
    return made[side : side + high + rows, side : side + wide].clip(0, 255).round().astype(np.uint8)


def _lay(made: np.ndarray, known: np.ndarray, source: Source) -> None:
    """Fill the lower middle of a part of a picture [2 side, 3 side, 3] by the patch that fits best to what of the part
    is `known`."""
    side = source.side
    patch = source.find(made, known)
    made, known = made[side:, side : 2 * side], known[side:, side : 2 * side]
    apart = np.square(patch - made).sum(axis=2)
    above, beside = int(known[:, -1].argmin()), int(known[-1].argmin())  # rows and columns that are known throughout
    kept = np.zeros_like(known)
    if above:
        kept[:above] |= np.arange(above)[:, None] < _cut(apart[:above].T)
    if beside:
        kept[:, :beside] |= np.arange(beside) < _cut(apart[:, :beside])[:, None]
    made[~kept], known[...] = patch[~kept], True


@dataclass(frozen=True, eq=False)
class Source:
    """A picture float32 [h, w, 3] whose patches of a side may begin at `starts`; what is `free` [h, w] is compared.

    It is searched in 1 / step of its size, and then around what was found there.
    """

    pixels: np.ndarray
    free: np.ndarray
    starts: np.ndarray
    step: int

    @property
    def side(self) -> int:
        """Pixels along a side of a patch."""
        return len(self.pixels) - len(self.starts) + 1

    @property
    def lap(self) -> int:
        """How many of these lie on what is there already."""
        return max(1, round(OVERLAP * self.side / self.step)) * self.step

    def turn(self, side: int) -> Source:
        """The source of a picture that is turned."""
        pixels, free, starts = (_turn(each, side) for each in (self.pixels, self.free, self.starts))
        return Source(pixels, free, starts, self.step)

    @functools.cached_property
    def padded(self) -> tuple[np.ndarray, np.ndarray]:
        """The pixels and what of them is free, with as much around as is compared around a patch."""
        far = ((self.side, self.side), (self.side, self.side))
        return np.pad(self.pixels, (*far, (0, 0))), np.pad(self.free, far)

    @functools.cached_property
    def small(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What is free in 1 / step of the size: its pixels, the sums of their squares, and where it is."""
        pixels, free = self.padded
        clear = (_shrink(free, self.step) > SURE).astype(np.float32)
        shown = _shrink(pixels, self.step) * clear[..., None]
        return shown, np.square(shown).sum(axis=2), clear

    def find(self, wanted: np.ndarray, known: np.ndarray) -> np.ndarray:
        """The patch [side, side, 3] that is with what lies around it least apart from what is wanted [2 side, 3 side,
        3], where that is `known`; what is under it counts most."""
        step, side = self.step, self.side
        weight = known.astype(np.float32)
        weight[side:, side : 2 * side] *= UNDER
        begins = self.starts[::step, ::step]
        apart = self._compare(_shrink(wanted, step), (_shrink(weight, step) * (_shrink(known, step) > SURE)))
        top, left = (step * place for place in _find_least(apart[: begins.shape[0], : begins.shape[1]], begins))
        if step > 1:
            top, left = self._refine(wanted, weight, (top, left))
        return self.pixels[top : top + side, left : left + side]

    def _compare(self, wanted: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """How far [h', w'] all places are from what is wanted, as a mean of what is free there, by weight."""
        shown, squares, clear = self.small
        pairs = (
            (squares, weight),
            (clear, weight * np.square(wanted).sum(axis=2)),
            (shown, -2 * weight[..., None] * wanted),
        )
        apart = np.sum([cv2.matchTemplate(seen, asked, cv2.TM_CCORR) for seen, asked in pairs], axis=0)
        count = cv2.matchTemplate(clear, weight, cv2.TM_CCORR)
        return np.where(count > SEEN * weight.sum(), apart / np.maximum(count, 1), np.inf)

    def _refine(self, wanted: np.ndarray, weight: np.ndarray, place: tuple[int, int]) -> tuple[int, int]:
        """The place around another one that is nearest to what is wanted, by some of its pixels."""
        (pixels, free), step, (high, wide) = self.padded, self.step, wanted.shape[:2]
        some = slice(step // 2, None, step)
        target, counts = wanted[some, some], weight[some, some]
        best, found = np.inf, place
        for top in range(max(0, place[0] - step), min(self.starts.shape[0], place[0] + step + 1)):
            for left in range(max(0, place[1] - step), min(self.starts.shape[1], place[1] + step + 1)):
                if not self.starts[top, left]:
                    continue
                here = slice(top, top + high), slice(left, left + wide)
                count = counts * free[here][some, some]
                change = pixels[here][some, some] - target
                apart = np.einsum("ijk,ijk,ij->", change, change, count) / max(1, count.sum())
                if apart < best:
                    best, found = apart, (top, left)
        return found


def _shrink(values: np.ndarray, step: int) -> np.ndarray:
    """The mean [h // step, w // step, ...] of each `step` x `step` values [h, w, ...]."""
    wide, high = values.shape[1] // step, values.shape[0] // step
    whole = np.ascontiguousarray(values[: high * step, : wide * step], np.float32)
    return cv2.resize(whole, (wide, high), interpolation=cv2.INTER_AREA)


def _find_least(values: np.ndarray, where: np.ndarray) -> tuple[int, int]:
    """The place of the least of some values [h, w] where they count [h, w]."""
    top, left = np.unravel_index(np.where(where, values, np.inf).argmin(), values.shape)
    return int(top), int(left)


def _cut(apart: np.ndarray) -> np.ndarray:
    """Where [n] each of n rows is cut, such that a path from row to row crosses least of what is apart [n, m]."""
    sums = apart.copy()
    for row in range(1, len(sums)):
        before, least = sums[row - 1], sums[row - 1].copy()
        np.minimum(least[1:], before[:-1], out=least[1:])
        np.minimum(least[:-1], before[1:], out=least[:-1])
        sums[row] += least
    found = np.empty(len(sums), np.int64)
    found[-1] = sums[-1].argmin()
    for row in range(len(sums) - 2, -1, -1):
        first = max(0, found[row + 1] - 1)
        found[row] = first + sums[row, first : found[row + 1] + 2].argmin()
    return found
