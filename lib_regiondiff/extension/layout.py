"""What stands in the accordion: the painting surface's place, typed regions, the palette's text and saved palettes."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from lib_regiondiff.authoring import presets, preview
from lib_regiondiff.authoring.preflight import Notice
from lib_regiondiff.authoring.presets import PaletteFolder
from lib_regiondiff.authoring.typed_controls import LABELS, LAYOUTS, SPLITS
from lib_regiondiff.extension import routes
from lib_regiondiff.extension.components import Maker
from lib_regiondiff.formats.typed import Options

TYPED_HELP = (
    "One region a line of the prompt; or write <code>BREAK</code>, <code>ADDCOL</code> or <code>ADDROW</code> between "
    "them, <code>ADDCOMM</code> after what all share, <code>ADDBASE</code> after what the background says. Ratios "
    "of a grid are rows, each its height and then its widths: <code>1;2,1,1</code>."
)
ASK = "The palette's text is your own, and would be gone."
HELP: Mapping[str, str] = {
    "typed": "Each part of the main prompt draws its own part of the picture.",
    "split": "auto: ADDCOL and ADDROW where the prompt has one, else BREAK, else lines",
    "layout": "ADDCOL, ADDROW and ratios with ; decide it themselves.",
    "ratios": "Sizes of the parts; without any they are equal.",
    "feather": "In pixels; 0 is a sharp edge.",
    "common": "A part that all share is no region itself.",
    "preset": "Examples to start from; using one switches regions on.",
    "palette": "What goes where, as text: from a preset, a file, a picture's parameters, or your own.",
    "saved": "Files of the WebUI's data folder; loading one switches regions on.",
    "name": "Letters, digits, spaces and .()+-_",
    "replace": "Overwrite a palette of that name.",
}
SOFTEST = 256
SURFACE = '<div class="regiondiff-surface" data-modules="{modules}"></div>'
"""The place of the painting surface; the page's script fills it when it comes into sight."""


def add_surface(make: Maker) -> None:
    """Add the painting surface's place."""
    make("HTML", "surface", value=SURFACE.format(modules=escape(routes.find_modules())))


def add_typing(make: Maker) -> None:
    """Add the switch and the options of typed regions, a view of its own on the page, and the preview below it."""
    with make("Column", "type"):
        make("Checkbox", "typed", label="Regions from the prompt", value=False)
        with make("Column", "options", visible=False):
            _add_options(make, Options())
    make("HTML", "preview", value=preview.render_preview("").html)


def _add_options(make: Maker, plain: Options) -> None:
    """Add the options of typed regions, each as it is in `plain`."""
    make("HTML", "typed_help", value=f'<div class="regiondiff-help">{TYPED_HELP}</div>')
    line = {"value": "", "lines": 1, "max_lines": 1, "placeholder": "equal, or 1,2,1"}
    with make.gr.Row():
        make("Dropdown", "split", label=LABELS["split"], choices=list(SPLITS), value=plain.split)
        make("Dropdown", "layout", label=LABELS["layout"], choices=list(LAYOUTS), value=plain.layout)
        make("Textbox", "ratios", label=LABELS["ratios"], **line)
        make("Slider", "feather", label=LABELS["feather"], value=plain.feather, minimum=0, maximum=SOFTEST, step=1)
    with make.gr.Row():
        make("Checkbox", "common", label=LABELS["common"], value=False)
        make.add_button("spell", "Turn into a palette")


def add_palette(make: Maker, store: PaletteFolder) -> None:
    """Add presets, the palette's text and saved palettes, a view of its own on the page, and what is said of them."""
    with make("Column", "json"):
        _add_presets(make)
        make("Textbox", "palette", label="Palette", value="", lines=6, max_lines=12, placeholder="JSON")
        make.add_button("caption", "Caption the picture", visible=False)
        _add_saved(make, store)
    make("HTML", "said", value="")


def _add_presets(make: Maker) -> None:
    """Add presets, and the question whether one may take the place of a text."""
    with make.gr.Row():
        make(
            "Dropdown",
            "preset",
            label="Preset",
            choices=list(presets.list_presets()),
            value=presets.list_presets()[0],
            scale=4,
        )
        make.add_button("use", "Use preset", main=True)
        make.add_button("refresh", "Refresh")
    with make("Row", "asking", visible=False):
        make("HTML", "ask", value=preview.render_message([Notice("warning", ASK)]))
        make.add_button("replace_it", "Replace it", main=True)
        make.add_button("keep_it", "Keep it")


def _add_saved(make: Maker, store: PaletteFolder) -> None:
    """Add saved palettes."""
    with make.gr.Row():
        make("Dropdown", "saved", label=LABELS["saved"], choices=store.names(), value=None, scale=4)
        make.add_button("load", "Load")
    with make.gr.Row():
        make("Textbox", "name", label=LABELS["name"], value="", lines=1, max_lines=1, placeholder="a name", scale=3)
        make("Checkbox", "replace", label="Replace", value=False, scale=1, min_width=96)
        make.add_button("save", "Save")
