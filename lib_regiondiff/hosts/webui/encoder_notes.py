"""What text encoders note for infotexts, such as embeddings: of brush prompts it belongs to their job alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, MutableMapping
from typing import Any

SEPARATOR = ", "


@contextlib.contextmanager
def keep_notes_apart(notes: dict[str, Any], told: MutableMapping[str, Any]) -> Iterator[None]:
    """Encode prompts with the program's `notes` emptied: what comes of it is added to `told`, then they are as before.

    Some programs keep notes until the next prompt, which would take those of ours.
    """
    before = dict(notes)
    notes.clear()
    try:
        yield
        for name, value in notes.items():
            told[name] = _join_notes(told[name], value) if told.get(name) else value
    finally:
        notes.clear()
        notes.update(before)


def _join_notes(old: Any, new: Any) -> str:
    """Two lists in one text, each entry once."""
    return SEPARATOR.join(dict.fromkeys([*str(old).split(SEPARATOR), *str(new).split(SEPARATOR)]))
