"""The accordion's presets and files: what takes the palette's place, what is asked first, and what is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from accordion_page import PLAIN, drawn
from fake_gradio import Page
from lib_regiondiff.authoring import presets, typed_controls
from lib_regiondiff.document.palette import parse


def test_a_palette_is_saved_and_loaded(page: Page, tmp_path: Path) -> None:
    page.click("use")
    text = page.of("palette").value
    page.enter("name", "my first ")
    page.click("save")
    assert (tmp_path / "regiondiff" / "palettes" / "my first.json").read_text(encoding="utf-8") == text
    assert page.of("saved").state["choices"] == ["my first"] and "Saved my first." in page.of("said").value
    page.enter("palette", "")
    assert page.of("said").value == ""
    page.click("load")
    assert page.of("palette").value == text and "Loaded" in page.of("said").value


def test_a_file_is_replaced_only_where_that_is_asked_for(page: Page, tmp_path: Path) -> None:
    page.enter("palette", PLAIN)
    page.enter("name", "a")
    page.click("save")
    page.enter("palette", '{"typed": {}}')
    page.click("save")
    file = tmp_path / "regiondiff" / "palettes" / "a.json"
    assert "there already" in page.of("said").value and file.read_text(encoding="utf-8") == PLAIN
    page.enter("replace", True)
    page.click("save")
    assert file.read_text(encoding="utf-8") == '{"typed": {}}'
    assert [path.name for path in file.parent.iterdir()] == ["a.json"]


def test_loading_typed_regions_sets_the_options(page: Page, tmp_path: Path) -> None:
    store = presets.PaletteFolder(tmp_path / "regiondiff" / "palettes")
    store.save("t", '{"typed": {"layout": "rows", "ratios": "2,1", "common": "first"}}', False)
    page.click("refresh")
    page.enter("saved", "t")
    page.click("load")
    assert [page.of(key).value for key in typed_controls.CONTROLS] == ["auto", "rows", "2,1", True, 0]
    assert page.of("typed").value is True
    assert json.loads(page.of("palette").value)["typed"] == {"layout": "rows", "ratios": "2,1", "common": "first"}


def test_loading_a_palette_leaves_the_options_alone(page: Page, tmp_path: Path) -> None:
    presets.PaletteFolder(tmp_path / "regiondiff" / "palettes").save("p", PLAIN, False)
    page.enter("typed", True)
    page.enter("layout", "rows")
    page.enter("saved", "p")
    page.click("load")
    page.click("replace_it")
    assert page.of("palette").value == PLAIN and page.of("typed").value is False
    assert page.of("layout").value == "rows"


def test_what_cannot_be_loaded_changes_nothing_and_is_told_escaped(page: Page) -> None:
    page.enter("palette", PLAIN)
    page.enter("saved", "../<b>x")
    page.click("load")
    assert page.of("palette").value == PLAIN
    said = page.of("said").value
    assert "<b>Saved palettes</b>: expected a name of letters" in said and "<b>x" not in said and "&lt;b&gt;x" in said


@pytest.mark.parametrize("name", presets.list_presets())
def test_a_preset_switches_regions_on(page: Page, name: str) -> None:
    page.enter("preset", name)
    page.click("use")
    assert page.of("enabled").value is True and drawn(page) == parse(presets.copy_preset(name))
    assert not page.of("asking").state["visible"]


def test_a_text_of_ones_own_is_replaced_only_when_one_has_agreed(page: Page) -> None:
    page.enter("palette", PLAIN)
    page.click("use")
    assert page.of("palette").value == PLAIN and page.of("asking").state["visible"]
    assert page.of("enabled").value is False
    page.click("keep_it")
    assert page.of("palette").value == PLAIN and not page.of("asking").state["visible"]
    page.click("replace_it")  # nothing is offered any more
    assert page.of("palette").value == PLAIN and page.of("enabled").value is False
    page.click("use")
    page.click("replace_it")
    assert page.of("palette").value == presets.format_json(presets.copy_preset("Two columns"))
    assert page.of("enabled").value is True and not page.of("asking").state["visible"]


def test_what_is_nobodys_own_is_replaced_at_once(page: Page) -> None:
    for name in (*presets.list_presets(), presets.list_presets()[0]):
        page.enter("preset", name)
        page.click("use")
        assert drawn(page) == parse(presets.copy_preset(name)) and not page.of("asking").state["visible"]
    page.enter("txt2img_prompt", "a\nb")
    page.enter("palette", "")
    page.enter("typed", True)
    page.click("use")
    assert drawn(page) == parse(presets.copy_preset(presets.list_presets()[0]))


def test_a_file_is_loaded_over_a_text_of_ones_own_only_when_one_has_agreed(page: Page, tmp_path: Path) -> None:
    presets.PaletteFolder(tmp_path / "regiondiff" / "palettes").save("t", '{"typed": {"layout": "rows"}}', False)
    page.enter("palette", PLAIN)
    page.enter("saved", "t")
    page.click("load")
    assert (
        page.of("palette").value == PLAIN and page.of("asking").state["visible"] and page.of("layout").value != "rows"
    )
    page.click("replace_it")
    assert page.of("layout").value == "rows" and page.of("name").value == "t" and page.of("enabled").value is True
    assert "Loaded t." in page.of("said").value


@pytest.mark.parametrize(
    ("key", "value"),
    [("palette", "{"), ("typed", True), ("name", "b"), ("saved", "b"), ("replace", True), ("preset", "Three rows")],
)
def test_what_was_said_is_gone_with_the_next_act(page: Page, key: str, value: Any) -> None:
    page.enter("palette", PLAIN)
    page.click("save")
    assert "<b>Save as</b>: expected a name" in page.of("said").value
    page.click("use")
    assert page.of("said").value == "" and page.of("asking").state["visible"]
    page.click("load")
    assert "Saved palettes" in page.of("said").value and not page.of("asking").state["visible"]
    page.enter(key, value)
    assert page.of("said").value == "" and not page.of("asking").state["visible"]
