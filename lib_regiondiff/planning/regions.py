"""Regions: what brushes of one meaning ask the network for."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from lib_regiondiff.host import Cond, Parts


@dataclass(frozen=True, eq=False)
class Word:
    """A phrase in each image whose attention is raised, and how much [h, w] at each cell of a view."""

    texts: tuple[str, ...]
    weight: Tensor


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
