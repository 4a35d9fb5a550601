"""The known model's text encoder and VAE, and the means by which a signal crosses a random network unharmed.

A signal s travels as a pair of channels (s, -s). In a GroupNorm group (s, -s, K) the mean does not depend on s and the
deviation hardly does, and silu(s) - silu(-s) = s: norms and activations can be undone, and no cell learns of another.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

Route = Sequence[tuple[int, float]]  # channels with their signs

VAE_SCALE = 0.18215
STEP = 1000.0  # the unit in which signals leave a GroupNorm
GROUP_K = 3 * STEP  # the reference of a group, far above all signals; its mean is one STEP
FLAG = 3  # the text feature that says "is a colour word"; the features before it are red, green and blue
TEXT_NORM = 24.0  # squared length of every colour word's embedding: more than the colours themselves need


@torch.no_grad()
def fill(module: nn.Module, generator: torch.Generator) -> None:
    """Give every weight the random value that a fresh network has: norms 1 and 0, the rest by the number of inputs."""
    for name, p in module.named_parameters():
        if p.ndim > 1:
            p.normal_(generator=generator).mul_(0.5 / math.sqrt(p[0].numel()))
        else:
            p.fill_(1.0 if "norm" in name and name.endswith("weight") else 0.0)


def zero(module: Any, rows: slice = slice(None)) -> None:
    """Silence these outputs of a convolution or linear layer."""
    module.weight[rows] = 0
    if module.bias is not None:
        module.bias[rows] = 0


def group(i: int) -> Route:
    """The channels of the signal in GroupNorm group `i`; the group's third channel is its reference."""
    return ((3 * i, 1.0), (3 * i + 1, -1.0))


def token(i: int) -> Route:
    """The features of signal `i` where there are no groups."""
    return ((2 * i, 1.0), (2 * i + 1, -1.0))


def route(module: Any, to: Route, come_from: Route, factor: float = 1.0) -> None:
    """Let a convolution (by its centre) or linear layer hand a signal on."""
    weight = module.weight
    matrix = weight if weight.ndim == 2 else weight[:, :, weight.shape[2] // 2, weight.shape[3] // 2]
    for row, row_sign in to:
        for column, column_sign in come_from:
            matrix[row, column] = factor * row_sign * column_sign


def refer(module: Any, groups: Iterable[int]) -> None:
    """Write the reference of these groups."""
    for i in groups:
        module.bias[3 * i + 2] = GROUP_K


def undo_norm(norm: Any, groups: Iterable[int]) -> None:
    """Make a GroupNorm hand on these groups' pairs as (s, -s) / STEP."""
    deviation = GROUP_K * math.sqrt(2) / 3
    for i in groups:
        norm.weight[3 * i : 3 * i + 2] = deviation / STEP
        norm.bias[3 * i : 3 * i + 2] = GROUP_K / 3 / STEP


@torch.no_grad()
def teach_text(text: nn.Module, colours: Mapping[int, Sequence[float]]) -> None:
    """Make a token's output depend on that token alone: (r, g, b, 1) for the ids in `colours`, zeros for others."""
    parts: dict[str, Any] = {name.removeprefix("text_model."): part for name, part in text.named_modules()}
    for name, part in parts.items():
        if name.endswith(("out_proj", "fc2")):
            zero(part)
    parts["final_layer_norm"].bias[FLAG + 1 :] = 0.05  # WebUIs divide by the mean where they emphasise a token
    parts["embeddings"].position_embedding.weight.zero_()
    table = parts["embeddings"].token_embedding.weight
    table[:, : FLAG + 1] = 0
    table[:, FLAG + 1 :] -= table[:, FLAG + 1 :].mean(1, keepdim=True)  # or LayerNorm would move the zeros
    for i, colour in colours.items():
        table[i] = _word(colour, table.shape[1])


def _word(colour: Sequence[float], width: int) -> Tensor:
    """An embedding [width] of colour and flag, with two features that make mean 0 and squared length TEXT_NORM."""
    known = torch.tensor([*colour, 1.0])
    half = -known.sum() / 2
    spread = torch.sqrt((TEXT_NORM - known.square().sum()) / 2 - half.square())
    return torch.cat([known, torch.stack([half + spread, half - spread]), torch.zeros(width - len(known) - 2)])


@torch.no_grad()
def teach_vae(vae: Any, scale: float = VAE_SCALE) -> None:
    """Make the VAE linear: scaled latents 0..2 are 8x8 means of RGB in [-1, 1], and a decoded cell is a flat square."""
    for name, part in vae.named_modules():
        if name.endswith((".conv2", "to_out.0")):
            zero(part)
        elif name.endswith("downsamplers.0.conv"):
            _keep(part, slice(0, 2), 0.25)
        elif name.endswith("upsamplers.0.conv"):
            _keep(part, slice(1, 2), 1.0)
    for part in (vae.quant_conv, vae.post_quant_conv):
        _keep(part, slice(0, 1), 1.0)
    _carry(vae.encoder, 1 / scale)
    vae.encoder.conv_out.bias[4:] = -30  # the log-variance: sampling a latent adds nothing
    _carry(vae.decoder, scale)


def _keep(conv: Any, taps: slice, value: float) -> None:
    """Let a convolution hand on each channel as it is, or its sum over some taps times `value`."""
    zero(conv)
    for i in range(conv.out_channels):
        conv.weight[i, i, taps, taps] = value


def _carry(part: Any, factor: float) -> None:
    """Take three channels through an encoder or decoder, as pairs from its first convolution to its last."""
    zero(part.conv_in, slice(0, 9))
    zero(part.conv_out)
    for i in range(3):
        route(part.conv_in, group(i), [(i, 1.0)], factor)
        route(part.conv_out, [(i, 1.0)], group(i), STEP)
    refer(part.conv_in, range(3))
    undo_norm(part.conv_norm_out, range(3))
