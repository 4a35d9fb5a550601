"""Attention Couple on a running WebUI: regions obey in one pass, and leave nothing behind."""

from __future__ import annotations

import pytest

from live.client import WebUI
from live.colours import Alone, columns, needs, obeys

pytestmark = pytest.mark.live
THREE = ("red", "aqua", "yellow")


@pytest.mark.parametrize("sampler", ["Euler", "Euler a", "DPM++ 2M", "DDIM", "LCM"])
def test_brushes_obey(webui: WebUI, alone: Alone, sampler: str) -> None:
    needs(webui, sampler)
    made = webui.draw(columns(*THREE, attention="couple"), sampler_name=sampler)
    obeys(made.pictures[0], THREE, sampler, alone)


def test_prompts_of_other_lengths_and_editing(webui: WebUI, alone: Alone) -> None:
    palette = columns("red" + " cat" * 90, "[aqua:yellow:0.3]", attention="couple")
    obeys(webui.draw(palette, sampler_name="Euler").pictures[0], ("red", "yellow"), "Euler", alone)


def test_a_batch_and_odd_sides(webui: WebUI, alone: Alone) -> None:
    palette = columns(*THREE, attention="couple")
    made = webui.draw(palette, sampler_name="Euler", batch_size=2, width=520, height=72)
    for picture in made.pictures[:2]:
        obeys(picture, THREE, "Euler", alone)
