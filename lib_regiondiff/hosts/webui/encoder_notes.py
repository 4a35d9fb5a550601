"""What text encoders note for infotexts, such as embeddings: of brush prompts it belongs to their job alone."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, MutableMapping
from typing import Any

PLACES = (
    ("backend.args", "dynamic_args", "last_extra_generation_params"),
    ("backend.text_processing.classic_engine", "last_extra_generation_params"),
    ("modules.sd_hijack", "model_hijack", "extra_generation_params"),
)
"""Where Forge Neo, Forge and AUTOMATIC1111 keep the notes; the first two until the next prompt, which takes them."""
SEPARATOR = ", "


@contextlib.contextmanager
def kept_apart(told: MutableMapping[str, Any]) -> Iterator[None]:
    """Encode prompts with empty notes: what comes of it is added to `told`, and the notes are as before."""
    notes = _notes()
    before = dict(notes)
    notes.clear()
    try:
        yield
        for name, value in notes.items():
            told[name] = _joined(told[name], value) if told.get(name) else value
    finally:
        notes.clear()
        notes.update(before)


def _notes() -> dict[str, Any]:
    """Those of the WebUI that runs us; empty ones of nobody where it keeps none."""
    for name, *path in PLACES:
        found: Any = sys.modules.get(name)
        for part in path:
            found = getattr(found, part, None)
        if isinstance(found, dict):
            return found
    return {}


def _joined(old: Any, new: Any) -> str:
    """Two lists in one text, each entry once."""
    return SEPARATOR.join(dict.fromkeys([*str(old).split(SEPARATOR), *str(new).split(SEPARATOR)]))
