"""`model.clip_skip` on diffusers: SD1's earlier layers with the last one's norm; other models hear nothing of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

pytest.importorskip("diffusers")

from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from lib_regiondiff.document.palette import Palette
from lib_regiondiff.document.png import write_infotext
from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers.checkpoints.tokenizer import make_clip_tokenizer
from lib_regiondiff.hosts.diffusers.families.families import SD, SDXL
from lib_regiondiff.hosts.diffusers.host import DiffusersHost
from lib_regiondiff.hosts.diffusers.render import Drawing, render
from lib_regiondiff.hosts.diffusers.text.encoding import NO_WORDS
from palettes import drawing

TOKENIZER: Any = make_clip_tokenizer()
PROMPT = "a red cat"


def encoder(act: str = "quick_gelu", kind: Any = CLIPTextModel) -> Any:
    """A random text encoder of three layers whose norm is not the identity."""
    sizes: dict[str, Any] = {"hidden_size": 64, "intermediate_size": 64, "projection_dim": 64}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        made = kind(CLIPTextConfig(num_hidden_layers=3, num_attention_heads=1, hidden_act=act, **sizes)).eval()
        for weight in norm_of(made).parameters():
            torch.nn.init.normal_(weight)
    return made


def norm_of(text: Any) -> Any:
    return next(part for name, part in text.named_modules() if name.endswith("final_layer_norm"))


def embedding(pipe: Any, skip: int, family: Any = SD) -> torch.Tensor:
    return family.encode(pipe, PROMPT, False, NO_WORDS, skip).embedding


@torch.no_grad()
def layers(text: Any) -> Any:
    """transformers' own hidden states of the prompt, the embeddings first."""
    ids = TOKENIZER([PROMPT], padding="max_length", max_length=77, return_tensors="pt").input_ids
    return text(ids, output_hidden_states=True).hidden_states


@pytest.mark.parametrize("skip", [1, 2, 3])
@torch.no_grad()
def test_sd1_takes_an_earlier_layer_with_the_last_ones_norm(skip: int) -> None:
    text = encoder()
    pipe = SimpleNamespace(tokenizer=TOKENIZER, text_encoder=text)
    assert torch.allclose(embedding(pipe, skip), norm_of(text)(layers(text)[-skip]), atol=1e-6)
    assert not torch.allclose(embedding(pipe, skip), layers(text)[-skip], atol=0.1)
    with pytest.raises(HostError, match=r"model\.clip_skip: expected at most 3 with this model, got 4"):
        embedding(pipe, 4)


@torch.no_grad()
def test_sd2_and_sdxl_are_told_what_they_always_are() -> None:
    pipe = SimpleNamespace(tokenizer=TOKENIZER, text_encoder=encoder("gelu"))
    assert torch.equal(embedding(pipe, 2), embedding(pipe, 1))
    projected = encoder("gelu", CLIPTextModelWithProjection)
    pipe = SimpleNamespace(tokenizer=TOKENIZER, tokenizer_2=TOKENIZER, text_encoder=encoder(), text_encoder_2=projected)
    wanted = torch.cat([layers(pipe.text_encoder)[-2], layers(projected)[-2]], dim=-1)
    for skip in (1, 2, 3):
        assert torch.allclose(embedding(pipe, skip, SDXL), wanted, atol=1e-6)


def palette(skip: int) -> Palette:
    return drawing(steps=1, background={"prompt": PROMPT}, model={"clip_skip": skip})


def test_a_palettes_clip_skip_is_honoured_and_recorded(known_pipeline: Any) -> None:
    host = DiffusersHost.of(known_pipeline, "known")
    once, twice = (Drawing.of(host, palette(skip)).plan.single for skip in (1, 2))
    assert once is not None and twice is not None
    found = [view.region.conds[0][0].cond.embedding for view in (once, twice)]  # type: ignore[union-attr]
    pipe = SimpleNamespace(tokenizer=TOKENIZER, text_encoder=known_pipeline.text_encoder)
    assert all(torch.equal(one, embedding(pipe, skip)) for one, skip in zip(found, (1, 2), strict=True))
    assert host.clip_skip == 1 and {key[2] for key in host.known} == {1, 2}
    made = render(host, palette(2))[0].palette
    assert (
        made.model.clip_skip == 2
        and "Clip skip: 2" in write_infotext(made)
        and "Clip skip" not in write_infotext(palette(1))
    )
