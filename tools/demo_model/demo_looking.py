"""Where a denoiser looks in a caption of two objects: at the tokens that tell what is on a cell's own side.

It needs to know where a cell is, which convolutions only see at the border; so that is asked for too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from demo_bind import FILL, SIDES
from demo_networks import SIDE
from demo_speed import Attention, Processor
from torch import Tensor, nn


class Watch(Processor):
    """A processor of attention to a caption that keeps how much half of its heads look at each side's tokens."""

    def __init__(self, count: int, width: int) -> None:
        self.count, self.asleep = count, False
        self.seen, self.given = torch.empty(0), torch.empty(0)
        self.place = nn.Linear(width, 2)

    def __call__(self, attn: Any, hidden_states: Tensor, *others: Any, **options: Any) -> Tensor:
        """Attention of hidden states [n, tokens, width]; the same shape."""
        self.given = hidden_states
        return super().__call__(attn, hidden_states, *others, **options)

    def mix(self, q: Tensor, k: Tensor, v: Tensor) -> Any:
        """The weighted means of the values; where the first half of the heads looks is kept, [n, cells, sides]."""
        if self.asleep:
            return Attention.apply(q, k, v)
        a, b = (each[-self.count :, : each.shape[1] // 2] for each in (q, k))
        weights = (a * a.shape[-1] ** -0.5 @ b.transpose(-1, -2)).float().softmax(-1)[..., FILL.start :]
        self.seen = torch.stack([part.sum(-1) for part in weights.chunk(len(SIDES), -1)], -1).mean(1)
        return Attention.apply(q, k, v)

    def error(self, wanted: Tensor) -> Tensor:
        """How little cells look at the sides `wanted` of them, [n, 16, 16], and how little they know their places."""
        side = int(self.seen.shape[1] ** 0.5)
        step = wanted.shape[-1] // side
        wanted = wanted[:, step // 2 :: step, step // 2 :: step].flatten(1).to(self.seen.device)
        told = wanted >= 0
        looked = self.seen.gather(2, wanted.clamp(min=0)[..., None])[..., 0]
        return -(looked[told] + 1e-3).log().mean() + self._lost(side)

    def _lost(self, side: int) -> Tensor:
        """Cross-entropy of in which half of the picture a cell lies, each way."""
        far = (torch.arange(side, device=self.given.device) >= side // 2).float()
        truth = torch.stack(torch.meshgrid(far, far, indexing="ij"), -1).flatten(0, 1)
        found = self.place(self.given.float())
        return F.binary_cross_entropy_with_logits(found, truth.expand_as(found))


def watch_attention(unet: Any, count: int) -> dict[str, Watch]:
    """Make a denoiser's attention to captions keep where it looks, for the last `count` pictures of a batch.

    The first level is left out: there a cell in the middle can't know yet where it is.
    """
    watches = {}
    for name, attn in unet.named_modules():
        if name.endswith(".attn2") and not name.startswith("down_blocks.0."):
            watches[name.replace(".", "/")] = Watch(count, attn.to_q.in_features)
            attn.set_processor(watches[name.replace(".", "/")])
    return watches


def find_sides(relations: Sequence[str]) -> Tensor:
    """The side, an index of SIDES, that each cell is on, [n, 16, 16]; -1 where a caption names none."""
    y, x = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    half = SIDE // 2
    across, down = torch.where(x < half, 0, 1), torch.where(y < half, 2, 3)
    ways = {"": torch.full_like(x, -1), "left": across, "right": across, "above": down, "below": down}
    return torch.stack([ways[relation] for relation in relations])
