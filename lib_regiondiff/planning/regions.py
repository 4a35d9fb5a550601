"""Regions: what brushes of one meaning ask the network for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from lib_regiondiff.host import Cond, Parts

Formula = Callable[[Tensor, float, Tensor], Tensor | float]
"""From weights [cells, 1], sigma and scores QK^T [heads, cells, tokens] to what is added to the scores [cells, 1]."""


@dataclass(frozen=True, eq=False)
class Word:
    """A phrase in each image whose attention is raised, and how much [h, w] at each cell of a view.

    `formula`, if any, says what is added to scores, in place of the palette's.
    """

    texts: tuple[str, ...]
    weight: Tensor
    formula: Formula | None = None


@dataclass(frozen=True)
class Region:
    """A planned brush: its names, its guidance (None: the call's), the parts of its prompt in each image.

    `background` says whether the background is among the brushes that are merged here. `unconds` has the negative in
    each image, or is None where guidance 1 was planned, which needs none.
    """

    names: tuple[str, ...]
    background: bool
    guidance: float | None
    conds: tuple[Parts, ...]
    unconds: tuple[Cond, ...] | None
