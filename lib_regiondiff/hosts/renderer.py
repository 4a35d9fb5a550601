"""Loads what the command line draws with, as late as it can: a model in diffusers."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lib_regiondiff import demo
from lib_regiondiff.document import png, sampler_names
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.document.png import MadeWith
from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.accelerators import Proposal

NEEDED = ("diffusers", "transformers")
INSTALL = "pip install diffusers transformers accelerate safetensors"


@dataclass(frozen=True)
class Renderer:
    """A loaded model: draw(palette, seeds, progress, batch) gives picture after picture, so many drawn together."""

    draw: Callable[[Palette, Sequence[int], Callable[[int, int], None], int], Iterator[Any]]
    made_with: MadeWith
    fingerprint: str = ""
    proposals: tuple[Proposal, ...] = ()
    native: int = 512


@dataclass(frozen=True)
class Loading:
    """How a model is loaded beyond what a palette says."""

    embeddings: str = ""
    rows: int = 0
    whole: int = 4 * 10**6
    offload: bool = False


PLAINLY = Loading()


def load_renderer(palette: Palette, model: str, device: str, dtype: str, how: Loading = PLAINLY) -> Renderer:
    """Load a model with diffusers for a palette; HostError for what can't be, before the model is read if possible."""
    if absent():
        raise HostError("render", f"the package {absent()[0]}", "nothing", INSTALL)
    quieten()
    from lib_regiondiff.hosts.diffusers.additions.accelerators import proposals_of
    from lib_regiondiff.hosts.diffusers.additions.additions import extras_of
    from lib_regiondiff.hosts.diffusers.host import DiffusersHost
    from lib_regiondiff.hosts.diffusers.placement import Room
    from lib_regiondiff.hosts.diffusers.render import renders

    place = demo.place_of(model)
    added = extras_of(palette, place, demo.PARTS, how.embeddings)
    added = replace(added, room=Room(how.rows, how.whole, how.offload))
    loaded = replace(DiffusersHost.load(place, device, dtype, added), name=model)
    proposals = proposals_of(loaded.pipe, place, added)

    def drawn(palette: Palette, seeds: Sequence[int], told: Callable[[int, int], None], batch: int) -> Iterator[Any]:
        # Which model it is has been settled: options, or --trust.
        return renders(loaded, palette, seeds, lambda step: told(step.done, step.total), batch, ignore_model=True)

    return Renderer(drawn, loaded.made_with(), loaded.fingerprint, proposals, loaded.latent.native)


def absent() -> list[str]:
    """The packages that rendering needs and that are not installed."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def quieten() -> None:
    """Leave stderr to us: no log lines and bars of the libraries below, unless somebody asked for them."""
    for name in ("DIFFUSERS_VERBOSITY", "TRANSFORMERS_VERBOSITY"):
        os.environ.setdefault(name, "error")
    from lib_regiondiff.hosts.diffusers.checkpoints.loader import hide_bars

    hide_bars()


def surroundings() -> Iterator[str]:
    """Versions, devices and samplers of this machine."""
    for name, version in png.versions().items():
        yield f"{name} {version}"
    import torch

    yield "device cpu"
    for index in range(torch.cuda.device_count()):
        yield f"device cuda:{index} ({torch.cuda.get_device_name(index)})"
    if torch.backends.mps.is_available():
        yield "device mps"
    if absent():
        yield f"no {absent()[0]}, so no sampler: {INSTALL}"
        return
    for name in sampler_names.NAMES:
        lacks = sampler_names.absent(name)
        yield f"sampler {name}" + (f" (needs the package {lacks})" if lacks else "")
