"""The accordion: what a person does to it, and the two values that come of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import lib_regiondiff
from accordion_page import PLAIN, built, drawn
from fake_gradio import SCRIPTS, Page, install
from lib_regiondiff.authoring import presets, typed_controls
from lib_regiondiff.document.palette import parse


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
    assert len(set(ids)) == len(ids) > 10
    saved = [part for part in page.parts if part.elem_id and not part.__dict__.get("do_not_save_to_config")]
    assert [part.elem_id for part in saved] == ["script_regiondiff_accordion-extra"]  # the hosts' own, without a value
    assert list(tmp_path.iterdir()) == []
    assert lib_regiondiff.__version__ in page.of("version").value
    assert all(part.state.get("info") for part in page.parts if part.kind in ("Checkbox", "Dropdown", "Textbox"))


def test_a_typed_picture_of_two_regions_takes_three_actions(page: Page) -> None:
    page.enter("txt2img_prompt", "a red house\na blue lake")
    page.enter("typed", True)
    assert page.of("enabled").value is True
    left, right = drawn(page).brushes
    assert (left.prompt, right.prompt) == ("a red house", "a blue lake")
    assert (left.mask.numbers, right.mask.numbers) == ((0, 0, 0.5, 1), (0.5, 0, 1, 1))
    shown = page.of("preview").value
    assert "a red house" in shown and "a blue lake" in shown and shown.count("50.0 %") == 2
    assert 'viewBox="0 0 768 512"' in shown
    assert page.of("options").state["visible"]


def test_the_options_say_how_the_prompt_is_split(page: Page) -> None:
    page.enter("txt2img_prompt", "best photo BREAK sky BREAK meadow")
    page.enter("typed", True)
    for key, value in {"split": "BREAK", "layout": "rows", "ratios": "1,3", "common": True}.items():
        page.enter(key, value)
    brushes = drawn(page).brushes
    assert [brush.prompt for brush in brushes] == ["best photo, sky", "best photo, meadow"]
    assert [brush.mask.numbers for brush in brushes] == [(0, 0, 1, 0.25), (0, 0.25, 1, 1)]
    assert "25.0 %" in page.of("preview").value
    page.enter("feather", 24)
    assert [brush.feather for brush in drawn(page).brushes] == [24, 24]
    page.enter("ratios", "1,2,3")
    assert "<b>Ratios</b>: expected 2 cells" in page.of("preview").value


def test_options_keep_what_else_a_typed_document_says(page: Page) -> None:
    page.enter("palette", '{"typed": {"feather": 8, "layout": "rows"}, "background": {"prompt": "fog"}}')
    assert page.of("typed").value is True
    page.enter("split", "lines")
    data = json.loads(page.of("palette").value)
    assert data == {"typed": {"split": "lines", "layout": "rows", "feather": 8}, "background": {"prompt": "fog"}}


def test_the_switch_gives_back_the_palette_that_it_put_aside(page: Page) -> None:
    page.enter("palette", PLAIN)
    page.enter("typed", True)
    assert typed_controls.read_typed(page.of("palette").value) == {"typed": {}}
    page.enter("typed", False)
    assert page.of("palette").value == PLAIN
    assert page.of("options").state["visible"] is False


def test_the_switch_turns_the_whole_on_and_off_where_nothing_is_left(page: Page) -> None:
    page.enter("typed", True)
    page.enter("typed", False)
    assert (page.of("palette").value, page.of("enabled").value) == ("", False)
    page.enter("palette", PLAIN)
    page.enter("typed", True)
    page.enter("typed", False)
    assert (page.of("palette").value, page.of("enabled").value) == (PLAIN, True)


def test_what_is_typed_faster_than_the_answers_come_is_not_lost(page: Page) -> None:
    page.enter("txt2img_prompt", "sky\nwood\nlake")
    page.enter("typed", True)
    page.is_slow = True
    for length in range(1, 6):
        page.enter("ratios", "1,2,1"[:length])
    page.catch_up()
    assert typed_controls.read_typed(page.of("palette").value) == {"typed": {"ratios": "1,2,1"}}
    assert "50.0 %" in page.of("preview").value
    for on in (False, True, False):
        page.enter("typed", on)
    page.catch_up()
    assert (page.of("palette").value, page.of("enabled").value, page.of("typed").value) == ("", False, False)


def test_options_follow_what_is_written_into_the_palette(page: Page) -> None:
    page.enter("palette", '{"typed": {"layout": "rows", "ratios": "1,2"}}')
    assert [page.of(key).value for key in typed_controls.CONTROLS] == ["auto", "rows", "1,2", False, 0]
    page.leave("ratios")
    assert page.of("palette").value == '{"typed": {"layout": "rows", "ratios": "1,2"}}'
    page.enter("palette", PLAIN)
    assert page.of("layout").value == "rows"


def test_typed_regions_turn_into_a_palette_that_draws_the_same(page: Page) -> None:
    page.enter("txt2img_prompt", "sky\nwood")
    page.enter("neg_prompt", "blur")
    page.enter("typed", True)
    page.enter("ratios", "1,3")
    typed = drawn(page)
    page.click("spell")
    assert typed_controls.read_typed(page.of("palette").value) is None and page.of("typed").value is False
    page.enter("txt2img_prompt", "")
    page.enter("neg_prompt", "")
    assert drawn(page) == typed and page.of("enabled").value is True


def test_typed_regions_that_are_wrong_stay(page: Page) -> None:
    page.enter("txt2img_prompt", "sky\nwood")
    page.enter("typed", True)
    page.enter("ratios", "1,2,3")
    page.click("spell")
    assert typed_controls.read_typed(page.of("palette").value) == {"typed": {"ratios": "1,2,3"}}


def test_the_switch_follows_the_palette(page: Page) -> None:
    page.enter("typed", True)
    page.click("use")
    assert page.of("typed").value is False and page.of("options").state["visible"] is False
    page.enter("palette", '{"typed": {}}')
    assert page.of("typed").value is True and page.of("options").state["visible"] is True


@pytest.mark.parametrize("name", presets.list_presets())
def test_a_preset_becomes_the_palette_and_its_preview(page: Page, name: str) -> None:
    page.enter("preset", name)
    page.click("use")
    assert drawn(page) == parse(presets.copy_preset(name))
    assert all(brush.name in page.of("preview").value for brush in drawn(page).brushes)


def test_an_option_that_comes_before_the_switch_is_answered_counts(page: Page) -> None:
    page.of("typed").state["value"] = True  # ticked, and nothing has come back yet
    page.enter("ratios", "2,1")
    assert json.loads(page.of("palette").value) == {"typed": {"ratios": "2,1"}}


def test_the_preview_follows_the_prompt_as_it_is_typed_while_regions_are_on(page: Page) -> None:
    page.enter("typed", True)
    page.enter("enabled", False)
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


MOST_LISTENERS = 23
"""Of an accordion; a WebUI's page takes longer to load with each, with those who never open it too."""


@pytest.mark.parametrize("version", SCRIPTS)
def test_a_page_has_few_listeners_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str) -> None:
    page = install(monkeypatch, version)
    built(page, tmp_path)
    assert len(page.listeners) <= MOST_LISTENERS
    assert not any(each.offered for each in page.listeners), "before it is shown, a page asks for all endpoints"
    (around,) = [each for each in page.listeners if page.of("txt2img_prompt") in each.origins]
    assert page.of("txt2img_width") in around.origins
    (choices,) = [each for each in page.listeners if page.of("preset") in each.origins]
    assert {page.of("saved"), page.of("name")} <= set(choices.origins)


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
    page.click("use")
    assert re.search("2 regions · about .* as long as a plain picture", page.of("state").value)
    page.enter("palette", "{")
    assert "1 mistake" in page.of("state").value
    page.enter("enabled", False)
    assert page.of("state").value == "" and "Regions are off" not in page.of("preview").value
    page.click("use")
    page.click("replace_it")
    page.enter("enabled", False)
    assert page.of("state").value == "" and "Regions are off" in page.of("preview").value


def test_the_preview_knows_size_and_guidance_of_the_tab(page: Page) -> None:
    page.enter("neg_prompt", "blur")
    page.enter("cfg_scale", 1.0)
    page.click("use")
    assert 'viewBox="0 0 768 512"' in page.of("preview").value
    page.enter("enabled", True)
    page.enter("width", 512)
    assert 'viewBox="0 0 512 512"' in page.of("preview").value
    assert "at guidance 1 a negative does nothing" in page.of("preview").value


def test_without_a_page_around_it_the_accordion_does_its_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = install(monkeypatch)
    built(page, tmp_path, {})
    page.click("use")
    page.enter("enabled", True)
    assert "50.0 %" in page.of("preview").value


@pytest.mark.parametrize("text", ["{", '{"version": 1, "brushes": 3}', "rd1.x", "{}"])
def test_any_text_has_a_preview(page: Page, text: str) -> None:
    page.enter("palette", text)
    assert 'class="regiondiff-error"' in page.of("preview").value and page.of("typed").value is False
