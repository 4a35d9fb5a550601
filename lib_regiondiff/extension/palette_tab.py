"""The tab Semantic Palette: the place of its surface, and answers to what the page asks about a palette."""

from __future__ import annotations

import importlib
import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

from lib_regiondiff.authoring.case import make_case
from lib_regiondiff.authoring.job_context import JobContext
from lib_regiondiff.document.json_text import loads
from lib_regiondiff.errors import PaletteError
from lib_regiondiff.extension import reuse, routes
from lib_regiondiff.extension.components import QUIET, Maker
from lib_regiondiff.extension.own_page import guard
from lib_regiondiff.extension.tab import read_surroundings
from lib_regiondiff.planning.prompts import make_palette, read
from lib_regiondiff.server.checking import count_tokens, make_verdict, tell_problems

NAME = "Semantic Palette"
ID = "regiondiff"
"""Of the tab among the WebUI's."""
SURFACE = '<div class="regiondiff-surface" data-door="webui/tab_main.mjs" data-modules="{modules}"></div>'
"""The place of the tab's surface; the page's script fills it when it comes into sight."""
ANSWER = '<div data-number="{number}" data-answer="{answer}"></div>'
LOST = "the verdict: expected one, got {error}; the console says more"


def build_tab(data_path: Path | str) -> list[tuple[Any, str, str]]:
    """The tab as the WebUI wants it: its blocks, its name and its id. Wildcards are looked for under `data_path`."""
    gr, data_path = importlib.import_module("gradio"), Path(data_path)

    def reply(text: str) -> str:
        return answer(text, data_path)

    with gr.Blocks(analytics_enabled=False) as blocks:
        make = Maker(gr, lambda name: f"{ID}_tab_{name}", {})
        make("HTML", "surface", value=SURFACE.format(modules=escape(routes.find_modules())))
        ask = make("Textbox", "ask", label="Question", value="", elem_classes=["regiondiff-hidden"])
        said = make("HTML", "answer", value="")
        ask.input(guard(reply), [ask], [said], **QUIET)
    return [(blocks, NAME, ID)]


def answer(text: str, data_path: Path) -> str:
    """Answer a question of the page: a line with its number, then JSON of a palette and what is around it.

    The verdict comes as HTML. Or JSON of a value that an infotext has `kept`: its palette comes, as text.
    """
    number, _, question = text.partition("\n")
    try:
        asked = loads(question)
        said = _reply(asked, data_path)
    except Exception as error:  # the last resort: the page is told, and goes on
        logging.getLogger(__name__).exception("the verdict on a palette")
        said = {"error": LOST.format(error=type(error).__name__)}
    return ANSWER.format(number=int(number), answer=escape(json.dumps(said)))


def _reply(asked: Mapping[str, Any], data_path: Path) -> dict[str, Any]:
    if "kept" in asked:
        return {"palette": reuse.read_palette({reuse.KEY: asked["kept"]})}
    return check(asked["palette"], read_surroundings(asked.get("around") or {}, data_path))


def check(data: Any, around: JobContext) -> dict[str, Any]:
    """The verdict on a palette's plain data in a job; what is wrong with it is a part of the verdict."""
    try:
        palette = make_palette(read(data), around.words)
    except PaletteError as error:
        return tell_problems(error)
    return make_verdict(
        make_case(palette, replace(around, size=None)), count_tokens(palette, around.count, around.words.prompt)
    )
