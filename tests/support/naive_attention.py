"""Cross-attention by the book: a softmax of (QK^T + bias) / sqrt(d), head by head, in float64."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor

from lib_regiondiff.denoising.attention.couple import shrink
from lib_regiondiff.host import Bias

HEADS, DEPTH = 2, 8


def naive(attn: Any, x: Tensor, text: Tensor, biases: Sequence[Bias]) -> np.ndarray:
    """One row [cells, channels] by a softmax of (QK^T + bias) / sqrt(d), head by head."""
    q, k, v = ((each @ linear.weight.T).double().numpy() for each, linear in
               ((x, attn.to_q), (text, attn.to_k), (text, attn.to_v)))  # fmt: skip
    heads = [slice(DEPTH * head, DEPTH * head + DEPTH) for head in range(HEADS)]
    scores = np.stack([q[:, head] @ k[:, head].T for head in heads])
    added = np.zeros(scores.shape[1:])
    for each in biases:
        stat = scores.max() if each.scores == "max" else scores.std(ddof=1)
        for span in each.spans:
            added[:, span] += shrink(each.weight[None], len(x))[0].double().numpy()[:, None] * stat
    raised = np.exp((scores + added) / DEPTH**0.5)
    shares = raised / raised.sum(axis=-1, keepdims=True)
    made = np.concatenate([share @ v[:, head] for share, head in zip(shares, heads, strict=True)], axis=1)
    return made @ attn.to_out[0].weight.double().numpy().T + attn.to_out[0].bias.double().numpy()
