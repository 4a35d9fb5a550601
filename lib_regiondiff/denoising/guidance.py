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


def cfg(cond: Tensor, uncond: Tensor, scale: float) -> Tensor:
    """Classifier-free guidance, Ho and Salimans 2022, of x0 [..., h, w]; affine, so it is the same for noise."""
    return uncond + scale * (cond - uncond)


def rescale(guided: Tensor, cond: Tensor, x: Tensor, at: tuple[Level, str], share: float) -> Tensor:
    """Scale the deviation of the guided prediction back to that of the unguided one, Lin et al. 2023, eq. 15 and 16.

    `guided` and `cond` are x0 [B, C, h, w] of the same x; `at` is its level and what the network predicts, a key of
    PARAMETERIZATIONS, in which deviations are compared. `share` in [0, 1]: 0 changes nothing, 1 rescales fully.
    """
    if share == 0:
        return guided
    level, kind = at[0], PARAMETERIZATIONS[at[1]]
    made, plain = (kind.from_denoised(each, x, level.alpha, level.beta) for each in (guided, cond))
    axes = (1, 2, 3)
    ratio = plain.std(dim=axes, keepdim=True) / made.std(dim=axes, keepdim=True)
    made = share * (made * ratio) + (1 - share) * made
    return kind.to_denoised(made, x, level.alpha, level.beta)
