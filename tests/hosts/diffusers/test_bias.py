"""Paint with Words on diffusers: a raised word wins where it was painted, and the processors are put back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("diffusers")

from known_families import build_sdxl
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers import Extras
from lib_regiondiff.hosts.diffusers.attention import CROSS
from lib_regiondiff.hosts.diffusers.host import DiffusersHost
from lib_regiondiff.hosts.diffusers.render import render
from palettes import drawing

LEFT, RIGHT = {"rectangle": [0, 0, 0.5, 1]}, {"rectangle": [0.5, 0, 1, 1]}
RGB = {"red": (255, 0, 0), "blue": (0, 0, 255)}


@pytest.fixture(scope="module", params=["sd1", "sdxl"])
def host(request: pytest.FixtureRequest, known_pipeline: Any) -> DiffusersHost:
    return DiffusersHost.of(build_sdxl(known_pipeline) if request.param == "sdxl" else known_pipeline, request.param)


def halves(between: str = " and ", **more: Any) -> Palette:
    """A picture of "red and blue", in which red is raised on the left and blue on the right."""
    brushes = [{"id": "a", "prompt": "red cat", "mask": LEFT}, {"id": "b", "prompt": "blue", "mask": RIGHT}]
    head = {"attention": "bias", "bias": {"noise": "1", "scale": 0.5}, "steps": 3, "guidance": 4, "brushes": brushes}
    return drawing("Euler", (128, 64), **head | {"background": {"prompt": f"a red cat{between}blue thing"}} | more)


def sides(host: DiffusersHost, document: Palette) -> list[np.ndarray]:
    """The mean colours of the left and the right side."""
    pixels = np.asarray(render(host, document)[0].image, float)
    return [pixels[:, part].mean(axis=(0, 1)) for part in (slice(12, 52), slice(76, 116))]


@pytest.mark.parametrize("between", [" and ", " and" + " dog" * 90 + " "])
def test_a_raised_word_wins_where_it_was_painted(host: DiffusersHost, between: str) -> None:
    """Both words in one chunk of the prompt, and each in another one."""
    left, right = sides(host, halves(between))
    assert np.abs(left - RGB["red"]).max() < 12 and np.abs(right - RGB["blue"]).max() < 12
    layers = [layer for name, layer in host.pipe.unet.named_modules() if name.endswith(CROSS)]
    assert len({id(layer.processor) for layer in layers}) == len(layers), "each has its own again"


def test_without_raising_words_both_are_everywhere(host: DiffusersHost) -> None:
    left, right = sides(host, halves(bias={"scale": 0}, brushes=[]))
    assert np.abs(left - right).max() < 8 and abs(left[0] - left[2]) < 16


def test_words_that_the_prompt_lacks_are_added(host: DiffusersHost) -> None:
    left, right = sides(host, halves(background={"prompt": "a thing"}))
    assert np.abs(left - RGB["red"]).max() < 12 and np.abs(right - RGB["blue"]).max() < 12


def test_it_begins_and_stops_when_it_is_told(host: DiffusersHost) -> None:
    late = {"noise": "1", "scale": 0.5, "start": 0.5}
    assert np.abs(sides(host, halves(bias=late))[0] - RGB["red"]).max() < 12, "this model only hears the last level"
    early = {"noise": "1", "scale": 0.5, "stop": 0.5}
    left, right = sides(host, halves(bias=early))
    assert left[2] > 30 and right[0] > 30, "both words come back"


@pytest.mark.parametrize("between", [66, 68, 69, 70, 71, 72])
def test_words_that_begin_in_one_chunk_and_end_in_the_next(host: DiffusersHost, between: int) -> None:
    brushes = [{"id": "a", "prompt": "red cat", "mask": LEFT}, {"id": "b", "prompt": "and a blue dog", "mask": RIGHT}]
    said = {"prompt": "a red cat" + " dog" * between + " and a blue dog"}
    left, right = sides(host, halves(brushes=brushes, background=said))
    assert np.abs(left - RGB["red"]).max() < 12 and np.abs(right - RGB["blue"]).max() < 12


def test_words_that_are_none_are_refused(host: DiffusersHost) -> None:
    brushes = [{"id": "a", "prompt": "red (cat:1.3)", "mask": LEFT}]
    weighted = halves(brushes=brushes, background={"prompt": "a red BREAK cat, red (cat:1.3)"})
    assert render(host, weighted), "as it is written"
    assert render(host, halves(brushes=[brushes[0] | {"prompt": "red BREAK cat"}])), "cut like any long prompt"
    broken = [{"id": "a", "prompt": "BREAK", "mask": LEFT}]
    with pytest.raises(HostError, match=r"^attention: expected words that stand in the whole prompt"):
        render(host, halves(brushes=broken, background={"prompt": "a thing"}))


def test_a_formula_of_one_s_own(host: DiffusersHost) -> None:
    told: set[float] = set()

    def formula(w: Any, sigma: float, scores: Any) -> Any:
        told.add(round(sigma, 3))
        return 0.5 * w * scores.max()

    added = replace(host, extras=Extras(formula=formula))
    left, right = sides(added, halves(bias={"scale": 9, "noise": "sigma"}))
    usual = sides(host, halves())
    assert np.abs(left - usual[0]).max() < 1 and np.abs(right - usual[1]).max() < 1 and len(told) == 3
