"""A job that a WebUI goes through again with another prompt, as its batch of img2img does."""

from __future__ import annotations

from fake_sampler import Job
from fake_webui import WebUI
from lib_regiondiff.extension import jobs
from lib_regiondiff.formats import infotext


class Styles:
    """Words behind a prompt."""

    def apply_styles_to_prompt(self, prompt: str, styles: list[str]) -> str:
        return " ".join([prompt, *styles])

    apply_negative_styles_to_prompt = apply_styles_to_prompt


def test_typed_regions_are_those_of_the_present_prompt(webui: WebUI) -> None:
    webui.shared.prompt_styles = Styles()
    p = Job(webui, ["red BREAK blue"], styles=["long"])
    for prompt in ("red BREAK blue", "green BREAK grey"):
        p.prompt, p.all_prompts, p.prompts = prompt, [f"{prompt} long"], [f"{prompt} long"]
        jobs.note_prompts(p, True)
        jobs.begin(p, True, {"typed": {}})
        p.init()
        jobs.begin_batch(p)
        palette = infotext.unpack(p.extra_generation_params[jobs.KEY])
        assert [brush.prompt for brush in palette.brushes] == prompt.split(" BREAK ")
