"""The border between a WebUI's latents, which may have an axis of frames, and ours, which are pictures."""

from __future__ import annotations

from torch import Tensor

from lib_regiondiff.errors import HostError


def drop_frame_axis(x: Tensor) -> Tensor:
    """Latents [B, C, h, w] from latents [B, C, 1, h, w] or [B, C, h, w], in the same memory; HostError for a film."""
    if x.ndim == 4:
        return x
    if x.ndim == 5 and x.shape[2] == 1:
        return x.squeeze(2)
    got = f"{x.shape[2]} frames" if x.ndim == 5 else f"{x.ndim} dimensions"
    raise HostError("latents", "pictures of one frame", got, "regions work in pictures, not in films")


def add_frame_axis(x: Tensor, like: Tensor) -> Tensor:
    """Latents [B, C, h, w] with the axes of the WebUI's own latents `like`: [B, C, 1, h, w] if those have five."""
    return x.unsqueeze(2) if like.ndim == 5 else x
