"""A picture under the brushes, described by the WebUI as a job begins: by somebody or nobody, and never a failure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lib_regiondiff.formats import infotext
from live.client import HEIGHT, WIDTH, Answer, WebUI, png
from live.colours import columns

pytestmark = pytest.mark.live
BLUE = "data:image/png;base64," + png(np.full((HEIGHT, WIDTH, 3), (0, 0, 255), np.uint8))


def drawn(webui: WebUI, setting: str, prompt: str = "") -> tuple[Answer, Any]:
    """A red column over the picture, between whose words and its own the column's prompt lies; and its palette."""
    palette = columns("red", "red")
    palette["brushes"] = [{**palette["brushes"][0], "prompt_strength": 0.5}]
    palette["background"] = {"image": BLUE, "prompt": prompt}
    settings = {"regiondiff_caption": setting}
    made = webui.draw(palette, prompt="", sampler_name="Euler", override_settings=settings)
    found = webui.ask("/sdapi/v1/png-info", {"image": made.files[0]})["parameters"]["Region Diffusion"]
    return made, infotext.read(found, None)


def test_a_job_draws_by_the_words_that_its_infotext_tells(webui: WebUI) -> None:
    made, palette = drawn(webui, "by the WebUI's interrogator")
    words = palette.background.prompt  # none where the interrogator was not used since the start, or there is none
    again, told = drawn(webui, "by nobody", words)
    assert told == palette and np.array_equal(made.pictures[0], again.pictures[0])
