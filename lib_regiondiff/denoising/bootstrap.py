"""Bootstrap: the first levels, which decide what is where, keep each brush to itself (StreamMultiDiffusion)."""

from __future__ import annotations

import torch
from torch import Tensor

from lib_regiondiff.host import Level, Row, Zoom
from lib_regiondiff.planning.surroundings import Surround


def see_row(row: Row, x: Tensor) -> Tensor:
    """What a row sees [C, h, w] of the noisy canvases [N, C, h, w].

    That is its box of its line, surrounded if it says so; under a zoom its own latents, noised to its level.
    """
    if row.zoom is not None:
        return _see_zoomed(row.zoom, row.level).to(x)
    return see(row.box.padded(x[row.line]), row.surround, row.level)


def see(x: Tensor, surround: Surround | None, level: Level) -> Tensor:
    """x [C, h, w] inside the brush and, outside, the surroundings of image number `image`, noised to the same level.

    Without a `surround` x is returned as it is. Where white is mixed with the canvas itself, less noise is added, so
    that the deviation of the noise stays beta.
    """
    if surround is None:
        return x
    own, clean = surround.noise.to(x), surround.clean
    if clean is not None:
        outside = level.alpha * clean.to(x) + level.beta * own
    else:
        rest, white = 1 - surround.share, surround.white.to(x)
        outside = surround.share * level.alpha * white + level.beta * (1 - rest**2) ** 0.5 * own + rest * x
    return torch.where(surround.mask > 0, x, outside)


def _see_zoomed(zoom: Zoom, level: Level) -> Tensor:
    """x of latents that lie beside the canvas; what has drawn nothing yet is noise alone."""
    noise = level.beta * zoom.noise
    return noise if zoom.x0 is None else level.alpha * zoom.x0.to(noise) + noise


def leak_share(surround: Surround | None, denoised: Tensor, sensitivity: float) -> Tensor | None:
    """The share [1, h, w] of its weight that a view keeps: 0 where x0 [C, h, w] is what surrounds the brush.

    StreamMultiDiffusion's leak suppression, with the clean surroundings: tanh(mean square difference / 2 sensitivity).
    None where nothing is to be suppressed: in white surroundings what is white may be meant.
    """
    if surround is None or not surround.under or surround.share == 1 or sensitivity == 0:
        return None
    clean = surround.clean
    assert clean is not None
    difference = (denoised.float() - clean.float()).square().mean(dim=0, keepdim=True)
    return torch.tanh(difference / (2 * sensitivity))
