"""Blending: the predictions of all views become one x0 of the canvas."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate, pad

from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.planning.views import View

STRIP, INSET = 0.1, 0.05
"""Shares of a picture's side: the strip that is shown again beyond its border, and what is left out before it."""
LONGEST, RIMS, TRACE = 0.2, ((0.1, 0.1), (0.03, 0.05)), 0.02
"""Shares of a side: the longest strip that is free of a figure, what is left out beside it and the shortest strip, the
first such pair where there is room; and what a figure has at most of a row that is free of it."""
CLEAN = 1.3
"""How many times as much as that of the other border a strip may vary and still be shown."""


def average(values: Tensor, side: int) -> Tensor:
    """Values [C, h, w], each as the mean of `side` x `side` cells around it, of which there is an odd number a side."""
    return avg_pool2d(pad(values[None], (side // 2,) * 4, mode="replicate"), side, 1)[0]


def blend(
    views: Sequence[View],
    predictions: Sequence[Tensor],
    like: Tensor,
    leak_shares: Sequence[Tensor | None] = (),
    under: Tensor | None = None,
) -> Tensor:
    """The weighted sum of x0 [C, h, w] of each view, float32 while summing, in the shape and type of `like`.

    MultiDiffusion, Bar-Tal et al. 2023, eq. 5, with weights that sum to 1 at each cell; on x0 rather than on the
    next noisy latents, which is StreamMultiDiffusion's latent pre-averaging. `leak_shares` [1, h, w] are what views
    keep of their weights, None for all; what weights leave goes to the picture under the brushes, `under` [C, h, w].
    """
    canvas = torch.zeros(like.shape, dtype=torch.float32, device=like.device)
    total = torch.zeros_like(canvas[:1])
    for view, prediction, share in zip(views, predictions, leak_shares or (None,) * len(views), strict=True):
        weight = view.weight if share is None else view.weight * share
        _add(canvas, view.box, fit_view(prediction, view).float() * weight)
        if under is not None:
            _add(total, view.box, weight.expand(1, -1, -1))
    if under is not None:
        canvas += (1 - total).clamp(0, 1) * under.float()
    return canvas.to(like.dtype)


def lay_over(canvas: Tensor, view: View, drawn: Tensor, share: Tensor | None) -> Tensor:
    """The canvas [C, h, w] with what a view drew [C, h, w], fitted to its box, above it.

    `share` [h', w'] in [0, 1] is how much of it is the thing, in the cells of the close-up; None for all.
    """
    weight = view.weight if share is None else view.weight * fit(share[None], view.box.size)[0]
    made = canvas.clone()
    for inside, place in view.box.pieces(Size(canvas.shape[-2], canvas.shape[-1])):
        part = inside.crop(made)
        part += (place.crop(drawn).to(part) - part) * place.crop(weight)
    return made


def fit(latents: Tensor, size: Size) -> Tensor:
    """Latents [C, h, w] resampled to so many cells, of a view with a zoom; others as they are."""
    if latents.shape[-2:] == (size.height, size.width):
        return latents
    sides = (size.height, size.width)
    return interpolate(latents[None].float(), sides, mode="bilinear", antialias=True)[0].to(latents.dtype)


def fit_view(latents: Tensor, view: View) -> Tensor:
    """Latents [C, h, w] of a view in the size of its box; what they do not reach goes on as they end."""
    if view.zoom is not None and view.zoom.mirrored:
        return mirror(latents, view.box.size)
    core = None if view.zoom is None else view.zoom.core
    if core is None or latents.shape[-2:] == (view.box.size.height, view.box.size.width):
        return fit(latents, view.box.size)
    fitted = fit(latents, core.size)
    rows, columns = list_sources(core, view.box.size, fitted)
    return fitted[:, rows][:, :, columns]


def list_sources(core: Box, size: Size, shown: Tensor, figure: np.ndarray | None = None) -> tuple[list[int], list[int]]:
    """The rows and columns of a core that each row and column of a `size` around it shows, given what it shows
    [C, h, w], and the share of a `figure` [h, w] in it where that is known.

    Beyond the core the strip near its border is mirrored, again and again: all that is free of the figure, or that of
    the other border where this one has hardly any; without a figure that of the other one where this one varies much
    more, as one that cuts a thing does. The border itself is left out, since decoders draw lines there.
    """
    busy = None if figure is None else figure > 0.5
    rows = _list_axis(core.top, size.height, shown.float(), busy)
    return rows, _list_axis(core.left, size.width, shown.float().transpose(1, 2), None if busy is None else busy.T)


def _list_axis(first: int, whole: int, shown: Tensor, busy: np.ndarray | None) -> list[int]:
    """The rows of a core [C, h, w] that an axis of a `whole` length shows, on which the core begins at `first`."""
    length = shown.shape[1]
    if length == whole:
        return list(range(length))
    inset = round(INSET * length)
    strips = None if busy is None else _find_free(busy, inset)
    before, after = strips or _find_even(shown, inset)
    return [_mirror(place - first, length, inset, (before, after)) for place in range(whole)]


def _find_free(busy: np.ndarray, inset: int) -> tuple[int, int] | None:
    """How many rows from either border on, after the inset, show nothing of what is `busy` [h, w]; negative for those
    of the other border, where this one has too few. None where both have.
    """
    length, beside = len(busy), busy.shape[1] // 10  # there decoders draw lines
    rows = np.flatnonzero(busy[:, beside : busy.shape[1] - beside].mean(axis=1) > TRACE)
    if not len(rows):
        return None
    most = round(LONGEST * length)
    for rim, share in RIMS:
        away, least = inset + math.ceil(rim * length), max(1, round(share * length))
        near, far = (min(most, int(each) - away) for each in (rows[0], length - 1 - rows[-1]))
        if max(near, far) >= least:
            return near if near >= least else -far, far if far >= least else -near
    return None


def _find_even(shown: Tensor, inset: int) -> tuple[int, int]:
    """The same by how much what is shown [C, h, w] varies near either border."""
    strip = max(1, round(STRIP * shown.shape[1]))
    beside = shown.shape[2] // 10  # there the neighbours show
    inner = shown[:, :, beside : shown.shape[2] - beside]
    ends = [inner[:, inset : inset + strip], inner.flip(1)[:, inset : inset + strip]]
    near, far = (float(end.flatten(1).var(dim=1, correction=0).sum()) for end in ends)
    return strip if near <= CLEAN * far else -strip, strip if far <= CLEAN * near else -strip


def _mirror(place: int, length: int, inset: int, strips: tuple[int, int]) -> int:
    """Where a place on an axis, perhaps beyond 0...length - 1, is shown from; `strips` as _find_free has them."""
    if inset <= place < length - inset:
        return place
    before = place < inset
    strip = strips[0] if before else strips[1]
    beyond = (inset - 1 - place if before else place - length + inset) % (2 * abs(strip))
    inner = inset + min(beyond, 2 * abs(strip) - 1 - beyond)
    return inner if before == (strip > 0) else length - 1 - inner


def mirror(values: Any, size: Size) -> Any:
    """The upper left part of a tensor or array [..., h, w], or all of it mirrored again and again to fill a size."""
    rows, columns = (
        [min(place % (2 * side), 2 * side - 1 - place % (2 * side)) for place in range(whole)]
        for side, whole in zip(values.shape[-2:], (size.height, size.width), strict=True)
    )
    return values[..., rows, :][..., columns]


def _add(canvas: Tensor, box: Box, values: Tensor) -> None:
    """Add values [c, h, w] of a box to a canvas, as far as the box lies on it."""
    for inside, place in box.pieces(Size(canvas.shape[-2], canvas.shape[-1])):
        inside.crop(canvas).add_(place.crop(values))
