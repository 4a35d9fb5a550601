"""Requests of WebUIs: whatever form a palette comes in, each image gets the texts that are to be encoded."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from lib_regiondiff.document.palette import dumps, parse
from lib_regiondiff.document.plot_axes import AXES, AxisSetting
from lib_regiondiff.errors import PaletteError
from lib_regiondiff.formats import infotext
from lib_regiondiff.formats.wildcards import expand
from lib_regiondiff.planning import prompts
from lib_regiondiff.planning.brush_texts import BACKGROUND, BrushText
from lib_regiondiff.planning.prompts import Words

HALF = {"rectangle": [0, 0, 0.5, 1]}
PALETTE: dict[str, Any] = {
    "version": 1,
    "brushes": [{"id": "a", "prompt": "a tree", "mask": HALF}, {"id": "b", "prompt": "", "negative": "", "mask": HALF}],
}


def unknown(name: str) -> Sequence[str] | None:
    return None


def words(prompt: str = "a field", negative: str = "blur", seed: int = 1, **more: Any) -> Words:
    files = more.pop("files", unknown)
    draw = functools.partial(expand, files=files)
    given: dict[str, Any] = {"raw": (prompt, negative), "style": lambda text, negative: text, "draw": draw} | more
    return Words(prompt, negative, seed=seed, **given)


def test_a_sidecar_that_nobody_found_is_told_by_its_name() -> None:
    with pytest.raises(PaletteError, match=r"the file 0123456789abcdef\.regiondiff\.json in it"):
        prompts.read("0123456789abcdef.regiondiff.json")


def test_a_palette_comes_as_data_as_text_and_as_an_infotext_s_value() -> None:
    palette = parse(PALETTE)
    for form in (PALETTE, dumps(palette), infotext.pack(palette)):
        assert prompts.read(form).palette == palette


@pytest.mark.parametrize(
    "given", [None, "", "  ", "{", 3, "rd1.broken", {"version": 9}, "[" * 200000, '{"typed": {}, "typed": {}}']
)
def test_anything_else_is_one_clear_error(given: Any) -> None:
    with pytest.raises(PaletteError):
        prompts.read(given)


def test_the_main_prompts_are_the_background_s_where_it_has_none() -> None:
    found = prompts.find_texts(parse(PALETTE), words())
    assert found == {BACKGROUND: BrushText("a field", "blur"), "a": BrushText("a tree", "blur"), "b": BrushText("", "")}
    own = parse(PALETTE | {"background": {"prompt": "a sea", "negative": "fog"}})
    assert prompts.find_texts(own, words())[BACKGROUND] == BrushText("a sea", "fog")
    assert prompts.find_texts(own, words())["a"] == BrushText("a tree", "fog")


def test_typed_regions_take_the_prompt_before_styles() -> None:
    document = prompts.read({"typed": {}})
    spoken = words("red\nblue, in oil", raw=("red\nblue", "blur"), style=lambda text, negative: f"{text}, in oil")
    palette = prompts.make_palette(document, spoken)
    assert [brush.prompt for brush in palette.brushes] == ["red", "blue"]
    found = prompts.find_texts(palette, spoken)
    assert [found[brush.id].prompt for brush in palette.brushes] == ["red, in oil", "blue, in oil"]


def test_wildcards_of_typed_regions_are_drawn_once_for_the_whole_prompt() -> None:
    seasons, mixed = {"spring", "summer", "autumn", "winter"}, set()
    for seed in range(8):
        text = "{spring|summer|autumn|winter} ADDCOMM a{ BREAK | }cat BREAK a dog"
        kept = prompts.resolve(prompts.read({"typed": {}}), words(text, "", seed))
        said = [brush.prompt.partition(",")[0] for brush in kept.brushes]
        assert len(set(said)) == 1 and set(said) <= seasons
        mixed.add((said[0], len(kept.brushes)))
    assert len(mixed) > 3 and {count for _, count in mixed} == {2, 3}


def test_styles_are_told_which_texts_are_negatives() -> None:
    mark: dict[str, Any] = {"style": lambda text, negative: f"{'-' if negative else '+'}{text}"}
    one = {"id": "a", "prompt": "tree", "negative": "leaf", "mask": HALF}
    ground = {"prompt": "sea", "negative": "fog"}
    found = prompts.find_texts(parse(PALETTE | {"background": ground, "brushes": [one]}), words(**mark))
    assert found == {BACKGROUND: BrushText("+sea", "-fog"), "a": BrushText("+tree", "-leaf")}


def test_words_that_are_raised_in_the_whole_prompt_have_no_styles() -> None:
    mark: dict[str, Any] = {"style": lambda text, negative: f"{text}, in {'grey' if negative else 'oil'}"}
    brushes = [
        {"id": kind, "prompt": "tree <lora:a:1>", "negative": "leaf", "mask": HALF, "kind": kind}
        for kind in ("stuff", "auto", "thing")
    ]
    given = PALETTE | {"attention": "bias", "background": {"prompt": "sea"}, "brushes": brushes}
    found = prompts.find_texts(parse(given), words(**mark))
    raised = BrushText("tree ", "leaf, in grey")
    assert found[BACKGROUND].prompt == "sea, in oil" and found["stuff"] == found["auto"] == raised
    assert found["thing"].prompt.startswith("tree") and found["thing"].prompt.endswith(", in oil")


@pytest.mark.parametrize("given", [{"typed": {}}, {"typed": {}, "blend": "average"}, PALETTE | {"blend": "average"}])
def test_a_plot_changes_palettes_and_typed_regions_alike(given: dict[str, Any]) -> None:
    """The method of the settings is for typed regions that name none."""
    spoken = words("red BREAK blue")
    plain = prompts.make_palette(prompts.adapt(prompts.read(given), (), "mixture"), spoken)
    assert plain.blend == given.get("blend", "mixture")
    axis = next(axis for axis in AXES if axis.path == ("strength",))
    plotted = prompts.make_palette(prompts.adapt(prompts.read(given), [AxisSetting(axis, "0.25")], "mixture"), spoken)
    assert {brush.strength for brush in plain.brushes} == {1} and {brush.strength for brush in plotted.brushes} == {
        0.25
    }


def test_a_typed_prompt_that_is_too_long_is_refused_before_anything_is_drawn() -> None:
    document = prompts.read({"typed": {}})
    for raw, path in (((f"{{{'a' * 20_001}|b}} BREAK c", ""), "prompt"), (("a BREAK b", "c" * 20_001), "negative")):
        with pytest.raises(PaletteError) as caught:
            prompts.make_palette(document, words("", raw=raw, draw=lambda text, seed: pytest.fail("drawn")))
        assert str(caught.value).startswith(f"{path}: expected text of 0…20000 characters, got 200")


def test_wildcards_of_a_typed_document_s_background_are_drawn() -> None:
    document = prompts.read({"typed": {}, "background": {"prompt": "{sea|sky}"}})
    kept = {prompts.resolve(document, words("red BREAK blue", "", seed)).background.prompt for seed in range(9)}
    assert kept == {"sea", "sky"}


def test_wildcards_depend_on_image_and_brush_and_are_what_the_infotext_keeps() -> None:
    brushes = [{"id": name, "prompt": "{a|b|c|d|e|f|g|h} __cat__", "mask": HALF} for name in "xyz"]
    document = prompts.read({"version": 1, "brushes": brushes})
    seen = set()
    for seed in range(8):
        spoken = words(seed=seed, files=lambda name: ["lynx"] if name == "cat" else None)
        kept = prompts.resolve(document, spoken)
        encoded = prompts.find_texts(kept, spoken)
        assert [brush.prompt for brush in kept.brushes] == [encoded[brush.id].prompt for brush in kept.brushes]
        assert all(brush.prompt.endswith(" lynx") for brush in kept.brushes)
        seen |= {brush.prompt for brush in kept.brushes}
    assert len(seen) > 4


def test_tags_of_networks_are_no_words_and_are_named_once() -> None:
    brushes = [
        {"id": "a", "prompt": "a cat<lora:cat:0.5>", "mask": HALF},
        {"id": "b", "prompt": "<lora:cat:0.5><lora:dog:1>a dog", "mask": HALF},
    ]
    document = prompts.read({"version": 1, "brushes": brushes})
    assert document.palette is not None
    found = prompts.find_texts(document.palette, words())
    assert (found["a"].prompt, found["b"].prompt) == ("a cat", "a dog")
    assert prompts.list_networks(document.palette) == ("<lora:cat:0.5>", "<lora:dog:1>")


def test_wildcards_are_read_from_the_webui_s_folders(tmp_path: Path) -> None:
    for folder, line in (("wildcards", "own"), ("extensions/some/wildcards", "other")):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "cat.txt").write_text(f"{line}\n", encoding="utf-8")
    (tmp_path / "extensions/some/wildcards/dog.txt").write_text("poodle\n", encoding="utf-8")
    files = prompts.find_wildcards(tmp_path)
    found = {name: [line for line in files(name) or () if line] for name in ("cat", "dog")}
    assert found == {"cat": ["own"], "dog": ["poodle"]} and files("cow") is None


def test_a_file_beside_a_picture_is_found_by_its_name(tmp_path: Path) -> None:
    name = "0123456789abcdef.regiondiff.json"
    (tmp_path / "day").mkdir()
    (tmp_path / "day" / name).write_text("{}", encoding="utf-8")
    assert prompts.find_folder(name, [tmp_path / "none", tmp_path]) == tmp_path / "day"
    assert prompts.find_folder("rd1.x", [tmp_path]) is None
    assert prompts.find_folder("../" + name, [tmp_path]) is None
