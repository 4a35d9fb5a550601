"""Attention Couple in transformers, whose one attention is for prompt and picture: each region's prompt is a stream.

Streams stand one after another in front of the picture's tokens. A stream's tokens attend to themselves and to the
whole picture, a token of the picture to the picture and to the streams of the regions that have weight there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from lib_regiondiff.denoising.attention.couple import shrink
from lib_regiondiff.host import Row

PATCH = 2
"""The cells along a side of what such networks see as one token."""
Attend = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Features [1, n, heads * width] of queries, keys and values [1, heads, n, width]."""


@dataclass(frozen=True, eq=False)
class Look:
    """What a row's tokens at the places `asked` see at the places `seen`, and how much [asked, 1] it counts."""

    asked: Tensor
    seen: Tensor
    share: Tensor


Looks = tuple[Look, ...]
"""What the regions of one row see, each with the places where it has weight."""


def list_looks(weights: Tensor, lengths: Sequence[int]) -> Looks:
    """The looks of regions with weights [R, h, w], whose prompts have so many tokens."""
    patches = shrink(weights, count_patches(weights))
    text, device = sum(lengths), weights.device
    picture, start, looks = torch.arange(text, text + patches.shape[1], device=device), 0, []
    for length, shares in zip(lengths, patches, strict=True):
        stream = torch.arange(start, start + length, device=device)
        asked = torch.cat([stream, picture[shares > 0]])
        share = torch.cat([shares.new_ones(length), shares[shares > 0]])[:, None]
        looks.append(Look(asked, torch.cat([stream, picture]), share))
        start += length
    return tuple(looks)


def count_patches(x: Tensor) -> int:
    """The tokens of a picture of so many cells [..., h, w]."""
    return math.prod(-(-side // PATCH) for side in x.shape[-2:])


def attend_fused(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """PyTorch's own attention."""
    return scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)


def attend_by_looks(
    rows: Sequence[Looks], query: Tensor, key: Tensor, value: Tensor, attend: Attend = attend_fused
) -> Tensor:
    """Attention [B, tokens, heads * width] of what is [B, heads, tokens, width], each row by its own looks.

    There is one call of `attend` for each region of a row, with no more queries than those that count.
    """
    batch, heads, tokens, width = query.shape
    made = torch.zeros(batch, tokens, heads * width, device=query.device)
    for row, looks in enumerate(rows):
        own = slice(row, row + 1)
        for look in looks:
            found = attend(query[own, :, look.asked], key[own, :, look.seen], value[own, :, look.seen])[0]
            made[row].index_add_(0, look.asked, found.float() * look.share)
    return made.to(query.dtype)


def ask_alike(rows: Sequence[Row], ask: Callable[[list[int]], Tensor]) -> Tensor:
    """The answers [N, ...] to rows, by their places, which `ask` gives for those whose streams are as long.

    Others are asked apart, so that nobody attends to a filling.
    """
    alike: dict[Hashable, list[int]] = {}
    for place, row in enumerate(rows):
        alike.setdefault(tuple(cond.group for cond in row.attention.contexts), []).append(place)
    answers = [ask(places) for places in alike.values()]
    if len(answers) == 1:
        return answers[0]
    order = torch.tensor([place for places in alike.values() for place in places], device=answers[0].device)
    return torch.cat(answers)[order.argsort()]
