"""LoRA files -> the weights of a pipeline: each addition is merged into its layer's weight, once, after loading.

diffusers' own loader needs peft, runs each LoRA as layers beside the model's, and passes over keys that fit nothing.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lib_regiondiff.document.json_text import loads
from lib_regiondiff.document.palette import Lora
from lib_regiondiff.document.rules import Fault, show
from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers.additions.lora_keys import LoraKey, collect_layers, take_apart
from lib_regiondiff.hosts.diffusers.files.weights import DAMAGED, Weights, expect_finite, read

LAYER = "a layer of this model's"
OTHER = "it was made for another kind of model, or in a form that is not read"
SURE = 1000.0
"""What may be added to any weight without leaving float16's range."""
KINDS = {  # a part of a key -> other forms of additions, which are not read
    "hada_": "LoHa",
    "lokr_": "LoKr",
    "oft_": "OFT",
    "dora_scale": "DoRA",
    "lora_magnitude_vector": "DoRA",
}


@dataclass(frozen=True, init=False)
class LoraFile:
    """A LoRA file: its `path`, its `weight`, and the `name` that the palette has for it, "" for none.

    Raises PaletteError for a weight that a palette would refuse.
    """

    path: Path
    weight: float
    name: str

    def __init__(self, path: str | os.PathLike[str], weight: float = 1.0, name: str = "") -> None:
        place = Path(path).expanduser()
        known = Lora(name=name or place.stem, weight=weight)
        for key, value in {"path": place, "weight": known.weight, "name": name}.items():
            object.__setattr__(self, key, value)


@dataclass(frozen=True)
class Addition:
    """What a file adds to one layer.

    `tensors` are by role (up, down, mid, alpha); `key` is the first of their keys in the file, `parsed` is it taken
    apart.
    """

    key: str
    parsed: LoraKey
    tensors: Mapping[str, Tensor]


@torch.no_grad()
def merge(pipe: Any, file: LoraFile) -> None:
    """Add a LoRA (Hu et al. 2021) to a pipeline's weights for good, computed in float32.

    Each layer's weight becomes weight + file.weight * alpha / rank * up @ down. Raises HostError for a file that is
    damaged, that is no LoRA, or one of whose layers the model lacks or has in another shape; then no weight is changed.
    """
    found, layers = read(file.path), collect_layers(pipe)
    changes = []
    for addition in collect_additions(found, file.path):
        layer: Any = layers.get((addition.parsed.prefix, addition.parsed.layer))
        if layer is None:
            raise HostError(str(file.path), f"{LAYER} name", addition.key, OTHER)
        _expect_fit(addition, layer.weight, file.path)
        factor = file.weight * _compute_scale(addition, found.notes, file.path)
        _expect_finite_sum(layer.weight, addition, factor, file.path)
        changes.append((layer.weight, addition, factor))
    for weight, addition, factor in changes:
        weight.copy_(_add_delta(weight, addition, factor))


def collect_additions(file: Weights, path: Path) -> Iterator[Addition]:
    """A LoRA's tensors, grouped by layer in the file's order; HostError names the first key that is not a LoRA's."""
    grouped: dict[tuple[str, str], tuple[str, LoraKey, dict[str, Tensor]]] = {}
    for name, tensor in file.tensors.items():
        key = take_apart(name)
        if key is None:
            kind = next((kind for part, kind in KINDS.items() if part in name), "")
            raise HostError(str(path), "keys of a LoRA", f"{name} ({kind})" if kind else name)
        grouped.setdefault((key.prefix, key.layer), (name, key, {}))[2][key.role] = tensor
    if not grouped:
        raise HostError(str(path), "keys of a LoRA", "none at all")
    for name, key, tensors in grouped.values():
        lacks = [role for role in ("up", "down") if role not in tensors]
        if lacks:
            raise HostError(str(path), f"the {lacks[0]} part of {key.layer}", f"{name} without it")
        yield Addition(name, key, tensors)


def _expect_fit(addition: Addition, weight: Tensor, path: Path) -> None:
    """Raise HostError for tensors that are not finite, or whose product has another shape than the weight."""
    up, down, mid = (addition.tensors.get(role) for role in ("up", "down", "mid"))
    assert up is not None and down is not None
    expect_finite(((f"{addition.key} ({role})", value) for role, value in addition.tensors.items()), str(path))
    _expect_matrices(addition, path)
    shape = (*up.shape[:1], *down.shape[1:2], *(down if mid is None else mid).shape[2:])
    inner = {up.shape[1:2], down.shape[:1], *(() if mid is None else (mid.shape[:1], mid.shape[1:2]))}
    same = [size for size in shape if size != 1] == [size for size in weight.shape if size != 1]
    if not same or len(inner) != 1:
        got = f"{addition.key} for one of {_format_shape(shape)}"
        raise HostError(str(path), f"{LAYER} shape, {_format_shape(weight.shape)}", got, OTHER)


def _expect_matrices(addition: Addition, path: Path) -> None:
    """Raise HostError for parts of rank 0 and for those that are not real matrices; one of them may have a kernel."""
    kernel = "mid" if "mid" in addition.tensors else "down"
    for role, value in addition.tensors.items():
        is_matrix = value.ndim >= 2 and (role == kernel or value.shape[2:].numel() == 1)
        if value.is_complex() or (role != "alpha" and not (is_matrix and value.is_floating_point())):
            got = f"{addition.key} with {role} of {_format_shape(value.shape) or 'one number'} ({_format_dtype(value)})"
            raise HostError(str(path), "matrices of numbers", got, OTHER)
    if not addition.tensors["down"].shape[0]:
        raise HostError(str(path), "a rank of 1 or more", f"{addition.key} of rank 0")


def _format_dtype(value: Tensor) -> str:
    return str(value.dtype).removeprefix("torch.")


def _format_shape(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))


def _compute_delta(tensors: Mapping[str, Tensor], weight: Tensor) -> Tensor:
    """What is added to a weight, in its shape and float32: up @ down, or with a mid part Tucker's product of three."""
    up, down = (tensors[role].to(weight.device).float().flatten(1) for role in ("up", "down"))
    if "mid" not in tensors:
        return (up @ down).view_as(weight)
    mid = tensors["mid"].to(weight.device).float()
    return torch.einsum("oi,ij...,jc->oc...", up, mid, down).reshape(weight.shape)


def _add_delta(weight: Tensor, addition: Addition, factor: float) -> Tensor:
    """A weight and `factor` times its addition, in float32."""
    return weight.float() + factor * _compute_delta(addition.tensors, weight)


def _expect_finite_sum(weight: Tensor, addition: Addition, factor: float, path: Path) -> None:
    """Raise HostError where the sum leaves the range of the weight's dtype.

    No number of a product exceeds the product of its parts' norms, so that most additions need no trial.
    """
    parts = [value.float().norm() for role, value in addition.tensors.items() if role != "alpha"]
    if abs(factor) * float(torch.stack(parts).prod()) < SURE:
        return
    if not torch.isfinite(_add_delta(weight, addition, factor).to(weight.dtype)).all():
        raise HostError(str(path), f"what {addition.key} adds to be numbers", "some beyond all numbers", DAMAGED)


def _compute_scale(addition: Addition, notes: Mapping[str, str], path: Path) -> float:
    """The factor of an addition: alpha / rank, or alpha / sqrt(rank) where the file's notes say rsLoRA.

    alpha is a tensor of the file, or a number in its notes, or else the rank. Raises HostError for an alpha that is not
    one finite number.
    """
    rank = addition.tensors["down"].shape[0]
    if "alpha" in addition.tensors:
        alpha = addition.tensors["alpha"]
        if alpha.numel() != 1:
            raise HostError(str(path), "one number as alpha", f"{alpha.numel()} for {addition.key}")
        return float(alpha) / rank
    told = _read_peft_config(notes)
    start, layer = addition.parsed.prefix, addition.parsed.layer
    alpha = told.get(f"{start}lora_alpha", rank)
    for name, other in _read_alpha_pattern(told.get(f"{start}alpha_pattern"), path).items():
        alpha = other if layer.endswith(name.replace(".", "_").strip("^$")) else alpha
    if isinstance(alpha, bool) or not isinstance(alpha, int | float) or not math.isfinite(alpha):
        raise HostError(str(path), "a number as alpha in its notes", f"{show(alpha)} for {addition.key}")
    return alpha / (rank**0.5 if told.get(f"{start}use_rslora") else rank)


def _read_alpha_pattern(told: Any, path: Path) -> Mapping[str, Any]:
    """The alphas of single layers in a file's notes, by layer; HostError where they are not an object."""
    if told is not None and not isinstance(told, dict):
        raise HostError(str(path), "an object as alpha_pattern in its notes", show(told))
    return told or {}


def _read_peft_config(notes: Mapping[str, str]) -> dict[str, Any]:
    """peft's configuration as diffusers notes it in a LoRA's header, by network; empty where it cannot be read."""
    try:
        told = loads(notes.get("lora_adapter_metadata", "{}"))
    except Fault:
        return {}
    return told if isinstance(told, dict) else {}
