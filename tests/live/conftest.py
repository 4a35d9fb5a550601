"""The WebUI that the live tests talk to."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import pytest

from live.client import WebUI
from live.colours import Alone, mean


@pytest.fixture(scope="session")
def webui() -> WebUI:
    """The WebUI at URL with the model MODEL loaded, the one whose colours are known."""
    url = os.environ.get("URL")
    if not url:
        pytest.skip("no WebUI: make test-live URL=http://127.0.0.1:7860 MODEL=known.safetensors")
    running = WebUI(url.rstrip("/"))
    if os.environ.get("MODEL"):
        running.ask("/sdapi/v1/options", {"sd_model_checkpoint": os.environ["MODEL"]})
    return running


@pytest.fixture(scope="session")
def alone(webui: WebUI) -> Alone:
    """The mean colour of a prompt alone with a sampler."""
    known: dict[tuple[str, str], np.ndarray] = {}

    def colour(prompt: str, sampler: str) -> np.ndarray:
        key = (prompt, sampler)
        if key not in known:
            known[key] = mean(webui.draw(prompt=prompt, sampler_name=sampler).pictures[0])
        return known[key]

    return colour


@pytest.fixture(scope="module")
def sdxl(webui: WebUI) -> Iterator[WebUI]:
    """The WebUI with a checkpoint of SDXL's layout, whose pictures mean nothing, for as long as a file needs it."""
    yield from _choose(webui, "SDXL", "no checkpoint of SDXL's layout: SDXL=tiny-sdxl.safetensors")


@pytest.fixture(scope="module")
def toys(webui: WebUI) -> Iterator[WebUI]:
    """The WebUI with the demo model, for as long as a file needs it."""
    yield from _choose(webui, "DEMO", "no demo model: DEMO=toyworld.safetensors, of `regiondiff demo export`")


def _choose(webui: WebUI, variable: str, missing: str) -> Iterator[WebUI]:
    """The WebUI with the checkpoint that an environment variable names; the one before comes back."""
    name = os.environ.get(variable)
    if not name:
        pytest.skip(missing)
    with webui.options(sd_model_checkpoint=name):
        yield webui
