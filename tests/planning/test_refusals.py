"""Refusals: one list of what cannot be honoured, shared by all that ask for it, with the value and a cure."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from lib_regiondiff.authoring import preflight, summary
from lib_regiondiff.document.palette import parse
from lib_regiondiff.document.pictures import Picture
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.refusals import METHODS, REFUSALS, list_refusals, refuse

WRAPPED = {"size": {"width": 516, "height": 512}, "tiles": {"width": 256, "height": 256, "overlap": 64, "wrap": True}}
DATA: dict[str, tuple[dict[str, Any], set[str], str]] = {
    "bias": ({"attention": "bias"}, set(), ""),
    "couple": ({"attention": "couple"}, set(), ""),
    "couple's first levels": (
        {"attention": "couple", "bootstrap": {"levels": 2}},
        {*REFUSALS},
        "bootstrap.levels: expected 0 or auto, because of attention 'couple', got 2; ",
    ),
    "nag": ({"nag": {"scale": 3}}, {"webui"}, "nag: expected nothing, got scale 3; "),
    "idle nag": ({"nag": {"scale": 1}}, set(), ""),
    "sampler": ({"sampler": "Euler b"}, {"command"}, "sampler: expected one of "),
    "wrap": (WRAPPED, {*REFUSALS}, "size.width: expected a multiple of 8, because of tiles.wrap, got 516"),
    "nothing": ({}, set(), ""),
}


@pytest.mark.parametrize("by", REFUSALS)
@pytest.mark.parametrize("name", DATA)
def test_each_is_told_by_whoever_refuses_it_and_by_nobody_else(name: str, by: str) -> None:
    data, refusing, wanted = DATA[name]
    palette = parse({"version": 1, **data})
    canvas = palette.size, 8
    found = [str(error) for error in list_refusals(palette, by, canvas)]
    assert len(found) == (by in refusing) and all(text.startswith(wanted) for text in found)
    if found:
        with pytest.raises(HostError) as caught:
            refuse(palette, by, canvas)
        assert str(caught.value) == found[0]
    else:
        refuse(palette, by, canvas)


@pytest.mark.parametrize("by", REFUSALS)
@pytest.mark.parametrize("attention", ["couple", "bias"])
def test_what_a_network_cannot_be_asked_is_refused(attention: str, by: str) -> None:
    palette = parse({"version": 1, "attention": attention})
    (error,) = list_refusals(palette, by, methods=frozenset({"nag"}))
    assert str(error).startswith(f"attention: expected none, got '{attention}'; ")
    assert not [*list_refusals(palette, by, methods=frozenset({attention}))]


@pytest.mark.parametrize("by", REFUSALS)
def test_a_method_that_nobody_knows_is_refused(by: str) -> None:
    with pytest.raises(HostError, match=r"^the host's methods: expected keys of METHODS .*, got 'mag', 'nags'$"):
        refuse(parse({"version": 1}), by, methods=frozenset({"nag", "nags", "mag"}))
    refuse(parse({"version": 1}), by, methods=frozenset(METHODS))


def test_a_program_of_its_own_is_told_what_its_network_cannot_do() -> None:
    (error,) = list_refusals(parse({"version": 1, "nag": {"scale": 3}}), methods=frozenset())
    assert error.cure == "this host's network cannot; leave it out, or raise the guidance"


def test_pre_flight_and_summary_say_the_same() -> None:
    data = {"version": 1, "attention": "bias", "bootstrap": {"levels": 1}, "sampler": "Euler b", "nag": {}, **WRAPPED}
    palette = parse(data)
    told = [notice.text for notice in preflight.preflight(palette) if notice.kind == "error"]
    assert set(map(str, list_refusals(palette, "webui"))) <= set(told)
    lines = [line.removeprefix("error: ") for line in summary.summarise(palette) if line.startswith("error: ")]
    assert lines == list(map(str, list_refusals(palette, "command", (palette.size, 8)))) and len(lines) == 3


def test_without_a_canvas_its_cells_are_not_asked_for() -> None:
    assert not [*list_refusals(parse({"version": 1, **WRAPPED}))]
    assert [*list_refusals(parse({"version": 1, **WRAPPED}), canvas=(Size(512, 516), 8))]
    assert not [*list_refusals(parse({"version": 1, **WRAPPED}), canvas=(Size(512, 512), 8))]


def test_a_picture_to_start_from_is_the_webui_s_own() -> None:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    palette = parse({"version": 1, "init": {"image": Picture.of(file.getvalue()).url}})
    assert [error.got for error in list_refusals(palette, "webui")] == ["a picture"]
    assert not [*list_refusals(palette)]
