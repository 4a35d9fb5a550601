"""Cross-attention of a UNet by what rows ask of it: its processors are replaced for the time of a call."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from lib_regiondiff.denoising.attention.bias import choose_acting, make_mask
from lib_regiondiff.denoising.attention.couple import Mixture, shrink
from lib_regiondiff.denoising.attention.nag import guide
from lib_regiondiff.document.palette import Nag
from lib_regiondiff.host import Attention, Bias, Row
from lib_regiondiff.hosts.diffusers.families.question import read_embedding

CROSS = "attn2"  # the name of cross-attention in UNets


@dataclass(frozen=True, eq=False)
class Words:
    """What a batch attends to: the embeddings [B, tokens, channels] of its rows' conds, and what they show beside."""

    own: Tensor
    mixture: Mixture | None
    biases: tuple[tuple[Bias, ...], ...] = ()
    """What is raised in each row's own cond; empty where nothing is in any of them."""


@dataclass(frozen=True, eq=False)
class RowsProcessor:
    """An attention processor for `attn` by which each row of a batch has what its record says, and nothing else.

    `negative` is what rows are guided away from as `nag` says, if they are.
    """

    mixture: Mixture | None
    negative: Words | None = None
    nag: Nag | None = None
    biases: tuple[tuple[Bias, ...], ...] = ()
    known: dict[tuple[int, int], Tensor] = field(default_factory=dict)
    """Weights of this call, by whose they are and the cells of a layer."""

    def __call__(self, attn: Any, hidden_states: Tensor, encoder_hidden_states: Tensor, **named: Any) -> Tensor:
        """Features [B, cells, channels] of the layer, from its input and the prompts [B, tokens, channels]."""
        query = _split_heads(attn, attn.to_q(hidden_states))
        made = self._look(attn, query, Words(encoder_hidden_states, self.mixture, self.biases))
        if self.negative is not None and self.nag is not None:
            negative = self._look(attn, query, self.negative)
            made = guide(made.float(), negative.float(), self.nag).to(made.dtype)
        for layer in attn.to_out:
            made = layer(made)
        return made

    def _look(self, attn: Any, query: Tensor, words: Words) -> Tensor:
        """Attention [B, cells, channels] of queries [B, heads, cells, width] to all that a batch shows."""
        made, mixture = _attend_raised(attn, query, words.own, words.biases), words.mixture
        if mixture is None:
            return made
        found = made.float() * self._shrink(mixture.own, made.shape[1])
        for each in mixture.beside:
            rows = torch.tensor(each.rows, device=made.device)
            seen = _attend(attn, query[rows], read_embedding(each.cond)).float()
            found.index_add_(0, rows, seen * self._shrink(each.weight, made.shape[1]))
        return found.to(made.dtype)

    def _shrink(self, weight: Tensor, cells: int) -> Tensor:
        """Weights [n, h, w] for a layer of so many cells, [n, cells, 1]."""
        key = id(weight), cells
        if key not in self.known:
            self.known[key] = shrink(weight, cells)[..., None]
        return self.known[key]


def _attend_raised(attn: Any, query: Tensor, text: Tensor, biases: Sequence[tuple[Bias, ...]]) -> Tensor:
    """Attention [B, cells, channels] to text [B, tokens, channels], some tokens of which are raised in some rows.

    Rows without `biases` are asked without a mask, so that nothing about them changes.
    """
    biases = choose_acting(biases, query.shape[2])
    if not any(biases):
        return _attend(attn, query, text)
    made = torch.empty(len(query), query.shape[2], attn.heads * query.shape[3], device=query.device, dtype=query.dtype)
    for raised in (True, False):
        rows = [place for place, each in enumerate(biases) if bool(each) == raised]
        if rows:
            own = [biases[place] for place in rows] if raised else ()
            made[rows] = _attend(attn, query[rows], text[rows], own)
    return made


def _attend(attn: Any, query: Tensor, text: Tensor, biases: Sequence[Sequence[Bias]] = ()) -> Tensor:
    """Attention [B, cells, channels] of queries [B, heads, cells, width] to text [B or 1, tokens, channels]."""
    text = text.to(query)
    key, value = (
        _split_heads(attn, each).expand(len(query), -1, -1, -1) for each in (attn.to_k(text), attn.to_v(text))
    )
    mask = make_mask(biases, query, key).to(query.dtype) if biases else None
    return scaled_dot_product_attention(query, key, value, attn_mask=mask).transpose(1, 2).flatten(2)


def _split_heads(attn: Any, values: Tensor) -> Tensor:
    """Split values [B, n, channels] into heads [B, heads, n, width]."""
    return values.unflatten(-1, (attn.heads, -1)).transpose(1, 2)


@contextlib.contextmanager
def act_in_cross_attention(unet: Any, rows: Sequence[Row]) -> Iterator[None]:
    """For the time of a `with`, have a UNet's cross-attention do what the records of a whole batch of rows say.

    Nothing is installed where they say nothing. Raises HostError for a UNet whose cross-attention is not Stable
    Diffusion's.
    """
    made = _make_processor([row.attention for row in rows])
    if made is None:
        yield
        return
    with replace_processors(_find_cross_attention(unet), made):
        yield


@contextlib.contextmanager
def replace_processors(layers: Sequence[Any], made: Any) -> Iterator[None]:
    """For the time of a `with`, have layers of attention use the processor `made`."""
    before = [layer.processor for layer in layers]
    try:
        for layer in layers:
            layer.processor = made
        yield
    finally:
        for layer, processor in zip(layers, before, strict=True):
            layer.processor = processor


def _make_processor(records: Sequence[Attention]) -> RowsProcessor | None:
    """What does in a layer what the rows' records say, None where they say nothing."""
    mixture, against = Mixture.of(records), [each.nag for each in records if each.nag is not None]
    biases = tuple(each.biases for each in records)
    if not against:
        return RowsProcessor(mixture, biases=biases) if mixture is not None or any(biases) else None
    assert len(against) == len(records), "rows of one group"
    own = torch.cat([read_embedding(each.cond) for each in against])
    negative = Words(own, Mixture.of(records, [each.contexts for each in against]))
    return RowsProcessor(mixture, negative, against[0].nag, biases)


def has_plain_layers(network: Any) -> bool:
    """Whether a network has cross-attentions, all of them as in Stable Diffusion's UNets."""
    layers = _find_cross_attention(network)
    plain = all(not each.residual_connection and each.rescale_output_factor == 1 for each in layers)
    return bool(layers) and plain and all(getattr(each, "norm_q", None) is None for each in layers)


def _find_cross_attention(network: Any) -> list[Any]:
    """The cross-attentions of a UNet."""
    named = network.named_modules() if isinstance(network, nn.Module) else ()
    return [module for name, module in named if name.rpartition(".")[2] == CROSS]
