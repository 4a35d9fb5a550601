"""Kinds of models: how a prompt is told to them, and how their network is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lib_regiondiff.errors import HostError
from lib_regiondiff.host import Cond, Row
from lib_regiondiff.hosts.diffusers import text
from lib_regiondiff.hosts.diffusers.embeddings import Book
from lib_regiondiff.hosts.diffusers.text import TextCond

PENULTIMATE = -2


@dataclass(frozen=True)
class Family:
    """What differs between kinds of models, which are known by the name of their pipeline in diffusers.

    `encode(pipe, words, negative, book)` gives a condition, the book telling what textual inversions stand for;
    `ask(pipe, x, t, rows, cell)` what the network predicts for x [N, C, h, w] of unit variance and timesteps t [N], a
    cell being so many pixels; `given(cond, uncond)` is how the pipeline itself is handed conditions; `encoders` are its
    text encoders, and the classes they are loaded as.
    """

    title: str
    encode: Callable[[Any, str, bool, Book], TextCond]
    ask: Callable[[Any, Tensor, Tensor, Sequence[Row], int], Tensor]
    given: Callable[[TextCond, TextCond | None], dict[str, Any]]
    encoders: Mapping[str, str]


def embedding(cond: Cond) -> Tensor:
    """The embedding [1, tokens, channels] of a condition of this host."""
    assert isinstance(cond, TextCond), "conditions of this host"
    return cond.embedding


def pooled(cond: Cond) -> Tensor:
    """The one vector [1, channels] for the whole prompt, of a model that has it."""
    assert isinstance(cond, TextCond) and cond.pooled is not None, "conditions of this host"
    return cond.pooled


def _encode(pipe: Any, words: str, negative: bool, book: Book) -> TextCond:
    return text.encode(pipe.tokenizer, pipe.text_encoder, words, book)


def _ask(pipe: Any, x: Tensor, t: Tensor, rows: Sequence[Row], cell: int) -> Tensor:
    return pipe.unet(x, t, encoder_hidden_states=torch.cat([embedding(row.cond) for row in rows])).sample


def _given(cond: TextCond, uncond: TextCond | None) -> dict[str, Any]:
    return {"prompt_embeds": cond.embedding, "negative_prompt_embeds": uncond.embedding if uncond else None}


def _encode_xl(pipe: Any, words: str, negative: bool, book: Book) -> TextCond:
    """Both encoders' last layer but one, side by side, and the second one's pooled text; zeros for no negative."""
    two = (pipe.tokenizer, pipe.text_encoder), (pipe.tokenizer_2, pipe.text_encoder_2)
    embeddings = [text.encode(*each, words, book, PENULTIMATE).embedding for each in two]
    cond = TextCond(torch.cat(embeddings, dim=-1), text.pooled(*two[1], words, book))
    if negative and not words and pipe.config.force_zeros_for_empty_prompt:
        return TextCond(torch.zeros_like(cond.embedding), torch.zeros_like(pooled(cond)))
    return cond


def _ask_xl(pipe: Any, x: Tensor, t: Tensor, rows: Sequence[Row], cell: int) -> Tensor:
    embeddings, pools = (torch.cat([part(row.cond) for row in rows]) for part in (embedding, pooled))
    sizes = torch.tensor([size_condition(row, cell) for row in rows], device=x.device, dtype=x.dtype)
    added = {"text_embeds": pools, "time_ids": sizes}
    return pipe.unet(x, t, encoder_hidden_states=embeddings, added_cond_kwargs=added).sample


def size_condition(row: Row, cell: int) -> tuple[int, ...]:
    """What SDXL is told of a row, in pixels, heights first: its frame's size, where its box is in it, its size.

    A box that leaves its frame is told to begin where the frame does.
    """
    frame, box = row.frame, row.box
    corner = (max(0, box.top - frame.top), max(0, box.left - frame.left))
    sides = (frame.size.height, frame.size.width, *corner, box.size.height, box.size.width)
    return tuple(cell * side for side in sides)


def _given_xl(cond: TextCond, uncond: TextCond | None) -> dict[str, Any]:
    negative = None if uncond is None else pooled(uncond)
    return {
        **_given(cond, uncond),
        "pooled_prompt_embeds": pooled(cond),
        "negative_pooled_prompt_embeds": negative,
    }


SD = Family("Stable Diffusion 1 or 2", _encode, _ask, _given, {"text_encoder": "CLIPTextModel"})
SDXL = Family(
    "SDXL",
    _encode_xl,
    _ask_xl,
    _given_xl,
    {"text_encoder": "CLIPTextModel", "text_encoder_2": "CLIPTextModelWithProjection"},
)
FAMILIES: Mapping[str, Family] = {"StableDiffusionPipeline": SD, "StableDiffusionXLPipeline": SDXL}


def family_of(pipeline: str, where: str) -> Family:
    """The family of a pipeline's class; HostError where it is none of them."""
    if pipeline in FAMILIES:
        return FAMILIES[pipeline]
    cure = "models for inpainting, editing, refining and video are not supported"
    raise HostError(where, "a model of " + " or ".join(FAMILIES), pipeline, cure)


def expect_text_to_image(config: Mapping[str, Any], where: str) -> None:
    """HostError for a UNet that wants more than noisy latents, or that is told the guidance scale."""
    channels = config.get("in_channels", 4)
    if channels != 4:
        raise HostError(where, "a UNet with 4 input channels", f"{channels} (an inpainting or editing model)")
    if config.get("time_cond_proj_dim") is not None:
        cure = "use the LCM LoRA of this model with a usual checkpoint"
        raise HostError(where, "a UNet that is not told the guidance scale", "one that is (a whole LCM model)", cure)
