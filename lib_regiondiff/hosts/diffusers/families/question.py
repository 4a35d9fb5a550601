"""What a network of this host is asked: rows with their conditions, all of as many tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lib_regiondiff.host import Cond, Row
from lib_regiondiff.hosts.diffusers.text.encoding import TextCond


@dataclass(frozen=True)
class Question:
    """x [N, C, h, w] as the network sees it, timesteps t [N], a row each, the pixels of a cell, the guidance told."""

    x: Tensor
    t: Tensor
    rows: Sequence[Row]
    cell: int
    guidance: float

    @property
    def embeddings(self) -> Tensor:
        """The prompts [N, tokens, channels]."""
        return torch.cat([embedding(row.cond) for row in self.rows])

    @property
    def pools(self) -> Tensor:
        """The vectors [N, channels] for whole prompts."""
        return torch.cat([pooled(row.cond) for row in self.rows])


def embedding(cond: Cond) -> Tensor:
    """The embedding [1, tokens, channels] of a condition of this host."""
    assert isinstance(cond, TextCond), "conditions of this host"
    return cond.embedding


def pooled(cond: Cond) -> Tensor:
    """The one vector [1, channels] for the whole prompt, of a model that has it."""
    assert isinstance(cond, TextCond) and cond.pooled is not None, "conditions of this host"
    return cond.pooled
