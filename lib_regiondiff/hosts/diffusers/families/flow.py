"""Flow models: how SD3 and Flux are told prompts and asked; their networks see patches of 2x2 cells."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from lib_regiondiff.denoising.attention.streams import PATCH
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Size
from lib_regiondiff.hosts.diffusers.families.question import Question
from lib_regiondiff.hosts.diffusers.text import encoding
from lib_regiondiff.hosts.diffusers.text.emphasis import parse_emphasis
from lib_regiondiff.hosts.diffusers.text.encoding import PENULTIMATE, TextCond
from lib_regiondiff.hosts.diffusers.text.textual_inversion import Book

T5_TOKENS = {"StableDiffusion3Pipeline": 256, "FluxPipeline": 512}


def encode_sd3(pipe: Any, words: str, negative: bool, book: Book, skip: int) -> TextCond:
    """SD3's condition: the last layers but one of two CLIPs side by side, then T5's output; both pooled texts.

    The embedding is [1, tokens of CLIP + 256, channels of T5]; without T5 its tokens are zeros.
    """
    pairs = ((pipe.tokenizer, pipe.text_encoder), (pipe.tokenizer_2, pipe.text_encoder_2))
    clips = torch.cat([encoding.encode(*pair, words, book, PENULTIMATE).embedding for pair in pairs], dim=-1)
    t5 = _encode_t5(pipe, pipe.tokenizer_3, pipe.text_encoder_3, words, clips)
    padded = functional.pad(clips, (0, t5.shape[-1] - clips.shape[-1]))
    return TextCond(
        torch.cat([padded, t5], dim=1),
        torch.cat([encoding.encode_pooled(*pair, words, book) for pair in pairs], dim=-1),
    )


def encode_flux(pipe: Any, words: str, negative: bool, book: Book, skip: int) -> TextCond:
    """Flux's condition: T5's output [1, 512, channels], and CLIP's pooled text."""
    pool = encoding.encode_pooled(pipe.tokenizer, pipe.text_encoder, words, book)
    return TextCond(_encode_t5(pipe, pipe.tokenizer_2, pipe.text_encoder_2, words, pool), pool)


@torch.no_grad()
def _encode_t5(pipe: Any, tokenizer: Any, encoder: Any, words: str, like: Tensor) -> Tensor:
    """T5's output [1, tokens, channels] for a prompt without its marks of emphasis; zeros where there is no T5."""
    tokens = T5_TOKENS[type(pipe).__name__]
    if encoder is None:
        return like.new_zeros(1, tokens, pipe.transformer.config.joint_attention_dim)
    plain = " ".join(piece.text for piece in parse_emphasis(words) if not piece.pause)
    ids = tokenizer([plain], padding="max_length", max_length=tokens, truncation=True, return_tensors="pt").input_ids
    return encoder(ids.to(like.device))[0].to(like)


def limit_longest(config: Mapping[str, Any], native: int, longest: float) -> float:
    """How many times as long as wide pictures of the native area may be, for a native side in cells, at most `longest`.

    SD3's position embedding ends somewhere.
    """
    most = config.get("pos_embed_max_size")
    return longest if most is None else min(longest, max(1.0, (most * PATCH / native) ** 2))


def ask_sd3(pipe: Any, question: Question) -> Tensor:
    """SD3's velocity [N, C, h, w]; HostError for views that are larger than its position embedding."""
    x, most = pad_to_even(question.x), pipe.transformer.config.pos_embed_max_size * PATCH
    if max(x.shape[-2:]) > most:
        side = most * question.cell
        raise HostError(
            "a view", f"at most {side}x{side} px with this model", _format_pixels(x, question.cell), "use tiles"
        )
    output = pipe.transformer(
        hidden_states=x,
        timestep=question.t,
        encoder_hidden_states=question.streams,
        pooled_projections=question.pools,
        return_dict=False,
    )[0]
    return crop(output, question.x)


def ask_flux(pipe: Any, question: Question) -> Tensor:
    """Flux's velocity [N, C, h, w]; where the network is distilled to be told guidance, the question's own."""
    x, network = pad_to_even(question.x), pipe.transformer
    size, prompts = Size(*x.shape[-2:]), question.streams
    told = torch.full((len(x),), question.guidance, device=x.device, dtype=torch.float32)
    output = network(
        hidden_states=pack(x),
        timestep=question.t.to(x.dtype) / 1000,
        guidance=told if network.config.guidance_embeds else None,
        pooled_projections=question.pools,
        encoder_hidden_states=prompts,
        txt_ids=prompts.new_zeros(prompts.shape[1], 3),
        img_ids=make_positions(size).to(x),
        return_dict=False,
    )[0]
    return crop(unpack(output, size), question.x)


def pad_to_even(x: Tensor) -> Tensor:
    """x [N, C, h, w] padded to even sides, its last row and column repeated where their number is odd."""
    return functional.pad(x, (0, x.shape[-1] % PATCH, 0, x.shape[-2] % PATCH), mode="replicate")


def crop(output: Tensor, x: Tensor) -> Tensor:
    """The part [..., h, w] of an output [N, C, H, W] that belongs to x [N, C, h, w], which was padded to it."""
    return output[..., : x.shape[-2], : x.shape[-1]]


def pack(x: Tensor) -> Tensor:
    """x [N, C, h, w] of even sides as Flux takes it, [N, h/2 * w/2, 4 C]: a token for each patch of 2x2, row by row."""
    patches = x.unflatten(3, (-1, PATCH)).unflatten(2, (-1, PATCH))  # [N, C, h/2, 2, w/2, 2]
    return patches.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)


def unpack(tokens: Tensor, size: Size) -> Tensor:
    """Latents [N, C, h, w] of tokens [N, h/2 * w/2, 4 C]: the inverse of `pack`. `size` is h and w in cells."""
    patches = tokens.unflatten(1, (size.height // PATCH, size.width // PATCH)).unflatten(3, (-1, PATCH, PATCH))
    return patches.permute(0, 3, 1, 4, 2, 5).flatten(4).flatten(2, 3)


def make_positions(size: Size) -> Tensor:
    """The position of each of Flux's tokens, float32 [tokens, 3]: 0, row and column of its patch."""
    rows, columns = torch.arange(size.height // PATCH), torch.arange(size.width // PATCH)
    grid = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([torch.zeros_like(grid[0]), *grid], dim=-1).flatten(0, 1).float()


def compute_shift(config: Any, size: Size) -> dict[str, float]:
    """The argument `mu` of a flow scheduler that shifts by the canvas, as calculate_shift in diffusers' FluxPipeline.

    `size` is the canvas in cells. Empty for a scheduler that does not shift by it.
    """
    if not config.get("use_dynamic_shifting"):
        return {}
    low, high = config.get("base_image_seq_len", 256), config.get("max_image_seq_len", 4096)
    least, most = config.get("base_shift", 0.5), config.get("max_shift", 1.15)
    tokens = math.ceil(size.height / PATCH) * math.ceil(size.width / PATCH)
    slope = (most - least) / (high - low)
    return {"mu": tokens * slope + (least - slope * low)}


def make_even_sigmas(steps: int) -> Sequence[float]:
    """The sigmas that Flux asks for, before they are shifted: evenly from 1 to 1 / steps."""
    return [1 - step / steps for step in range(steps)]


def _format_pixels(x: Tensor, cell: int) -> str:
    return f"{x.shape[-1] * cell}x{x.shape[-2] * cell}"
