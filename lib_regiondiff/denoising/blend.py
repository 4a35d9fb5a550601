"""Blending: the predictions of all views become one x0 of the canvas."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.planning.views import View


def blend(
    views: Sequence[View],
    predictions: Sequence[Tensor],
    like: Tensor,
    leak_shares: Sequence[Tensor | None] = (),
    under: Tensor | None = None,
) -> Tensor:
    """Blend the x0 predictions [B, C, h, w] of all views into one canvas of the shape and dtype of `like`.

    MultiDiffusion, Bar-Tal et al. 2023, eq. 5, with weights that sum to 1 in each cell, applied to x0 rather than to
    the next noisy latents, which is StreamMultiDiffusion's latent pre-averaging. Sums are float32. `leak_shares` [B,
    1, h, w] in [0, 1] scale the weight of a view, None leaves it; weight that views leave goes to `under` [C, h, w],
    the picture under the brushes.
    """
    canvas = torch.zeros(like.shape, dtype=torch.float32, device=like.device)
    total = torch.zeros_like(canvas[:, :1])
    for view, prediction, share in zip(views, predictions, leak_shares or (None,) * len(views), strict=True):
        weight = view.weight if share is None else view.weight * share
        _add(canvas, view.box, prediction.float() * weight)
        if under is not None:
            _add(total, view.box, weight.expand(len(like), 1, -1, -1))
    if under is not None:
        canvas += (1 - total).clamp(0, 1) * under.float()
    return canvas.to(like.dtype)


def _add(canvas: Tensor, box: Box, values: Tensor) -> None:
    """Add values [B, c, h, w] at a box to the canvas, leaving out what lies beyond the canvas."""
    for inside, place in box.pieces(Size(canvas.shape[-2], canvas.shape[-1])):
        inside.crop(canvas).add_(place.crop(values))
