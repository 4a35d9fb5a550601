"""From clean latents to the picture that people get: decoded, borders cut, things on it, what no brush covers back."""

from __future__ import annotations

from PIL import Image
from torch import Tensor

from lib_regiondiff.denoising.pixels.borders import Drawn, sharpen_borders
from lib_regiondiff.denoising.pixels.composite import restore_uncovered
from lib_regiondiff.denoising.pixels.paste import paste_things
from lib_regiondiff.denoising.thing_memory import ThingMemory
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.geometry import Box
from lib_regiondiff.hosts.diffusers.host import DiffusersHost
from lib_regiondiff.planning.plan import Plan
from lib_regiondiff.store import Store

BEYOND = 16
"""Latent cells that the decoder sees beyond a border where the picture continues at its opposite side."""


def finish_picture(
    host: DiffusersHost, latent: Tensor, what: tuple[Palette, Plan, ThingMemory | None], store: Store
) -> Image.Image:
    """The picture of clean latents [1, C, h, w] of a palette and its plan, with what its close-ups show, if any."""
    palette, plan, things = what
    image = decode_latent(host, latent, palette)
    image = sharpen_borders(host, image, Drawn.of(latent, palette, plan, things, decoded=True), store)
    palette = plan.apply_kinds(palette)
    if things is not None:
        image = paste_things(host, image, palette, things, store)
    return restore_uncovered(image, palette, store)


def decode_latent(host: DiffusersHost, latent: Tensor, palette: Palette) -> Image.Image:
    """The picture of clean latents [1, C, h, w], cropped to the palette's size in pixels.

    Where the palette wraps, the decoder sees beyond both its sides. Raises HostError where the picture is not finite,
    or memory runs out.
    """
    more = min(BEYOND, latent.shape[-1]) if palette.wraps else 0
    seen = Box(0, -more, latent.shape[-2], latent.shape[-1] + more, ring=True).padded(latent)
    left = more * host.latent.pixels_per_cell
    return host.decode(seen).crop((left, 0, left + palette.size.width, palette.size.height))
