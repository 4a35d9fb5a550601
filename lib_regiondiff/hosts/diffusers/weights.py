"""Weights in a file: .safetensors, or a pickle (.ckpt, .pt, .pth, .bin) that holds tensors and no code."""

from __future__ import annotations

import pickle
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers.headers import brief, read_header

PICKLES = (".ckpt", ".pt", ".pth", ".bin")
ENDINGS = (".safetensors", *PICKLES)
FOREIGN = re.compile(r"(?:GLOBAL|class|function) [`'\"]?([A-Za-z_][\w.]+)")
DAMAGE = (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, LookupError, AttributeError, TypeError)
CURE = "convert it to .safetensors where it is trusted"


@dataclass(frozen=True)
class Weights:
    """Tensors by name, and the notes in the file's header; `tree` is all that a pickle holds."""

    tensors: Mapping[str, Tensor]
    notes: Mapping[str, str] = field(default_factory=dict)
    tree: Any = None


def read(path: Path) -> Weights:
    """What a file holds, on the CPU; HostError for a damaged file, one of another format or with code in it."""
    if is_pickle(path):
        tree = _unpickled(path)
        inner = tree.get("state_dict", tree) if isinstance(tree, dict) else {}
        return Weights({name: value for name, value in inner.items() if isinstance(value, Tensor)}, tree=tree)
    _, notes = read_header(path)
    try:
        return Weights(load_file(path), notes)
    except SafetensorError as error:
        raise HostError(str(path), "a .safetensors file", brief(error)) from error


def shapes_of(tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """Shapes by name."""
    return {name: tuple(value.shape) for name, value in tensors.items()}


def is_pickle(path: Path) -> bool:
    """Whether a file is to be read as a pickle: by its ending, unless it begins as a .safetensors file does."""
    if path.suffix.lower() not in PICKLES:
        return False
    with path.open("rb") as file:
        return file.read(9)[8:] != b"{"


def _unpickled(path: Path) -> Any:
    """A pickle's contents by PyTorch's reader that runs no code; old archives, which fooled it once, are refused."""
    if tarfile.is_tarfile(path):
        raise HostError(str(path), "a file of PyTorch 1.6 or later", "an older archive", CURE)
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except DAMAGE as error:
        foreign = FOREIGN.search(str(error)) if isinstance(error, pickle.UnpicklingError) else None
        if foreign:
            got = f"code in it ({foreign[1]}), which is not run"
            raise HostError(str(path), "a file that holds nothing but tensors", got, CURE) from None
        raise HostError(str(path), "a file that PyTorch wrote", "a damaged one, or of another format") from error
