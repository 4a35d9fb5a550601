"""Memory of a device: the user's limits, a VAE that works in tiles, networks that leave while others work."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import nn

from lib_regiondiff.errors import HostError

NETWORKS = ("text_encoder", "text_encoder_2", "text_encoder_3", "unet", "transformer")
"""The networks that give way to one another; the VAE is small and stays."""
TEXT = NETWORKS[:3]
DENOISER = NETWORKS[3:]
MEGAPIXEL = 10**6
T = TypeVar("T")


@dataclass(frozen=True)
class MemoryLimits:
    """The user's limits on memory.

    `rows` is the most rows of a network call, 0 for as many as memory allows; `whole` the pixels above which the VAE
    works in tiles; `offload` whether networks wait on the CPU while they have nothing to do.
    """

    rows: int = 0
    whole: int = 4 * MEGAPIXEL
    offload: bool = False


def bring(pipe: Any, wanted: tuple[str, ...], device: torch.device) -> None:
    """Move the `wanted` networks of a pipeline to a device and the others to the CPU; the VAE stays where it is."""
    networks = {name: getattr(pipe, name, None) for name in NETWORKS}
    leaving = [each for name, each in networks.items() if each is not None and name not in wanted]
    for network in leaving:
        _move(network, torch.device("cpu"))
    for name in wanted:
        if networks[name] is not None:
            _move(networks[name], device)


def _move(network: Any, device: torch.device) -> None:
    if network.device != device:
        nn.Module.to(network, device=device)


def run_vae(vae: Any, pixels: int, room: MemoryLimits, work: Callable[[], T]) -> T:
    """Have a VAE encode or decode a picture: in tiles above `room.whole` pixels, or where memory does not do otherwise.

    Returns what `work` does. Raises HostError where there is no room for tiles either.
    """
    if pixels <= room.whole:
        with contextlib.suppress(torch.cuda.OutOfMemoryError):
            return work()
        torch.cuda.empty_cache()
    try:
        with _tile_vae(vae):
            return work()
    except torch.cuda.OutOfMemoryError as error:
        cure = "--offload makes room, or make the picture smaller"
        raise HostError("GPU memory", "room for a tile of the VAE", "too little", cure) from error


@contextlib.contextmanager
def _tile_vae(vae: Any) -> Iterator[None]:
    """Have a VAE work in tiles for the time of a `with`."""
    before = vae.use_tiling
    vae.enable_tiling()
    try:
        yield
    finally:
        vae.use_tiling = before
