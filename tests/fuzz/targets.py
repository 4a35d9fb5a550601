"""Every parser of what strangers hand in, by name; those of model files are there where diffusers is."""

from __future__ import annotations

import importlib.util

from fuzz.documents import DOCUMENTS
from fuzz.fronts import FRONTS
from fuzz.pictures import PICTURES
from fuzz.target import Target
from fuzz.words import WORDS

CORE = {**DOCUMENTS, **PICTURES, **WORDS, **FRONTS}
OF_MODELS = ("emphasis", "header", "lora", "embedding", "pickle", "vae", "checkpoint")


def names() -> tuple[str, ...]:
    """All parsers that are here."""
    return (*CORE, *(OF_MODELS if importlib.util.find_spec("diffusers") else ()))


def target_of(name: str) -> Target:
    """The parser of a name."""
    if name in CORE:
        return CORE[name]
    from fuzz.models import MODELS  # which takes seconds to import

    return MODELS[name]
