"""The accordion of a WebUI's tab: all its controls write one text, the palette, which with a switch reaches Python."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lib_regiondiff import __version__, hosts, presets, preview, requests
from lib_regiondiff.errors import PaletteError
from lib_regiondiff.formats.typed import Options, is_typed
from lib_regiondiff.geometry import Size
from lib_regiondiff.hosts.webui import native_side
from lib_regiondiff.preflight import Notice, Surroundings
from lib_regiondiff.presets import Store, written
from lib_regiondiff.schema import Fault, Object

ROLES: Mapping[str, str] = {
    "prompt": "prompt",
    "neg_prompt": "negative",
    "cfg_scale": "guidance",
    "width": "width",
    "height": "height",
}
SPLITS, LAYOUTS = ("auto", "lines", "BREAK", "ADDCOL"), ("columns", "rows", "grid")
CONTROLS = ("split", "layout", "ratios", "common")
QUIET: Mapping[str, Any] = {"show_progress": "hidden", "queue": False}


def role(elem_id: str | None, is_img2img: bool) -> str | None:
    """What a component of the tab, known by its id, is to the preview; None for all others."""
    tab, _, name = (elem_id or "").partition("_")
    return ROLES.get(name) if tab == ("img2img" if is_img2img else "txt2img") else None


def typed_in(text: str) -> Mapping[str, Any] | None:
    """The document of a text that asks for typed regions."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return data if is_typed(data) else None


def chosen(text: str, split: str, layout: str, ratios: str, common: bool) -> str:
    """A typed document with these options; what else the text says, if it is one already, stays."""
    data = typed_in(text) or {}
    old = data.get("typed")
    rest = {key: value for key, value in old.items() if key not in CONTROLS} if isinstance(old, Mapping) else {}
    plain = Options()
    new = {"split": split, "layout": layout, "ratios": ratios or "", "common": "first" if common else "none"}
    new = {key: value for key, value in new.items() if value != getattr(plain, key)}
    return written({**data, "typed": {**new, **rest}})


def switched(on: bool, text: str, kept: str, *options: Any) -> tuple[str, str]:
    """The palette's text after the switch was turned, and the text that comes back when it is turned off."""
    is_on = typed_in(text) is not None
    if on:
        return (chosen(text, *options), kept) if is_on else (chosen("", *options), text)
    return (kept, "") if is_on else (text, kept)


def controls_of(text: str) -> tuple[str, str, str, bool]:
    """The four options that a text says, or their defaults."""
    try:
        options = Object(Options).read((typed_in(text) or {}).get("typed", {}), "typed")
    except Fault:
        options = Options()
    return options.split, options.layout, options.ratios, options.common == "first"


def surroundings(values: Mapping[str, Any], data_path: Path) -> Surroundings:
    """What the tab's components and the host say about the next job."""
    width, height, guidance = (values.get(key) for key in ("width", "height", "guidance"))
    return Surroundings(
        prompt=values.get("prompt") or "",
        negative=values.get("negative") or "",
        guidance=None if guidance is None else float(guidance),
        size=Size(int(height), int(width)) if width and height else None,
        native=native_side(_model()),
        files=requests.wildcards(data_path),
        count=_counter(),
    )


def _model() -> Any:
    """The model that is loaded; asking for it in any other way would load one."""
    try:
        model = hosts.module("sd_models").model_data.sd_model
    except (ImportError, AttributeError):
        return None
    return model if hasattr(model, "sd_checkpoint_info") else None


def _counter() -> Callable[[str], int] | None:
    """The host's count of a prompt's tokens, where it can give one."""
    model = _model()
    if model is None:
        return None
    try:
        lengths = getattr(model, "get_prompt_lengths_on_ui", None)
        lengths = lengths or hosts.module("sd_hijack").model_hijack.get_prompt_lengths
        int(lengths("a")[0])
    except Exception:  # noqa: BLE001 - a count is not worth an error of the host's
        return None
    return lambda text: int(lengths(text)[0])


@dataclass(frozen=True)
class Maker:
    """Makes components: each with an id, or a class where gradio writes the id twice (HTML); none is in ui-config."""

    gr: Any
    elem_id: Callable[[str], str]
    parts: dict[str, Any] = field(default_factory=dict)

    def __call__(self, kind: str, key: str, **values: Any) -> Any:
        """A component of a kind, kept under its key."""
        name = self.elem_id(f"regiondiff_{key}")
        part = getattr(self.gr, kind)(**({"elem_classes": [name]} if kind == "HTML" else {"elem_id": name}), **values)
        part.do_not_save_to_config = True
        self.parts[key] = part
        return part

    def of(self, *keys: str) -> list[Any]:
        """The components of these keys."""
        return [self.parts[key] for key in keys]


def accordion(
    title: str, elem_id: Callable[[str], str], page: Mapping[str, Any], data_path: Path | str
) -> tuple[Any, Any]:
    """Build the accordion and return the two components whose values are the script's arguments: enabled, palette.

    `page` holds components of the tab by their roles; where one is missing the preview does without it.
    """
    make, data_path = Maker(importlib.import_module("gradio"), elem_id), Path(data_path)
    store = Store(data_path / "regiondiff" / "palettes")
    with make("Accordion", "accordion", label=title, open=False):
        _typing(make)
        _palette(make, store)
        make("HTML", "version", value=f'<div class="regiondiff-version">{title} {__version__}</div>')
    make.parts["kept"] = make.gr.State("")
    _on_options(make)
    _on_files(make, store)
    _on_changes(make, store, page, data_path)
    return make.parts["enabled"], make.parts["palette"]


def _typing(make: Maker) -> None:
    """The two switches, the options of typed regions, the preview."""
    plain = Options()
    with make.gr.Row():
        make("Checkbox", "enabled", label="Enabled", value=False)
        make("Checkbox", "typed", label="Regions from the prompt", value=False)
    with make("Column", "options", visible=False):
        with make.gr.Row():
            make("Dropdown", "split", label="Regions are split by", choices=list(SPLITS), value=plain.split)
            make("Dropdown", "layout", label="Layout", choices=list(LAYOUTS), value=plain.layout)
        with make.gr.Row():
            make("Textbox", "ratios", label="Ratios", value="", lines=1, placeholder="equal; or 2,1,1; or 1;2,1,1")
            make("Checkbox", "common", label="The first part is common to all", value=False)
    make("HTML", "preview", value="")
    make("Button", "refresh", value="Refresh the preview")


def _palette(make: Maker, store: Store) -> None:
    """Presets, the palette's text, and files of palettes."""
    with make.gr.Row():
        make("Dropdown", "preset", label="Preset", choices=list(presets.names()), value=presets.names()[0])
        make("Button", "use", value="Use preset")
    make("Textbox", "palette", label="Palette", value="", lines=8, max_lines=24, placeholder="JSON")
    with make.gr.Row():
        make("Dropdown", "saved", label="Saved palettes", choices=store.names(), value=None)
        make("Button", "load", value="Load")
    with make.gr.Row():
        make("Textbox", "name", label="Name", value="", lines=1)
        make("Checkbox", "replace", label="Replace", value=False)
        make("Button", "save", value="Save")
    make("HTML", "said", value="")


def _on_options(make: Maker) -> None:
    """The switch and the options of typed regions write the palette's text; so does a preset."""
    update, parts = make.gr.update, make.parts

    def turn(on: bool, text: str, kept: str, *options: Any) -> tuple[Any, ...]:
        return (*switched(on, text, kept, *options), update(visible=on))

    def choose(on: bool, text: str, *options: Any) -> Any:
        return chosen(text, *options) if on or typed_in(text) is not None else update()

    def use(name: str) -> str:
        return written(presets.preset(name))

    texts, options = make.of("palette", "kept"), make.of(*CONTROLS)
    parts["typed"].input(turn, [parts["typed"], *texts, *options], [*texts, parts["options"]], **QUIET)
    for listen in (*(part.change for part in options), parts["ratios"].blur):
        listen(choose, [*make.of("typed", "palette"), *options], make.of("palette"), **QUIET)
    parts["use"].click(use, make.of("preset"), make.of("palette"), **QUIET)


def _on_files(make: Maker, store: Store) -> None:
    """Load and save."""
    update = make.gr.update

    def load(name: str, *now: Any) -> tuple[Any, ...]:
        try:
            text = store.load(name)
        except PaletteError as error:
            return (*[update()] * (1 + len(CONTROLS)), _message("error", str(error)))
        options = [update()] * len(CONTROLS) if typed_in(text) is None else controls_of(text)
        return (text, *options, _message("note", f"Loaded {name}."))

    def save(name: str, text: str, replace: bool) -> tuple[Any, ...]:
        try:
            store.save(name, text, replace)
        except PaletteError as error:
            return update(), _message("error", str(error))
        return update(choices=store.names(), value=name.strip()), _message("note", f"Saved {name.strip()}.")

    make.parts["load"].click(load, make.of("saved"), make.of("palette", *CONTROLS, "said"), **QUIET)
    make.parts["save"].click(save, make.of("name", "palette", "replace"), make.of("saved", "said"), **QUIET)


def _message(kind: str, text: str) -> str:
    return preview.message([Notice(kind, text)])


def _on_changes(make: Maker, store: Store, page: Mapping[str, Any], data_path: Path) -> None:
    """The preview follows the palette, the switch and the prompt; so do the list of files and the typed switch."""
    update, parts = make.gr.update, make.parts
    keys = [key for key in ROLES.values() if key in page]

    def shown(text: str, values: Sequence[Any]) -> str:
        return preview.html(text, surroundings(dict(zip(keys, values, strict=True)), data_path))

    def follow(text: str, *values: Any) -> tuple[Any, ...]:
        is_on = typed_in(text) is not None
        return shown(text, values), update(value=is_on), update(visible=is_on)

    def refresh(text: str, *values: Any) -> tuple[Any, ...]:
        return shown(text, values), update(choices=store.names())

    def leave(on: bool, text: str, *values: Any) -> Any:
        return shown(text, values) if on else update()

    inputs = [parts["palette"], *(page[key] for key in keys)]
    parts["palette"].change(follow, inputs, make.of("preview", "typed", "options"), **QUIET)
    for listen in (parts["enabled"].change, parts["refresh"].click):
        listen(refresh, inputs, make.of("preview", "saved"), **QUIET)
    for box in (page[key] for key in ("prompt", "negative") if key in page):
        box.blur(leave, [parts["enabled"], *inputs], make.of("preview"), **QUIET)
