"""The benchmark of things that the model draws by itself: they are judged as the things of its palettes are."""

from __future__ import annotations

import pytest
from plain_things import LIKE, SIDES, enlarge
from sizes_classes import make_wish
from sizes_labels import Seen
from sizes_scores import find_radius, score_labels
from sizes_wishes import draw_truth

from lib_regiondiff.demo.labeller import Maps


@pytest.mark.parametrize("side", SIDES)
def test_the_true_picture_of_an_enlarged_wish_is_wholly_right_and_fills_its_brush(side: int) -> None:
    wish = make_wish(LIKE, 1, "development")
    large = enlarge(wish, side)
    true = draw_truth(large)
    maps = Maps(true.classes, true.colours)
    assert score_labels(large, Seen.alike(maps, 1), true)["whole"] == 1
    assert large.pieces[0].meaning.seen == wish.pieces[0].meaning.seen
    assert large.covered[0].sum() == pytest.approx(side**2, rel=0.02)
    least = enlarge(wish, SIDES[0])
    assert find_radius(large.pieces[0]) / side == pytest.approx(find_radius(least.pieces[0]) / SIDES[0], rel=0.02)
