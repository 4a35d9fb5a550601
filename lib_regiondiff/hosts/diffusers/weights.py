"""Weights in a file: the first thing that is read of whatever is added to a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers.single_file import brief, read_header

ENDINGS = (".safetensors",)


@dataclass(frozen=True)
class Weights:
    """Tensors by name, and the notes in the file's header."""

    tensors: Mapping[str, Tensor]
    notes: Mapping[str, str]


def read(path: Path) -> Weights:
    """What a file holds, on the CPU; HostError for a damaged file or one of another format."""
    _, notes = read_header(path)
    try:
        return Weights(load_file(path), notes)
    except SafetensorError as error:
        raise HostError(str(path), "a .safetensors file", brief(error)) from error
