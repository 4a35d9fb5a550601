"""What text encoders note for infotexts, such as embeddings: what brush prompts add belongs to their job alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, MutableMapping
from typing import Any

SEPARATOR = ", "


@contextlib.contextmanager
def keep_notes_apart(notes: dict[str, Any], told: MutableMapping[str, Any]) -> Iterator[None]:
    """For the time of a `with`, empty the program's `notes`; then add what was noted to `told`, and restore them.

    Some programs keep their notes until the next prompt, which would take ours for its own.
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
    """Two lists, as text, in one, each entry once."""
    return SEPARATOR.join(dict.fromkeys([*str(old).split(SEPARATOR), *str(new).split(SEPARATOR)]))
