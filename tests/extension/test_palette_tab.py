"""The tab Semantic Palette: one place for the surface, and an answer to each question of the page."""

from __future__ import annotations

import json
import re
import sys
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from fake_gradio import Page, install
from lib_regiondiff.authoring.job_context import JobContext
from lib_regiondiff.document.palette import parse
from lib_regiondiff.extension import palette_tab
from lib_regiondiff.formats import infotext

HALF = {"id": "b1", "name": "left", "prompt": "a red house", "mask": {"rectangle": [0, 0, 0.5, 1]}}
PALETTE: dict[str, Any] = {"version": 1, "size": {"width": 256, "height": 128}, "brushes": [HALF]}


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Page:
    """A page with the tab."""
    page = install(monkeypatch)
    ((_, name, tab),) = palette_tab.build_tab(tmp_path)
    assert (name, tab) == ("Semantic Palette", "regiondiff")
    return page


def ask(number: int, palette: Any, **around: Any) -> str:
    """A question of the page."""
    return f"{number}\n{json.dumps({'palette': palette, 'around': around})}"


def read(said: str) -> tuple[int, dict[str, Any]]:
    """The number and the verdict of an answer."""
    number, answer = re.findall(r'data-number="(\d+)" data-answer="([^"]*)"', said)[0]
    return int(number), json.loads(unescape(answer))


def test_the_tab_holds_a_place_and_answers_what_is_asked(built: Page) -> None:
    place = built.of("surface").value
    assert 'class="regiondiff-surface"' in place and 'data-door="webui/tab_main.mjs"' in place
    assert all(vars(part).get("do_not_save_to_config") for part in built.parts if part.elem_id)
    for number in (1, 2):
        built.enter("ask", ask(number, PALETTE, steps=5, guidance=1))
        got, verdict = read(built.of("answer").value)
        assert got == number and verdict["problems"] == []
        assert verdict["shares"] == [0.5, 0.5]


def test_what_is_wrong_with_a_palette_is_told_with_its_place() -> None:
    verdict = palette_tab.check({**PALETTE, "brushes": [{**HALF, "strength": "much"}]}, JobContext())
    assert [problem["path"] for problem in verdict["problems"]] == ["brushes[0].strength"]


def test_tokens_are_counted_where_the_model_tells_and_the_main_prompt_stands_for_the_whole_picture() -> None:
    def count(text: str) -> int:
        return len(text.split())

    verdict = palette_tab.check(PALETTE, JobContext(prompt="green grass and sky", count=count))
    assert verdict["tokens"]["background"]["count"] == 4
    assert [each["count"] for each in verdict["tokens"]["brushes"]] == [3]
    assert palette_tab.check(PALETTE, JobContext())["tokens"] is None


def test_a_picture_gives_its_palette_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)
    monkeypatch.setattr(sys.modules["modules.shared"], "opts", object(), raising=False)
    value, _ = infotext.make_value(parse(PALETTE), sys.maxsize)
    _, said = read(palette_tab.answer(f"1\n{json.dumps({'kept': value})}", tmp_path))
    assert parse(json.loads(said["palette"])) == parse(PALETTE)


def test_a_fault_of_our_own_is_told_and_ends_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(*given: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(palette_tab, "check", fail)
    number, answer = read(palette_tab.answer(ask(3, {}), tmp_path))
    assert number == 3 and "ZeroDivisionError" in answer["error"]
