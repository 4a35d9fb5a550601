"""Normalized attention guidance in a UNet: processors of its cross-attention are replaced for the time of a call."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from lib_regiondiff.denoising.attention.nag import guide
from lib_regiondiff.document.palette import Nag
from lib_regiondiff.host import Row
from lib_regiondiff.hosts.diffusers.text.encoding import TextCond

CROSS = "attn2"  # the name of cross-attention in UNets


@dataclass(frozen=True, eq=False)
class NagProcessor:
    """An attention processor for `attn`: attention to the prompt, guided away from attention to the negative prompt.

    `negative` [B, tokens, channels] is the negative's embedding for each row; `nag` says how strong the guidance is.
    """

    negative: Tensor
    nag: Nag

    def __call__(self, attn: Any, hidden_states: Tensor, encoder_hidden_states: Tensor, **named: Any) -> Tensor:
        """Features [B, cells, channels] of the layer, from its input and the prompts [B, tokens, channels]."""
        query = _split_heads(attn, attn.to_q(hidden_states))
        positive, negative = (_attend(attn, query, text) for text in (encoder_hidden_states, self.negative))
        made = guide(positive.float(), negative.float(), self.nag).to(positive.dtype)
        for layer in attn.to_out:
            made = layer(made)
        return made


def _attend(attn: Any, query: Tensor, text: Tensor) -> Tensor:
    """Attention [B, cells, channels] of queries [B, heads, cells, width] to text [B, tokens, channels]."""
    text = text.to(query.dtype)
    made = scaled_dot_product_attention(query, _split_heads(attn, attn.to_k(text)), _split_heads(attn, attn.to_v(text)))
    return made.transpose(1, 2).flatten(2)


def _split_heads(attn: Any, values: Tensor) -> Tensor:
    """Split values [B, n, channels] into heads [B, heads, n, width]."""
    return values.unflatten(-1, (attn.heads, -1)).transpose(1, 2)


@contextlib.contextmanager
def guide_cross_attention(unet: Any, rows: Sequence[Row]) -> Iterator[None]:
    """For the time of a `with`, have a UNet guide these rows away from their negatives by NAG, if they have any.

    `rows` are a whole batch, all or none of which have negatives. Raises HostError for a UNet whose cross-attention is
    not Stable Diffusion's.
    """
    assert all(not row.attention.contexts and not row.attention.biases for row in rows), "refused by the plan"
    against = [row.attention.nag for row in rows if row.attention.nag is not None]
    if not against:
        yield
        return
    assert len(against) == len(rows), "rows of one group"
    embeddings = [each.cond.embedding for each in against if isinstance(each.cond, TextCond)]
    made = NagProcessor(torch.cat(embeddings), against[0].nag)
    layers = _find_cross_attention(unet)
    before = [layer.processor for layer in layers]
    try:
        for layer in layers:
            layer.processor = made
        yield
    finally:
        for layer, processor in zip(layers, before, strict=True):
            layer.processor = processor


def has_plain_layers(network: Any) -> bool:
    """Whether a network has cross-attentions, all of them as in Stable Diffusion's UNets."""
    layers = _find_cross_attention(network)
    plain = all(not each.residual_connection and each.rescale_output_factor == 1 for each in layers)
    return bool(layers) and plain and all(getattr(each, "norm_q", None) is None for each in layers)


def _find_cross_attention(network: Any) -> list[Any]:
    """The cross-attentions of a UNet."""
    named = network.named_modules() if isinstance(network, nn.Module) else ()
    return [module for name, module in named if name.rpartition(".")[2] == CROSS]
