"""Words before and after every brush's prompt: its quality, or what it stands on (StreamMultiDiffusion)."""

from __future__ import annotations

import re
from collections.abc import Mapping
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


def add_words(prompt: str, prefix: str, suffix: str, background: str) -> str:
    """A brush's prompt with prefix and suffix around each part that AND joins; a part's weight stays behind.

    `{background}` in them is the background's prompt (StreamMultiDiffusion). Empty prompts stay empty, and words that
    speak of an empty background are left out. Raises PaletteError where a prompt would become longer than it may be.
    """
    under = ", ".join(part.text.strip() for part in _split_parts(background))
    said = {"suffix": suffix, "prefix": prefix}
    said = {key: words for key, words in said.items() if words and (PLACE not in words or background.strip())}
    if not said:
        return prompt
    parts = _split_parts(prompt)
    _expect_room(len(prompt), sum(bool(part.text.strip()) for part in parts), said, under)
    beginning, ending = (said.get(key, "").replace(PLACE, under) for key in ("prefix", "suffix"))
    return "AND".join(_surround_part(part, beginning, ending) for part in parts)


def _expect_room(letters: int, times: int, said: Mapping[str, str], under: str) -> None:
    """Raise PaletteError, before any text is built, where the words would make a prompt too long."""
    more = {key: len(words) + words.count(PLACE) * (len(under) - len(PLACE)) for key, words in said.items()}
    if times and letters + times * sum(more.values()) > MOST_LETTERS:
        longest = max(more, key=lambda key: more[key])
        raise PaletteError([Problem(longest, LONG, str(letters + times * sum(more.values())))])


def _surround_part(part: PromptPart, beginning: str, ending: str) -> str:
    said = part.text.lstrip()
    if not said:
        return part.text + part.weight + part.end
    return part.text[: -len(said)] + beginning + said + ending + part.weight + part.end


def _split_parts(prompt: str) -> list[PromptPart]:
    return [_split_part(text) for text in AND.split(prompt)]


def _split_part(text: str) -> PromptPart:
    match = DNE.match(text[::-1])
    assert match, "it matches nothing as well"
    weight = (match["weight"] or "")[::-1]
    start = len(text) - match.end()
    return PromptPart(text[:start], weight, text[start + len(weight) :])
