"""What makes training on a CPU faster: attention and norms that compute the same in less time."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Attention(torch.autograd.Function):
    """Softmax attention over short sequences with narrow heads, [.., tokens, width], faster on a CPU than PyTorch's."""

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """The means of the values `v`, weighted by how queries `q` match keys `k`."""
        q = q * q.shape[-1] ** -0.5
        p = torch.matmul(q, k.transpose(-1, -2))
        p = p.sub_(p.amax(-1, keepdim=True)).exp_()
        total = p.sum(-1, keepdim=True, dtype=p.dtype)  # which autocast on a GPU would widen
        out = p @ v / total
        ctx.save_for_backward(q, k, v, p, out, total)
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The gradients of query, key and value."""
        q, k, v, p, out, total = ctx.saved_tensors
        g = grads[0] / total
        dv = p.transpose(-1, -2) @ g
        scores = (g @ v.transpose(-1, -2)).sub_((g * out).sum(-1, keepdim=True)).mul_(p)
        return scores @ k * q.shape[-1] ** -0.5, scores.transpose(-1, -2) @ q, dv


class Processor:
    """A processor for SD1's attention in diffusers that computes it by `Attention`."""

    def __call__(
        self, attn: Any, hidden_states: Tensor, encoder_hidden_states: Tensor | None = None, **_: Any
    ) -> Tensor:
        """Attention of hidden states [n, tokens, width] to themselves or to those of the encoder; the same shape."""
        source = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        q, k, v = (
            layer(x).unflatten(-1, (attn.heads, -1)).transpose(1, 2)
            for layer, x in ((attn.to_q, hidden_states), (attn.to_k, source), (attn.to_v, source))
        )
        return attn.to_out[0](self.mix(q, k, v).transpose(1, 2).flatten(2))

    def mix(self, q: Tensor, k: Tensor, v: Tensor) -> Any:
        """The weighted means of the values, from query, key and value [n, heads, tokens, width] each."""
        return Attention.apply(q, k, v)


def hasten(unet: Any) -> Any:
    """The same denoiser, changed to train faster in mixed precision on a CPU."""
    unet.set_attn_processor(Processor())
    return widen(unet)


def widen(network: Any) -> Any:
    """The same network with its norms in float32, which are faster than in bfloat16 on a CPU."""
    for module in network.modules():
        if isinstance(module, nn.GroupNorm):
            module.forward = _wide_group_norm(module)
        elif isinstance(module, nn.LayerNorm):
            module.forward = _wide_layer_norm(module)
    return network


def _wide_group_norm(norm: nn.GroupNorm) -> Any:
    return lambda x: F.group_norm(x.float(), norm.num_groups, norm.weight, norm.bias, norm.eps).to(x.dtype)


def _wide_layer_norm(norm: nn.LayerNorm) -> Any:
    return lambda x: F.layer_norm(x.float(), norm.normalized_shape, norm.weight, norm.bias, norm.eps).to(x.dtype)
