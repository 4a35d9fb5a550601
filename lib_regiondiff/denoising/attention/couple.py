"""Attention Couple: one row shows several regions, each of which the others' prompts do not reach.

Every cross-attention attends to the prompt of each region, and its results are mixed at each cell by the regions'
weights there, which are averaged over the cells of coarser layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from lib_regiondiff.document.palette import Nag
from lib_regiondiff.errors import HostError
from lib_regiondiff.host import PLAIN, Against, Attention, Cond


def couple(
    conds: Sequence[Cond], weights: Tensor | None, negatives: Sequence[Cond] = (), nag: Nag | None = None
) -> Attention:
    """The record of a row that shows regions with these conds by `weights` float32 [R, h, w], None for one region.

    `negatives` are what each of them is pushed away from, if `nag` says how. Regions of the same conds are one.
    """
    pairs = list(zip(conds, negatives or conds, strict=True))
    owners: dict[tuple[int, int], list[int]] = {}
    for index, (cond, negative) in enumerate(pairs):
        owners.setdefault((id(cond), id(negative)), []).append(index)
    groups = list(owners.values())
    against = None if nag is None else tuple(negatives[group[0]] for group in groups)
    away = None if nag is None or against is None else Against(against[0], nag, against[1:])
    if len(groups) == 1:
        return PLAIN if away is None else Attention(nag=away)
    assert weights is not None, "several regions have weights"
    merged = weights if len(groups) == len(pairs) else torch.stack([weights[group].sum(dim=0) for group in groups])
    return Attention(tuple(conds[group[0]] for group in groups[1:]), merged, (), away)


@dataclass(frozen=True, eq=False)
class Beside:
    """A cond that some rows of a batch, by their places, show beside their own, and its weight [n, h, w] in each."""

    cond: Cond
    rows: tuple[int, ...]
    weight: Tensor


@dataclass(frozen=True, eq=False)
class Mixture:
    """What the rows of a batch show: how much [B, h, w] of their own conds, and what beside them."""

    own: Tensor
    beside: tuple[Beside, ...]

    @staticmethod
    def of(rows: Sequence[Attention], contexts: Sequence[Sequence[Cond]] | None = None) -> Mixture | None:
        """The mixture of a batch by its rows' records, None where no row has contexts.

        `contexts` are what stands for those of each row, such as their negatives.
        """
        known = next((row.weights for row in rows if row.weights is not None), None)
        if known is None:
            return None
        whole = torch.ones_like(known[0])
        own = torch.stack([whole if row.weights is None else row.weights[0] for row in rows])
        found: dict[int, tuple[Cond, list[tuple[int, Tensor]]]] = {}
        for place, row in enumerate(rows):
            each = row.contexts if contexts is None else contexts[place]
            for cond, weight in zip(each, () if row.weights is None else row.weights[1:], strict=True):
                found.setdefault(id(cond), (cond, []))[1].append((place, weight))
        beside = [
            Beside(cond, tuple(place for place, _ in places), torch.stack([weight for _, weight in places]))
            for cond, places in found.values()
        ]
        return Mixture(own, tuple(beside))


def shrink(weights: Tensor, cells: int) -> Tensor:
    """Weights [n, h, w] averaged over the cells of the layer that has so many, [n, cells].

    Networks halve each side from level to level and round up. HostError for a number that no level of these sides has.
    """
    made = weights
    while made.shape[-2] * made.shape[-1] > cells and made.shape[-2:] != (1, 1):
        made = avg_pool2d(made[:, None], 2, ceil_mode=True, count_include_pad=False)[:, 0]
    if made.shape[-2] * made.shape[-1] != cells:
        sides = "x".join(map(str, weights.shape[-2:]))
        raise HostError("attention", f"layers whose sides are halves of {sides} cells, rounded up", f"{cells} cells")
    return made.flatten(1)
