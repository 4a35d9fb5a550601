"""The suffix: words that every brush's prompt ends with, such as what it stands on (StreamMultiDiffusion)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lib_regiondiff.document.budget import AND, LONG, MOST_LETTERS, PLACE
from lib_regiondiff.errors import PaletteError, Problem

DNE = re.compile(r"\s*(?P<weight>(?:\d+(?:\.\d*)?|\.\d+)[-+]?\s*:\s*)?")
"""A part's end read backwards, so that each letter is looked at once: white space, and a weight if there is one."""


@dataclass(frozen=True)
class PromptPart:
    """A part that AND joins: text, weight with its colon and the white space before it, the white space behind."""

    text: str
    weight: str
    end: str


def add_suffix(prompt: str, suffix: str, background: str) -> str:
    """A brush's prompt with the suffix after each part that AND joins, before the part's weight (StreamMultiDiffusion).

    `{background}` in it is the background's prompt. Empty prompts stay empty, and all stay as they are where the suffix
    speaks of an empty background. Raises PaletteError where the result would be longer than a prompt may be.
    """
    if not suffix or (PLACE in suffix and not background.strip()):
        return prompt
    parts, under = _split_parts(prompt), ", ".join(part.text.strip() for part in _split_parts(background))
    _expect_room(len(prompt), sum(bool(part.text.strip()) for part in parts), suffix, under)
    ending = suffix.replace(PLACE, under)
    return "AND".join(_end_part(part, ending) for part in parts)


def _expect_room(letters: int, times: int, suffix: str, under: str) -> None:
    """Raise PaletteError, before any text is built, where the suffix would make a prompt too long."""
    more = len(suffix) + suffix.count(PLACE) * (len(under) - len(PLACE))
    if times and letters + times * more > MOST_LETTERS:
        raise PaletteError([Problem("suffix", LONG, str(letters + times * more))])


def _end_part(part: PromptPart, ending: str) -> str:
    return part.text + (ending if part.text.strip() else "") + part.weight + part.end


def _split_parts(prompt: str) -> list[PromptPart]:
    return [_split_part(text) for text in AND.split(prompt)]


def _split_part(text: str) -> PromptPart:
    match = DNE.match(text[::-1])
    assert match, "it matches nothing as well"
    weight = (match["weight"] or "")[::-1]
    start = len(text) - match.end()
    return PromptPart(text[:start], weight, text[start + len(weight) :])
