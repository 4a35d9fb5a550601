"""Joint attention of several regions written out: dense masks, softmax in float64, one row at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor


def average_patches(weights: Tensor) -> Tensor:
    """Weights [R, h, w] of the patches of 2x2 cells, [R, patches]; what sticks out of the picture does not count."""
    height, width = weights.shape[1:]
    corners = [(top, left) for top in range(0, height, 2) for left in range(0, width, 2)]
    patches = [weights[:, top : top + 2, left : left + 2].flatten(1).double().mean(dim=1) for top, left in corners]
    return torch.stack(patches, dim=1)


class DenseProcessor:
    """An attention processor for one row: `lengths` are the tokens of its regions' prompts, `weights` [R, h, w]."""

    def __init__(self, lengths: Sequence[int], weights: Tensor) -> None:
        self.lengths, self.weights = lengths, average_patches(weights)

    def __call__(
        self,
        attn: Any,
        hidden_states: Tensor,
        encoder_hidden_states: Any = None,
        attention_mask: Any = None,
        image_rotary_emb: Any = None,
    ) -> Any:
        """The picture's features and, where prompts come apart, theirs."""
        made = [self._read(attn, hidden_states, ("to_{}", "norm_{}"))]
        if encoder_hidden_states is not None:
            made = [self._read(attn, encoder_hidden_states, ("add_{}_proj", "norm_added_{}")), *made]
        query, key, value = (torch.cat(each).double() for each in zip(*made, strict=True))
        if image_rotary_emb is not None:
            query, key = (_rotate(each, image_rotary_emb) for each in (query, key))
        scores = torch.einsum("qhd,khd->hqk", query, key) / query.shape[-1] ** 0.5
        seen = torch.einsum("hqk,khd->qhd", mix(scores, self.lengths, self.weights), value)
        features = seen.flatten(1)[None].to(hidden_states)
        if encoder_hidden_states is None:
            return features
        prompts, picture = features[:, : sum(self.lengths)], features[:, sum(self.lengths) :]
        add = getattr(attn, "to_add_out", None)
        return attn.to_out[0](picture), prompts if add is None else add(prompts)

    def _read(self, attn: Any, features: Tensor, names: tuple[str, str]) -> list[Tensor]:
        """Queries, keys and values [tokens, heads, width]."""
        made = []
        for letter in "qkv":
            heads = getattr(attn, names[0].format(letter))(features[0]).unflatten(1, (attn.heads, -1))
            norm = getattr(attn, names[1].format(letter), None)
            made.append(heads if norm is None else norm(heads))
        return made


def mix(scores: Tensor, lengths: Sequence[int], weights: Tensor) -> Tensor:
    """Probabilities [heads, queries, keys] by which each token looks, mixed by the weights [R, patches] of regions."""
    text, start = sum(lengths), 0
    made = torch.zeros_like(scores)
    for length, shares in zip(lengths, weights, strict=True):
        own = range(start, start + length)
        hidden = [place for place in range(text) if place not in own]
        masked = scores.clone()
        masked[:, :, hidden] = -torch.inf
        factor = torch.cat([torch.tensor([float(place in own) for place in range(text)]).double(), shares])
        made += masked.softmax(dim=-1) * factor[:, None]
        start += length
    return made


def _rotate(values: Tensor, positions: tuple[Tensor, Tensor]) -> Tensor:
    """Turn pairs of features [tokens, heads, width] by the angles of their places, as complex numbers."""
    cos, sin = (each[:, ::2].double() for each in positions)
    turned = torch.view_as_complex(values.unflatten(-1, (-1, 2)).contiguous()) * torch.complex(cos, sin)[:, None]
    return torch.view_as_real(turned).flatten(2)


@contextlib.contextmanager
def dense(network: Any, lengths: Sequence[int], weights: Tensor) -> Iterator[None]:
    """For the time of a `with`, a transformer whose layers attend so."""
    blocks = [*network.transformer_blocks, *getattr(network, "single_transformer_blocks", ())]
    before = [block.attn.processor for block in blocks]
    try:
        for block in blocks:
            block.attn.processor = DenseProcessor(lengths, weights)
        yield
    finally:
        for block, processor in zip(blocks, before, strict=True):
            block.attn.processor = processor
