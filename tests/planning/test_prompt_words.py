"""Words around brush prompts: where they are put, and that plans encode them, whoever gives the prompts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounded import bounded
from fakes import GaussianHost, MeanCond
from lib_regiondiff.document.palette import PROMPT, Palette, dump, parse
from lib_regiondiff.errors import PaletteError
from lib_regiondiff.planning.brush_texts import BACKGROUND, BrushText, prepare_texts
from lib_regiondiff.planning.plan import Job, make_plan
from lib_regiondiff.planning.prompt_words import add_words
from palettes import sized


def add_suffix(prompt: str, suffix: str, background: str) -> str:
    return add_words(prompt, "", suffix, background)


ON = ", background is {background}"


@pytest.mark.parametrize(
    ("prompt", "suffix", "background", "wanted"),
    [
        ("a cat", ON, "grass", "a cat, background is grass"),
        ("a cat", ON, "  ", "a cat"),
        ("a cat", ", sharp", "", "a cat, sharp"),
        ("", ON, "grass", ""),
        ("a cat", "", "grass", "a cat"),
        ("a cat:1.2 AND a dog : -0.5", " on {background}", "sea", "a cat on sea:1.2 AND a dog on sea : -0.5"),
        ("a BAND", ON, "sea:1 AND sand:0.4", "a BAND, background is sea, sand"),
        ("(a cat:1.2)", ON, "grass", "(a cat:1.2), background is grass"),
    ],
)
def test_it_ends_each_part_that_says_something(prompt: str, suffix: str, background: str, wanted: str) -> None:
    assert add_suffix(prompt, suffix, background) == wanted


@pytest.mark.parametrize(
    ("prompt", "wanted"),
    [
        ("a cat", "masterpiece, a cat, sharp"),
        (
            " a cat:1.2 AND\n(a dog:0.5) : -1",
            " masterpiece, a cat, sharp:1.2 AND\nmasterpiece, (a dog:0.5), sharp : -1",
        ),
        ("", ""),
        (" \n", " \n"),
        ("a cat AND ", "masterpiece, a cat, sharp AND "),
    ],
)
def test_a_prefix_stands_before_each_part_and_a_suffix_behind_it(prompt: str, wanted: str) -> None:
    assert add_words(prompt, "masterpiece, ", ", sharp", "") == wanted


def test_what_speaks_of_an_empty_background_is_left_out_alone() -> None:
    assert add_words("a cat", "on {background}, ", ", sharp", " ") == "a cat, sharp"
    assert add_words("a cat", "on {background}, ", ", by {background}", "the sea") == "on the sea, a cat, by the sea"


@given(st.text("ab :.1AND\n", max_size=30), st.text("xy ", max_size=5))
def test_without_prefix_it_is_the_prompt(prompt: str, background: str) -> None:
    begun = add_words(prompt, "\x02{background}\x03", "", background)
    assert begun.replace(f"\x02{background.strip()}\x03", "") == prompt
    assert add_words(begun, "", "", background) == begun


@given(st.text("ab :.1AND\n", max_size=30), st.text("xy ", max_size=5))
def test_without_the_suffix_it_is_the_prompt(prompt: str, background: str) -> None:
    ended = add_suffix(prompt, "\x02{background}\x03", background)
    assert ended.replace(f"\x02{background.strip()}\x03", "") == prompt


LONG = {
    "spaces": " " * 19_990 + "x",
    "digits": "a:" + "1" * 19_990 + "x",
    "colons": " :" * 9_990 + "x",
    "numbers": "a:" + "1." * 9_990 + "x",
}


@pytest.mark.parametrize("name", LONG)
def test_a_prompt_of_any_kind_is_ended_at_once(name: str) -> None:
    with bounded(0.2, 50):
        assert add_suffix(LONG[name], ", b", "") == LONG[name] + ", b"


PART = re.compile(r"(?P<text>.*?)(?P<weight>\s*:\s*[-+]?(?:\d+\.?\d*|\.\d+))?(?P<end>\s*)", re.DOTALL)


@given(st.text("a :.12-+\n\u0663", max_size=12))
def test_a_weight_is_a_number_after_a_colon(part: str) -> None:
    match = PART.fullmatch(part)
    assert match
    text, weight, end = match["text"], match["weight"] or "", match["end"]
    assert add_suffix(part, "\x02", "") == text + ("\x02" if text.strip() else "") + weight + end


def test_no_suffix_makes_a_prompt_longer_than_one_may_be() -> None:
    assert len(add_suffix("a" * 10_000, "{background}", "b" * 10_000)) == PROMPT.limit
    refusal = r"suffix: expected prompts of at most 20000 letters with prefix and suffix, got \d{5,}"
    for given_ in (("a" * 10_001, ON[-12:], "b" * 10_000), ("a AND " * 3_000 + "a", ON * 999, "b" * 20_000)):
        with bounded(0.2, 50), pytest.raises(PaletteError, match=refusal):
            add_suffix(*given_)
    assert add_suffix(" AND " * 4_000, "b" * 20_000, "") == " AND " * 4_000


def test_a_prompt_that_the_suffix_makes_too_long_is_no_palette() -> None:
    with pytest.raises(
        PaletteError, match="suffix: expected prompts of at most 20000 letters with prefix and suffix, got 20001"
    ):
        palette(suffix="{background}", background={"prompt": "b" * 20_000})


def test_the_longer_of_prefix_and_suffix_is_named_where_both_are_too_long() -> None:
    for path, other in (("prefix", "suffix"), ("suffix", "prefix")):
        with pytest.raises(PaletteError, match=f"{path}: expected prompts of at most 20000 letters with prefix"):
            palette(**{path: "b" * 11_000, other: "c" * 9_000, "background": {}})
        with pytest.raises(PaletteError, match=f"{path}: expected prompts of at most"):
            add_words("a", **{path: "b" * 11_000, other: "c" * 9_000}, background="")


def palette(**more: Any) -> Palette:
    brushes = [
        {"id": "a", "prompt": "1", "mask": {"rectangle": [0, 0, 0.5, 1]}},
        {"id": "b", "prompt": "3", "mask": {"rectangle": [0.5, 0, 0.7, 1]}},
    ]
    head = {"guidance": 1, "suffix": "{background}0", "background": {"prompt": "3"}, "brushes": brushes}
    return sized(64, 64, **head | more)


@pytest.mark.parametrize(
    "texts", [(), ({BACKGROUND: BrushText("5", ""), "a": BrushText("2", ""), "b": BrushText("3", "")},)]
)
def test_a_plan_encodes_it_and_the_background_stays_as_it_is(texts: Any) -> None:
    document, host = palette(), GaussianHost()
    plan = make_plan(document, Job(document.size, (1.0, 0.5, 0.0), (1,), texts), host)
    means = {view.region.names: _mean(view.region.conds[0][0].cond) for view in plan.steps[0]}
    if texts:
        assert means == {("background",): 5, ("a",): 250, ("b",): 350}
    else:  # the brush that says what the background says is a part of it
        assert means == {("background", "b"): 3, ("a",): 130}


def _mean(cond: Any) -> float:
    assert isinstance(cond, MeanCond)
    return cond.mean


def test_it_is_part_of_the_document_and_nothing_by_default() -> None:
    assert dump(palette())["suffix"] == "{background}0" and "suffix" not in dump(palette(suffix=""))
    assert parse(dump(palette())) == palette()


PART = re.compile(r"(?P<text>.*?)(?P<weight>\s*:\s*[-+]?(?:\d+\.?\d*|\.\d+))?(?P<end>\s*)", re.DOTALL)


@given(st.text("ab :.1-+\n\u0661\x1c", max_size=12))
def test_a_part_is_text_weight_and_space(prompt: str) -> None:
    match = PART.fullmatch(prompt)
    assert match
    text, weight, end = match["text"], match["weight"] or "", match["end"]
    wanted = prompt if not text.strip() else text + "\x02" + weight + end
    assert add_suffix(prompt, "\x02", "") == wanted


@pytest.mark.parametrize(
    ("prompt", "suffix"), [(" " * 19998 + "x", "y"), ("x" + " " * 19997 + ":", "y"), (":" * 19999, "y")]
)
def test_a_long_prompt_takes_no_longer_for_each_letter(prompt: str, suffix: str) -> None:
    with bounded(0.5, 50):
        for _ in range(64):
            add_suffix(prompt, suffix, "")


@pytest.mark.parametrize(
    ("prompt", "suffix", "background"),
    [("a AND " * 3000 + "a", "x" * 9999, ""), ("a", "{background}" * 1600, "word " * 4000)],
)
def test_a_suffix_that_multiplies_is_refused_before_it_is_written(prompt: str, suffix: str, background: str) -> None:
    with bounded(0.5, 50), pytest.raises(PaletteError, match="suffix: expected prompts of at most 20000 letters"):
        add_suffix(prompt, suffix, background)


def test_what_says_what_the_background_says_is_encoded_as_it_is() -> None:
    same = {"id": "a", "prompt": "a sea", "mask": {"rectangle": [0, 0, 0.5, 1]}}
    data = {"version": 1, "suffix": ", foggy", "background": {"prompt": "a sea", "negative": "blur"}}
    others = [
        same | {"id": "b", "prompt": "a boat"},
        same | {"id": "c", "guidance": 3},
        same | {"id": "d", "negative": ""},
    ]
    found = prepare_texts(parse({**data, "brushes": [same, *others]}), [{}, {"a": BrushText("a boat", "blur")}])
    assert found[BACKGROUND] == (BrushText("a sea", "blur"),) * 2
    assert found["a"] == (BrushText("a sea, foggy", "blur"), BrushText("a boat, foggy", "blur"))
    assert found["b"] == (BrushText("a boat, foggy", "blur"),) * 2
    assert found["c"] == (BrushText("a sea, foggy", "blur"),) * 2
    assert found["d"] == (BrushText("a sea, foggy", ""),) * 2
    assert prepare_texts(parse({**data, "brushes": [same]}), [{}])["a"] == found[BACKGROUND][:1]
    on_colour = {**data, "background": {**data["background"], "colour": "#336699"}, "brushes": [same]}
    assert prepare_texts(parse(on_colour), [{}])["a"] == (BrushText("a sea, foggy", "blur"),)
