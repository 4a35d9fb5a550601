"""Variants that a palette names by a word: each word of the format stands for a function, and there is no other."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from lib_regiondiff.document.palette import Overlap, Palette, Tiles
from lib_regiondiff.document.rules import Choice, Maybe
from lib_regiondiff.document.values import AUTO
from lib_regiondiff.planning import tiles
from lib_regiondiff.planning.weights import blends, masks


def words(record: type, name: str) -> set[str]:
    rule = next(field.metadata["rule"] for field in dataclasses.fields(record) if field.name == name)
    rule = rule.rule if isinstance(rule, Maybe) else rule
    assert isinstance(rule, Choice)
    return set(rule.words) - {AUTO}


@pytest.mark.parametrize(
    ("record", "name", "variants"),
    [
        (Palette, "blend", blends.BLENDS),
        (Palette, "quantization", masks.QUANTIZATIONS),
        (Overlap, "rule", masks.OVERLAP_RULES),
        (Tiles, "window", tiles.CURVES),
    ],
)
def test_each_word_of_the_format_has_its_variant(record: type, name: str, variants: dict[str, object]) -> None:
    assert words(record, name) == set(variants)


def test_auto_weighs_as_the_blend_that_it_becomes() -> None:
    coverage = np.eye(4, dtype=np.float32)
    assert blends.find_blend(AUTO) is blends.BLENDS["average"] and blends.find_blend(AUTO).fade(coverage, False) == 1
    assert all(each.window in tiles.CURVES for each in blends.BLENDS.values())
