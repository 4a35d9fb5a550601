"""Blending: the predictions of all views become one x0 of the canvas."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lib_regiondiff.views import View


def blend(views: Sequence[View], predictions: Sequence[Tensor], like: Tensor) -> Tensor:
    """The weighted sum of x0 [B, C, h, w] of each view, float32 while summing, in the shape and type of `like`.

    MultiDiffusion, Bar-Tal et al. 2023, eq. 5, with weights that sum to 1 at each cell; on x0 rather than on the
    next noisy latents, which is StreamMultiDiffusion's latent pre-averaging.
    """
    canvas = torch.zeros(like.shape, dtype=torch.float32, device=like.device)
    for view, prediction in zip(views, predictions, strict=True):
        view.box.crop(canvas).add_(prediction.float() * view.weight)
    return canvas.to(like.dtype)
