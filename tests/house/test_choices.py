"""Choices that a help text or a page lists by hand: they are those of the code, all of them and no others."""

from __future__ import annotations

import re
from collections.abc import Iterable

import click
import pytest

from lib_regiondiff.command.cli import render
from lib_regiondiff.document.palette import METHODS
from lib_regiondiff.document.values import AUTO
from lib_regiondiff.hosts.webui.program import settings
from lib_regiondiff.planning.weights.blends import BLENDS
from lib_regiondiff.planning.weights.masks import QUANTIZATIONS
from places import ROOT

ROW = re.compile(r"^\| `(regiondiff_\w+)` \| (.+?) \|", re.MULTILINE)
WORD = re.compile(r"[a-z-]+")


def listed(name: str) -> list[str]:
    """The choices that the help of an option of `render` names."""
    option = next(each for each in render.params if each.name == name)
    assert isinstance(option, click.Option)
    return WORD.findall((option.help or "").replace(" or ", ", "))


@pytest.mark.parametrize(("name", "choices"), [("blend", [*BLENDS, AUTO]), ("quantization", QUANTIZATIONS)])
def test_the_help_of_an_option_names_each_choice_once(name: str, choices: Iterable[str]) -> None:
    assert sorted(listed(name)) == sorted(choices)


def rows() -> dict[str, list[str]]:
    """The values of each setting as docs/hosts.md has them."""
    page = (ROOT / "docs" / "hosts.md").read_text("utf-8")
    return {key: [value.strip("`") for value in values.split(", ")] for key, values in ROW.findall(page)}


def test_the_page_of_hosts_has_each_setting_with_its_values() -> None:
    known = {each.key: list(each.choices) or [f"0…{settings.MOST_ROWS}"] for each in settings.ALL}
    assert rows() == known


def test_the_page_of_hosts_lists_the_methods_of_the_palette_format() -> None:
    assert rows()[settings.METHOD.key] == list(METHODS)
