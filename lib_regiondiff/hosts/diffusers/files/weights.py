"""Weights in a file: .safetensors, or a pickle (.ckpt, .pt, .pth, .bin) that holds tensors and no code."""

from __future__ import annotations

import pickle
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers.files.headers import DAMAGE, read_header, summarise_error

PICKLES = (".ckpt", ".pt", ".pth", ".bin")
ENDINGS = (".safetensors", *PICKLES)
FOREIGN = re.compile(r"(?:GLOBAL|class|function) [`'\"]?([A-Za-z_][\w.]+)")
DAMAGED = "the file is damaged, or its training failed"
CURE = "convert it to .safetensors where it is trusted"


@dataclass(frozen=True)
class Weights:
    """The `tensors` of a file by name, and the `notes` in its header; `tree` is all that a pickle holds, else None."""

    tensors: Mapping[str, Tensor]
    notes: Mapping[str, str] = field(default_factory=dict)
    tree: Any = None


def read(path: Path) -> Weights:
    """Read a file's tensors to the CPU; no code in it is run.

    Raises HostError for a file that is damaged, of another format or holds code, OSError for one that cannot be read.
    """
    if is_pickle(path):
        tree = _unpickle(path)
        inner = tree.get("state_dict", tree) if isinstance(tree, dict) else {}
        return Weights(dict(_collect_tensors(inner, path)), tree=tree)
    _, notes = read_header(path)
    try:
        return Weights(load_file(path), notes)
    except DAMAGE as error:
        raise HostError(str(path), "a .safetensors file", summarise_error(error)) from error


def _collect_tensors(tree: Any, path: Path) -> Iterator[tuple[str, Tensor]]:
    """The tensors of a dictionary by name; HostError for one that is not plain numbers in memory of its own."""
    for name, value in tree.items() if isinstance(tree, dict) else ():
        if isinstance(value, Tensor) and isinstance(name, str):
            expect_plain(value, name, path)
            yield name, value


def expect_plain(value: Tensor, name: str, path: Path) -> None:
    """Raise HostError for a tensor that is sparse, quantized, off the CPU, or larger than its data in the file."""
    is_plain = value.layout is torch.strided and not value.is_quantized and value.device.type == "cpu"
    if not is_plain or value.numel() * value.element_size() > value.untyped_storage().nbytes():
        raise HostError(str(path), "plain weights", f"{name}, which are none")


def expect_whole(tensors: Iterable[tuple[str, Tensor]], where: str) -> None:
    """Raise HostError for the first of a network's weights that no file gave, or that holds NaN or infinity.

    `tensors` are (name, weight), `where` is the error's place.
    """
    for name, value in tensors:
        if value.is_meta:  # diffusers only mentions it
            raise HostError(where, "a whole model", f"no {name}")
        expect_finite([(name, value)], where)


def expect_finite(tensors: Iterable[tuple[str, Tensor]], where: str) -> None:
    """Raise HostError for the first of these (name, weight) with NaN or infinity; `where` is the error's place."""
    for name, value in tensors:
        if value.numel() and value.is_floating_point() and not _is_finite(value):
            raise HostError(where, "weights that are numbers", f"NaN or infinity in {name}", DAMAGED)


def _is_finite(value: Tensor) -> bool:
    """Whether all numbers are finite; of NaN, aminmax makes both the least and the greatest."""
    value = value.float() if value.element_size() == 1 else value
    return all(bool(torch.isfinite(each)) for each in torch.aminmax(value.detach()))


def read_shapes(tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """The shape of each tensor by name."""
    return {name: tuple(value.shape) for name, value in tensors.items()}


def is_pickle(path: Path) -> bool:
    """Whether to read a file as a pickle: its ending says so, and it does not begin as a .safetensors file.

    Raises OSError where it cannot be read.
    """
    if path.suffix.lower() not in PICKLES:
        return False
    with path.open("rb") as file:
        return file.read(9)[8:] != b"{"


def _unpickle(path: Path) -> Any:
    """What a pickle holds, by PyTorch's reader that runs no code; HostError for a damaged file and for one with code.

    Archives of PyTorch before 1.6 are refused, as they have fooled that reader.
    """
    try:
        is_old = tarfile.is_tarfile(path)
        found = None if is_old else torch.load(path, map_location="cpu", weights_only=True)
    except MemoryError:  # a few bytes may claim to be many gigabytes
        got = "a damaged one, or too little memory for it"
        raise HostError(str(path), "a file that PyTorch wrote", got) from None
    except DAMAGE as error:
        foreign = FOREIGN.search(str(error)) if isinstance(error, pickle.UnpicklingError) else None
        if foreign:
            got = f"code in it ({foreign[1]}), which is not run"
            raise HostError(str(path), "a file that holds nothing but tensors", got, CURE) from None
        raise HostError(str(path), "a file that PyTorch wrote", "a damaged one, or of another format") from error
    if is_old:
        raise HostError(str(path), "a file of PyTorch 1.6 or later", "an older archive", CURE)
    return found
