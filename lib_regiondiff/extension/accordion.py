"""The accordion of a WebUI's tab: all its controls write one text, the palette, which with a switch reaches Python."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lib_regiondiff import __version__
from lib_regiondiff.authoring import presets, preview
from lib_regiondiff.authoring.preflight import JobContext, Notice
from lib_regiondiff.authoring.presets import PaletteFolder, format_json
from lib_regiondiff.authoring.typed_controls import (
    CONTROLS,
    LABELS,
    is_own,
    read_controls,
    read_typed,
    spell_out,
    turn_switch,
    write_options,
)
from lib_regiondiff.errors import PaletteError
from lib_regiondiff.extension import captioning, layout
from lib_regiondiff.extension.components import QUIET, Maker, listen, listen_once
from lib_regiondiff.extension.own_page import guard
from lib_regiondiff.extension.tab import ROLES, find_role, read_surroundings

__all__ = ["build_accordion", "find_role"]

Work = Callable[..., tuple[Any, ...]]


def build_accordion(
    title: str, elem_id: Callable[[str], str], page: Mapping[str, Any], data_path: Path | str
) -> tuple[Any, Any]:
    """Build the accordion and return the two components whose values are the script's arguments: enabled, palette.

    `page` holds components of the tab by their roles; where one is missing the preview does without it. `elem_id`
    makes ids of components; palettes are saved under `data_path`.
    """
    make, data_path = Maker(importlib.import_module("gradio"), elem_id, layout.HELP), Path(data_path)
    store = PaletteFolder(data_path / "regiondiff" / "palettes")
    with make.add_accordion("enabled", title) as tick:
        with tick.extra():
            make("HTML", "state", value="")
        layout.add_surface(make)
        layout.add_typing(make)
        layout.add_palette(make, store)
        make("HTML", "version", value=f'<div class="regiondiff-version">{title} {__version__}</div>')
    make.parts.update(kept=make.gr.State(""), seen=make.gr.State(None), offered=make.gr.State(None))
    _connect_options(make)
    _connect_files(make, store)
    _connect_replacing(make, store)
    _connect_caption(make)
    _connect_changes(make, store, page, data_path)
    return make.parts["enabled"], make.parts["palette"]


def _answer(
    make: Maker, events: Sequence[Any], work: Work, inputs: Sequence[Any], keys: Sequence[str], again: bool = False
) -> None:
    """Answer events of one name and clear the last message; `again` because gradio drops events while it waits."""
    silence = {"said": "", "asking": make.gr.update(visible=False), "offered": None}
    still = {key: value for key, value in silence.items() if key not in keys}

    def act(*given: Any) -> tuple[Any, ...]:
        return (*work(*given), *still.values())

    def repeat(*given: Any) -> Any:
        answer = work(*given)
        return answer if len(keys) > 1 else answer[0]

    acted = listen_once(make.gr, events, guard(act), inputs, make.of(*keys, *still), **QUIET)
    if again:
        acted.then(guard(repeat), inputs, make.of(*keys), **QUIET)


def _connect_options(make: Maker) -> None:
    """The switch and the options of typed regions write the palette's text; what is written there sets the options."""
    update, parts = make.gr.update, make.parts

    def turn(on: bool, text: str, kept: str, *options: Any) -> tuple[Any, ...]:
        text, kept = turn_switch(on, text, kept, *options)
        enabled = update(value=on) if on or not text.strip() else update()
        return text, kept, update(visible=on), enabled

    def choose(on: bool, text: str, *options: Any) -> tuple[Any, ...]:
        return (write_options(text, *options) if on or read_typed(text) is not None else update(),)

    def set_out(text: str) -> tuple[Any, ...]:
        return _read_options(make, text)

    texts, options = ("palette", "kept"), make.of(*CONTROLS)
    given = [parts["typed"], *make.of(*texts), *options]
    _answer(make, [parts["typed"].input], turn, given, (*texts, "options", "enabled"), again=True)
    chosen = [*make.of("typed", "palette"), *options]
    _answer(make, [part.input for part in options], choose, chosen, ("palette",), again=True)
    _answer(make, [parts["ratios"].blur], choose, chosen, ("palette",))
    _answer(make, [parts["palette"].input], set_out, make.of("palette"), CONTROLS, again=True)


def _read_options(make: Maker, text: str) -> tuple[Any, ...]:
    """The options that a text of typed regions says; no change for the text of a palette."""
    return read_controls(text) if read_typed(text) is not None else (make.gr.update(),) * len(CONTROLS)


def _connect_files(make: Maker, store: PaletteFolder) -> None:
    """Save palettes; the choices beside the button do nothing by themselves."""
    parts = make.parts

    def save(name: str, text: str, replace: bool) -> tuple[Any, ...]:
        try:
            store.save(name, text, replace)
        except PaletteError as error:
            return make.gr.update(), _describe_faults(error, LABELS["name"])
        return make.gr.update(choices=store.names(), value=name.strip()), _make_message(
            "note", f"Saved {name.strip()}."
        )

    _answer(make, [parts["save"].click], save, make.of("name", "palette", "replace"), ("saved", "said"))
    choices = [part.input for part in make.of("preset", "saved", "name", "replace")]
    _answer(make, choices, lambda: (), [], ())


PUT = ("palette", "enabled", "name", *CONTROLS, "said", "asking", "offered")
"""The components that change when another palette takes over, or when a person is asked whether it may."""


def _connect_replacing(make: Maker, store: PaletteFolder) -> None:
    """Presets and files take the palette's place and switch regions on, once a person has agreed to lose a text."""
    update, parts = make.gr.update, make.parts
    as_it_is = [update()] * (3 + len(CONTROLS))

    def put(new: str, name: str, said: str) -> tuple[Any, ...]:
        return new, True, name or update(), *_read_options(make, new), said, update(visible=False), None

    def offer(old: str, *offered: str) -> tuple[Any, ...]:
        if is_own(old) and old != offered[0]:
            return *as_it_is, "", update(visible=True), offered
        return put(*offered)

    def use(name: str, old: str) -> tuple[Any, ...]:
        return offer(old, format_json(presets.copy_preset(name)), "", "")

    def load(name: str, old: str) -> tuple[Any, ...]:
        try:
            return offer(old, store.load(name), name, _make_message("note", f"Loaded {name}."))
        except PaletteError as error:
            return *as_it_is, _describe_faults(error, LABELS["saved"]), update(visible=False), None

    def replace(offered: Sequence[str] | None) -> tuple[Any, ...]:
        return put(*offered) if offered else (*as_it_is, "", update(visible=False), None)

    _answer(make, [parts["use"].click], use, make.of("preset", "palette"), PUT)
    _answer(make, [parts["load"].click], load, make.of("saved", "palette"), PUT)
    _answer(make, [parts["replace_it"].click], replace, make.of("offered"), PUT)
    _answer(make, [parts["keep_it"].click], lambda: (), [], ())


def _make_message(kind: str, text: str) -> str:
    return preview.render_message([Notice(kind, text)])


def _describe_faults(error: PaletteError, label: str) -> str:
    """What is wrong with a file, under the label of the field that names it."""
    return preview.render_faults(error.problems, {"file": label})


def _connect_caption(make: Maker) -> None:
    """The button that has the picture under the brushes described: that takes a while, and what is typed then stays."""
    update = make.gr.update

    def see(text: str) -> tuple[Any, ...]:
        found, notice = captioning.caption_picture(text)
        return found, preview.render_message([notice])

    def take(text: str, found: Any) -> tuple[Any, ...]:
        told, notice = captioning.insert_caption(text, found)
        return (told or update()), preview.render_message([notice]) if notice else update()

    how = {"show_progress": "minimal", "api_name": False}
    seen = make.parts["caption"].click(guard(see), make.of("palette"), make.of("seen", "said"), **how)
    seen.then(guard(take), make.of("palette", "seen"), make.of("palette", "said"), **QUIET)


def _connect_changes(make: Maker, store: PaletteFolder, page: Mapping[str, Any], data_path: Path) -> None:
    """Preview and header follow the palette, the switch and the tab; so do the files and what can be pressed."""
    update, parts = make.gr.update, make.parts
    keys = [key for key in ROLES.values() if key in page]

    def around(values: Sequence[Any]) -> JobContext:
        return read_surroundings(dict(zip(keys, values, strict=True)), data_path)

    def look(on: bool, text: str, *values: Any) -> tuple[Any, ...]:
        seen = preview.render_preview(text, around(values), on)
        return seen.html, seen.state

    def follow(on: bool, text: str, *values: Any) -> tuple[Any, ...]:
        is_typed = read_typed(text) is not None
        caption = update(visible=captioning.is_due(text))
        return *look(on, text, *values), update(value=is_typed), update(visible=is_typed), caption

    def refresh(*given: Any) -> tuple[Any, ...]:
        return *look(*given), update(choices=store.names())

    def keep_up(on: bool, *given: Any) -> tuple[Any, ...]:
        return look(on, *given) if on else (update(), update())

    def spell(on: bool, text: str, *values: Any) -> tuple[Any, ...]:
        try:
            return (spell_out(text, around(values).words),)
        except PaletteError:
            return (update(),)  # the preview says why

    inputs = [*make.of("enabled", "palette"), *(page[key] for key in keys)]
    shown = ("preview", "state")
    gr, changed, wait = make.gr, [parts["palette"].change], make.wait_script("palette", inputs)
    listen(gr, changed, follow, inputs, make.of(*shown, "typed", "options", "caption"), **wait)
    listen(gr, [parts["enabled"].change], refresh, inputs, make.of(*shown, "saved"))
    listen_once(gr, [parts["refresh"].click], guard(refresh), inputs, make.of(*shown, "saved"), **QUIET)
    if keys:
        around_it = [page[key].change for key in keys]
        listen(gr, around_it, keep_up, inputs, make.of(*shown), **make.wait_script("tab", inputs))
    _answer(make, [parts["spell"].click], spell, inputs, ("palette",))
