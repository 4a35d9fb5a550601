"""The accordion in a tab of a page, and the palette that a job would draw."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fake_gradio import Page, Part
from lib_regiondiff.authoring.job_context import JobContext
from lib_regiondiff.extension import accordion
from lib_regiondiff.extension.tab import ROLES
from lib_regiondiff.planning import prompts

PLAIN = json.dumps({"version": 1, "brushes": [{"id": "a", "mask": {"rectangle": [0, 0, 1, 1]}}]})


def tab(page: Page) -> dict[str, Part]:
    """What a tab has around the accordion."""
    texts = {key: page.make("Textbox", elem_id=f"txt2img_{name}", value="") for name, key in list(ROLES.items())[:2]}
    numbers = {"guidance": ("cfg_scale", 7.0), "width": ("width", 768), "height": ("height", 512)}
    return texts | {
        key: page.make("Slider", elem_id=f"txt2img_{name}", value=value) for key, (name, value) in numbers.items()
    }


def built(page: Page, data_path: Path, around: dict[str, Part] | None = None) -> tuple[Part, Part]:
    """The accordion of a tab."""
    around = tab(page) if around is None else around
    return accordion.build_accordion("Region Diffusion", lambda name: f"script_{name}", around, data_path)


def drawn(page: Page) -> Any:
    """The palette that a job would draw."""
    prompt, negative = page.of("txt2img_prompt").value, page.of("neg_prompt").value
    return prompts.make_palette(prompts.read(page.of("palette").value), JobContext(prompt, negative).words)
