"""Region Diffusion in txt2img and img2img of AUTOMATIC1111 and Forge: two components in, the host's adapter called."""

from __future__ import annotations

from typing import Any

import gradio as gr  # pyright: ignore[reportMissingImports]
from modules import script_callbacks, scripts  # pyright: ignore[reportMissingImports]

from lib_regiondiff import jobs


class RegionDiffusion(scripts.Script):
    """Always visible; does nothing unless enabled."""

    def title(self) -> str:
        """The name by which the API knows it."""
        return jobs.TITLE

    def show(self, is_img2img: bool) -> Any:
        """In both tabs."""
        return scripts.AlwaysVisible

    def ui(self, is_img2img: bool) -> list[Any]:
        """Exactly two components: whether it is on, and the palette as JSON text."""
        with gr.Accordion(jobs.TITLE, open=False):
            enabled = gr.Checkbox(value=False, label="Enabled", elem_id=self.elem_id("regiondiff_enabled"))
            palette = gr.Textbox(value="", label="Palette", lines=6, elem_id=self.elem_id("regiondiff_palette"))
        for component in (enabled, palette):
            component.do_not_save_to_config = True
        self.infotext_fields = [(enabled, jobs.is_in), (palette, jobs.palette_in)]
        self.paste_field_names = [jobs.KEY]
        return [enabled, palette]

    def process(self, p: Any, enabled: Any = False, palette: Any = None) -> None:
        """Read the palette before anything is drawn."""
        jobs.begin(p, enabled, palette)

    def process_before_every_sampling(self, p: Any, *given: Any, **named: Any) -> None:
        """Put the palette into the sampler, in each pass."""
        jobs.sample(p, named["x"], named.get("noise"))


script_callbacks.on_image_saved(lambda saved: jobs.save_beside(saved.p, saved.filename))
