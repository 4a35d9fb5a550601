"""Region Diffusion in txt2img and img2img of AUTOMATIC1111 and Forge: two components in, the host's adapter called."""

from __future__ import annotations

from typing import Any

from modules import paths, script_callbacks, scripts  # pyright: ignore[reportMissingImports]

from lib_regiondiff import jobs, ui


class RegionDiffusion(scripts.Script):
    """Always visible; does nothing unless enabled."""

    def __init__(self) -> None:
        super().__init__()
        self.page: dict[str, Any] | None = {}

    def title(self) -> str:
        """The name by which the API knows it."""
        return jobs.TITLE

    def show(self, is_img2img: bool) -> Any:
        """In both tabs."""
        return scripts.AlwaysVisible

    def after_component(self, component: Any, **given: Any) -> None:
        """Note what the preview needs of the tab, until the accordion is built."""
        role = ui.role(given.get("elem_id"), self.is_img2img)
        if role and self.page is not None:
            self.page[role] = component

    def ui(self, is_img2img: bool) -> list[Any]:
        """Exactly two components: whether it is on, and the palette as JSON text."""
        page, self.page = self.page or {}, None  # hosts build it again for the API's defaults, in a page of no use
        enabled, palette = ui.accordion(jobs.TITLE, self.elem_id, page, paths.data_path)
        self.infotext_fields = [(enabled, jobs.is_in), (palette, jobs.palette_in)]
        self.paste_field_names = [jobs.KEY]
        return [enabled, palette]

    def before_process(self, p: Any, *given: Any) -> None:
        """Note the prompts before other scripts change them."""
        jobs.note(p)

    def process(self, p: Any, enabled: Any = False, palette: Any = None) -> None:
        """Read the palette before anything is drawn."""
        jobs.begin(p, enabled, palette)

    def before_process_batch(self, p: Any, *given: Any, **named: Any) -> None:
        """Say in infotexts what is drawn, once other scripts have settled the prompts."""
        jobs.batch(p)

    def process_before_every_sampling(self, p: Any, *given: Any, **named: Any) -> None:
        """Put the palette into the sampler, in each pass."""
        jobs.sample(p, named["x"], named.get("noise"))


script_callbacks.on_image_saved(lambda saved: jobs.save_beside(saved.p, saved.filename))
