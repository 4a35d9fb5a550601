"""Region Diffusion in txt2img and img2img of AUTOMATIC1111 and Forge: two components in, the host's adapter called."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import gradio  # pyright: ignore[reportMissingImports]
from modules import paths, script_callbacks, scripts  # pyright: ignore[reportMissingImports]

import lib_regiondiff

TITLE = "Region Diffusion"
LIBRARY = Path(__file__).resolve().parent.parent / "lib_regiondiff"


def find_trouble() -> str:
    """What to do about a library in memory that is not the one beside this script; an empty text if all is well.

    A WebUI runs this script anew on Reload UI but keeps modules, so after an update the library is the old one.
    """
    loaded = Path(str(lib_regiondiff.__file__)).resolve().parent
    if getattr(lib_regiondiff, "LOADED", "") and lib_regiondiff.fingerprint(LIBRARY) == lib_regiondiff.LOADED:
        return ""
    if loaded != LIBRARY:
        return f"another copy of {TITLE} is in memory, from {loaded}; remove one of the two and restart the WebUI"
    return f"{TITLE} was updated; restart the WebUI (Reload UI is not enough)"


TROUBLE = find_trouble()
if TROUBLE:

    class Refusing(scripts.Script):
        """Stands in for the real script: says what is wrong, and ends jobs that want regions with that."""

        def title(self) -> str:
            """The script's name in the API."""
            return TITLE

        def show(self, is_img2img: bool) -> Any:
            """Show the script in txt2img and in img2img."""
            return scripts.AlwaysVisible

        def ui(self, is_img2img: bool) -> list[Any]:
            """The two components that the script has when all is well, below the message."""
            with gradio.Accordion(TITLE, open=True):
                gradio.Markdown(f"**{TROUBLE}**")
                return [gradio.Checkbox(False, label="Enabled"), gradio.Textbox("", label="Palette", visible=False)]

        def process(self, p: Any, enabled: Any = False, palette: Any = None) -> None:
            """End the job; hosts swallow what scripts raise, but call `init` themselves."""

            def fail(*given: Any, **named: Any) -> NoReturn:
                raise RuntimeError(TROUBLE)

            if enabled and str(enabled).strip().lower() not in ("false", "0", "off"):
                p.init = fail

else:
    from lib_regiondiff.extension import accordion, jobs, palette_tab, reuse, routes, xyz_plot
    from lib_regiondiff.hosts.webui.program import settings
    from lib_regiondiff.hosts.webui.program.pasting import PasteKey

    class RegionDiffusion(scripts.Script):
        """The extension's script: always visible; it does nothing unless enabled."""

        def __init__(self) -> None:
            super().__init__()
            self.page: dict[str, Any] | None = {}

        def title(self) -> str:
            """The script's name in the API."""
            return TITLE

        def show(self, is_img2img: bool) -> Any:
            """Show the script in txt2img and in img2img."""
            return scripts.AlwaysVisible

        def after_component(self, component: Any, **given: Any) -> None:
            """Keep the components of the tab that the preview needs, until the accordion is built."""
            role = accordion.find_role(given.get("elem_id"), self.is_img2img)
            if role and self.page is not None:
                self.page[role] = component

        def ui(self, is_img2img: bool) -> list[Any]:
            """The accordion, and of it exactly two components: whether it is on, and the palette as JSON text."""
            page, self.page = self.page or {}, None  # hosts build it again for the API's defaults, in a page of no use
            enabled, palette = accordion.build_accordion(TITLE, self.elem_id, page, paths.data_path)
            keys = PasteKey(reuse.KEY, reuse.has_palette), PasteKey(reuse.KEY, reuse.read_palette)
            self.infotext_fields = list(zip((enabled, palette), keys, strict=True))
            self.paste_field_names = [reuse.KEY]
            return [enabled, palette]

        def before_process(self, p: Any, enabled: Any = False, palette: Any = None) -> None:
            """Note a job's prompts before other scripts change them."""
            jobs.note_prompts(p, enabled)

        def process(self, p: Any, enabled: Any = False, palette: Any = None) -> None:
            """Read a job's palette before anything is drawn."""
            jobs.begin(p, enabled, palette)

        def before_process_batch(self, p: Any, *given: Any, **named: Any) -> None:
            """Write infotexts of what is drawn, once other scripts have settled the prompts."""
            jobs.begin_batch(p)

        def process_before_every_sampling(self, p: Any, *given: Any, **named: Any) -> None:
            """Put the palette into the sampler, in each pass of a job."""
            jobs.sample(p, named["x"], named.get("noise"))

        def postprocess_image(self, p: Any, processed: Any, *given: Any) -> None:
            """Put the picture under the brushes back where no brush covers it."""
            jobs.finish(p, processed)

    script_callbacks.on_before_image_saved(lambda saved: jobs.owe_beside(saved.p))
    script_callbacks.on_image_saved(lambda saved: jobs.save_beside(saved.p, saved.filename))
    script_callbacks.on_ui_settings(settings.register)
    script_callbacks.on_before_ui(xyz_plot.register)
    script_callbacks.on_ui_tabs(palette_tab.build_tab)
    script_callbacks.on_app_started(routes.add_routes)
    # Without a page the WebUI asks for no settings, but its API has them.
    script_callbacks.on_before_ui(settings.register)
