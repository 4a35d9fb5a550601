"""What a page begins with: about, schema, presets, examples, its own files, and verdicts on what is painted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lib_regiondiff.authoring.examples import list_examples, make_example
from lib_regiondiff.authoring.preflight import preflight
from lib_regiondiff.document.palette import Model, Palette, make_schema, parse
from lib_regiondiff.server.checking import tell_choices
from lib_regiondiff.server.modules import PAGE, Modules
from server_page import BRUSH, PALETTE, Page, serve

REFUSED = {"attention": "bias", "bootstrap": {"levels": 3}}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page that is open."""
    with serve(tmp_path_factory.mktemp("page")) as page:
        page.open()
        yield page


def test_about_and_schema(page: Page) -> None:
    about = page.get("/api/about")
    assert about["model"] == "demo" and about["native"] == 64 and "LCM" in about["samplers"]
    assert parse(about["defaults"]["palette"]).size.width == about["defaults"]["width"] == 128
    assert page.get("/api/schema") == make_schema()


def test_presets_examples_and_styles(page: Page) -> None:
    told = page.get("/api/presets")
    for preset in told["presets"]:
        assert not page.get("/api/check", {"palette": preset["palette"]})["problems"]
    assert all(style["words"] and style["name"] for style in told["styles"])
    for name in told["examples"]:
        assert not page.get("/api/check", {"palette": page.get(f"/api/examples/{name.replace(' ', '%20')}")})[
            "problems"
        ]
    assert page.get("/api/examples/none", status=404)["error"]["path"] == "name"


@pytest.mark.parametrize("name", list_examples())
@pytest.mark.parametrize(("model", "native"), [("demo", 128), ("sdxl", 1024)])
def test_examples_have_nothing_doubtful(name: str, model: str, native: int) -> None:
    data = make_example(name, Palette(model=Model(name=model), steps=7, guidance=3), native)
    palette = parse(data)
    assert palette.steps == 7 and palette.model.name == model
    assert not [each for each in preflight(palette) if each.kind != "note"]


def test_a_verdict_names_places(page: Page) -> None:
    bad = {**BRUSH, "id": "b", "prompt": "", "strength": 0.0, "kind": "stuff"}
    hidden = {**BRUSH, "id": "c", "mask": {"polygon": [[0.1, 0.1], [0.1, 0.1], [0.1, 0.1]]}}
    said = page.get("/api/check", {"palette": {**PALETTE, **REFUSED, "brushes": [BRUSH, bad, hidden]}})
    found = {(each["level"], each.get("path")) for each in said["notices"]}
    assert ("error", "bootstrap.levels") in found
    assert {
        ("warning", "brushes[1].prompt"),
        ("warning", "brushes[1].strength"),
        ("warning", "brushes[2].mask"),
    } <= found
    assert set(said["badges"]) == {"a", "b", "c"} and said["badges"]["b"]["count"] == 2
    assert said["badges"]["a"] == {
        "level": "warning", "message": "brush 1 (a): later brushes cover it wholly",
        "path": "brushes[0].mask", "brush": "a", "count": 1,
    }  # fmt: skip
    assert said["cost"] is None, "what cannot be drawn has no cost"
    assert page.get("/api/render", {"palette": {**PALETTE, **REFUSED}}, 422)["error"]["path"] == "bootstrap.levels"


def test_a_verdict_on_what_is_right(page: Page) -> None:
    said = page.get("/api/check", {"palette": {**PALETTE, "model": {"name": "other"}}})
    assert said["problems"] == [] and said["badges"] == {} and said["shares"] == [0.5, 0.5]
    assert said["tokens"] == {"background": {"count": 5, "limit": 75}, "brushes": [{"count": 6, "limit": 75}]}
    assert 1 <= said["cost"]["ratio"] < 3 and "a plain picture" in said["cost"]["words"]
    assert [each["path"] for each in said["notices"] if "path" in each] == ["model.name"]


@pytest.mark.parametrize(
    ("chosen", "wanted"),
    [
        ({}, ""),
        ({"blend": None, "tiles": None, "bootstrap": {"levels": 0}}, ""),
        ({"blend": "average", "bootstrap": {"levels": 1, "mix": 1}}, "MultiDiffusion; brushes apart in the first step"),
        (
            {"tiles": {"width": 160, "height": 128, "overlap": 32}, "bootstrap": {"levels": 4}},
            "tiles of 160 × 128 px; brushes apart in the first 4 steps",
        ),
        (
            {"kinds": {"a": "thing", "b": "scene", "c": "thing", "d": "thing"}},
            "one thing: house, c and tree; own scene: a view",
        ),
    ],
)
def test_what_auto_became_is_told_in_plain_words(chosen: dict[str, Any], wanted: str) -> None:
    assert tell_choices(chosen, {"a": "house", "b": "a view", "c": "c", "d": "tree"}) == wanted


def test_a_page_is_told_of_its_own_parts(page: Page) -> None:
    brush = {"id": "b1", "name": "house", "prompt": "a house", "mask": {"rectangle": [0, 0, 0.5, 1]}}
    told = page.get("/api/check", {"palette": {"version": 1, "brushes": [brush]}})
    assert [each["message"] for each in told["notices"] if each["level"] == "warning"] == [
        "50.0 % of the canvas has no brush; nothing says what is there: the whole picture's prompt is empty"
    ]


@pytest.mark.parametrize("palette", [None, 3, [], "x", {}, {"version": 1, "brushes": [{}]}])
def test_a_verdict_on_what_is_wrong(page: Page, palette: Any) -> None:
    said = page.get("/api/check", {"palette": palette})
    assert said["problems"] and all(each["path"] and each["message"] for each in said["problems"])


def test_the_page_and_its_modules(tmp_path: Path) -> None:
    with serve(tmp_path) as page:
        html = page.open()
        address = html.split('src="')[1].split('"')[0]
        status, headers, _ = page.ask("/" + address)
        assert (status, headers["content-type"].split(";")[0]) == (200, "text/javascript")
        assert "immutable" in headers["cache-control"]
        _, shown, _ = page.ask("/")
        assert shown["cache-control"] == "no-store" and shown["referrer-policy"] == "no-referrer"
        assert "script-src 'self'" in shown["content-security-policy"]
        changed = tmp_path / "regiondiff" / "app.mjs"
        changed.write_text("export const a = 1;\n", encoding="utf-8")
        assert page.open().split('src="')[1].split('"')[0] != address
        status, headers, data = page.ask("/" + address)
        assert status == 200 and headers["cache-control"] == "no-cache" and b"a = 1" in data


def test_a_page_that_is_not_there_is_told(tmp_path: Path) -> None:
    with serve(tmp_path) as page:
        (tmp_path / PAGE).unlink()
        assert "expected the page's files in" in page.get("/", status=500)["error"]["message"]


def test_only_files_of_the_page_are_listed(tmp_path: Path) -> None:
    for name in ("a.mjs", "b/c.css", ".hidden.mjs", ".git/d.mjs", "e.py", "f"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    assert [*Modules(tmp_path).list_files()] == ["a.mjs", "b/c.css"]
    assert replace(Modules(tmp_path), folder=tmp_path / "none").list_files() == {}
