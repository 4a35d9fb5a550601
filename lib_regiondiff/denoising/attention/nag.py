"""Normalized attention guidance, Chen et al. 2025, arXiv 2505.21179: negatives act in cross-attention, at any scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lib_regiondiff.document.palette import Nag

if TYPE_CHECKING:  # so that what only asks whether it acts needs no torch
    from torch import Tensor

TINY = 1e-7


def guide(positive: Tensor, negative: Tensor, nag: Nag) -> Tensor:
    """Attention features [..., n] of the positive prompt, guided away from those of the negative, arXiv 2505.21179.

    They are extrapolated by `scale`; where their L1 norm exceeds `tau` times the positive's it is cut to that; then
    they are mixed with the positive's, whose share is 1 - `alpha`.
    """
    beyond = positive * nag.scale - negative * (nag.scale - 1)
    norm, reached = (each.abs().sum(dim=-1, keepdim=True) for each in (positive, beyond))
    most = nag.tau * norm
    beyond = beyond * (most / reached.clamp(min=TINY)).clamp(max=1)
    return nag.alpha * beyond + (1 - nag.alpha) * positive
