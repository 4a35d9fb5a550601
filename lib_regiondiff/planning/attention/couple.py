"""Attention Couple: all regions of the ground share views, in which each has its prompt where it has weight."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch

from lib_regiondiff.document.palette import STUFF, Palette
from lib_regiondiff.document.records import replace_unchecked
from lib_regiondiff.document.values import AUTO
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Box
from lib_regiondiff.host import is_composed
from lib_regiondiff.planning.regions import Region
from lib_regiondiff.planning.views import Layout, View, cut

TINY = 1e-6
"""Weight of a cell up to which none of the regions is drawn there, so that it does not matter which one is asked."""


def keep_on_canvas(palette: Palette) -> Palette:
    """The palette whose brushes stay on the canvas, where a method of attention draws them, unless they say otherwise.

    A brush of kind `auto` would be looked at by itself, and perhaps drawn apart.
    """
    if palette.attention == "none":
        return palette
    brushes = (replace_unchecked(each, kind=STUFF) if each.kind == AUTO else each for each in palette.brushes)
    return replace_unchecked(palette, brushes=tuple(brushes))


def join_regions(regions: Sequence[Region | None], coupled: Collection[int]) -> dict[int, Region]:
    """Those of the regions that share views, by their numbers, of which some are not drawn.

    Raises HostError where a prompt of several is more than one, joined by AND, or one with a weight.
    """
    found = {number: region for number in sorted(coupled) if (region := regions[number]) is not None}
    for region in found.values() if len(found) > 1 else ():
        if any(map(is_composed, region.conds)):
            where = f"the prompt of {' and '.join(region.names)}"
            cure = "write it without AND, or set attention to none"
            raise HostError(where, "one part of weight 1, because of attention", "parts joined by AND", cure)
    return found


def make_coupled_views(
    layout: Layout, maps: np.ndarray, boxes: Sequence[Box], regions: Mapping[int, Region], repainted: bool
) -> tuple[View, ...]:
    """The views of one level in which `regions` are drawn together, by their numbers in weights [R, h, w] of all.

    Where they leave weight to others, cells show the first of them. With `repainted` the background, if it is among
    them, is only that filling: its weight goes to the picture that is put back.
    """
    numbers = list(regions)
    drawn = [number for number in numbers if number or not repainted]
    weight = maps[drawn].sum(axis=0)
    shares = maps[numbers] / np.maximum(maps[numbers].sum(axis=0), TINY)
    shares[0][maps[numbers].sum(axis=0) < TINY] = 1
    ordered = [regions[number] for number in numbers]
    return tuple(_fill(view, shares, ordered, layout) for view in layout.cut_views(weight, boxes, ordered[0]))


def _fill(view: View, shares: np.ndarray, regions: Sequence[Region], layout: Layout) -> View:
    """A view with all regions that show in its box, given the shares [R, h, w] that they have of the canvas's cells."""
    inside = np.stack([cut(each, view.box) for each in shares])
    seen = [number for number, each in enumerate(inside) if each.any()]
    if len(seen) == 1:
        return replace(view, regions=(regions[seen[0]],))
    parts = torch.from_numpy(np.ascontiguousarray(inside[seen])).to(layout.device)
    return replace(view, regions=tuple(regions[number] for number in seen), shares=parts)
