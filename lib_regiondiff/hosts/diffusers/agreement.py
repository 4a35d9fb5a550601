"""Whether a loaded model is the one that a palette names: checkpoint, LoRAs and VAE, as far as it names them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import PureWindowsPath
from typing import Any

from lib_regiondiff.document.palette import Lora, Model, Palette
from lib_regiondiff.document.png import make_portable
from lib_regiondiff.errors import HostError

ENDINGS = (".safetensors", ".ckpt", ".pt", ".pth", ".bin")
CURE = "load that, take it out of the palette, or draw with what there is: ignore_model=True"


def expect_agreement(own: Model, palette: Palette) -> None:
    """Raise HostError where a palette names a checkpoint, VAE or LoRAs other than those of the loaded model `own`.

    Hashes decide where both sides have one, otherwise names do, as `is_same` compares them. What the palette leaves out
    is not checked.
    """
    said = palette.model
    if own.hash and said.hash == own.hash:
        return  # of model and additions
    hashes = [each.hash.partition("+")[0] for each in (said, own)]
    same = _is_same_hash(*hashes) if all(hashes) else not said.name or is_same(said.name, own.name)
    if not same:
        raise HostError("model", _format_model(said), _format_model(own), CURE)
    if said.vae and not is_same(said.vae, own.vae):
        raise HostError("model.vae", repr(said.vae), repr(own.vae) if own.vae else "the model's own", CURE)
    if said.loras and not _are_same(said.loras, own.loras):
        raise HostError("model.loras", _format_loras(said.loras), _format_loras(own.loras), CURE)


def is_same(one: str, other: str) -> bool:
    """Whether two names mean one model: hub ids and relative paths are compared whole, all others by their last part.

    The ending of a weights file does not count.
    """
    if "/" in make_portable(one) and "/" in make_portable(other):
        return make_portable(one) == make_portable(other)
    return _strip_folders(one) == _strip_folders(other)


def _is_same_hash(one: str, other: str) -> bool:
    """Whether two hashes belong to one file: the shorter one must be the beginning of the longer."""
    length = min(len(one), len(other))
    return one[:length].lower() == other[:length].lower()


def _strip_folders(name: str) -> str:
    """The last part of a path, without the ending of a weights file."""
    last = PureWindowsPath(name).name
    ending = next((each for each in ENDINGS if last.lower().endswith(each)), "")
    return last.removesuffix(last[-len(ending) :]) if ending else last


def _are_same(some: Iterable[Lora], others: Iterable[Lora]) -> bool:
    one, other = (Counter((_strip_folders(each.name), each.weight) for each in loras) for loras in (some, others))
    return one == other


def _format_model(model: Model) -> str:
    named = repr(model.name) if model.name else "a model without a name"
    return f"{named} (hash {model.hash})" if model.hash else named


def _format_loras(loras: Iterable[Lora]) -> Any:
    return ", ".join(f"{each.name!r} at {each.weight:g}" for each in loras) or "none"
