"""What a WebUI that isn't there reads in prompts: parts joined by AND, and words that change while sampling."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

EDITING = re.compile(r"\[(\w*):(\w*):([\d.]+)\]")
WEIGHTED = re.compile(r"(.*?)(?::([-+.\d]+))?\s*", re.DOTALL)
AND = re.compile(r"\bAND\b")


def get_learned_conditioning_prompt_schedules(prompts: Sequence[str], steps: int, *more: Any) -> list[list[Any]]:
    """The last step and the text of each entry of prompts."""
    assert len(more) <= 2
    total = (more[0] if more else None) or steps

    def schedule(prompt: str) -> list[Any]:
        found = EDITING.search(prompt)
        ends = [[int(float(found[3]) * total), EDITING.sub(r"\1", prompt)]] if found else []
        return [*ends, [total, EDITING.sub(r"\2", prompt)]]

    return [schedule(prompt) for prompt in prompts]


def get_multicond_prompt_list(prompts: Any) -> tuple[list[list[Any]], list[str], dict[str, int]]:
    """Which texts AND joins in each prompt, by their places and weights, and the texts."""
    found = [[WEIGHTED.fullmatch(text).groups() for text in AND.split(prompt)] for prompt in prompts]  # type: ignore[union-attr]
    texts = list(dict.fromkeys(words.strip() for parts in found for words, _ in parts))
    places = [[(texts.index(words.strip()), float(weight or 1)) for words, weight in parts] for parts in found]
    return places, texts, {text: place for place, text in enumerate(texts)}
