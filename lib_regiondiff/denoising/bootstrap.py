"""Bootstrap: the first levels, which decide what is where, keep each brush to itself (StreamMultiDiffusion)."""

from __future__ import annotations

import torch
from torch import Tensor

from lib_regiondiff.host import Level, Row
from lib_regiondiff.planning.surroundings import Surround
from lib_regiondiff.planning.views import View


def see_row(row: Row, x: Tensor) -> Tensor:
    """What a row sees of the noisy canvas x [B, C, h, w]: its box of its image [C, h, w], surrounded if it says so."""
    return see(row.box.padded(x[row.image]), row.surround, row.image, row.level)


def see(x: Tensor, surround: Surround | None, image: int, level: Level) -> Tensor:
    """x [C, h, w] inside the brush and, outside, the surroundings of image number `image`, noised to the same level.

    Without a `surround` x is returned as it is. Where white is mixed with the canvas itself, less noise is added, so
    that the deviation of the noise stays beta.
    """
    if surround is None:
        return x
    own, clean = surround.noise[image].to(x), surround.clean(image)
    if clean is not None:
        outside = level.alpha * clean.to(x) + level.beta * own
    else:
        rest, white = 1 - surround.share, surround.white.to(x)
        outside = surround.share * level.alpha * white + level.beta * (1 - rest**2) ** 0.5 * own + rest * x
    return torch.where(surround.mask > 0, x, outside)


def leak_share(view: View, denoised: Tensor, sensitivity: float) -> Tensor | None:
    """The share [B, 1, h, w] in [0, 1) of its weight that a view keeps: 0 where x0 [B, C, h, w] is its surroundings.

    StreamMultiDiffusion's leak suppression, with the clean surroundings: tanh(mean square difference / 2
    sensitivity). None where nothing is suppressed: without surroundings, at sensitivity 0, and in white ones, where
    white may be meant.
    """
    around = view.surround
    if around is None or not around.under or around.share == 1 or sensitivity == 0:
        return None
    clean = around.clean(0)  # that of all images
    assert clean is not None
    difference = (denoised.float() - clean.float()).square().mean(dim=1, keepdim=True)
    return torch.tanh(difference / (2 * sensitivity))
