"""Paint with Words on a running WebUI: a raised word wins where it was painted, and leaves nothing behind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lib_regiondiff.document.palette import parse
from lib_regiondiff.formats import infotext
from live.client import WebUI
from live.colours import NEAR, Alone, columns, mean, middles, needs, obeys

pytestmark = pytest.mark.live
SAID = "a red thing and an aqua cat"
TWO = ("red", "aqua")


def biased(*prompts: str, **more: Any) -> dict[str, Any]:
    """Columns whose words are raised as much in every step."""
    return columns(*prompts, **{"attention": "bias", "bias": {"noise": "1", "scale": 0.5}, **more})


@pytest.mark.parametrize("sampler", ["Euler", "Euler a", "DPM++ 2M", "DDIM", "LCM"])
def test_a_raised_word_wins_where_it_was_painted(webui: WebUI, alone: Alone, sampler: str) -> None:
    needs(webui, sampler)
    left, right = middles(webui.draw(prompt=SAID, sampler_name=sampler).pictures[0], 2)
    assert np.abs(left - right).max() < NEAR < np.abs(left - alone("red", sampler)).max(), "both words everywhere"
    obeys(webui.draw(biased(*TWO), prompt=SAID, sampler_name=sampler).pictures[0], TWO, sampler, alone)


def test_words_that_the_prompt_lacks(webui: WebUI, alone: Alone) -> None:
    made = webui.draw(biased("red thing", "yellow", "aqua cat"), prompt="a picture", sampler_name="Euler")
    obeys(made.pictures[0], ("red", "yellow", "aqua"), "Euler", alone)


@pytest.mark.parametrize("between", [68, 69, 70, 71, 72, 73, 150])
def test_prompts_of_several_chunks(webui: WebUI, alone: Alone, between: int) -> None:
    """The second phrase moves over the border of two chunks."""
    said = "a red thing" + " cat" * between + " and an aqua dog"
    made = webui.draw(biased("red", "and an aqua dog"), prompt=said, sampler_name="Euler")
    obeys(made.pictures[0], TWO, "Euler", alone)


def test_editing_and_emphasis(webui: WebUI, alone: Alone) -> None:
    said = "a [blue:red:0.3] thing and an (aqua:1.1) cat"
    made = webui.draw(biased("[blue:red:0.3] thing", "an (aqua:1.1) cat"), prompt=said, sampler_name="Euler")
    obeys(made.pictures[0], TWO, "Euler", alone)


def test_negatives_and_guidance_of_brushes(webui: WebUI, alone: Alone) -> None:
    palette = biased(*TWO)
    palette["brushes"][0] |= {"negative": "yellow", "guidance": 4}
    left, right = middles(webui.draw(palette, prompt=SAID, sampler_name="Euler").pictures[0], 2)
    apart = webui.draw(prompt="red", negative_prompt="yellow", cfg_scale=4, sampler_name="Euler").pictures[0]
    assert np.abs(left - mean(apart)).max() < NEAR and np.abs(right - alone("aqua", "Euler")).max() < NEAR


@pytest.mark.parametrize("attention", ["couple", "bias"])
def test_a_brush_has_its_guidance_where_the_job_has_none(webui: WebUI, attention: str) -> None:
    palette = biased(*TWO, attention=attention)
    palette["brushes"][0] |= {"negative": "yellow", "guidance": 4}
    left, right = middles(webui.draw(palette, prompt=SAID, cfg_scale=1, sampler_name="Euler").pictures[0], 2)
    guided = webui.draw(prompt="red", negative_prompt="yellow", cfg_scale=4, sampler_name="Euler").pictures[0]
    plain = webui.draw(prompt="aqua", cfg_scale=1, sampler_name="Euler").pictures[0]
    assert np.abs(left - mean(guided)).max() < NEAR and np.abs(right - mean(plain)).max() < NEAR


def test_it_comes_back_from_its_infotext(webui: WebUI) -> None:
    made = webui.draw(biased(*TWO), prompt=SAID, sampler_name="Euler")
    told = webui.ask("/sdapi/v1/png-info", {"image": made.files[0]})
    assert infotext.read(told["parameters"]["Region Diffusion"], None) == parse(biased(*TWO))
    again = webui.draw(infotext=told["info"], prompt=SAID, sampler_name="Euler")
    assert again.files == made.files and again.infotexts == made.infotexts


def test_nothing_to_raise_changes_no_bit(webui: WebUI) -> None:
    plain = webui.draw(prompt=SAID, sampler_name="Euler").pictures[0]
    for palette in (biased(*TWO, bias={"scale": 0}), biased(attention="bias")):
        assert np.array_equal(webui.draw(palette, prompt=SAID, sampler_name="Euler").pictures[0], plain)


def test_sdxl_changes_where_a_word_is_raised_most(sdxl: WebUI) -> None:
    """Its pictures mean nothing; nothing raised changes no bit."""
    how = {"prompt": "a cat and a very different thing", "sampler_name": "Euler"}
    plain = sdxl.draw(**how).pictures[0]
    assert np.array_equal(sdxl.draw(biased("a cat", bias={"scale": 0}), **how).pictures[0], plain)
    shares = []
    for side in (0, 1):
        palette = biased(*["very different thing"] * 2, bias={"noise": "1", "scale": 20})
        palette["brushes"].pop(1 - side)
        changed = np.abs(plain.astype(int) - sdxl.draw(palette, **how).pictures[0].astype(int)).mean(axis=(0, 2))
        shares.append(changed[len(changed) // 2 :].sum() / changed.sum())
    assert shares[0] + 0.04 < shares[1], shares


def test_an_embedding_is_raised_with_all_its_vectors(webui: WebUI, alone: Alone) -> None:
    """`redstyle`, a file of the known model's vectors of "red", "red" and "cat" in the WebUI's folder of embeddings."""
    if "redstyle" not in webui.ask("/sdapi/v1/embeddings")["loaded"]:
        pytest.skip("no embedding of this name")
    for prompt in ("a redstyle thing and an aqua dog", "an aqua dog" + " cat" * 71 + " and a redstyle thing"):
        made = webui.draw(biased("redstyle thing", "aqua"), prompt=prompt, sampler_name="Euler")
        obeys(made.pictures[0], TWO, "Euler", alone)
