"""A BLIP that says what a picture shows: a folder or hub id of transformers, on the CPU, in its own words."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import torch
import transformers
from PIL import Image
from transformers import AutoTokenizer, BlipConfig, BlipForConditionalGeneration

from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers.checkpoints.loader import is_hub_id
from lib_regiondiff.hosts.diffusers.files.headers import DAMAGE, brief

EXPECTED = "a BLIP for captions, as transformers has it"
CURE = "such as Salesforce/blip-image-captioning-base, or its folder"
READING = (*DAMAGE, TypeError, AttributeError)
"""And what transformers raises for configurations that are none."""
PROCESSORS = ("BlipImageProcessorPil", "BlipImageProcessor")
"""Of transformers 5 and of 4: the first that is there needs no torchvision."""
MOST_TOKENS, BEAMS = 50, 3
MARKS = 2
"""A BLIP's tokens beyond those of its tokenizer, which mark where it says or reads something."""


def captioner(source: str) -> Callable[[Image.Image], str]:
    """The BLIP at a folder or hub id, as a function of an RGB picture; HostError for what is none or is damaged.

    A folder never asks the network; a hub id does where the cache lacks something.
    """
    folder = Path(source).expanduser()
    if not folder.is_dir() and not is_hub_id(source):
        raise HostError(source, EXPECTED, "no such folder, and no hub id", CURE)
    if folder.is_dir():
        return _loaded(source, str(folder), local_files_only=True)
    try:
        return _loaded(source, source, local_files_only=True)
    except HostError as error:
        if not isinstance(error.__cause__, OSError):
            raise
        return _loaded(source, source, local_files_only=False)


def _loaded(source: str, place: str, **how: Any) -> Callable[[Image.Image], str]:
    """The parts of a model; its kind is looked at before its weights are read."""
    try:
        config, _ = BlipConfig.get_config_dict(place, **how)
        if config.get("model_type") != "blip":
            raise HostError(source, EXPECTED, f"a model of the kind {config.get('model_type')}", CURE)
        loaded: Any = BlipForConditionalGeneration.from_pretrained(place, output_loading_info=True, **how)
        tokenizer = AutoTokenizer.from_pretrained(place, **how)
        kind = next(getattr(transformers, name) for name in PROCESSORS if hasattr(transformers, name))
        processor = kind.from_pretrained(place, **how)
    except READING as error:
        raise HostError(source, EXPECTED, f"none that can be read ({brief(error)})", CURE) from error
    model, told = loaded
    _expect_whole(source, told["missing_keys"], model.config.text_config.vocab_size - len(tokenizer))
    model.float().eval()

    def look(image: Image.Image) -> str:
        pixels = processor(images=image, return_tensors="pt")["pixel_values"]
        with torch.no_grad():
            tokens = model.generate(pixel_values=pixels, max_new_tokens=MOST_TOKENS, num_beams=BEAMS, do_sample=False)
        return str(tokenizer.decode(tokens[0], skip_special_tokens=True))

    return look


def _expect_whole(source: str, missing: Collection[str], unspoken: int) -> None:
    """Refuse a model with new weights in place of its own, or with tokens that its tokenizer can't say."""
    got = ""
    if missing:
        got = f"{len(missing)} weights missing, such as {min(missing)}"
    elif unspoken > MARKS:
        got = f"a tokenizer without {unspoken} of its tokens"
    if got:
        raise HostError(source, EXPECTED, got, "it was made for other work, or a part of it is missing")
