"""The suffix: words that every brush's prompt ends with, such as what it stands on (StreamMultiDiffusion)."""

from __future__ import annotations

import re

PLACE = "{background}"
AND = re.compile(r"\bAND\b")
PART = re.compile(r"(?P<text>.*?)(?P<weight>\s*:\s*[-+]?(?:\d+\.?\d*|\.\d+))?(?P<end>\s*)", re.DOTALL)


def suffixed(prompt: str, suffix: str, background: str) -> str:
    """A brush's prompt with the suffix after each of the parts that AND joins, before the part's weight.

    `{background}` in it is the background's prompt. Prompts that say nothing stay so, and so do all where the suffix
    speaks of a background that says nothing.
    """
    if not suffix or (PLACE in suffix and not background.strip()):
        return prompt
    ending = suffix.replace(PLACE, ", ".join(part["text"].strip() for part in _parts(background)))
    return "AND".join(_ended(part, ending) for part in _parts(prompt))


def _ended(part: re.Match[str], ending: str) -> str:
    text = part["text"] + ending if part["text"].strip() else part["text"]
    return text + (part["weight"] or "") + part["end"]


def _parts(prompt: str) -> list[re.Match[str]]:
    """The parts that AND joins: text, weight with its colon, and white space."""
    found = [PART.fullmatch(each) for each in AND.split(prompt)]
    return [match for match in found if match]
