"""The tab around the accordion: whose components count, and what the host is asked."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from fake_webui import put
from lib_regiondiff.extension import tab
from lib_regiondiff.geometry import Size


def test_roles_are_those_of_one_tab() -> None:
    assert (
        tab.find_role("txt2img_prompt", False) == "prompt" and tab.find_role("img2img_neg_prompt", True) == "negative"
    )
    assert not any(
        tab.find_role(name, True) for name in ("txt2img_prompt", None, "", "img2img_prompt_row", "img2img_steps")
    )


def test_the_model_is_asked_only_where_one_is_loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    info = SimpleNamespace(metadata={"modelspec.resolution": "1024x1024"})
    loaded = SimpleNamespace(sd_checkpoint_info=info, get_prompt_lengths_on_ui=lambda text: (len(text), 75))
    hijack = SimpleNamespace(get_prompt_lengths=lambda text: (2 * len(text), 75))
    model_data = SimpleNamespace(sd_model=loaded)
    put(monkeypatch, "modules")
    put(monkeypatch, "modules.sd_models", model_data=model_data)
    put(monkeypatch, "modules.sd_hijack", model_hijack=hijack)
    around = tab.read_surroundings({"width": 640, "height": 512, "guidance": 5}, tmp_path)
    assert (around.native, around.size, around.guidance) == (1024, Size(512, 640), 5.0)
    assert around.count is not None and around.count("abc") == 3
    del loaded.get_prompt_lengths_on_ui
    count = tab.read_surroundings({}, tmp_path).count
    assert count is not None and count("abc") == 6
    hijack.get_prompt_lengths = lambda text: ("-", "-")
    assert tab.read_surroundings({}, tmp_path).count is None
    model_data.sd_model = SimpleNamespace()  # what stands for a model before one is loaded
    around = tab.read_surroundings({}, tmp_path)
    assert (around.native, around.count, around.size, around.guidance) == (512, None, None, None)


@pytest.mark.parametrize(("strength", "over"), [(0.5, True), (0.75, True), (0.9, False), (None, False)])
def test_img2img_begins_at_its_picture_unless_little_is_left_of_it(
    tmp_path: Path, strength: float | None, over: bool
) -> None:
    assert tab.find_role("img2img_denoising_strength", True) == "strength"
    assert tab.find_role("txt2img_denoising_strength", False) is None, "that of hires fix"
    assert tab.read_surroundings({"strength": strength}, tmp_path).over == over


@pytest.mark.parametrize(("typed", "steps"), [(10**18, 1000), (1000, 1000), (0.5, None), (-3, None), (0, None), (7, 7)])
def test_steps_that_no_job_has_keep_nobody_busy(tmp_path: Path, typed: float, steps: int | None) -> None:
    assert tab.read_surroundings({"steps": typed}, tmp_path).steps == steps


@pytest.mark.parametrize(
    "sides", [{"width": -5, "height": 64}, {"width": 64, "height": 0.5}, {"width": 0, "height": 9}]
)
def test_a_size_without_pixels_is_none(tmp_path: Path, sides: dict[str, float]) -> None:
    assert tab.read_surroundings(sides, tmp_path).size is None
