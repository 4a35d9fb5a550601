"""What a network of the diffusers host is asked: rows with their conditions, all of as many tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lib_regiondiff.host import Cond, Row
from lib_regiondiff.hosts.diffusers.text.encoding import TextCond


@dataclass(frozen=True)
class Question:
    """What a network is asked in one call: for each row, x [N, C, h, w] as the network sees it, and its timestep t [N].

    `rows` have the conditions; `cell` is the pixels of a latent cell, `guidance` the scale for networks that are told
    it.
    """

    x: Tensor
    t: Tensor
    rows: Sequence[Row]
    cell: int
    guidance: float

    @property
    def embeddings(self) -> Tensor:
        """The prompts' embeddings [N, tokens, channels], in the dtype and on the device of the text encoder's output.

        All rows have as many tokens.
        """
        return torch.cat([read_embedding(row.cond) for row in self.rows])

    @property
    def streams(self) -> Tensor:
        """The prompts' embeddings [N, tokens, channels], each followed by those of the regions that a row shows beside.

        All rows have as many of them, and as many tokens.
        """
        conds = ((row.cond, *row.attention.contexts) for row in self.rows)
        return torch.cat([torch.cat([read_embedding(cond) for cond in each], dim=1) for each in conds])

    @property
    def pools(self) -> Tensor:
        """The prompts' pooled vectors [N, channels], for models that have them."""
        return torch.cat([read_pooled(row.cond) for row in self.rows])


def read_embedding(cond: Cond) -> Tensor:
    """The embedding [1, tokens, channels] of a condition that the diffusers host has made."""
    assert isinstance(cond, TextCond), "conditions of this host"
    return cond.embedding


def read_pooled(cond: Cond) -> Tensor:
    """The pooled vector [1, channels] of a condition that the diffusers host has made, for models that have it."""
    assert isinstance(cond, TextCond) and cond.pooled is not None, "conditions of this host"
    return cond.pooled
