"""The accordion: its two values, and what its preview and its header say of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import lib_regiondiff
from accordion_page import built
from fake_gradio import SCRIPTS, Page, install
from lib_regiondiff.authoring.presets import copy_preset, format_json

COLUMNS = format_json(copy_preset("Two columns"))
TYPED = '{"typed": {}}'


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Page:
    """A page with the accordion in a tab."""
    page = install(monkeypatch)
    built(page, tmp_path)
    return page


def test_two_values_reach_python_and_building_leaves_no_trace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = install(monkeypatch)
    enabled, palette = built(page, tmp_path, {})
    assert (enabled.value, palette.value, enabled.kind, palette.kind) == (False, "", "InputAccordion", "Textbox")
    ids = [part.elem_id for part in page.parts if part.elem_id]
    assert len(set(ids)) == len(ids)
    saved = [part for part in page.parts if part.elem_id and not part.__dict__.get("do_not_save_to_config")]
    assert [part.elem_id for part in saved] == ["script_regiondiff_accordion-extra"]  # the hosts' own, without a value
    assert list(tmp_path.iterdir()) == []


def test_the_preview_follows_the_prompt_as_it_is_typed_while_regions_are_on(page: Page) -> None:
    page.enter("palette", TYPED)
    before = page.of("preview").value
    page.enter("txt2img_prompt", "sun\nmoon")
    assert page.of("preview").value == before and "moon" not in before
    page.enter("enabled", True)
    assert "moon" in page.of("preview").value
    page.enter("txt2img_prompt", "sun\nstars")
    assert "stars" in page.of("preview").value and "2 regions" in page.of("state").value


@pytest.mark.parametrize("version", SCRIPTS)
def test_what_is_typed_is_looked_at_when_it_is_quiet(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str
) -> None:
    page = install(monkeypatch, version)
    built(page, tmp_path)
    waits = {}
    for listener in page.listeners:
        for origin in listener.origins if listener.script else ():
            waits[origin.elem_id.rpartition("_")[2], listener.event] = listener
    assert {("prompt", "change"), ("palette", "change")} <= waits.keys()
    assert all(
        "setTimeout" in each.script and f"slice(0, {len(each.inputs)})" in each.script for each in waits.values()
    )
    slow = {part.elem_id for part in page.parts if part.kind == "Textbox" and part.elem_id.startswith("txt2img")}
    assert not [each for each in page.listeners if slow & {part.elem_id for part in each.origins} and not each.script]


MOST_LISTENERS = 8
"""Of an accordion; a WebUI's page takes longer to load with each, with those who never open it too."""
MOST_PARTS = 12
"""The same of components; the host's accordion makes three of them."""


@pytest.mark.parametrize("version", SCRIPTS)
def test_a_page_has_few_listeners_and_parts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str) -> None:
    page = install(monkeypatch, version)
    built(page, tmp_path)
    assert len(page.listeners) <= MOST_LISTENERS
    assert not any(each.offered for each in page.listeners), "before it is shown, a page asks for all endpoints"
    (around,) = [each for each in page.listeners if page.of("txt2img_prompt") in each.origins]
    assert page.of("txt2img_width") in around.origins
    assert len([part for part in page.parts if not part.elem_id.startswith("txt2img")]) <= MOST_PARTS


def test_style_and_script_know_parts_that_are_there(page: Page) -> None:
    ids = [part.elem_id for part in page.parts] + [f"{page.of('regiondiff_accordion').elem_id}-visible-checkbox"]
    root = Path(lib_regiondiff.__file__).parent.parent
    for name in ("style.css", "javascript/regiondiff.mjs"):
        ends = re.findall(r'\[(?:id|class)[$*]="([^"]+)"\]', (root / name).read_text(encoding="utf-8"))
        assert ends and not [end for end in ends if not any(end in each for each in ids)]


def test_the_header_follows(page: Page) -> None:
    assert page.of("state").value == "" and page.of("regiondiff_accordion").state["open"] is False
    page.enter("enabled", True)
    assert "no palette yet" in page.of("state").value
    page.enter("palette", COLUMNS)
    assert re.search("2 regions · about .* as long as a plain picture", page.of("state").value)
    page.enter("palette", "{")
    assert "1 mistake" in page.of("state").value
    page.enter("enabled", False)
    assert page.of("state").value == "" and "Regions are off" not in page.of("preview").value
    page.enter("palette", COLUMNS)
    assert page.of("state").value == "" and "Regions are off" in page.of("preview").value


def test_the_preview_knows_size_and_guidance_of_the_tab(page: Page) -> None:
    page.enter("neg_prompt", "blur")
    page.enter("cfg_scale", 1.0)
    page.enter("palette", COLUMNS)
    assert 'viewBox="0 0 768 512"' in page.of("preview").value
    page.enter("enabled", True)
    page.enter("width", 512)
    assert 'viewBox="0 0 512 512"' in page.of("preview").value
    assert "at guidance 1 a negative does nothing" in page.of("preview").value


def test_without_a_page_around_it_the_accordion_does_its_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = install(monkeypatch)
    built(page, tmp_path, {})
    page.enter("palette", COLUMNS)
    page.enter("enabled", True)
    assert "50.0 %" in page.of("preview").value


@pytest.mark.parametrize("text", ["{", '{"version": 1, "brushes": 3}', "rd1.x", "{}"])
def test_any_text_has_a_preview(page: Page, text: str) -> None:
    page.enter("palette", text)
    assert 'class="regiondiff-error"' in page.of("preview").value
