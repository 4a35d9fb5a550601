"""The colours of brushes: as seen by people with and without deuteranopia and protanopia, in CIEDE2000."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ImageColor

from lib_regiondiff.authoring.colours import COLOURS, choose_colours
from lib_regiondiff.authoring.overlay import overlay
from lib_regiondiff.authoring.presets import copy_preset, list_presets
from lib_regiondiff.authoring.preview import render_html
from lib_regiondiff.document.palette import Brush, dump, parse
from lib_regiondiff.formats.typed import parse_typed

NEIGHBOURS, ANY = 15, 9
ROOT = Path(__file__).resolve().parents[2]
# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
SIGHTS: Mapping[str, np.ndarray] = {
    "all cones": np.eye(3),
    "no red": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "no green": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
    ),
}
XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]])


def seen(colour: str, sight: np.ndarray) -> np.ndarray:
    """L*a*b* [3] of an sRGB colour in somebody's eyes."""
    values = np.array(ImageColor.getrgb(colour)) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    shares = XYZ @ np.clip(sight @ linear, 0, 1) / XYZ.sum(axis=1)
    x, y, z = np.where(shares > 216 / 24389, np.cbrt(shares), (24389 / 27 * shares + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def difference(one: Sequence[float] | np.ndarray, other: Sequence[float] | np.ndarray) -> float:
    """CIEDE2000 of two colours in L*a*b*; symbols as in Sharma, Wu and Dalal 2005."""
    lightness, a, b = (np.array(each, float) for each in zip(one, other, strict=True))
    a = a * (1.5 - 0.5 * np.sqrt(power(np.hypot(a, b).mean())))
    chroma, hue = np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360
    turn = (hue[1] - hue[0] + 180) % 360 - 180
    h = hue[0] + turn / 2
    big_hue = 2 * np.sqrt(chroma.prod()) * np.sin(np.radians(turn) / 2)
    mean_l, mean_c = lightness.mean(), chroma.mean()
    waves = sum(
        w * np.cos(np.radians(k * h + p)) for w, k, p in ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.2, 4, -63))
    )
    s_l = 1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2)
    terms = (
        np.diff(lightness)[0] / s_l,
        np.diff(chroma)[0] / (1 + 0.045 * mean_c),
        big_hue / (1 + 0.015 * mean_c * (1 + waves)),
    )
    rotation = -2 * np.sqrt(power(mean_c)) * np.sin(np.radians(60 * np.exp(-(((h % 360 - 275) / 25) ** 2))))
    return float(np.sqrt(sum(term**2 for term in terms) + rotation * terms[1] * terms[2]))


def power(chroma: float) -> float:
    """The seventh power's share, which the formula takes twice."""
    return chroma**7 / (chroma**7 + 25**7)


@pytest.mark.parametrize(
    ("one", "other", "due"),  # from the table of Sharma, Wu and Dalal
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
        ((22.7233, 20.0904, -46.694), (23.0331, 14.973, -42.5619), 2.0373),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_measure_is_ciede2000(one: Sequence[float], other: Sequence[float], due: float) -> None:
    assert difference(one, other) == pytest.approx(due, abs=1e-4)
    assert difference(other, one) == pytest.approx(due, abs=1e-4)


@pytest.mark.parametrize("sight", SIGHTS)
def test_neighbours_and_all_twenty_are_told_apart(sight: str) -> None:
    assert len(COLOURS) == 20
    looks = [seen(colour, SIGHTS[sight]) for colour in COLOURS]
    beside = [difference(one, other) for one, other in itertools.pairwise([*looks, looks[0]])]
    assert min(beside) >= NEIGHBOURS
    assert min(difference(one, other) for one, other in itertools.combinations(looks, 2)) >= ANY


def brushes(count: int) -> list[dict[str, Any]]:
    """Strips side by side, without colours."""
    edges = [index / count for index in range(count + 1)]
    return [
        {"id": f"b{index}", "mask": {"rectangle": [left, 0, right, 1]}}
        for index, (left, right) in enumerate(itertools.pairwise(edges))
    ]


def test_twenty_brushes_without_a_colour_look_different_wherever_they_are_shown() -> None:
    data = {"version": 1, "size": {"width": 640, "height": 64}, "brushes": brushes(20)}
    palette = parse(data)
    assert len(set(choose_colours(palette.brushes))) == 20
    picture = np.asarray(overlay(palette))
    assert len({tuple(picture[4, 32 * index + 4]) for index in range(20)}) == 20
    shown = render_html(data)
    assert all(f"background:{colour}" in shown for colour in COLOURS)


def luminance(colour: str) -> float:
    """WCAG's relative luminance of a colour, Y of XYZ."""
    values = np.array(ImageColor.getrgb(colour)) / 255
    return float(XYZ[1] @ np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4))


@pytest.mark.parametrize("colour", [*COLOURS, "#000000", "#ffffff", "#777777", "#757575", "#ff0000", "#FFE8F3"])
def test_the_number_on_a_colour_can_be_read(colour: str) -> None:
    data = {"version": 1, "brushes": [{**brushes(1)[0], "colour": colour}]}
    (style,) = re.findall('class="regiondiff-swatch" style="([^"]*)">1<', render_html(data))
    known = dict(each.split(":") for each in style.split(";"))
    darker, lighter = sorted(luminance(known[key]) for key in ("background", "color"))
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_a_colour_belongs_to_a_place_and_is_not_written() -> None:
    palette = parse(
        {
            "version": 1,
            "brushes": [*brushes(3), {"id": "own", "colour": "#123456", "mask": {"rectangle": [0, 0, 1, 1]}}],
        }
    )
    assert choose_colours(palette.brushes) == (*COLOURS[:3], "#123456")
    assert parse(dump(palette)) == palette and "#0072b2" not in str(dump(palette))
    many = tuple(replace(palette.brushes[0], id=f"{index}") for index in range(45))
    assert choose_colours(many) == (*COLOURS, *COLOURS, *COLOURS[:5])
    black = Brush(id="a", colour="#000000", mask=palette.brushes[0].mask)
    assert choose_colours([black]) == ("#000000",)


@pytest.mark.parametrize("data", [*map(copy_preset, list_presets()), parse_typed({"typed": {}}, "a\nb\nc", "")])
def test_presets_and_typed_regions_leave_colours_to_their_places(data: dict[str, Any]) -> None:
    assert not any("colour" in brush for brush in data["brushes"])


def test_the_painting_page_has_the_same_colours() -> None:
    page = (ROOT / "javascript" / "regiondiff" / "document" / "colours.mjs").read_text(encoding="utf-8")
    assert tuple(re.findall(r"'(#[0-9a-f]{6})'", page)) == tuple(COLOURS)
