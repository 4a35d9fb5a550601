"""The tab Semantic Palette: the place of its surface, which asks at txt2img's desk."""

from __future__ import annotations

import importlib
from html import escape
from typing import Any

from lib_regiondiff.extension import routes
from lib_regiondiff.extension.components import Maker

NAME = "Semantic Palette"
ID = "regiondiff"
"""Of the tab among the WebUI's."""
SURFACE = '<div class="regiondiff-surface" data-door="webui/tab_main.mjs" data-modules="{modules}"></div>'
"""The place of the tab's surface; the page's script fills it when it comes into sight."""


def build_tab() -> list[tuple[Any, str, str]]:
    """The tab as the WebUI wants it: its blocks, its name and its id."""
    gr = importlib.import_module("gradio")
    with gr.Blocks(analytics_enabled=False) as blocks:
        make = Maker(gr, lambda name: f"{ID}_tab_{name}")
        make("HTML", "surface", value=SURFACE.format(modules=escape(routes.find_modules())))
    return [(blocks, NAME, ID)]
