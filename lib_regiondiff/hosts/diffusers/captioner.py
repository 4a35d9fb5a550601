"""Captions of pictures by a BLIP model of transformers, from a folder or hub id, on the CPU."""

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
from lib_regiondiff.hosts.diffusers.files.headers import DAMAGE, summarise_error

EXPECTED = "a BLIP for captions, as transformers has it"
CURE = "such as Salesforce/blip-image-captioning-base, or its folder"
READING = (*DAMAGE, TypeError, AttributeError)
"""What transformers raises for a model that it cannot read."""
PROCESSORS = ("BlipImageProcessorPil", "BlipImageProcessor")
"""The image processors of transformers 5 and 4, in order of preference: the first needs no torchvision."""
MOST_TOKENS, BEAMS = 50, 3
MARKS = 2
"""How many tokens a BLIP has beyond its tokenizer's: they mark whether it describes or encodes."""


def load_captioner(source: str) -> Callable[[Image.Image], str]:
    """Load a BLIP from a folder or hub id: a function from an RGB picture to its caption.

    A folder never asks the network; a hub id does where the cache lacks something. Raises HostError for a source that
    does not exist, for another kind of model, and for a damaged one.
    """
    folder = Path(source).expanduser()
    if not folder.is_dir() and not is_hub_id(source):
        raise HostError(source, EXPECTED, "no such folder, and no hub id", CURE)
    if folder.is_dir():
        return _load(source, str(folder), local_files_only=True)
    try:
        return _load(source, source, local_files_only=True)
    except HostError as error:
        if not isinstance(error.__cause__, OSError):
            raise
        return _load(source, source, local_files_only=False)


def _load(source: str, place: str, **how: Any) -> Callable[[Image.Image], str]:
    """Load a model into a function that captions; another kind is refused before its weights are read."""
    try:
        config, _ = BlipConfig.get_config_dict(place, **how)
        if config.get("model_type") != "blip":
            raise HostError(source, EXPECTED, f"a model of the kind {config.get('model_type')}", CURE)
        loaded: Any = BlipForConditionalGeneration.from_pretrained(place, output_loading_info=True, **how)
        tokenizer = AutoTokenizer.from_pretrained(place, **how)
        kind = next(getattr(transformers, name) for name in PROCESSORS if hasattr(transformers, name))
        processor = kind.from_pretrained(place, **how)
    except READING as error:
        raise HostError(source, EXPECTED, f"none that can be read ({summarise_error(error)})", CURE) from error
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
    """Raise HostError for a model some of whose weights are missing, or whose tokenizer lacks some of its tokens."""
    got = ""
    if missing:
        got = f"{len(missing)} weights missing, such as {min(missing)}"
    elif unspoken > MARKS:
        got = f"a tokenizer without {unspoken} of its tokens"
    if got:
        raise HostError(source, EXPECTED, got, "it was made for other work, or a part of it is missing")
