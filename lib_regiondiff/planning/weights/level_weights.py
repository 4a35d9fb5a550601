"""Level weights: those of a step are made when it is drawn, from one soft mask a brush; a plan keeps no more."""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np

from lib_regiondiff.planning.weights import masks

CELLS = 2**14
"""Cells whose weights are worked on at a time."""
KEPT = 2
"""Different steps that are kept once made: samplers of second order go back and forth between two levels."""

Made = TypeVar("Made")
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class StepKey:
    """What the weights of a step depend on: which brushes act; its noise and the next one, if masks follow them."""

    brushes: tuple[bool, ...]
    noises: tuple[float, float] | None


@dataclass(frozen=True, eq=False)
class LevelWeights:
    """The weights of regions at each step, from `soft` weights [P, h, w] of brushes; the background has the rest.

    A region is the sum of its `owners`, indices of brushes from 1 on; 0 is the background.
    """

    soft: np.ndarray
    quantization: str
    steps: tuple[StepKey, ...]
    owners: tuple[tuple[int, ...], ...]
    ground: float = 0.0
    """What the background keeps of each cell, whoever wins it."""

    @staticmethod
    def of(
        soft: np.ndarray,
        quantization: str,
        clock: Sequence[float],
        acts: Sequence[tuple[bool, ...]],
        ground: float = 0.0,
    ) -> LevelWeights:
        """Weights of brushes, each of them a region, of which `acts` says at each step of a clock which ones act."""
        follows = masks.QUANTIZATIONS[quantization] is not None
        pairs = [pair if follows else None for pair in itertools.pairwise(clock)]
        steps = tuple(StepKey(*each) for each in zip(acts, pairs, strict=True))
        return LevelWeights(soft, quantization, steps, _list_each(soft), ground)

    def grouped(self, owners: Sequence[Sequence[int]]) -> LevelWeights:
        """The weights of regions that are sums of brushes: `owners` has the indices of each, 0 for the background."""
        return replace(self, owners=tuple(map(tuple, owners)))

    def at(self, step: int) -> np.ndarray:
        """The weights float32 [R, h, w] of all regions at a step; they sum to 1 in each cell."""
        found = np.empty((len(self.owners), *self.soft.shape[1:]), np.float32)
        for top, bottom in self._list_strips():
            found[:, top:bottom] = self._weigh_rows(self.steps[step], top, bottom)
        return found

    def surveyed(self) -> tuple[np.ndarray, list[int]]:
        """The greatest weights [R, h, w] at any step, and for each step an earlier one of equal weights, or itself.

        Without quantization all steps of equal weights are found, else only those that follow one another.
        """
        acting = list(dict.fromkeys(self.steps))
        peaks = np.zeros((len(self.owners), *self.soft.shape[1:]), np.float32)
        new = [True] + [False] * (len(acting) - 1)
        for top, bottom in self._list_strips():
            before = None
            for index, each in enumerate(acting):
                rows = self._weigh_rows(each, top, bottom)
                np.maximum(peaks[:, top:bottom], rows, out=peaks[:, top:bottom])
                new[index] = new[index] or not np.array_equal(before, rows)  # type: ignore[arg-type]
                before = rows
        first, like = 0, {}
        for index, each in enumerate(acting):
            first = index if new[index] else first
            like[each] = self.steps.index(acting[first])
        return peaks, [like[each] for each in self.steps]

    def _weigh_rows(self, acting: StepKey, top: int, bottom: int) -> np.ndarray:
        """Rows top..bottom-1 of the weights. Brushes that do not act leave their cells to the background."""
        if len(self.owners) == 1:  # one meaning has all of it at each step, to the bit
            return np.ones((1, bottom - top, self.soft.shape[2]), np.float32)
        soft = self.soft[:, top:bottom]
        if not all(acting.brushes):
            soft = soft * np.array(acting.brushes, np.float32)[:, None, None]
        here, then = acting.noises or (0.0, 0.0)
        every = masks.add_background(masks.quantize_gapless(soft, self.quantization, here, then))
        if self.ground:
            every[1:] *= np.float32(1 - self.ground)
            every[0] = 1 - every[1:].sum(axis=0)
        if self.owners == _list_each(self.soft):
            return every
        return np.stack([every[list(group)].sum(axis=0) for group in self.owners])

    def _list_strips(self) -> Iterator[tuple[int, int]]:
        height, width = self.soft.shape[1:]
        return masks.split_rows(0, height, width, CELLS)


def _list_each(soft: np.ndarray) -> tuple[tuple[int, ...], ...]:
    """The background and every brush by itself."""
    return tuple((index,) for index in range(1 + len(soft)))


class Steps(Generic[Made]):
    """A sequence of what each step needs, made when it is asked for; steps of equal keys share it while it is kept."""

    def __init__(self, keys: Sequence[Key], make: Callable[[Key], Made]) -> None:
        self.keys = tuple(keys)
        self._made = functools.lru_cache(KEPT)(make)

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, index: int) -> Made:
        return self._made(self.keys[index])

    def __iter__(self) -> Iterator[Made]:
        return map(self._made, self.keys)

    def kinds(self, most: int) -> list[tuple[Made, float]]:
        """What steps of different keys need, and how many steps each stands for.

        Where there are more than `most` (2 or more), those at even distances, first and last included, stand for all.
        """
        counts = Counter(self.keys)
        keys = list(counts)
        if len(keys) > most:
            keys = [keys[index * (len(keys) - 1) // (most - 1)] for index in range(most)]
        each = len(self.keys) / sum(counts[key] for key in keys)
        return [(self._made(key), counts[key] * each) for key in keys]
