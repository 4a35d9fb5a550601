"""Blending: the predictions of all views become one x0 of the canvas."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.planning.views import View


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
        _add(canvas, view.box, fit(prediction, view.box.size).float() * weight)
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


def _add(canvas: Tensor, box: Box, values: Tensor) -> None:
    """Add values [c, h, w] of a box to a canvas, as far as the box lies on it."""
    for inside, place in box.pieces(Size(canvas.shape[-2], canvas.shape[-1])):
        inside.crop(canvas).add_(place.crop(values))
