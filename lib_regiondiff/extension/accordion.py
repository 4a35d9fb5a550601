"""The accordion of a WebUI's tab: a switch and a text, the palette, reach Python; the page's script draws the rest."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from lib_regiondiff.authoring import preview
from lib_regiondiff.authoring.preflight import JobContext
from lib_regiondiff.extension import routes
from lib_regiondiff.extension.components import Maker, listen
from lib_regiondiff.extension.desk import add_desk
from lib_regiondiff.extension.tab import ROLES, find_role, read_surroundings

__all__ = ["build_accordion", "find_role"]

SURFACE = '<div class="regiondiff-surface" data-modules="{modules}"></div>'
"""The place of the painting surface; the page's script fills it when it comes into sight."""


def build_accordion(
    title: str, elem_id: Callable[[str], str], page: Mapping[str, Any], data_path: Path | str
) -> tuple[Any, Any]:
    """Build the accordion and return the two components whose values are the script's arguments: enabled, palette.

    `page` holds components of the tab by their roles; where one is missing the preview does without it. `elem_id`
    makes ids of components; palettes are saved under `data_path`. There are few components, since each makes the
    WebUI's page slower to load, for those who never open the accordion too.
    """
    make, data_path = Maker(importlib.import_module("gradio"), elem_id), Path(data_path)
    with make.add_accordion("enabled", title) as tick:
        with tick.extra():
            make("HTML", "state", value="")
        make("HTML", "surface", value=SURFACE.format(modules=escape(routes.find_modules())))
        make("HTML", "preview", value=preview.render_preview("").html)
        make("Textbox", "palette", label="Palette", value="", lines=6, max_lines=12, placeholder="JSON")
        add_desk(make, data_path)
    _connect_changes(make, page, data_path)
    return make.parts["enabled"], make.parts["palette"]


def _connect_changes(make: Maker, page: Mapping[str, Any], data_path: Path) -> None:
    """Preview and header follow the palette, the switch and the tab."""
    gr, parts = make.gr, make.parts
    keys = [key for key in ROLES.values() if key in page]

    def around(values: Sequence[Any]) -> JobContext:
        return read_surroundings(dict(zip(keys, values, strict=True)), data_path)

    def look(on: bool, text: str, *values: Any) -> tuple[Any, ...]:
        seen = preview.render_preview(text, around(values), on)
        return seen.html, seen.state

    def keep_up(on: bool, *given: Any) -> tuple[Any, ...]:
        return look(on, *given) if on else (gr.update(), gr.update())

    inputs, shown = [*make.of("enabled", "palette"), *(page[key] for key in keys)], make.of("preview", "state")
    listen(gr, [parts["palette"].change], look, inputs, shown, **make.wait_script("palette", inputs))
    listen(gr, [parts["enabled"].change], look, inputs, shown)
    if keys:
        around_it = [page[key].change for key in keys]
        listen(gr, around_it, keep_up, inputs, shown, **make.wait_script("tab", inputs))
