"""Attention Couple's views: all regions in one look at each place, as the exact denoiser of their mixture says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from fakes import GaussianHost
from lib_regiondiff.denoising.model import region_model
from lib_regiondiff.denoising.rows import Call, Frame, ask
from lib_regiondiff.document.palette import Palette, dump, parse
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Box
from lib_regiondiff.host import PLAIN
from lib_regiondiff.planning.plan import Plan
from plan_cases import LEVELS, brush, palette, palettes, plan

LEFT, RIGHT = {"rectangle": [0, 0, 0.5, 1]}, {"rectangle": [0.5, 0, 1, 1]}
HALVES = [brush("a", LEFT, "1", negative="4"), brush("b", RIGHT, "2")]


def coupled(document: Palette) -> Palette:
    """The palette with couple, without what that refuses."""
    data = {**dump(document), "attention": "couple", "bootstrap": {"levels": 0}}
    return parse(data)


def draw(made: Plan, host: GaussianHost, seed: int = 1) -> torch.Tensor:
    x = torch.randn(1, 3, made.size.height, made.size.width, generator=torch.Generator().manual_seed(seed)).double()
    return region_model(host, made)(x, LEVELS[0])[0]


@given(palettes())
@settings(max_examples=60)
def test_regions_share_one_look_and_their_shares_are_those_of_the_blend(document: Palette) -> None:
    """On data whose denoiser is exact, one row that shows all regions is the blend of a row for each."""
    blended, one = replace(coupled(document), attention="none"), coupled(document)
    if document.tiles is None:
        hosts = [GaussianHost(native=2048), GaussianHost(native=2048)]
        plans = [plan(each, host, centred=False) for each, host in zip((blended, one), hosts, strict=True)]
        drawn = [draw(made, host) for made, host in zip(plans, hosts, strict=True)]
        assert (drawn[0] - drawn[1]).abs().max() < 1e-4
    made = plan(one)
    for level in LEVELS[:-1]:
        boxes = [view.box for view in made.views(level)]
        assert len(boxes) == len(set(boxes)), "no place is looked at twice"
        for view in made.views(level):
            if view.shares is not None:
                assert len(view.regions) == len(view.shares) > 1 and bool((view.shares >= 0).all())
                assert (view.shares.sum(dim=0) - 1).abs().max() < 1e-5
                assert all(bool(each.any()) for each in view.shares), "no region is shown in vain"


def test_three_regions_are_one_row_and_one_negative() -> None:
    made = plan(coupled(palette(brushes=[brush("a", {"rectangle": [0, 0, 0.5, 0.5]}), brush("b", RIGHT, "2")])))
    rows, _ = ask([Frame.of(made, LEVELS[0])], Call(7))
    (view,) = made.views(LEVELS[0])
    assert [row.negative for row in rows] == [False, True] and view.box == Box.whole(made.size)
    assert len(rows[0].attention.contexts) == 2 and rows[1].attention is PLAIN, "negatives are the same"
    assert made.single is None and not made.plain


def test_one_region_and_equal_contexts_ask_for_nothing() -> None:
    same = [brush("a", LEFT, "0"), brush("b", RIGHT, "0")]
    made = plan(coupled(palette(brushes=same)))
    assert made.single is not None and made.plain
    apart = plan(coupled(palette(brushes=same)), merge=False)
    rows, _ = ask([Frame.of(apart, LEVELS[0])], Call(7))
    assert len(rows) == 2 and all(row.attention is PLAIN for row in rows)


def test_a_region_that_begins_later_is_not_shown_before() -> None:
    made = plan(coupled(palette(brushes=[brush("a", LEFT), brush("b", RIGHT, "2", start=0.5)])))
    names = [[region.names for region in made.steps[step].__getitem__(0).regions] for step in (0, len(made.steps) - 1)]
    assert names == [[("background",), ("a",)], [("a",), ("b",)]]


def test_tiles_show_only_their_own_regions() -> None:
    grid = {"width": 128, "height": 128, "overlap": 32}
    brushes = [brush("a", {"rectangle": [0, 0, 0.1, 1]}, "1"), brush("b", {"rectangle": [0.9, 0, 1, 1]}, "2")]
    made = plan(coupled(palette(512, 128, tiles=grid, brushes=brushes)))
    shown = [view.names for view in made.views(LEVELS[0])]
    assert shown[0] == ("background", "a") and shown[-1] == ("background", "b") and ("background",) in shown
    total = np.zeros((16, 64))
    for view in made.views(LEVELS[0]):
        view.box.crop(total)[...] += view.weight.numpy()
    assert np.abs(total - 1).max() < 1e-5


@pytest.mark.parametrize("attention", ["none", "couple"])
def test_the_background_keeps_its_share_under_brushes(attention: str) -> None:
    document = palette(brushes=[brush("a", LEFT, "1"), brush("b", RIGHT, "3")], attention=attention, guidance=1,
                       background={"prompt": "-5", "share": 0.25})  # fmt: skip
    host = GaussianHost(native=2048, deviation=1e-9)
    x0 = draw(plan(document, host), host)
    assert torch.allclose(x0[..., :8].mean(), torch.tensor(0.75 * 1 + 0.25 * -5).double(), atol=1e-3)
    assert torch.allclose(x0[..., 8:].mean(), torch.tensor(0.75 * 3 + 0.25 * -5).double(), atol=1e-3)


def test_a_picture_under_the_brushes_is_put_back_where_none_of_them_is() -> None:
    ground = {"prompt": "5", "colour": "#ffffff", "strength": 0.5}
    host = GaussianHost(native=2048, deviation=1e-9)
    made = plan(coupled(palette(brushes=[brush("a", LEFT, "1")], guidance=1, background=ground)), host)
    x0 = draw(made, host)
    assert (x0[..., :8] - 1).abs().max() < 1e-4 and (x0[..., 8:] - 1).abs().max() < 1e-4, "white is 1"
    (view,) = made.views(LEVELS[0])
    assert float(view.weight[:, 8:].max()) == 0 and view.names == ("background", "a"), "something is shown there"


def test_things_and_scenes_have_looks_of_their_own() -> None:
    brushes = [
        brush("a", LEFT, "1"),
        brush("t", {"rectangle": [0.1, 0.1, 0.2, 0.2]}, "7", kind="thing"),
        brush("s", {"rectangle": [0.5, 0, 1, 1]}, "3", kind="scene"),
    ]
    made = plan(coupled(palette(256, 256, brushes=brushes)), GaussianHost(native=128))
    views = made.views(LEVELS[0])
    assert sorted(view.names for view in views) == [("background", "a"), ("s",), ("t",)] or sorted(
        view.names for view in views
    ) == [("a",), ("s",), ("t",)]
    total = torch.zeros(32, 32)
    for view in views:
        if view.names != ("t",):
            for inside, place in view.box.pieces(made.size):
                inside.crop(total).add_(place.crop(view.weight))
    assert (total - 1).abs().max() < 1e-5


@pytest.mark.parametrize("kind", ["auto", "stuff"])
def test_brushes_stay_on_the_canvas_unless_they_are_things(kind: str) -> None:
    """What `auto` would look at by itself, and thin brushes, are regions of the one look."""
    spots = [brush("a", {"ellipse": [0.4, 0.4, 0.6, 0.6]}, "1", kind=kind),
             brush("thin", {"rectangle": [0, 0.9, 1, 0.92]}, "2", kind=kind)]  # fmt: skip
    host = GaussianHost(native=128)
    made = plan(coupled(palette(512, 512, brushes=spots)), host)
    (view,) = made.views(LEVELS[0])
    assert made.undecided is None and set(view.names) == {"background", "a", "thin"}


@pytest.mark.parametrize("prompt", ["1 AND 2", "1:0.5 AND 2"])
def test_joined_prompts_are_refused_where_regions_share_a_look(prompt: str) -> None:
    data: Any = [brush("a", LEFT, prompt), brush("b", RIGHT, "2")]
    with pytest.raises(HostError, match=r"^the prompt of a: expected one part of weight 1, because of attention"):
        plan(coupled(palette(brushes=data)))
    whole = [brush("a", {"rectangle": [0, 0, 1, 1]}, prompt)]
    assert plan(coupled(palette(brushes=whole))).single is not None, "alone it is a picture of its own"


def test_first_levels_that_keep_brushes_apart_are_refused() -> None:
    with pytest.raises(HostError, match=r"^bootstrap.levels: expected 0 or auto, because of attention 'couple', got 3"):
        plan(palette(brushes=HALVES, attention="couple", bootstrap={"levels": 3}))
    few = palette(brushes=HALVES, attention="couple", guidance=1, background={"prompt": "0"})
    assert all(len(views) == 1 and views[0].surround is None for views in plan(few).steps)
