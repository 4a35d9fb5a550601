"""Guidance: two predictions of one view, with and without the prompt, become one."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from lib_regiondiff.host import Level


def compose(conds: Sequence[Tensor], weights: Sequence[float], uncond: Tensor | None) -> Tensor:
    """Prompts joined by AND, Liu et al. 2022, eq. 11: x0 [..., h, w] of each, and without any of them, become one.

    Without a negative they are composed around the first prompt, as AUTOMATIC1111 does where it skips the negative.
    """
    if len(conds) == 1 and (weights[0] == 1 or uncond is None):
        return conds[0]
    base = conds[0] if uncond is None else uncond
    return base + sum(weight * (cond - base) for cond, weight in zip(conds, weights, strict=True))


def cfg(cond: Tensor, uncond: Tensor, scale: float) -> Tensor:
    """Classifier-free guidance, Ho and Salimans 2022, on x0 [..., h, w]; affine, so it is the same on noise."""
    return uncond + scale * (cond - uncond)


def rescale(guided: Tensor, cond: Tensor, x: Tensor, level: Level, share: float) -> Tensor:
    """Bring the deviation of the guided noise back to that of the unguided one, Lin et al. 2023, eq. 15 and 16.

    guided, cond: x0 [B, C, h, w] of the same x at `level`; share 0 changes nothing, 1 rescales fully.
    """
    if share == 0:
        return guided
    eps, plain = _noise(guided, x, level), _noise(cond, x, level)
    axes = (1, 2, 3)
    ratio = plain.std(dim=axes, keepdim=True) / eps.std(dim=axes, keepdim=True)
    eps = share * (eps * ratio) + (1 - share) * eps
    return (x - level.beta * eps) / level.alpha


def _noise(denoised: Tensor, x: Tensor, level: Level) -> Tensor:
    return (x - level.alpha * denoised) / level.beta
