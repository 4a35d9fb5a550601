"""The preview: well-formed HTML for any document, with nothing in it that a document could steer."""

from __future__ import annotations

import base64
import html
import io
import json
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from PIL import Image

from lib_regiondiff.authoring.preflight import JobContext, Notice
from lib_regiondiff.authoring.preview import MOST, render_html, render_message, render_preview
from lib_regiondiff.document.palette import Palette, dump, parse
from lib_regiondiff.formats import infotext
from lib_regiondiff.geometry import Size
from palettes import json_values, palettes

EVIL = '"><script>alert(1)</script><img src=x onerror="x">\'&'
TAGS = {"div", "ul", "li", "svg", "image", "text", "span", "b", "bdi", "code"}
ATTRIBUTES = {"class", "style", "viewbox", "role", "aria-label", "href", "width", "height", "preserveaspectratio"} | {
    "x",
    "y",
    "font-size",
    "text-anchor",
    "dominant-baseline",
    "data-verdict",
}
TWO: dict[str, Any] = {
    "version": 1,
    "size": {"width": 256, "height": 128},
    "brushes": [
        {"id": "a", "name": "sun", "colour": "#ff0000", "prompt": "a sun", "mask": {"rectangle": [0, 0, 0.25, 1]}},
        {"id": "b", "colour": "#0000ff", "prompt": "a sea", "mask": {"rectangle": [0.25, 0, 0.75, 1]}},
    ],
}


class Reader(HTMLParser):
    """Reads a fragment: the tags in balance, the text between them."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS and {name for name, _ in attrs} <= ATTRIBUTES, (tag, attrs)
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(fragment: str) -> str:
    """The text of a fragment that is well-formed and holds nothing but our tags."""
    reader = Reader()
    reader.feed(fragment)
    reader.close()
    assert reader.open == []
    return "".join(reader.words)


def verdict(fragment: str) -> Any:
    """What a preview says to scripts."""
    found = re.search(r'data-verdict="([^"]*)"', fragment)
    return json.loads(html.unescape(found[1])) if found else None


def picture(fragment: str) -> np.ndarray:
    """The picture in a fragment, RGBA."""
    found = re.search(r"data:image/png;base64,([^\"]+)", fragment)
    assert found
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(found[1]))).convert("RGBA"))


def test_regions_are_shown_in_their_colours_and_numbers() -> None:
    shown = render_html(TWO)
    colours = picture(shown)
    height, width = colours.shape[:2]
    assert width == 2 * height
    assert tuple(colours[height // 2, width // 8]) == (255, 0, 0, 204)
    assert tuple(colours[height // 2, width // 2]) == (0, 0, 255, 204)
    assert colours[height // 2, 7 * width // 8, 3] == 0
    told = read(shown)
    assert "sun 25.0 % a sun" in told and "b 50.0 % a sea" in told and "background 25.0 %" in told
    marks = re.findall(r'<text x="(\d+)" y="(\d+)"[^>]*>(\d)', shown)
    assert [tuple(map(int, mark)) for mark in marks] == [
        (pytest.approx(32, abs=2), pytest.approx(64, abs=2), 1),
        (pytest.approx(128, abs=2), pytest.approx(64, abs=2), 2),
    ]


def test_a_number_stands_inside_its_region() -> None:
    arch = [[0, 0], [1, 0], [1, 1], [0.75, 1], [0.75, 0.5], [0.25, 0.5], [0.25, 1], [0, 1]]
    data = {"version": 1, "brushes": [{"id": "a", "colour": "#ff0000", "mask": {"polygon": arch}}]}
    shown = render_html(data, JobContext(size=Size(512, 512)))
    ((x, y),) = re.findall(r'<text x="(\d+)" y="(\d+)"', shown)
    colours = picture(shown)
    assert colours[int(y) // 2, int(x) // 2, 3] > 0


@pytest.mark.parametrize("form", [dict, json.dumps, lambda data: infotext.pack(parse(data))])
def test_a_palette_is_shown_in_whatever_form_it_comes(form: Any) -> None:
    assert render_html(form(TWO)) == render_html(TWO)


def test_typed_regions_are_shown_with_the_prompt_at_the_size_of_the_picture() -> None:
    around = JobContext(prompt="a cat\na dog\na bird", size=Size(384, 768))
    shown = render_html('{"typed": {"ratios": "2,1,1"}}', around)
    assert 'viewBox="0 0 768 384"' in shown
    told = read(shown)
    assert "a cat 50.0 %" in told and "a dog 25.0 %" in told and "a bird 25.0 %" in told and "background" not in told
    own = render_html('{"typed": {}, "size": {"width": 64, "height": 64}}', JobContext(prompt="a\nb"))
    assert 'viewBox="0 0 64 64"' in own


def test_typed_regions_without_a_prompt_wait_for_it() -> None:
    shown = render_html('{"typed": {}}', JobContext(prompt=" \n"))
    assert "Type the main prompt" in read(shown) and "error" not in shown


def test_a_prompt_that_is_its_name_is_shown_once() -> None:
    told = read(render_html('{"typed": {}}', JobContext(prompt="sun\nmoon")))
    assert told.partition("it takes")[0].count("sun") == 1


@pytest.mark.parametrize("nothing", [None, "", " \n"])
def test_no_palette_is_no_error(nothing: Any) -> None:
    assert "No palette yet" in read(render_html(nothing)) and "error" not in render_html(nothing)


def test_each_problem_is_told_with_its_path() -> None:
    brush = TWO["brushes"][0] | {"strength": 2, "id": ""}
    shown = render_html(TWO | {"brushes": [brush], "steps": 0})
    assert "<code>brushes[0].strength</code>: expected a number 0…1, got 2" in shown
    assert shown.count("regiondiff-error") == 3 and "<svg" not in shown
    many = render_html({"version": 1} | {f"key{number}": 1 for number in range(MOST + 5)})
    assert read(many).endswith("5 more") and many.count("regiondiff-error") == MOST + 1
    typed = render_html('{"typed": {"ratios": "1,2,3"}}', JobContext(prompt="a\nb"))
    assert "<b>Ratios</b>: expected 2 cells for 2 prompts, got 3" in typed and "typed." not in read(typed)
    empty = render_html('{"typed": {}}', JobContext(prompt="a BREAK BREAK b"))
    assert "<b>Prompt</b>: expected text in part 2 of 3, got nothing" in empty
    assert "<code>typed.common_negative</code>" in render_html(
        '{"typed": {"common_negative": 1}}', JobContext(prompt="a")
    )


@pytest.mark.parametrize(
    ("split", "cure"),
    [
        ("auto", "put each region on a line of its own, or write BREAK between regions"),
        ("lines", "put each region on a line of its own."),
        ("BREAK", "is one region: write BREAK between regions"),
        ("ADDCOL", "is one region: write ADDCOL between regions"),
    ],
)
def test_a_prompt_of_one_part_is_told_how_to_split_it(split: str, cure: str) -> None:
    data = {"typed": {"split": split}}
    told = read(render_html(data, JobContext(prompt="a cat, a dog")))
    assert "The prompt is one part" in told and cure in told and "100.0 %" in told
    two = {"lines": "a\nb", "auto": "a\nb"}.get(split, f"a {split} b")
    assert "one part" not in render_html(data, JobContext(prompt=two))
    assert "one part" not in render_html({"version": 1, "brushes": TWO["brushes"][:1]})


def test_the_header_says_what_is_on_in_a_few_words() -> None:
    around = JobContext(prompt="a", guidance=1)

    def state(document: Any) -> str:
        return read(render_preview(document, around).state)

    assert state(TWO) == "2 regions · about 5 times as long as a plain picture"
    assert state({"typed": {}}) == "1 region · about as long as a plain picture"
    assert state("") == "no palette yet" and state('{"version": 1, "a": 1}') == "1 mistake"
    assert state({"version": 1, "a": 1, "b": 2}) == "2 mistakes"
    assert state(TWO | {"nag": {}}) == "cannot be drawn: see below"
    assert render_preview({"typed": {}}).state == '<span class="regiondiff-state">waits for the prompt</span>'


def test_regions_that_are_off_say_so_and_nothing_in_the_header() -> None:
    for document in (TWO, {"typed": {}}, "", "{"):
        assert render_preview(document, JobContext(prompt="a"), on=False).state == ""
    assert "Regions are off" in read(render_preview(TWO, on=False).html) and "Regions are off" not in read(
        render_html(TWO)
    )


def test_notices_stand_below() -> None:
    told = render_html(TWO | {"nag": {}}, JobContext(prompt="a field"))
    assert '<li class="regiondiff-error">nag: expected nothing' in told
    assert '<li class="regiondiff-note">25.0 % of the canvas has no brush; the main prompt paints it' in told


def test_nothing_in_a_document_becomes_markup() -> None:
    brush = TWO["brushes"][0] | {"name": EVIL, "prompt": EVIL, "id": EVIL[:40]}
    told = read(render_html(TWO | {"brushes": [brush], "background": {"prompt": EVIL}}, JobContext(negative=EVIL)))
    assert told.count("<script>") >= 2
    assert "<script>" in read(render_html({"version": 1, EVIL: 1})) and "<script>" in read(
        render_html(json.dumps(EVIL))
    )
    assert "<script>" in read(render_html('{"typed": {}}', JobContext(prompt=f"{EVIL}\nb")))
    assert read(render_message([Notice("note", EVIL)])) == EVIL


@settings(max_examples=30, deadline=None)
@given(palettes())
def test_any_palette_has_a_preview_whose_shares_sum_to_all(palette: Palette) -> None:
    small = dump(palette) | {"size": {"width": 128, "height": 64}}
    shown = render_html(small)
    read(shown)
    shares = [float(share) for share in re.findall(r"</b> ([\d.]+) % <span", shown)]
    assert sum(shares) == pytest.approx(100, abs=0.2)


@settings(max_examples=60, deadline=None)
@given(json_values(), json_values())
def test_any_document_has_a_preview(data: Any, option: Any) -> None:
    for document in (data, {"typed": option}, {"version": 1, "brushes": data}):
        assert read(render_html(document, JobContext(prompt="a\nb")))


def test_scripts_are_told_shares_and_badges_by_the_ids_of_brushes() -> None:
    brushes = [TWO["brushes"][0], {**TWO["brushes"][1], "id": EVIL, "prompt": ""}]
    said = verdict(render_html({**TWO, "brushes": brushes}))
    assert said["ids"] == ["a", EVIL] and said["shares"] == [0.25, 0.25, 0.5]
    assert list(said["badges"]) == [EVIL] and said["badges"][EVIL]["level"] == "warning"
    assert {notice["level"] for notice in said["notices"]} <= {"error", "warning", "note"}
    assert verdict(render_html("{"))["ids"] == [] and verdict(render_html("")) is None


def test_scripts_of_the_page_learn_which_brush_is_at_fault() -> None:
    wrong = {"version": 1, "brushes": [{"id": "a"}, {"id": "b", "feather": -1, "mask": {"rectangle": [0, 0, 1, 1]}}]}
    said = verdict(render_preview(json.dumps(wrong)).html)
    assert said["ids"] == ["a", "b"]
    assert any(each["path"] == "brushes[1].feather" and "-1" in each["message"] for each in said["problems"])
    assert verdict(render_preview({"brushes": 3}).html)["ids"] == []


def test_scripts_of_the_page_learn_how_long_prompts_are() -> None:
    box = {"rectangle": [0, 0, 1, 1]}
    palette = {
        "version": 1,
        "size": {"width": 64, "height": 64},
        "brushes": [{"id": "a", "prompt": "x y", "mask": box}],
    }
    told = render_preview(palette, JobContext(count=lambda text: len(text.split()))).html
    assert verdict(told)["tokens"] == {"brushes": [{"count": 2, "limit": 75}]}
    assert verdict(render_preview(palette).html)["tokens"] is None
