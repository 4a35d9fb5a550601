"""Pictures carry their palettes exactly, in every kind of file; long ones lie in a file beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from freehand import freehand
from lib_regiondiff.document import pictures
from lib_regiondiff.document.palette import parse
from lib_regiondiff.document.pictures import Picture
from lib_regiondiff.formats import infotext
from live.client import Answer, Refused, WebUI
from live.colours import columns, differ

pytestmark = pytest.mark.live
KEY = "Region Diffusion"
PROMPTS = ("red, (soft:1.2)", 'blue: "quoted"\nline', "yellow", "magenta", "a, b: c", "ä")


def painted(side: int) -> dict[str, Any]:
    """Six freehand masks with soft edges on a canvas of that side."""
    brushes = [
        {"id": f"b{i}", "prompt": prompt, "mask": freehand(i, soft=True, side=side).url}
        for i, prompt in enumerate(PROMPTS)
    ]
    return {"version": 1, "brushes": brushes}


def told(webui: WebUI, made: Answer) -> tuple[str, str]:
    """The infotext that the WebUI reads out of a picture's file, and our value in it."""
    answer = webui.ask("/sdapi/v1/png-info", {"image": made.files[0]})
    return answer["info"], answer["parameters"][KEY]


@pytest.mark.parametrize(("kind", "start"), [("png", b"\x89PNG"), ("jpg", b"\xff\xd8"), ("webp", b"RIFF")])
def test_six_freehand_masks_come_back_exactly(webui: WebUI, kind: str, start: bytes) -> None:
    palette = painted(512)
    with webui.options(samples_format=kind):
        made = webui.draw(palette, sampler_name="Euler")
        assert made.data[0].startswith(start)
        info, value = told(webui, made)
        again = webui.draw(infotext=info, sampler_name="Euler")
    found, given = infotext.read(value, None), parse(palette)
    for back, brush in zip(found.brushes, given.brushes, strict=True):
        assert (back.id, back.prompt) == (brush.id, brush.prompt)
        assert isinstance(back.mask, Picture) and isinstance(brush.mask, Picture)
        assert np.array_equal(pictures.read_coverage(back.mask), pictures.read_coverage(brush.mask))
    assert again.files == made.files and again.infotexts == made.infotexts


def test_a_palette_of_shapes_comes_back_to_the_letter(webui: WebUI) -> None:
    palette = columns(*PROMPTS)
    made = webui.draw(palette, sampler_name="Euler")
    info, value = told(webui, made)
    assert infotext.read(value, None) == parse(palette)
    assert webui.draw(infotext=info, sampler_name="Euler").files == made.files


def test_a_long_palette_lies_beside_the_saved_picture(webui: WebUI) -> None:
    palette = painted(1536)
    made = webui.draw(palette, sampler_name="Euler", save_images=True)
    info, value = told(webui, made)
    assert value == infotext.make_value(parse(palette))[0] and infotext.SIDECAR.fullmatch(value)
    again = webui.draw(infotext=info, sampler_name="Euler", save_images=True)
    assert again.infotexts == made.infotexts
    assert differ(again.pictures[0], made.pictures[0]) == 0  # Forge answers a saved picture as a larger file


def test_a_long_palette_of_a_picture_that_is_not_saved_lies_in_its_infotext(webui: WebUI) -> None:
    palette = painted(1536)
    made = webui.draw(palette, sampler_name="Euler")
    info, value = told(webui, made)
    assert len(value) > infotext.LIMIT and infotext.read(value, None) == parse(palette)
    assert webui.draw(infotext=info, sampler_name="Euler").files == made.files


def test_a_palette_in_a_file_that_is_not_there_is_told(webui: WebUI) -> None:
    palette = painted(1536)
    palette["brushes"][0]["prompt"] = "a palette that nobody has saved"
    name = infotext.make_value(parse(palette))[0]
    with pytest.raises(Refused) as refused:
        webui.draw(name, sampler_name="Euler")
    assert refused.value.status == 422 and name in str(refused.value.body)
