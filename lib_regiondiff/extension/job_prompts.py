"""The words of a WebUI's job: its prompts for each picture, before styles and after, and how wildcards resolve."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

from lib_regiondiff.formats.wildcards import expand
from lib_regiondiff.hosts.webui.modules import module
from lib_regiondiff.hosts.webui.program import dynamic_prompts
from lib_regiondiff.hosts.webui.typed import Processing, is_second_pass
from lib_regiondiff.planning import prompts
from lib_regiondiff.planning.prompts import Words

Given = tuple[str, str]
"""The main prompt and negative before styles."""


def make_draw() -> Callable[[str, int], str]:
    """The function (text, seed) -> text that resolves wildcards: Dynamic Prompts' own, else by the WebUI's folders."""
    if dynamic_prompts.is_available():
        return dynamic_prompts.make_draw(module("shared").opts)
    return functools.partial(expand, files=prompts.find_wildcards(Path(module("paths").data_path)))


def find_words(
    p: Processing, given: Given | None, image: int, draw: Callable[[str, int], str], stripped: bool = False
) -> Words:
    """The words of a picture of job `p`: prompt, negative, seed, styles, and how its wildcards resolve.

    `image` counts in the whole job, or, if `stripped`, in the batch that is drawn now, whose prompts have lost their
    tags of extra networks. `given` are the main prompt and negative before styles.
    """
    if stripped and is_second_pass(p):
        prompt, negative = p.hr_prompts[image], p.hr_negative_prompts[image]
    elif stripped:
        prompt, negative = p.prompts[image], p.negative_prompts[image]
    else:
        prompt, negative = p.all_prompts[image], p.all_negative_prompts[image]
    raw = given if getattr(p, "styles", None) else None
    seed = int((p.seeds if stripped else p.all_seeds)[image])
    return Words(prompt, negative, raw or (prompt, negative), seed, _make_styler(p), draw)


def _make_styler(p: Processing) -> Callable[[str, bool], str]:
    """The function (text, negative) -> text that adds a job's styles as the host does, if there are any."""
    styles = getattr(p, "styles", None) or []
    if not styles:
        return lambda text, negative: text
    known = module("shared").prompt_styles

    def apply(text: str, negative: bool) -> str:
        how = known.apply_negative_styles_to_prompt if negative else known.apply_styles_to_prompt
        return how(text, styles)

    return apply
