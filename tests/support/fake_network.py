"""A network that isn't there: all that hears the prompt in it is one cross-attention."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn


class CrossAttention(nn.Module):
    """A layer whose tokens all say the same, so that each cell [B, cells, 3] gets the colour of its row's prompt."""

    def forward(self, x: Tensor, context: Tensor, value: Tensor | None = None, **how: Any) -> Tensor:
        """The colour of the prompt for each cell."""
        assert len(x) == len(context)
        return context[:, :1].expand(-1, x.shape[1], -1)


class Network(nn.Module):
    """A network that hears its prompt by cross-attention."""

    def __init__(self) -> None:
        super().__init__()
        self.attn2 = CrossAttention()

    def forward(self, x: Tensor, text: Tensor) -> Tensor:
        """The mean of the data in each cell [N, 3, h, w]."""
        cells = self.attn2(x.flatten(2).transpose(1, 2), context=text, value=None)
        return cells.transpose(1, 2).reshape(x.shape)
