"""The desk: what the surfaces of a WebUI's page ask of a palette, of typed regions, presets and files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from accordion_page import PLAIN
from desk_page import OPTIONS, Asking, read
from fake_gradio import Page
from lib_regiondiff.authoring import presets
from lib_regiondiff.authoring.job_context import JobContext
from lib_regiondiff.document.palette import parse
from lib_regiondiff.errors import PaletteError
from lib_regiondiff.extension import desk
from lib_regiondiff.extension.desk import Desk
from lib_regiondiff.formats import infotext

HALF = {"id": "b1", "name": "left", "prompt": "a red house", "mask": {"rectangle": [0, 0, 0.5, 1]}}
PALETTE: dict[str, Any] = {"version": 1, "size": {"width": 256, "height": 128}, "brushes": [HALF]}
AROUND = {"prompt": "sky\nwood", "negative": "blur"}


@pytest.fixture
def ask(page: Page) -> Asking:
    return Asking(page)


def test_a_palette_is_judged_again_and_again(ask: Asking) -> None:
    for _ in range(2):
        verdict = ask("check", palette=PALETTE, around={"steps": 5, "guidance": 1})
        assert verdict["problems"] == [] and verdict["shares"] == [0.5, 0.5]


def test_what_is_wrong_with_a_palette_is_told_with_its_place() -> None:
    verdict = desk.check({**PALETTE, "brushes": [{**HALF, "strength": "much"}]}, JobContext())
    assert [problem["path"] for problem in verdict["problems"]] == ["brushes[0].strength"]


def test_tokens_are_counted_where_the_model_tells_and_the_main_prompt_stands_for_the_whole_picture() -> None:
    def count(text: str) -> int:
        return len(text.split())

    verdict = desk.check(PALETTE, JobContext(prompt="green grass and sky", count=count))
    assert verdict["tokens"]["background"]["count"] == 4
    assert [each["count"] for each in verdict["tokens"]["brushes"]] == [3]
    assert desk.check(PALETTE, JobContext())["tokens"] is None


def test_a_picture_gives_its_palette_back(ask: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["modules.shared"], "opts", object(), raising=False)
    value, _ = infotext.make_value(parse(PALETTE), sys.maxsize)
    assert parse(json.loads(ask("unpack", kept=value)["palette"])) == parse(PALETTE)


def test_a_fault_of_our_own_is_told_and_ends_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(*given: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(desk, "check", fail)
    number, answer = read(Desk(tmp_path).answer(f"3\n{json.dumps({'do': 'check', 'palette': {}})}"))
    assert number == 3 and "ZeroDivisionError" in answer["error"]


@pytest.mark.parametrize("question", ["{", "3", '{"do": "format"}', '{"do": "caption", "text": ""}', '{"do": "load"}'])
def test_what_is_no_question_is_told(tmp_path: Path, question: str) -> None:
    _, said = read(Desk(tmp_path).answer(f"1\n{question}"))
    assert said.get("error") or said.get("problems")


@pytest.mark.parametrize("number", ["", "abc", "-1", "9" * 5000, '"><b>'])
def test_what_has_no_number_is_answered_all_the_same(tmp_path: Path, number: str) -> None:
    said = Desk(tmp_path).answer(f'{number}\n{{"do": "list"}}')
    assert len(said) < 200 and said.count("<") == 2 and "saved" in said


def test_a_question_that_is_too_much_is_told_in_one_line(tmp_path: Path) -> None:
    _, said = read(Desk(tmp_path).answer('1\n{"do": "read", "text": "' + "," * 2**20 + '"}'))
    assert said["error"] == "palette: expected at most 1048576 brackets and commas, got more"


def test_typed_regions_are_switched_on_and_give_back_what_they_put_aside(ask: Asking) -> None:
    on = ask("turn", on=True, text=PLAIN, kept="", options={**OPTIONS, "layout": "rows"})
    assert json.loads(on["text"]) == {"typed": {"layout": "rows"}} and on["kept"] == PLAIN
    off = ask("turn", on=False, text=on["text"], kept=on["kept"], options=OPTIONS)
    assert off == {"text": PLAIN, "kept": ""}


def test_options_keep_what_else_a_typed_document_says_and_are_read_back(ask: Asking) -> None:
    text = '{"typed": {"feather": 8, "layout": "rows"}, "background": {"prompt": "fog"}}'
    known = ask("read", text=text)
    assert known["typed"] is True and known["options"] == {**OPTIONS, "layout": "rows", "feather": 8}
    said = ask("write", text=text, options={**known["options"], "split": "lines"})
    data = json.loads(said["text"])
    assert data == {"typed": {"split": "lines", "layout": "rows", "feather": 8}, "background": {"prompt": "fog"}}
    for plain in ("", PLAIN, "{"):
        assert ask("read", text=plain) == {"typed": False, "options": OPTIONS, "caption": False}


def test_typed_regions_turn_into_the_palette_that_they_draw(ask: Asking) -> None:
    made = json.loads(ask("spell", text='{"typed": {"ratios": "1,3"}}', around=AROUND)["text"])
    assert [(brush["prompt"], brush["mask"]["rectangle"]) for brush in made["brushes"]] == [
        ("sky", [0, 0, 0.25, 1]),
        ("wood", [0.25, 0, 1, 1]),
    ]
    (problem,) = ask("spell", text='{"typed": {"ratios": "1,2,3"}}', around=AROUND)["problems"]
    assert problem["path"] == "typed.ratios"


@pytest.mark.parametrize("name", presets.list_presets())
def test_a_preset_takes_the_place_of_what_is_nobodys_own(ask: Asking, name: str) -> None:
    came = [presets.format_json(presets.copy_preset(each)) for each in presets.list_presets()]
    for old in ("", " \n", presets.format_json({"typed": {}}), *came):
        said = ask("preset", name=name, text=old)
        assert parse(said["text"]) == parse(presets.copy_preset(name)) and said["own"] is False
    assert ask("preset", name=name, text=PLAIN)["own"] is True
    assert ask("preset", name="<b>", text="")["problems"][0]["path"] == "preset"


def test_a_palette_is_saved_and_loaded(ask: Asking, tmp_path: Path) -> None:
    assert ask("list") == {"saved": []} and list(tmp_path.iterdir()) == []
    assert ask("save", name="my first ", text=PLAIN, replace=False) == {"name": "my first", "saved": ["my first"]}
    assert (tmp_path / "regiondiff" / "palettes" / "my first.json").read_text(encoding="utf-8") == PLAIN
    assert ask("list") == {"saved": ["my first"]}
    assert ask("load", name="my first", text="") == {"text": PLAIN, "own": False}
    assert ask("load", name="my first", text=PLAIN)["own"] is False  # the same again
    assert ask("load", name="my first", text="{")["own"] is True


def test_a_file_is_replaced_only_where_that_is_asked_for(ask: Asking, tmp_path: Path) -> None:
    file = tmp_path / "regiondiff" / "palettes" / "a.json"
    ask("save", name="a", text=PLAIN, replace=False)
    (problem,) = ask("save", name="a", text='{"typed": {}}', replace=False)["problems"]
    assert problem["path"] == "file" and "there already" in problem["message"]
    assert file.read_text(encoding="utf-8") == PLAIN
    assert ask("save", name="a", text='{"typed": {}}', replace=True)["saved"] == ["a"]
    assert file.read_text(encoding="utf-8") == '{"typed": {}}'
    assert [path.name for path in file.parent.iterdir()] == ["a.json"]


@pytest.mark.parametrize("name", ["../<b>x", "", None, "con", "none of mine"])
def test_what_cannot_be_loaded_or_saved_is_told(ask: Asking, name: Any) -> None:
    (problem,) = ask("load", name=name, text="")["problems"]
    assert problem["path"] == "file" and problem["message"].startswith("expected")
    if name != "none of mine":
        assert ask("save", name=name, text=PLAIN, replace=False)["problems"] == [problem]
    with pytest.raises(PaletteError):
        presets.PaletteFolder(Path("nowhere")).load(name)


def test_text_that_is_no_palette_is_not_saved(ask: Asking, tmp_path: Path) -> None:
    assert ask("save", name="a", text="{", replace=False)["problems"]
    assert not (tmp_path / "regiondiff").exists()
