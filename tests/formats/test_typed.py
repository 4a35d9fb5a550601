"""Typed regions: what a prompt says lies where its words and ratios say, or it is told why not."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lib_regiondiff.document.palette import Background, Palette, parse
from lib_regiondiff.document.pictures import Shape
from lib_regiondiff.document.rules import list_rules
from lib_regiondiff.errors import PaletteError
from lib_regiondiff.formats.typed import Options, is_typed, parse_typed
from lib_regiondiff.geometry import Size
from palettes import json_values
from places import ROOT

PAGE = ROOT / "docs" / "typed-regions.md"
WORDS = ("BREAK", "ADDCOL", "ADDROW", "ADDCOMM", "ADDBASE")
PARTS = st.text("abc ,:()", min_size=1, max_size=8).map(str.strip).filter(bool)
SIZES = st.floats(0.001, 999999).map(lambda size: float(f"{size:.3f}"))
OPTIONS = {
    "split": st.sampled_from(["auto", "lines", "BREAK", "ADDCOL"]),
    "layout": st.sampled_from(["columns", "rows", "grid"]),
    "ratios": st.sampled_from(["", "1", "1,1", "2,1,1", "1;1", "1,1,1;1", "x"]),
    **dict.fromkeys(["common", "common_negative"], st.sampled_from(["none", "first"])),
}
NUMBERS = "numbers above 0, such as 2,1,1 or, in a grid, 1;2,1,1"
THIRDS = [[0, 0, 1 / 3, 1], [1 / 3, 0, 2 / 3, 1], [2 / 3, 0, 1, 1]]


def palette(prompt: str, negative: str = "", **options: Any) -> Palette:
    """The palette of a prompt."""
    return parse(parse_typed({"typed": options}, prompt, negative))


def prompts(prompt: str, **options: Any) -> list[str]:
    """What the brushes of a prompt say."""
    return [brush.prompt for brush in palette(prompt, **options).brushes]


def boxes(prompt: str, **options: Any) -> list[list[float]]:
    """Where the brushes of a prompt lie: left, top, right, bottom."""
    shapes = [brush.mask for brush in palette(prompt, **options).brushes]
    return [list(shape.numbers) for shape in shapes if isinstance(shape, Shape) and shape.kind == "rectangle"]


def told(prompt: str, negative: str = "", data: Any = None, **options: Any) -> list[str]:
    """What is wrong with a prompt or a document."""
    with pytest.raises(PaletteError) as caught:
        parse_typed({"typed": options} if data is None else data, prompt, negative)
    return str(caught.value).split("\n")


def tried(data: Any, prompt: str, negative: str) -> tuple[list[str], Palette | None]:
    """What is wrong with a document, or its palette."""
    try:
        return [], parse(parse_typed(data, prompt, negative))
    except PaletteError as error:
        return [str(problem) for problem in error.problems], None


@given(st.lists(PARTS, min_size=1, max_size=64), st.sampled_from([" BREAK ", "\nBREAK\n", "\n", "\n\n", " ADDCOL "]))
def test_parts_come_back_in_order(parts: list[str], between: str) -> None:
    found = palette(between.join(parts) + "\n" * (between == "\n"), "bad")
    assert [brush.prompt for brush in found.brushes] == parts
    assert [brush.id for brush in found.brushes] == [f"r{number}" for number in range(1, len(parts) + 1)]
    assert all(brush.name and brush.negative is None for brush in found.brushes)
    assert found.background.negative == "bad"


@given(st.lists(st.lists(PARTS, min_size=1, max_size=5), min_size=1, max_size=5))
def test_words_lay_out_rows_and_cells(rows: list[list[str]]) -> None:
    text = " ADDROW ".join(" ADDCOL ".join(row) for row in rows)
    assert prompts(text) == list(itertools.chain(*rows))
    places = [(x, y, len(row), len(rows)) for y, row in enumerate(rows) for x in range(len(row))]
    assert boxes(text) == [[x / across, y / down, (x + 1) / across, (y + 1) / down] for x, y, across, down in places]


@given(st.lists(st.lists(SIZES, min_size=2, max_size=5), min_size=1, max_size=5), st.data())
def test_a_grid_covers_every_point_once(rows: list[list[float]], data: st.DataObject) -> None:
    text = ";".join(",".join(map(str, row)) for row in rows)
    count = sum(len(row) - 1 for row in rows)
    found = boxes("\n".join(["a"] * count), layout="grid", ratios=text)
    assert len(found) == count
    edges = [0.0, *(number for box in found for number in box)]
    near = st.sampled_from(edges).filter(lambda place: place < 1) | st.floats(0, 1, exclude_max=True)
    x, y = data.draw(near), data.draw(near)
    assert sum(left <= x < right and top <= y < bottom for left, top, right, bottom in found) == 1


@given(
    st.lists(st.sampled_from([*WORDS, "a", "b, c", "\n", " ", "<lora:x:1>"]), max_size=9).map(" ".join),
    st.lists(st.sampled_from([*WORDS, "a", "\n"]), max_size=5).map(" ".join),
    st.fixed_dictionaries({}, optional=OPTIONS),
)
def test_any_prompt_is_laid_out_without_its_words_or_refused(prompt: str, negative: str, options: Any) -> None:
    problems, found = tried({"typed": options}, prompt, negative)
    assert all(re.fullmatch(r"(prompt|negative|typed\.ratios): expected .+, got .+", line) for line in problems)
    assert problems or found
    if found:
        said = [found.background, *found.brushes]
        assert not re.search("ADD[A-Z]+", " ".join(f"{each.prompt} {each.negative}" for each in said))
        assert found.brushes and all(brush.prompt for brush in found.brushes)


@given(json_values(), st.dictionaries(st.sampled_from(["background", "size", "brushes", "x"]), json_values()))
@example({"split": []}, {})
def test_any_document_gives_a_palette_or_an_error(options: Any, rest: dict[str, Any]) -> None:
    problems, found = tried(rest | {"typed": options}, "a BREAK b", "c")
    assert problems or (found and len(found.brushes) == 2)
    assert is_typed(rest | {"typed": options}) and not is_typed(rest) and not is_typed(["typed"])


def test_the_other_keys_are_kept_and_feather_goes_to_all() -> None:
    data = {"typed": {"feather": 9}, "size": {"width": 640, "height": 512}, "background": {"colour": "#112233"}}
    found = parse(parse_typed(data, "a\nb", ""))
    assert (found.size, found.background.colour) == (Size(512, 640), "#112233")
    assert [brush.feather for brush in found.brushes] == [9, 9]
    assert "typed" in data and "brushes" not in data
    with pytest.raises(PaletteError, match=r"^stepz: expected a known key \(did you mean 'steps'\?\)"):
        parse(parse_typed({"typed": {}, "stepz": 3}, "a", ""))


def test_the_split_is_chosen_or_found_columns_then_breaks_then_lines() -> None:
    assert prompts("a BREAK b\nc ADDCOL d") == ["a BREAK b\nc", "d"]
    assert prompts("a\nb BREAK c") == ["a\nb", "c"]
    assert prompts("a\nb, c") == ["a", "b, c"]
    assert prompts("a\r\n\n  \nb\n") == ["a", "b"]
    assert prompts("a BREAK b\nc", split="lines") == ["a BREAK b", "c"]
    assert prompts("a BREAK b\nc", split="BREAK") == ["a", "b\nc"]
    assert prompts("a BREAK b", split="ADDCOL") == ["a BREAK b"]


@pytest.mark.parametrize("text", ["break", "Break", "BREAKFAST", "BREAK_a", "aBREAK", "addcol", "ADDCOLS", "addbase"])
def test_only_whole_words_in_capitals_count(text: str) -> None:
    assert prompts(f"a {text} b") == [f"a {text} b"]
    assert prompts("(a:1.2)BREAK,b") == ["(a:1.2)", ",b"]


def test_layouts() -> None:
    for layout in ("columns", "rows", "grid"):
        assert boxes("a cat", layout=layout) == boxes("a cat", ratios="5") == [[0, 0, 1, 1]]
    assert boxes("a\nb\nc") == THIRDS
    assert boxes("a\nb", layout="rows", ratios="1, 3") == [[0, 0, 1, 0.25], [0, 0.25, 1, 1]]
    assert boxes("a ADDROW b", layout="columns", ratios="1,3") == [[0, 0, 1, 0.25], [0, 0.25, 1, 1]]
    assert boxes("a ADDCOL b ADDCOL c", layout="rows") == THIRDS


@pytest.mark.parametrize("rows", [[1], [2], [2, 1], [2, 2], [3, 2], [3, 3, 1]])
def test_a_grid_without_ratios_is_as_square_as_can_be(rows: list[int]) -> None:
    tops = [top for _, top, _, _ in boxes("\n".join("a" * sum(rows)), layout="grid")]
    assert [tops.count(top) for top in sorted(set(tops))] == rows


@pytest.mark.parametrize("layout", ["columns", "rows", "grid"])
@pytest.mark.parametrize("prompt", ["a BREAK b BREAK c", "a ADDROW b ADDCOL c"])
def test_rows_are_a_height_and_the_widths_of_cells(prompt: str, layout: str) -> None:
    found = boxes(prompt, ratios="1;3,2,.5", layout=layout)
    assert found == [[0, 0, 1, 0.25], [0, 0.25, 0.8, 1], [0.8, 0.25, 1, 1]]
    assert boxes("a\nb", layout="grid", ratios="7,1,3") == [[0, 0, 0.25, 1], [0.25, 0, 1, 1]]


@pytest.mark.parametrize(
    ("prompt", "ratios", "expected", "got"),
    [
        ("a\nb\nc", "1,1", "3 cells for 3 prompts", "2"),
        ("a", "1,1", "1 cell for 1 prompt", "2"),
        ("a\nb\nc", "1;1,1", "3 cells for 3 prompts", "2"),
        ("a ADDCOL b ADDROW c", "1;1,1,1", "rows of [2, 1] cells, as in the prompt", "rows of [1, 2]"),
        ("a ADDCOL b ADDROW c", "1,1,1,1", "rows of [2, 1] cells, as in the prompt", "rows of [3]"),
        *(("a\nb", f"1{rest}", NUMBERS, f"'{rest[1:]}'") for rest in (",x", ",0", ";", ",1e3", ",-1")),
    ],
)
def test_ratios_that_do_not_fit_are_told(prompt: str, ratios: str, expected: str, got: str) -> None:
    assert told(prompt, ratios=ratios) == [f"typed.ratios: expected {expected}, got {got}"]


def test_the_common_part_stands_before_all() -> None:
    for text, options in (("park, ADDCOMM a BREAK b", {}), ("park BREAK a BREAK b", {"common": "first"})):
        found = palette(text, **options)
        assert [brush.prompt for brush in found.brushes] == ["park, a", "park, b"]
        assert [brush.name for brush in found.brushes] == ["a", "b"]
        assert found.background.prompt.rstrip(",") == "park"
    assert prompts("park ADDCOMM a\nb", common="first") == ["park, a", "park, b"]
    assert prompts("park ADDROW a ADDCOL b", common="first", ratios="2,1") == ["park, a", "park, b"]
    assert prompts("many\nlines ADDCOMM\na\nb") == ["many\nlines, a", "many\nlines, b"]


def test_the_base_part_is_the_background() -> None:
    assert palette("sky ADDBASE a ADDCOL b").background.prompt == "sky"
    assert prompts("sky ADDBASE a ADDCOL b") == ["a", "b"]
    for text in ("park ADDCOMM sky ADDBASE a\nb", "sky ADDBASE park ADDCOMM a\nb"):
        assert palette(text).background.prompt == "park, sky"
        assert prompts(text) == ["park, a", "park, b"]


def test_without_both_the_background_is_the_documents_or_all_and_never_two() -> None:
    assert palette("a BREAK b").background == Background(prompt="a, b")
    data = {"typed": {}, "background": {"prompt": "sky", "negative": "frame"}}
    assert parse(parse_typed(data, "a BREAK b", "")).background == Background(prompt="sky", negative="frame")
    assert parse(parse_typed(data, "a BREAK b", "c BREAK d")).background == Background(prompt="sky", negative="frame")
    expected = "expected nothing, because the typed text has one for the background"
    assert told("sea ADDBASE a", "text", data) == [
        f"background.prompt: {expected}, got 'sky'",
        f"background.negative: {expected}, got 'frame'",
    ]


def negatives(prompt: str, negative: str, **options: Any) -> tuple[str, list[str | None]]:
    """The background's negative and the brushes'."""
    found = palette(prompt, negative, **options)
    return found.background.negative, [brush.negative for brush in found.brushes]


def test_a_single_negative_goes_to_all() -> None:
    assert negatives("a\nb", "bad") == ("bad", [None, None])
    assert negatives("a\nb", " \n") == ("", [None, None])
    assert negatives("a BREAK b", "bad\nworse") == ("bad\nworse", [None, None])
    assert negatives("a\nb", "bad", common_negative="first") == ("bad", [None, None])
    assert negatives("a\nb", "bad ADDCOMM worse") == ("bad, worse", [None, None])
    assert negatives("a\nb", "bad ADDBASE worse") == ("bad", ["worse", "worse"])


def test_a_negative_may_be_there_for_each_region() -> None:
    assert negatives("a\nb", "c\nd") == ("c, d", ["c", "d"])
    assert negatives("a\nb", "c BREAK d") == ("c, d", ["c", "d"])
    assert negatives("a ADDCOL b", "c BREAK d") == ("c, d", ["c", "d"])
    assert negatives("a ADDROW b", "c ADDCOL d") == ("c, d", ["c", "d"])
    assert negatives("a\nb", "bad\nc\nd", common_negative="first") == ("bad", ["bad, c", "bad, d"])
    assert negatives("a\nb", "bad ADDCOMM dull ADDBASE c\nd") == ("bad, dull", ["bad, c", "bad, d"])
    assert told("a\nb\nc", "d\ne") == ["negative: expected 1 part or 3 for 3 prompts, got 2"]


def test_empty_parts_are_told() -> None:
    assert told("") == told("a ADDBASE") == ["prompt: expected text in part 1 of 1, got nothing"]
    assert told("BREAK a BREAK BREAK b") == [f"prompt: expected text in part {n} of 4, got nothing" for n in (1, 3)]
    assert told("a ADDCOL b ADDROW") == ["prompt: expected text in part 3 of 3, got nothing"]
    assert told("ADDCOMM a") == ["prompt: expected text before ADDCOMM, got nothing"]
    assert told("a\nb", "c BREAK ") == ["negative: expected text in part 2 of 2, got nothing"]


def test_words_that_would_be_lost_are_told() -> None:
    assert told("a ADDCOL b BREAK c", split="BREAK") == [
        "prompt: expected no ADDCOL in part 1 of 2 (the split is BREAK), got 'a ADDCOL b'"
    ]
    assert told("a BREAK b ADDCOMM c BREAK d")[0].startswith("prompt: expected no BREAK before ADDCOMM (the")
    assert told("a", "b ADDROW c ADDBASE d")[0].startswith("negative: expected no ADDROW before ADDBASE (the")
    assert told("a ADDCOMM b ADDCOMM c")[0].startswith("prompt: expected ADDCOMM and ADDBASE at most once each, got")
    assert told("BREAK " * 3333)[100:] == ["prompt: expected at most 100 faults, got more, which are not listed"]
    assert told("a", common="first") == ["prompt: expected a region after the common part, got one part"]


def test_options_are_checked_like_all_of_a_palette() -> None:
    assert told("a", splitt=1) == ["typed.splitt: expected a known key (did you mean 'split'?), got an unknown key"]
    assert told("a", layout="column", feather=-1) == [
        "typed.layout: expected one of columns, rows, grid (did you mean 'columns'?), got 'column'",
        "typed.feather: expected a number 0…1024, got -1",
    ]
    assert told("a", data={"typed": True}) == ["typed: expected an object, got true"]
    assert told("a", data={"typed": {}, "brushes": []})[0].startswith("brushes: expected nothing, because typed")
    assert told("\n".join("a" * 65)) == ["prompt: expected at most 64 regions, got 65"]
    assert told("a\0")[0].startswith("prompt: expected text that can be written")
    assert told("a", "b" * 20001) == ["negative: expected text of 0…20000 characters, got 20001 characters"]


def test_a_brush_is_called_by_its_first_words() -> None:
    texts = ("a red cat on a mat", "(red hair:1.2), [girl]", "<lora:x:1> boat", "<lora:x:1>", "(((", "x" * 300)
    names = ["a red cat on", "red hair girl", "boat", "r4", "r5", "x" * 60]
    assert [brush.name for brush in palette("\n".join(texts)).brushes] == names


def test_the_page_has_every_option() -> None:
    options = PAGE.read_text(encoding="utf-8").split("\n## Options\n")[1]
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| .+ \| (.+) \|$", options, re.MULTILINE)
    fields = Options.__dataclass_fields__
    assert [(key, text) for key, _, text in rows] == [(key, field.metadata["doc"]) for key, field in fields.items()]
    for key, values, _ in rows:
        words = getattr(list_rules(Options)[key][0], "words", None)
        assert words is None or values == ", ".join(f"`{word}`" for word in words)


def test_the_examples_of_the_page_work() -> None:
    page = PAGE.read_text(encoding="utf-8")
    texts = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    first, *documents = map(json.loads, re.findall(r"```json\n(.*?)```", page, re.DOTALL))
    assert is_typed(first) and len(documents) == 3
    found = [parse(parse_typed(data, text, "")) for data, text in zip(documents, texts, strict=True)]
    assert [len(each.brushes) for each in found] == [3, 2, 4]
    assert found[0].brushes[0].mask == Shape("rectangle", (0, 0, 0.5, 1))
    assert found[1].brushes[1].prompt == "photo of a park in autumn, two women, black hair, yellow coat"
    assert found[2].brushes[0].mask == Shape("rectangle", (0, 0, 1, 1 / 3))
    assert found[2].brushes[2].mask == Shape("rectangle", (0.25, 1 / 3, 0.75, 1))
