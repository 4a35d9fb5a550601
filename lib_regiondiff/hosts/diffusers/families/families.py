"""Families of models: how each is told a prompt, and how its network is asked."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import diffusers
import torch
from torch import Tensor

from lib_regiondiff.document.palette import COUPLE
from lib_regiondiff.errors import HostError
from lib_regiondiff.host import Row
from lib_regiondiff.hosts.diffusers.attention import act_in_cross_attention, has_plain_layers
from lib_regiondiff.hosts.diffusers.families import flow
from lib_regiondiff.hosts.diffusers.families.question import Question, read_pooled
from lib_regiondiff.hosts.diffusers.joint_attention import ask_in_streams, find_joint_attention
from lib_regiondiff.hosts.diffusers.text import encoding
from lib_regiondiff.hosts.diffusers.text.encoding import PENULTIMATE, TextCond
from lib_regiondiff.hosts.diffusers.text.textual_inversion import Book
from lib_regiondiff.planning.refusals import METHODS


@dataclass(frozen=True)
class Family:
    """What differs between families of models, known by their pipeline's class; `title` is what people call them.

    `encode(pipe, words, negative, book, skip)` gives a condition: `book` has textual inversions, `negative` says that
    an empty negative is meant, `skip` is clip_skip. `ask(pipe, question)` gives the network's output [N, C, h, w];
    `given(cond, uncond)` are the pipeline's arguments for conditions. `encoders` are its CLIP text encoders by name,
    with their classes in transformers; `network` is the name of its UNet or transformer, which has `channels` of input.
    """

    title: str
    encode: Callable[[Any, str, bool, Book, int], TextCond]
    ask: Callable[[Any, Question], Tensor]
    given: Callable[[TextCond, TextCond | None], dict[str, Any]]
    encoders: Mapping[str, str]
    network: str = "unet"
    channels: int = 4
    multiple: int = 1
    """The number of cells that must divide both sides of a picture for diffusers' pipeline to draw it by itself."""
    told: bool = False
    """Whether guidance is a number that the network is told."""
    sigmas: Callable[[int], Sequence[float] | None] = lambda steps: None
    """The sigmas that a flow schedule of so many steps is made from; None for the scheduler's own."""
    packed: bool = False
    """Whether the pipeline's latents are tokens of 2x2 cells."""


def _encode(pipe: Any, words: str, negative: bool, book: Book, skip: int) -> TextCond:
    """SD1's and SD2's last layer, or with SD1 an earlier one with the final norm; SD2's OpenCLIP ignores clip_skip."""
    openai = pipe.text_encoder.config.hidden_act == "quick_gelu"
    layer = encoding.EncoderLayer(-skip, normed=True) if skip > 1 and openai else None
    return encoding.encode(pipe.tokenizer, pipe.text_encoder, words, book, layer)


def _ask(pipe: Any, question: Question) -> Tensor:
    with act_in_cross_attention(pipe.unet, question.rows):
        return pipe.unet(question.x, question.t, encoder_hidden_states=question.embeddings).sample


def _given(cond: TextCond, uncond: TextCond | None) -> dict[str, Any]:
    return {"prompt_embeds": cond.embedding, "negative_prompt_embeds": uncond.embedding if uncond else None}


def _encode_xl(pipe: Any, words: str, negative: bool, book: Book, skip: int) -> TextCond:
    """Both encoders' last layer but one, side by side, and the second's pooled text; zeros for an empty negative."""
    two = (pipe.tokenizer, pipe.text_encoder), (pipe.tokenizer_2, pipe.text_encoder_2)
    embeddings = [encoding.encode(*each, words, book, PENULTIMATE).embedding for each in two]
    cond = TextCond(torch.cat(embeddings, dim=-1), encoding.encode_pooled(*two[1], words, book))
    if negative and not words and pipe.config.force_zeros_for_empty_prompt:
        return TextCond(torch.zeros_like(cond.embedding), torch.zeros_like(read_pooled(cond)))
    return cond


def _ask_xl(pipe: Any, question: Question) -> Tensor:
    x, rows = question.x, question.rows
    sizes = torch.tensor([make_size_condition(row, question.cell) for row in rows], device=x.device, dtype=x.dtype)
    added = {"text_embeds": question.pools, "time_ids": sizes}
    with act_in_cross_attention(pipe.unet, rows):
        return pipe.unet(x, question.t, encoder_hidden_states=question.embeddings, added_cond_kwargs=added).sample


def make_size_condition(row: Row, cell: int) -> tuple[int, ...]:
    """What SDXL is told of a row, in pixels, heights first: its frame's size, where its box is in it, its size.

    A box that leaves its frame is told to begin where the frame does; under a zoom it is a picture of its own.
    """
    frame, box = row.frame, row.box
    if row.zoom is not None:
        return tuple(cell * side for side in (row.size.height, row.size.width, 0, 0, row.size.height, row.size.width))
    corner = (max(0, box.top - frame.top), max(0, box.left - frame.left))
    sides = (frame.size.height, frame.size.width, *corner, box.size.height, box.size.width)
    return tuple(cell * side for side in sides)


def _given_xl(cond: TextCond, uncond: TextCond | None) -> dict[str, Any]:
    negative = None if uncond is None else read_pooled(uncond)
    return {
        **_given(cond, uncond),
        "pooled_prompt_embeds": read_pooled(cond),
        "negative_pooled_prompt_embeds": negative,
    }


CLIP, PROJECTED = "CLIPTextModel", "CLIPTextModelWithProjection"
SD = Family("Stable Diffusion 1 or 2", _encode, _ask, _given, {"text_encoder": CLIP})
SDXL = Family("SDXL", _encode_xl, _ask_xl, _given_xl, {"text_encoder": CLIP, "text_encoder_2": PROJECTED})
SD3 = Family(
    "SD3",
    flow.encode_sd3,
    ask_in_streams(flow.ask_sd3),
    _given_xl,
    {"text_encoder": PROJECTED, "text_encoder_2": PROJECTED},
    network="transformer",
    channels=16,
    multiple=2,
)
FLUX = Family(
    "Flux",
    flow.encode_flux,
    ask_in_streams(flow.ask_flux),
    _given_xl,
    {"text_encoder": CLIP},
    network="transformer",
    channels=64,
    multiple=2,
    told=True,
    sigmas=flow.make_even_sigmas,
    packed=True,
)
FAMILIES: Mapping[str, Family] = {
    "StableDiffusionPipeline": SD,
    "StableDiffusionXLPipeline": SDXL,
    "StableDiffusion3Pipeline": SD3,
    "FluxPipeline": FLUX,
}


def make_text_pipeline(pipe: Any) -> Any:
    """The pipeline for txt2img with the parts of one for img2img or inpainting; any other is returned as it is."""
    kind = getattr(diffusers, re.sub("Img2Img|Inpaint", "", type(pipe).__name__), None)
    if kind is None or isinstance(pipe, kind) or kind.__name__ not in FAMILIES:
        return pipe
    taken = inspect.signature(kind.__init__).parameters
    flags = {name: value for name, value in pipe.config.items() if name in taken}
    return kind(**{**flags, **{name: part for name, part in pipe.components.items() if name in taken}})


def find_family(pipeline: str, where: str) -> Family:
    """The family of a pipeline, by its class's name; HostError, naming the model `where`, for an unsupported one."""
    if pipeline in FAMILIES:
        return FAMILIES[pipeline]
    cure = "models for inpainting, editing, refining and video are not supported"
    known = ", ".join(family.title for family in FAMILIES.values())
    raise HostError(where, f"a text-to-image model of {known}", pipeline, cure)


def find_methods(network: Any) -> frozenset[str]:
    """What a network can be asked beside plain rows, keys of METHODS."""
    if has_plain_layers(network):
        return frozenset(METHODS)
    return frozenset({COUPLE} if find_joint_attention(network) else ())


def expect_text_to_image(family: Family, config: Mapping[str, Any], where: str) -> None:
    """Raise HostError for a network that takes more than noisy latents, and for a UNet told the guidance scale."""
    channels = config.get("in_channels", family.channels)
    if channels != family.channels:
        part = "UNet" if family.network == "unet" else family.network
        got = f"{channels} (an inpainting or editing model)"
        raise HostError(where, f"a {part} with {family.channels} input channels", got)
    if config.get("time_cond_proj_dim") is not None:
        cure = "use the LCM LoRA of this model with a usual checkpoint"
        raise HostError(where, "a UNet that is not told the guidance scale", "one that is (a whole LCM model)", cure)
