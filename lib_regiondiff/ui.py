"""The accordion of a WebUI's tab: all its controls write one text, the palette, which with a switch reaches Python."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lib_regiondiff import __version__, captioning, hosts, presets, preview, requests
from lib_regiondiff.controls import CONTROLS, LAYOUTS, SPLITS, chosen, controls_of, spelled, switched, typed_in
from lib_regiondiff.errors import PaletteError
from lib_regiondiff.formats.typed import Options
from lib_regiondiff.geometry import Size
from lib_regiondiff.hosts.families import native_side, notices
from lib_regiondiff.preflight import Notice, Surroundings
from lib_regiondiff.presets import Store, written

ROLES: Mapping[str, str] = {
    "prompt": "prompt",
    "neg_prompt": "negative",
    "cfg_scale": "guidance",
    "width": "width",
    "height": "height",
    "steps": "steps",
}
FROM_NOISE = ("steps",)
"""What says something of jobs that begin at noise only."""
TEXTS = ("prompt", "negative")
TYPED_HELP = (
    "One region a line of the prompt; or write <code>BREAK</code>, <code>ADDCOL</code> or <code>ADDROW</code> between "
    "them, <code>ADDCOMM</code> after what all share, <code>ADDBASE</code> after what the background says. Ratios "
    "of a grid are rows, each its height and then its widths: <code>1;2,1,1</code>."
)
HELP: Mapping[str, str] = {
    "enabled": "Each brush of the palette draws its own part of the picture.",
    "typed": "Each part of the main prompt draws its own part of the picture.",
    "split": "auto: ADDCOL and ADDROW where the prompt has one, else BREAK, else lines",
    "layout": "ADDCOL, ADDROW and ratios with ; decide it themselves.",
    "ratios": "Sizes of the parts; without any they are equal.",
    "common": "A part that all share is no region itself.",
    "preset": "Examples to start from. Using one replaces the palette's text.",
    "palette": "What goes where, as text: from a preset, a file, a picture's parameters, or your own.",
    "saved": "Files of the WebUI's data folder. Loading one replaces the palette's text.",
    "name": "Letters, digits, spaces and .()+-_",
    "replace": "Overwrite a palette of that name.",
}
QUIET: Mapping[str, Any] = {"show_progress": "hidden", "queue": False}


def role(elem_id: str | None, is_img2img: bool) -> str | None:
    """What a component of the tab, known by its id, is to the preview; None for all others."""
    tab, _, name = (elem_id or "").partition("_")
    if tab != ("img2img" if is_img2img else "txt2img") or (is_img2img and name in FROM_NOISE):
        return None
    return ROLES.get(name)


def surroundings(values: Mapping[str, Any], data_path: Path) -> Surroundings:
    """What the tab's components and the host say about the next job."""
    width, height, guidance = (values.get(key) for key in ("width", "height", "guidance"))
    size = Size(int(height), int(width)) if width and height else None
    return Surroundings(
        prompt=values.get("prompt") or "",
        negative=values.get("negative") or "",
        guidance=None if guidance is None else float(guidance),
        size=size,
        native=native_side(_model(), size),
        notes=notices(_model()),
        steps=int(values["steps"]) if values.get("steps") else None,
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
        """A component of a kind, kept under its key, with what HELP says about it."""
        name = self.elem_id(f"regiondiff_{key}")
        known = {"elem_classes": [name]} if kind == "HTML" else {"elem_id": name}
        helped = {"info": HELP[key]} if key in HELP else {}
        part = getattr(self.gr, kind)(**known, **helped, **values)
        part.do_not_save_to_config = True
        self.parts[key] = part
        return part

    def button(self, key: str, value: str) -> None:
        """A small button, which stands beside what it works on."""
        self("Button", key, value=value, size="sm", scale=1, min_width=96)

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
    make.parts.update(kept=make.gr.State(""), seen=make.gr.State(None))
    _on_options(make)
    _on_files(make, store)
    _on_caption(make)
    _on_changes(make, store, page, data_path)
    return make.parts["enabled"], make.parts["palette"]


def _typing(make: Maker) -> None:
    """The two switches, the options of typed regions, the preview."""
    plain = Options()
    with make.gr.Row():
        make("Checkbox", "enabled", label="Enabled", value=False)
        make("Checkbox", "typed", label="Regions from the prompt", value=False)
    with make("Column", "options", visible=False):
        make("HTML", "typed_help", value=f'<div class="regiondiff-help">{TYPED_HELP}</div>')
        with make.gr.Row():
            make("Dropdown", "split", label="Regions are split by", choices=list(SPLITS), value=plain.split)
            make("Dropdown", "layout", label="Layout", choices=list(LAYOUTS), value=plain.layout)
            make("Textbox", "ratios", label="Ratios", value="", lines=1, max_lines=1, placeholder="equal, or 1,2,1")
        with make.gr.Row():
            make("Checkbox", "common", label="The first part is common to all", value=False)
            make.button("spell", "Turn into a palette")
    make("HTML", "preview", value=preview.html(""))


def _palette(make: Maker, store: Store) -> None:
    """Presets, the palette's text, and files of palettes."""
    with make.gr.Row():
        make("Dropdown", "preset", label="Preset", choices=list(presets.names()), value=presets.names()[0], scale=4)
        make.button("use", "Use preset")
        make.button("refresh", "Refresh")
    make("Textbox", "palette", label="Palette", value="", lines=6, max_lines=12, placeholder="JSON")
    make.button("caption", "Caption the picture")
    with make.gr.Row():
        make("Dropdown", "saved", label="Saved palettes", choices=store.names(), value=None, scale=4)
        make.button("load", "Load")
    with make.gr.Row():
        make("Textbox", "name", label="Save as", value="", lines=1, max_lines=1, placeholder="a name", scale=3)
        make("Checkbox", "replace", label="Replace", value=False, scale=1, min_width=96)
        make.button("save", "Save")
    make("HTML", "said", value="")


def _listen(events: Sequence[Any], work: Callable[..., Any], inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
    """Answer events, and again after each answer, for gradio drops what happens while it waits for one."""
    for event in events:
        event(work, inputs, outputs, **QUIET).then(work, inputs, outputs, **QUIET)


def _on_options(make: Maker) -> None:
    """The switch and the options of typed regions write the palette's text; what is written there sets the options."""
    update, parts = make.gr.update, make.parts

    def turn(on: bool, text: str, kept: str, *options: Any) -> tuple[Any, ...]:
        text, kept = switched(on, text, kept, *options)
        enabled = update(value=on) if on or not text.strip() else update()
        return text, kept, update(visible=on), enabled

    def choose(on: bool, text: str, *options: Any) -> Any:
        return chosen(text, *options) if on or typed_in(text) is not None else update()

    def set_out(text: str) -> Any:
        return _options_of(make, text)

    texts, options = make.of("palette", "kept"), make.of(*CONTROLS)
    _listen([parts["typed"].input], turn, [parts["typed"], *texts, *options], [*texts, *make.of("options", "enabled")])
    events = [*(part.input for part in options), parts["ratios"].blur, parts["ratios"].submit]
    _listen(events, choose, [*make.of("typed", "palette"), *options], make.of("palette"))
    _listen([parts["palette"].input], set_out, make.of("palette"), options)


def _options_of(make: Maker, text: str) -> tuple[Any, ...]:
    """The options as a text says them; as they are where it is a palette."""
    return controls_of(text) if typed_in(text) is not None else (make.gr.update(),) * len(CONTROLS)


def _on_files(make: Maker, store: Store) -> None:
    """Presets; load and save."""
    update, parts = make.gr.update, make.parts

    def use(name: str) -> str:
        return written(presets.preset(name))

    def load(name: str) -> tuple[Any, ...]:
        try:
            text = store.load(name)
        except PaletteError as error:
            return (*[update()] * (2 + len(CONTROLS)), _message("error", str(error)))
        return text, name, *_options_of(make, text), _message("note", f"Loaded {name}.")

    def save(name: str, text: str, replace: bool) -> tuple[Any, ...]:
        try:
            store.save(name, text, replace)
        except PaletteError as error:
            return update(), _message("error", str(error))
        return update(choices=store.names(), value=name.strip()), _message("note", f"Saved {name.strip()}.")

    parts["use"].click(use, make.of("preset"), make.of("palette"), **QUIET)
    parts["load"].click(load, make.of("saved"), make.of("palette", "name", *CONTROLS, "said"), **QUIET)
    parts["save"].click(save, make.of("name", "palette", "replace"), make.of("saved", "said"), **QUIET)


def _message(kind: str, text: str) -> str:
    return preview.message([Notice(kind, text)])


def _on_caption(make: Maker) -> None:
    """The button that has the picture under the brushes described: that takes a while, and what is typed then stays."""
    update = make.gr.update

    def see(text: str) -> tuple[Any, ...]:
        found, notice = captioning.seen(text)
        return found, preview.message([notice])

    def take(text: str, found: Any) -> tuple[Any, ...]:
        told, notice = captioning.taken(text, found)
        return (told or update()), preview.message([notice]) if notice else update()

    seen = make.parts["caption"].click(see, make.of("palette"), make.of("seen", "said"), show_progress="minimal")
    seen.then(take, make.of("palette", "seen"), make.of("palette", "said"), **QUIET)


def _on_changes(make: Maker, store: Store, page: Mapping[str, Any], data_path: Path) -> None:
    """The preview follows the palette, the switch and the tab; so do the list of files and the typed switch."""
    update, parts = make.gr.update, make.parts
    keys = [key for key in ROLES.values() if key in page]

    def around(values: Sequence[Any]) -> Surroundings:
        return surroundings(dict(zip(keys, values, strict=True)), data_path)

    def follow(text: str, *values: Any) -> tuple[Any, ...]:
        is_on = typed_in(text) is not None
        return preview.html(text, around(values)), update(value=is_on), update(visible=is_on)

    def refresh(text: str, *values: Any) -> tuple[Any, ...]:
        return preview.html(text, around(values)), update(choices=store.names())

    def keep_up(on: bool, text: str, *values: Any) -> Any:
        return preview.html(text, around(values)) if on else update()

    def spell(text: str, *values: Any) -> Any:
        try:
            return spelled(text, around(values).words)
        except PaletteError:
            return update()  # the preview says why

    inputs = [parts["palette"], *(page[key] for key in keys)]
    _listen([parts["palette"].change], follow, inputs, make.of("preview", "typed", "options"))
    _listen([parts["enabled"].change, parts["refresh"].click], refresh, inputs, make.of("preview", "saved"))
    events = [page[key].blur if key in TEXTS else page[key].change for key in keys]
    _listen(events, keep_up, [parts["enabled"], *inputs], make.of("preview"))
    parts["spell"].click(spell, inputs, make.of("palette"), **QUIET)
