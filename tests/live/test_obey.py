"""Brushes on a running WebUI: each obeys its prompt, with every sampler."""

from __future__ import annotations

import pytest

from live.client import WebUI
from live.colours import COLOURS, Alone, columns, needs, obeys

pytestmark = pytest.mark.live
SAMPLERS = ("Euler a", "Euler", "DPM++ 2M", "DPM++ SDE", "Heun", "DDIM", "UniPC", "PLMS", "LCM")
OTHERS = ("DDIM CFG++", "Euler a CFG++", "DPM++ 3M SDE", "Restart")


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("count", [2, 3, 5])
def test_brushes_obey_with_every_sampler(webui: WebUI, alone: Alone, sampler: str, count: int) -> None:
    needs(webui, sampler)
    prompts = COLOURS[:count]
    obeys(webui.draw(columns(*prompts), sampler_name=sampler).pictures[0], prompts, sampler, alone)


@pytest.mark.parametrize("sampler", OTHERS)
def test_brushes_obey_with_samplers_that_few_use(webui: WebUI, alone: Alone, sampler: str) -> None:
    needs(webui, sampler)
    obeys(webui.draw(columns("red", "blue"), sampler_name=sampler).pictures[0], ("red", "blue"), sampler, alone)


@pytest.mark.parametrize("sampler", ["Euler", "DDIM"])
def test_prompt_editing_and_composition_hold_in_brushes(webui: WebUI, alone: Alone, sampler: str) -> None:
    prompts = ("[blue:red:0.3]", "red AND blue", "(blue:1.2)")
    obeys(webui.draw(columns(*prompts), sampler_name=sampler).pictures[0], prompts, sampler, alone)


def test_the_main_prompt_is_the_background_s(webui: WebUI, alone: Alone) -> None:
    palette = columns("red", "blue")
    palette["brushes"] = palette["brushes"][:1]
    obeys(webui.draw(palette, prompt="blue", sampler_name="Euler").pictures[0], ("red", "blue"), "Euler", alone)


def test_typed_regions_obey(webui: WebUI, alone: Alone) -> None:
    made = webui.draw({"typed": {}}, prompt="red\nblue", sampler_name="Euler")
    obeys(made.pictures[0], ("red", "blue"), "Euler", alone)
