"""Where regions cannot matter, pictures are those of the WebUI itself."""

from __future__ import annotations

import pytest

from live.client import BASE, WebUI
from live.colours import columns, differ, needs, unmerged
from live.test_obey import SAMPLERS

pytestmark = pytest.mark.live
PROMPT = "a [red:blue:0.5] (cat:1.3) AND green:0.4"
OFF = {"Region Diffusion": {"args": [False, "x"]}}


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_off_and_all_the_same_change_no_bit(webui: WebUI, sampler: str) -> None:
    needs(webui, sampler)
    job = {"prompt": PROMPT, "sampler_name": sampler}
    plain = webui.draw(**job)
    assert webui.draw(**job, alwayson_scripts=OFF).files == plain.files
    assert differ(plain.pictures[0], webui.draw(columns(PROMPT, PROMPT, PROMPT), **job).pictures[0]) == 0


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_same_drawn_apart_is_a_grey_level_away_at_most(webui: WebUI, sampler: str) -> None:
    needs(webui, sampler)
    job = {"prompt": "a gray cat, (red:0.3) [brown:pink:0.5]", "sampler_name": sampler}
    plain = webui.draw(**job).pictures[0]
    assert differ(plain, webui.draw(unmerged(str(job["prompt"]), BASE["cfg_scale"]), **job).pictures[0]) <= 1
