"""The benchmark of what is taken for a figure: it sees what `render` decides, and counts by world and class."""

from __future__ import annotations

from typing import Any

import pytest
from looks import CLASSES, SECOND, TOY, Seen, count, format_table, look
from sizes_pictures import FAST, SLOW, load_host

from lib_regiondiff import demo
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.hosts.diffusers import render
from palettes import sized

PROMPTS = ("a yellow sun", "green grass")
SPOTS = ([0.1, 0.1, 0.5, 0.5], [0.6, 0.6, 0.95, 0.95])


def paint(**more: Any) -> Palette:
    brushes = [
        {"id": prompt, "prompt": prompt, "mask": {"rectangle": box}} for prompt, box in zip(PROMPTS, SPOTS, strict=True)
    ]
    return sized(128, 128, background={"prompt": "a blue background"}, brushes=brushes, seed=3, **more)


@pytest.fixture(scope="module")
def host() -> Any:
    return load_host(str(demo.make_checkpoint()), "")


def test_it_sees_what_render_decides(host: Any) -> None:
    palette = paint(**{**SLOW, "steps": 10})
    seen = look(host, palette)
    assert tuple(seen.asked) == PROMPTS and set(seen.ahead) <= set(seen.first)
    (made,) = render(host, palette, ignore_model=True)
    assert list(made.chosen.get("kinds", {})) == list(seen.ahead) == ["a yellow sun"]


def test_in_few_steps_nothing_is_looked_ahead_at(host: Any) -> None:
    seen = look(host, paint(**FAST))
    assert seen.first == seen.ahead


def test_of_brushes_whose_kind_is_named_nothing_is_asked(host: Any) -> None:
    palette = sized(
        64, 64, brushes=[{"id": "a", "prompt": "a sun", "mask": {"ellipse": [0, 0, 1, 1]}, "kind": "thing"}]
    )
    assert look(host, palette) == Seen((), [], [])


def test_rows_are_counted_by_world_and_class() -> None:
    found = [
        (TOY, "textures", Seen("ab", "a", "")),
        (SECOND, "textures", Seen("c", "c", "c")),
        (TOY, "textures", Seen("abc", "ac", "a")),
    ]
    rows = count(found)
    assert [list(row.values()) for row in rows] == [[TOY, "textures", 2, 5, 3, 1], [SECOND, "textures", 1, 1, 1, 1]]
    *_, last = format_table(rows).strip().splitlines()
    assert last == "| second | textures | 1 | 1 | 1 | 1 |"
    assert set(CLASSES[SECOND]) < set(CLASSES[TOY])
