"""Attention of our own for rows of a layer whose words are raised: the layer's projections, and fused attention."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from lib_regiondiff.denoising.attention.bias import make_mask
from lib_regiondiff.host import Bias

PARTS = ("to_q", "to_k", "to_v", "to_out", "heads")
"""What a layer must have to be asked in this way."""


def has_parts(layer: Any) -> bool:
    """Whether a layer is of the kind whose words can be raised."""
    return all(hasattr(layer, name) for name in PARTS)


@dataclass(frozen=True)
class Habits:
    """What a program does in its own attention, so that ours does it too.

    `read` makes of the text what keys and values are made of; `upcast` has scores computed in float32; `precise` is a
    context in which numbers keep the precision they have.
    """

    read: Callable[[Tensor], tuple[Tensor, Tensor]] = lambda text: (text, text)
    upcast: bool = False
    precise: Callable[[], AbstractContextManager[Any]] = nullcontext


def attend(
    layer: Any, x: Tensor, texts: tuple[Tensor, Tensor | None], biases: Sequence[Sequence[Bias]], habits: Habits
) -> Tensor:
    """The layer's output [B, cells, channels] for x and texts [B, tokens, channels], with what is raised in each row.

    The second text, if any, stands for the first where values are made of it.
    """
    of_keys, of_values = habits.read(texts[0])
    if texts[1] is not None:
        of_values = texts[1]
    query, key, value = (
        each.unflatten(-1, (layer.heads, -1)).transpose(1, 2)
        for each in (layer.to_q(x), layer.to_k(of_keys), layer.to_v(of_values))
    )
    before = query.dtype
    if habits.upcast:
        query, key, value = query.float(), key.float(), value.float()
    with habits.precise():
        mask = make_mask(biases, query, key).to(query.dtype)
        made = scaled_dot_product_attention(query, key, value, attn_mask=mask)
    return layer.to_out(made.to(before).transpose(1, 2).flatten(2))
