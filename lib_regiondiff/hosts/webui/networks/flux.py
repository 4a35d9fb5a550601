"""Flux in Forge and Forge Neo by what rows ask of it: each region's prompt is a stream of its own.

For the time of one network call a block's forward is replaced, on the object alone, by one that is made of the block's
own layers and calls the attention that the user has chosen, once for each region of a row.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lib_regiondiff.denoising.attention.streams import (
    Attend,
    Looks,
    attend_by_looks,
    attend_fused,
    count_patches,
    list_looks,
)
from lib_regiondiff.errors import HostError
from lib_regiondiff.host import Row
from lib_regiondiff.hosts.webui.conditioning import read_text
from lib_regiondiff.hosts.webui.families import ENGINES, find_family
from lib_regiondiff.hosts.webui.programs import Address

ATTENTION = Address("backend.attention", ("attention_function",))
"""The attention that the user has chosen."""
DOUBLE = tuple(f"{side}_{part}" for side in ("img", "txt") for part in ("mod", "norm1", "attn", "norm2", "mlp"))
SINGLE = "modulation", "pre_norm", "linear1", "linear2", "norm", "mlp_act"
"""The layers of Flux's blocks, which keep prompt and picture apart at first, and together then."""
CURE = "switch off what changes it, or set attention to none"


def find_blocks(engine: Any) -> list[Any]:
    """The blocks of a loaded Flux, those first that keep prompt and picture apart; none in networks of other kinds."""
    if find_family(engine) is not ENGINES["Flux"]:
        return []
    network = getattr(getattr(engine.forge_objects.unet, "model", None), "diffusion_model", None)
    double, single = (list(getattr(network, name, ())) for name in ("double_blocks", "single_blocks"))
    known = all(_has(block, DOUBLE) for block in double) and all(_has(block, SINGLE) for block in single)
    return [*double, *single] if known and not any(getattr(block, "yak_mlp", False) for block in single) else []


def _has(block: Any, names: Sequence[str]) -> bool:
    return all(getattr(block, name, None) is not None for name in names)


@dataclass(frozen=True)
class Change:
    """What a block makes of normed features, and by how much of its answer it changes them, each [B, 1, channels]."""

    shift: Tensor
    scale: Tensor
    gate: Tensor

    def of(self, features: Tensor) -> Tensor:
        """Features [B, tokens, channels] scaled and shifted."""
        return features * (1 + self.scale) + self.shift


def _read_changes(made: Any) -> list[Change]:
    """The changes that a block's modulation has made: records of three, or their tensors one after another."""
    flat: list[Tensor] = []
    for each in made:
        flat += [each] if isinstance(each, Tensor) else [] if each is None else [each.shift, each.scale, each.gate]
    return [Change(*flat[start : start + 3]) for start in range(0, len(flat), 3)]


@dataclass(frozen=True, eq=False)
class Streams:
    """What the rows of one call see, `tokens` of prompts and picture each; `note` is told of each call of a block."""

    looks: Sequence[Looks]
    tokens: int
    attend: Attend
    note: Callable[[], None]

    def see(self, query: Tensor, key: Tensor, value: Tensor, told: Mapping[str, Any]) -> Tensor:
        """Attention [B, tokens, channels] of what is [B, heads, tokens, width].

        `told` is what a block is called with besides: the positions. HostError for a mask, and for other tokens.
        """
        self.note()
        mask, positions = told.get("attn_mask"), told.get("pe")
        if mask is not None or query.shape[::2] != (len(self.looks), self.tokens):
            got = f"{len(query)} rows of {query.shape[2]}" + (" under a mask" if mask is not None else "")
            expected = f"{len(self.looks)} rows of {self.tokens} tokens, as the picture and its prompts have"
            raise HostError("attention", expected, got, CURE)
        if positions is not None:
            query, key = _turn(query, positions), _turn(key, positions)
        return attend_by_looks(self.looks, query, key, value, self.attend)


def _turn(values: Tensor, positions: Tensor) -> Tensor:
    """Pairs of features [B, heads, tokens, width] turned by matrices [B, 1, tokens, width / 2, 2, 2]."""
    pairs = values.float().unflatten(-1, (-1, 1, 2))
    return (positions * pairs).sum(dim=-1).flatten(-2).to(values)


def _project(features: Tensor, heads: int, norm: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values [B, heads, tokens, width] of all three side by side [B, tokens, 3 channels]."""
    query, key, value = features.unflatten(-1, (3, heads, -1)).permute(2, 0, 3, 1, 4)
    query, key = norm(query, key, value)
    return query, key, value


def run_double(block: Any, streams: Streams, img: Tensor, txt: Tensor, vec: Any, **told: Any) -> tuple[Tensor, Tensor]:
    """Features [B, tokens, channels] of picture and prompts after a block that keeps them apart, as it is called."""
    sides = {"txt": txt, "img": img}
    changes = {side: _read_changes(getattr(block, f"{side}_mod")(vec)) for side in sides}
    parts = []
    for side, features in sides.items():
        attn, norm = (getattr(block, f"{side}_{part}") for part in ("attn", "norm1"))
        parts.append(_project(attn.qkv(changes[side][0].of(norm(features))), block.num_heads, attn.norm))
    query, key, value = (torch.cat(each, dim=2) for each in zip(*parts, strict=True))
    seen = streams.see(query, key, value, told).split([txt.shape[1], img.shape[1]], dim=1)
    made = [_finish(block, side, sides[side], each, changes[side]) for side, each in zip(sides, seen, strict=True)]
    return made[1], _keep_finite(made[0])


def _finish(block: Any, side: str, features: Tensor, seen: Tensor, changes: Sequence[Change]) -> Tensor:
    """Features of one side after what it has seen, and after what it makes of itself."""
    attn, norm, mlp = (getattr(block, f"{side}_{part}") for part in ("attn", "norm2", "mlp"))
    features = features + changes[0].gate * attn.proj(seen)
    return features + changes[1].gate * mlp(changes[1].of(norm(features)))


def run_single(block: Any, streams: Streams, x: Tensor, vec: Any, **told: Any) -> Tensor:
    """Features [B, tokens, channels] of prompts and picture after a block that has them together, as it is called."""
    change = _read_changes(block.modulation(vec))[0]
    made, width = block.linear1(change.of(block.pre_norm(x))), 3 * block.hidden_size
    seen = streams.see(*_project(made[..., :width], block.num_heads, block.norm), told)
    return _keep_finite(x + change.gate * block.linear2(torch.cat([seen, block.mlp_act(made[..., width:])], dim=2)))


def _keep_finite(features: Tensor) -> Tensor:
    """Features in half precision within its range, as the programs keep them."""
    return features.clamp(-65504, 65504) if features.dtype == torch.float16 else features


def join_streams(rows: Sequence[Row]) -> Tensor:
    """The prompts of rows [N, tokens, width], each with those of the regions that it shows beside its own."""
    texts = ([read_text(cond) for cond in (row.cond, *row.attention.contexts)] for row in rows)
    return torch.cat([torch.cat(each, dim=1) for each in texts])


@contextlib.contextmanager
def act_in_blocks(engine: Any, rows: Sequence[Row], heard: set[int]) -> Iterator[None]:
    """For the time of a `with`, have Flux's blocks take prompts for the streams of a call's rows.

    All rows show as many regions, with as many tokens. Nothing is changed where each shows one. `heard` are the
    checkpoints whose blocks this run has called, by their ids; HostError where none of one was yet.
    """
    weights = [row.attention.weights for row in rows if row.attention.weights is not None]
    if not weights:
        yield
        return
    assert len(weights) == len(rows), "rows of one length have regions, or none"
    lengths = [read_text(cond).shape[1] for cond in (rows[0].cond, *rows[0].attention.contexts)]
    looks, called = [list_looks(each, lengths) for each in weights], set[int]()
    tokens = sum(lengths) + count_patches(weights[0])
    streams = Streams(looks, tokens, _find_attend(), lambda: called.add(id(engine)))
    with _replace_forwards(find_blocks(engine), streams):
        yield
        heard |= called
        if id(engine) not in heard:
            raise HostError("attention", "the checkpoint's own blocks to be called", "no call of them", CURE)


def _find_attend() -> Attend:
    """The program's own attention."""
    found = ATTENTION.find()
    if found is None:
        return attend_fused
    return lambda query, key, value: found(query, key, value, query.shape[1], skip_reshape=True)


@contextlib.contextmanager
def _replace_forwards(blocks: Sequence[Any], streams: Streams) -> Iterator[None]:
    """For the time of a `with`, blocks whose forward is ours."""
    before = [vars(block).get("forward") for block in blocks]
    try:
        for block in blocks:
            block.forward = functools.partial(run_double if _has(block, DOUBLE) else run_single, block, streams)
        yield
    finally:
        for block, forward in zip(blocks, before, strict=True):
            if forward is None:
                vars(block).pop("forward", None)
            else:
                block.forward = forward
