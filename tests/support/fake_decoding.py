"""The way back from latents to pictures of the WebUIs' stand-in for a VAE."""

from __future__ import annotations

from PIL import Image
from torch import Tensor


def shown(sample: Tensor, approximation: int | None = None) -> Image.Image:
    """The picture of latents [C, h, w] or [C, 1, h, w]: what `encoded` makes of pictures, the other way round."""
    cells = sample.reshape(sample.shape[0], *sample.shape[-2:])[:3].float().clamp(-1, 1).add(1).mul(127.5).byte()
    return Image.fromarray(cells.movedim(0, 2).repeat_interleave(8, 0).repeat_interleave(8, 1).contiguous().numpy())
