"""The suffix: words that every brush's prompt ends with, such as what it stands on (StreamMultiDiffusion)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lib_regiondiff.budget import AND, LONG, MOST_LETTERS, PLACE
from lib_regiondiff.errors import PaletteError, Problem

WEIGHT = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)")


@dataclass(frozen=True)
class _Part:
    """One of the parts that AND joins: text, weight with its colon and the space around it, space at the end."""

    text: str
    weight: str
    end: str

    @staticmethod
    def of(part: str) -> _Part:
        """Taken apart from its end, so that long ones take no longer for each letter."""
        bare = part.rstrip()
        before, colon, number = bare.rpartition(":")
        text = before.rstrip() if colon and WEIGHT.fullmatch(number.lstrip()) else bare
        return _Part(text, bare[len(text) :], part[len(bare) :])


def suffixed(prompt: str, suffix: str, background: str) -> str:
    """A brush's prompt with the suffix after each of the parts that AND joins, before the part's weight.

    `{background}` in it is the background's prompt. Prompts that say nothing stay so, and so do all where the suffix
    speaks of a background that says nothing. Raises PaletteError for a prompt that becomes too long by it.
    """
    if not suffix or (PLACE in suffix and not background.strip()):
        return prompt
    under = ", ".join(part.text.strip() for part in _parts(background)) if PLACE in suffix else ""
    parts = _parts(prompt)
    length = len(suffix) + suffix.count(PLACE) * (len(under) - len(PLACE))
    whole = len(prompt) + length * sum(bool(part.text.strip()) for part in parts)
    if whole > MOST_LETTERS:
        raise PaletteError([Problem("suffix", LONG, f"{whole}")])
    ending = suffix.replace(PLACE, under)
    return "AND".join(_ended(part, ending) for part in parts)


def _ended(part: _Part, ending: str) -> str:
    return (part.text + ending if part.text.strip() else part.text) + part.weight + part.end


def _parts(prompt: str) -> list[_Part]:
    return [_Part.of(each) for each in AND.split(prompt)]
