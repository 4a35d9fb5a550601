"""Guidance: two predictions of one view, with and without the prompt, become one."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from lib_regiondiff.denoising.parameterization import PARAMETERIZATIONS
from lib_regiondiff.host import Level


def compose(conds: Sequence[Tensor], weights: Sequence[float], uncond: Tensor | None) -> Tensor:
    """Combine prompts joined by AND into one x0 [..., h, w], Liu et al. 2022, eq. 11.

    `conds` are the x0 of each prompt, `uncond` that of the negative. Without a negative, prompts are composed around
    the first of them, as AUTOMATIC1111 does where it skips the negative.
    """
    if len(conds) == 1 and (weights[0] == 1 or uncond is None):
        return conds[0]
    base = conds[0] if uncond is None else uncond
    return base + sum(weight * (cond - base) for cond, weight in zip(conds, weights, strict=True))


def cfg(cond: Tensor, uncond: Tensor, scale: float | Tensor) -> Tensor:
    """Classifier-free guidance, Ho and Salimans 2022, on x0 [..., h, w]; affine, so it is the same on noise.

    The scale is a number, or a map [h, w] where regions with scales of their own share a view.
    """
    return uncond + scale * (cond - uncond)


def rescale(guided: Tensor, cond: Tensor, x: Tensor, at: tuple[Level, str], share: float) -> Tensor:
    """Bring the deviation of the guided prediction back to the unguided one's, Lin et al. 2023, eq. 15 and 16.

    guided, cond: x0 [..., C, h, w] of the same x; `at` is its level and what the network predicts, which is what is
    compared; share 0 changes nothing, 1 rescales fully.
    """
    if share == 0:
        return guided
    level, kind = at[0], PARAMETERIZATIONS[at[1]]
    made, plain = (kind.from_denoised(each, x, level.alpha, level.beta) for each in (guided, cond))
    axes = (-3, -2, -1)
    ratio = plain.std(dim=axes, keepdim=True) / made.std(dim=axes, keepdim=True)
    made = share * (made * ratio) + (1 - share) * made
    return kind.to_denoised(made, x, level.alpha, level.beta)
