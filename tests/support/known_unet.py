"""The known model's UNet: random but for the weights by which it computes the exact denoiser of one-coloured pictures.

Its data are pictures whose latent cells are N(c, s^2), c being the mean of the prompt's colour words. Then
eps = f(t) x - g(t) c with f = sigma / (s^2 alpha^2 + sigma^2) and g = alpha f, so that every sampler settles on c.
x goes around all blocks by the first skip, f and g come out of the time embedding, c out of the last cross-attention,
and the feed-forward layer behind that (GEGLU) multiplies them. All other blocks run but are not heard.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from known_weights import FLAG, STEP, TEXT_NORM, group, refer, route, token, undo_norm, zero

AMPLITUDE = 0.85  # a pure colour's latent at guidance 1: short of the border, so that errors show in both directions
SPREAD = 0.012  # s, what the seed may change: up to 1 grey level, 4 where a sampler ends before sigma = 0 (DDIM)
LOGIT = 12.0  # by how much a colour word outbids another token: e^12 is far more than 77

X, TIME, EPS = range(4), range(4, 6), range(6, 10)  # GroupNorm groups of the last level
TOKEN_X, TOKEN_TIME, TOKEN_COLOUR, TOKEN_EPS, TOKEN_REF = range(4), range(4, 6), range(6, 9), range(10, 14), 9
TOKEN_K = 1000.0  # the reference pair of a token, which decides its deviation in LayerNorm
QUERY = 10.0
FAST = 8  # waves too fast for functions that are to be smooth between whole timesteps as well
OPEN = 8.0  # a gate value b with gelu(b) = b


@torch.no_grad()
def teach_unet(unet: Any, alphas_cumprod: Tensor, kind: str = "epsilon", norm: float | None = None) -> None:
    """Set the weights that are heard; `alphas_cumprod` [T] is the noise schedule, `kind` what is to be predicted.

    `norm` is what the text encoder makes of 1 in an embedding; by default what its last LayerNorm does.
    """
    last = unet.up_blocks[-1]
    resnet, transformer = last.resnets[2], last.attentions[2]
    block = transformer.transformer_blocks[0]
    f, g, scale = _factors(alphas_cumprod.double(), kind)
    _carry_x(unet.conv_in, resnet)
    _say_time(unet, torch.stack([f, g]) / scale.max(), scale / scale.max())
    _carry_time(resnet)
    _enter_tokens(transformer, block)
    _attend_to_colours(block.attn2, norm or math.sqrt(block.attn2.to_k.weight.shape[1] / TEXT_NORM))
    _multiply(block.ff, float(scale.max()))
    _leave_tokens(transformer.proj_out, unet)


def _factors(alphas_cumprod: Tensor, kind: str) -> tuple[Tensor, Tensor, Tensor]:
    """f and g of the denoiser at every timestep, and what their errors are measured by, [T] each.

    The velocity is alpha eps - sigma x0 = (1 - s^2) alpha f x - f c.
    """
    alpha, sigma = alphas_cumprod.sqrt(), (1 - alphas_cumprod).sqrt()
    f = sigma / (SPREAD**2 * alpha**2 + sigma**2)
    return ((1 - SPREAD**2) * alpha * f, f, f) if kind == "v_prediction" else (f, alpha * f, f)


def _carry_x(conv_in: Any, resnet: Any) -> None:
    """Send x around all blocks: into the first skip, and out by the linear shortcut of the last residual block."""
    heard = slice(0, 3 * EPS.stop)
    zero(conv_in, slice(0, X.stop))
    zero(resnet.conv_shortcut, heard)
    zero(resnet.conv2, heard)
    for i in X:
        route(conv_in, [(i, 1.0)], [(i, 1.0)])
        route(resnet.conv_shortcut, group(i), [(resnet.in_channels - conv_in.out_channels + i, 1.0)])
    refer(resnet.conv_shortcut, range(EPS.stop))


def _say_time(unet: Any, values: Tensor, scale: Tensor) -> None:
    """Have the time embedding say the functions `values` [n, T], exact in relation to `scale` [T]."""
    time = unet.time_embedding
    waves = unet.time_proj(torch.arange(len(scale)))  # [T, width], half cosines and half sines, the fastest first
    time.linear_1.weight *= 4  # further into the bends of silu
    time.linear_1.weight.unflatten(1, (2, -1))[:, :, :FAST] = 0
    hidden = nn.functional.silu(time.linear_1(waves)).double()
    hidden = torch.cat([hidden, torch.ones(len(hidden), 1, dtype=torch.double)], 1)  # [T, hidden + 1]
    for i, solved in enumerate(_fit(hidden, values, scale).float()):
        for row, sign in token(i):
            time.linear_2.weight[row] = sign * solved[:-1]
            time.linear_2.bias[row] = sign * solved[-1]


def _fit(hidden: Tensor, values: Tensor, scale: Tensor, ridge: float = 1e-7) -> Tensor:
    """Weights [n, features] with hidden @ weights = values in the sense of least squares of the error over `scale`."""
    a, b = hidden / scale[:, None], (values / scale).T
    penalty = ridge * len(a) * torch.eye(a.shape[1], dtype=a.dtype)
    return torch.linalg.solve(a.T @ a + penalty, a.T @ b).T


def _carry_time(resnet: Any) -> None:
    """Hand f and g from the time embedding to every cell of the last residual block's output."""
    for module in (resnet.conv1, resnet.time_emb_proj):
        zero(module, slice(3 * TIME.start, 3 * TIME.stop))
    refer(resnet.conv1, TIME)
    undo_norm(resnet.norm2, TIME)
    for i, time in enumerate(TIME):
        route(resnet.time_emb_proj, group(time), token(i))
        route(resnet.conv2, group(time), group(time), STEP)


def _enter_tokens(transformer: Any, block: Any) -> None:
    """Bring x, f and g into the last transformer block, whose self-attention is silent and whose norms do nothing."""
    undo_norm(transformer.norm, (*X, *TIME))
    zero(transformer.proj_in)
    for here, there in zip((*X, *TIME), (*TOKEN_X, *TOKEN_TIME), strict=True):
        route(transformer.proj_in, token(there), group(here), STEP / 2)
    for feature, sign in token(TOKEN_REF):
        transformer.proj_in.bias[feature] = sign * TOKEN_K
    zero(block.attn1.to_out[0])
    for norm in (block.norm2, block.norm3):
        norm.weight.fill_(TOKEN_K * math.sqrt(2 / len(norm.weight)))


def _attend_to_colours(attn2: Any, feature: float) -> None:
    """Ask every text token in every head whether it is a colour word, and write the mean colour of those that are.

    `feature` is what 1 in the embedding of a word has become.
    """
    width = attn2.to_q.weight.shape[0] // attn2.heads
    zero(attn2.to_q)
    zero(attn2.to_out[0])
    for row in range(0, attn2.heads * width, width):
        route(attn2.to_q, [(row, 1.0)], token(TOKEN_REF), QUERY / (2 * TOKEN_K))
        zero(attn2.to_k, slice(row, row + 1))
        zero(attn2.to_v, slice(row, row + 3))
        route(attn2.to_k, [(row, 1.0)], [(FLAG, 1.0)], LOGIT * math.sqrt(width) / QUERY / feature)
        for i, colour in enumerate(TOKEN_COLOUR):
            route(attn2.to_v, [(row + i, 1.0)], [(i, 1.0)], AMPLITUDE / feature)
            route(attn2.to_out[0], token(colour), [(row + i, 1.0)], 1 / attn2.heads)


def _multiply(feed_forward: Any, peak: float) -> None:
    """Compute eps = x f - c (1 + g) + c by one gated unit for each product; f and g arrive as shares of `peak`."""
    enter, leave = feed_forward.net[0].proj, feed_forward.net[2]
    zero(leave)
    f, g = (token(i) for i in TOKEN_TIME)
    units = [(x, eps, f, 0.0, 1.0) for x, eps in zip(TOKEN_X, TOKEN_EPS, strict=True)]
    for c, eps in zip(TOKEN_COLOUR, TOKEN_EPS, strict=False):
        units += [(c, eps, g, OPEN, -1.0), (c, eps, (), OPEN, 1.0)]
    for unit, (value, eps, time, bias, sign) in enumerate(units):
        gate = unit + enter.out_features // 2
        for row in (unit, gate):
            zero(enter, slice(row, row + 1))
        route(enter, [(unit, 1.0)], token(value), 1 / 2)
        route(enter, [(gate, 1.0)], time, OPEN * peak / 2)
        enter.bias[gate] = bias
        route(leave, token(eps), [(unit, 1.0)], sign / OPEN)


def _leave_tokens(proj_out: Any, unet: Any) -> None:
    """Bring eps from the tokens to the output."""
    zero(proj_out, slice(0, 3 * EPS.stop))
    zero(unet.conv_out)
    undo_norm(unet.conv_norm_out, EPS)
    for i, (here, there) in enumerate(zip(TOKEN_EPS, EPS, strict=True)):
        route(proj_out, group(there), token(here), 1 / 2)
        route(unet.conv_out, [(i, 1.0)], group(there), STEP)
