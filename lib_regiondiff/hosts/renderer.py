"""The model that the command line draws with: diffusers is imported only when one is loaded."""

from __future__ import annotations

import copy
import functools
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
    """A loaded model, as the command line draws with it.

    `draw(palette, seeds, progress, batch)` yields a picture for each seed, `batch` of them drawn together;
    `progress(done, total)` hears of each step; `watch` draws in the same way, and its progress is given the step
    itself. `made_with` and `fingerprint` identify machine and model, `proposals` are what its accelerators want,
    `native` is the side in pixels that it was trained at. `count` gives the tokens of a prompt; one thread at a time
    may ask it.
    """

    draw: Callable[[Palette, Sequence[int], Callable[[int, int], None], int], Iterator[Any]]
    made_with: MadeWith
    fingerprint: str = ""
    proposals: tuple[Proposal, ...] = ()
    native: int = 512
    watch: Callable[[Palette, Sequence[int], Callable[[Any], Any], int], Iterator[Any]] | None = None
    count: Callable[[str], int] | None = None


@dataclass(frozen=True)
class LoadingOptions:
    """How a model is loaded, beyond what a palette says.

    `embeddings` is a folder of textual inversions, "" for none; `rows` the most rows of a network call, 0 for as many
    as memory allows; `whole` the pixels above which the VAE works in tiles; `offload` has idle networks wait on the
    CPU.
    """

    embeddings: str = ""
    rows: int = 0
    whole: int = 4 * 10**6
    offload: bool = False


PLAINLY = LoadingOptions()


def load_renderer(palette: Palette, model: str, device: str, dtype: str, how: LoadingOptions = PLAINLY) -> Renderer:
    """Load a model for a palette: a folder, a file, a hub id or `demo`; `device` and `dtype` are as for `load_model`.

    Raises HostError where a package is missing or the model, or an addition that the palette names, cannot be loaded.
    """
    if find_missing_packages():
        raise HostError("render", f"the package {find_missing_packages()[0]}", "nothing", INSTALL)
    quieten()
    from lib_regiondiff.hosts.diffusers.additions.accelerators import find_proposals
    from lib_regiondiff.hosts.diffusers.additions.additions import find_extras
    from lib_regiondiff.hosts.diffusers.host import DiffusersHost
    from lib_regiondiff.hosts.diffusers.placement import MemoryLimits
    from lib_regiondiff.hosts.diffusers.render import renders
    from lib_regiondiff.hosts.diffusers.text.encoding import count_tokens

    place = demo.locate(model)
    added = find_extras(palette, place, demo.PARTS, how.embeddings)
    added = replace(added, room=MemoryLimits(how.rows, how.whole, how.offload))
    loaded = replace(DiffusersHost.load(place, device, dtype, added), name=model)
    proposals = find_proposals(loaded.pipe, place, added)

    def drawn(palette: Palette, seeds: Sequence[int], told: Callable[[int, int], None], batch: int) -> Iterator[Any]:
        return watched(palette, seeds, lambda step: told(step.done, step.total), batch)

    def watched(palette: Palette, seeds: Sequence[int], told: Callable[[Any], Any], batch: int) -> Iterator[Any]:
        # Which model it is has been settled: options, or --trust.
        return renders(loaded, palette, seeds, told, batch, ignore_model=True)

    # A tokenizer of its own: those of a pipeline cannot be asked by two threads at once.
    count = functools.partial(count_tokens, copy.deepcopy(loaded.pipe.tokenizer), book=added.book)
    native = loaded.latent.native
    return Renderer(drawn, loaded.made_with(), loaded.fingerprint, proposals, native, watched, count)


def find_missing_packages() -> list[str]:
    """The names of the packages that drawing needs and that are not installed."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def quieten() -> None:
    """Silence the progress bars of diffusers and transformers, and log lines that no environment variable asks for."""
    for name in ("DIFFUSERS_VERBOSITY", "TRANSFORMERS_VERBOSITY"):
        os.environ.setdefault(name, "error")
    from lib_regiondiff.hosts.diffusers.checkpoints.loader import hide_bars

    hide_bars()


def describe_machine() -> Iterator[str]:
    """Lines about this machine, for `regiondiff info`: versions of packages, torch devices, available samplers."""
    for name, version in png.list_versions().items():
        yield f"{name} {version}"
    import torch

    yield "device cpu"
    for index in range(torch.cuda.device_count()):
        yield f"device cuda:{index} ({torch.cuda.get_device_name(index)})"
    if torch.backends.mps.is_available():
        yield "device mps"
    if find_missing_packages():
        yield f"no {find_missing_packages()[0]}, so no sampler: {INSTALL}"
        return
    for name in sampler_names.NAMES:
        lacks = sampler_names.find_missing(name)
        yield f"sampler {name}" + (f" (needs the package {lacks})" if lacks else "")
