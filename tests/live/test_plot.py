"""The X/Y/Z plot of a running WebUI draws one palette by every method, and each cell says which."""

from __future__ import annotations

import pytest

from lib_regiondiff.document.palette import ATTENTIONS, METHODS
from lib_regiondiff.formats import infotext
from live.client import WebUI
from live.colours import Alone, columns, obeys

pytestmark = pytest.mark.live
NAMES = {**METHODS, **ATTENTIONS}
TWO = ("red", "aqua")


def test_every_method_in_one_grid(webui: WebUI, alone: Alone) -> None:
    scripts = webui.ask("/sdapi/v1/script-info")
    plot = next(each for each in scripts if each["name"] == "x/y/z plot" and not each["is_img2img"])
    labels = [each["label"] for each in plot["args"]]
    args = [each["choices"].index(each["value"]) if each.get("choices") else each["value"] for each in plot["args"]]
    args[0] = plot["args"][0]["choices"].index("[Region Diffusion] Method")
    args[1], args[2] = ",".join(NAMES), [*NAMES]
    args[labels.index("Include Sub Images")] = True
    palette = columns(*TWO, bias={"noise": "1", "scale": 0.5})
    how = {"script_name": "x/y/z plot", "script_args": args, "prompt": "a red thing and an aqua cat"}
    made = webui.draw(palette, sampler_name="Euler", **how)
    assert len(made.pictures) == 1 + len(NAMES), "the grid, and each cell"
    for picture, told, (name, value) in zip(made.pictures[1:], made.infotexts[1:], NAMES.items(), strict=True):
        kept = infotext.read(told.partition("Region Diffusion: ")[2].partition(",")[0].strip('"'), None)
        assert value in (kept.blend, kept.attention)
        assert f"Region Diffusion method: {'MultiDiffusion' if value == 'auto' else name}" in told
        obeys(picture, TWO, "Euler", alone)
