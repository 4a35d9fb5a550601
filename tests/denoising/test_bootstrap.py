"""Bootstrap and pictures under the brushes: variance, centring, what is put back and what leaks, in closed form."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fakes import GaussianHost, MeanCond, clock_of, exploding, heun, schedule
from lib_regiondiff.denoising import bootstrap
from lib_regiondiff.denoising.model import region_model
from lib_regiondiff.document.palette import Bootstrap, Palette
from lib_regiondiff.document.pictures import Picture
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.host import Level
from lib_regiondiff.planning import noise
from lib_regiondiff.planning.plan import Job, make_plan
from lib_regiondiff.planning.surroundings import Around, centre_boxes, find_white_share
from palettes import sized

LEVELS = tuple(exploding(sigma) for sigma in schedule(20))
SQUARE = {"rectangle": [0, 0, 0.25, 0.25]}


def palette(width: int = 256, height: int = 256, **more: Any) -> Palette:
    """One brush in a corner of a canvas that is larger than the native side."""
    brushes = [{"id": "a", "prompt": "2", "mask": SQUARE}]
    return sized(width, height, **{"guidance": 1, "background": {"prompt": "0"}, "brushes": brushes} | more)


def planned(document: Palette, host: GaussianHost) -> Any:
    return make_plan(document, Job(document.size, clock_of(LEVELS), (1,)), host)


def run(document: Palette, host: GaussianHost) -> torch.Tensor:
    plan = planned(document, host)
    start = noise.draw_unit([noise.make_generator(1)], (3, plan.size.height, plan.size.width)).double() * LEVELS[0].beta
    return heun(region_model(host, plan), start, LEVELS)


def picture(value: int, width: int = 256, height: int = 256) -> str:
    file = io.BytesIO()
    Image.new("RGB", (width, height), (value, value, value)).save(file, "PNG")
    return Picture.of(file.getvalue()).url


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 1.0])
@pytest.mark.parametrize("under", [False, True])
@pytest.mark.parametrize("level", [Level.exploding(0, 9.0), Level.preserving(0, 1.3)])
def test_surroundings_have_the_deviation_of_their_level(share: float, under: bool, level: Level) -> None:
    white, x0 = torch.full((4, 1, 1), 1.5), torch.full((4, 96, 96), -0.5)
    canvas = level.alpha * x0 + level.beta * noise.draw_unit([noise.make_generator(3)], (4, 96, 96))[0]
    box = Box(0, 0, 96, 96)
    weight = np.zeros((96, 96), np.float32)
    weight[40:50, 40:50] = 1
    around = Around(share, white, x0 if under else None, (7,))
    made = around.of(around.shared_noise(1, box), box, box, weight)
    seen = bootstrap.see(canvas, made.of(0), level)
    assert torch.equal(seen[:, 40:50, 40:50], canvas[:, 40:50, 40:50])
    outside = seen[:, :40]
    wanted = level.alpha * (share * 1.5 + (1 - share) * -0.5)
    assert float(outside.mean()) == pytest.approx(wanted, abs=0.04 * level.beta)
    assert float(outside.std()) == pytest.approx(level.beta, rel=0.02)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_centred_brush_is_in_the_middle_and_inside(data: st.DataObject) -> None:
    top, left = data.draw(st.integers(0, 30)), data.draw(st.integers(0, 30))
    bottom, right = data.draw(st.integers(top + 1, 32)), data.draw(st.integers(left + 1, 32))
    weight = np.zeros((32, 32), np.float32)
    weight[top:bottom, left:right] = 1
    wide, high = data.draw(st.integers(right - left, 32)), data.draw(st.integers(bottom - top, 32))
    start = Box(0, 0, high, wide).moved(min(top, 32 - high), min(left, 32 - wide))
    halves = [Box(start.top, start.left, start.bottom, start.left + max(1, wide // 2)), start]
    moved = centre_boxes(halves, weight)
    hull = Box.hull(moved)
    assert hull.size == start.size and moved[0].left == hull.left
    assert hull.top <= top and hull.left <= left and hull.bottom >= bottom and hull.right >= right
    assert abs((hull.top + hull.bottom) - (top + bottom)) <= 1
    assert abs((hull.left + hull.right) - (left + right)) <= 1


def test_levels_and_mix_say_which_levels_see_white() -> None:
    shares = [find_white_share(Bootstrap(levels=4, mix=2.3), step, True) for step in range(6)]
    assert shares == [1, 1, pytest.approx(0.3), 0, None, None]
    assert [find_white_share(Bootstrap(levels=4, mix=0), step, False) for step in range(5)] == [None, 0, 0, 0, None]
    assert find_white_share(Bootstrap(levels=0, mix=1), 0, True) is None


def test_only_the_first_levels_are_centred_and_their_weights_still_sum_to_one() -> None:
    made = planned(palette(bootstrap={"levels": 3, "mix": 9}), GaussianHost(native=128))
    for step, level in enumerate(LEVELS[:-1]):
        total = torch.zeros(made.size.height, made.size.width)
        for view in made.views(level):
            inside = view.box.within(made.size)
            inside.crop(total).add_(inside.moved(-view.box.top, -view.box.left).crop(view.weight))
            assert (view.surround is not None) == (step < 3 and view.region.names == ("a",))
        assert (total - 1).abs().max() < 1e-5
    first, last = (next(v for v in made.views(level) if v.region.names == ("a",)) for level in (LEVELS[0], LEVELS[5]))
    assert first.box == Box(-4, -4, 12, 12) and last.box == Box(0, 0, 16, 16)


def test_a_soft_brush_shows_the_canvas_where_it_has_more_than_half_of_its_most() -> None:
    """Two brushes share the cells of one of them, so that its most is no whole weight."""
    soft = {"id": "a", "prompt": "2", "mask": {"rectangle": [0.2, 0.2, 0.5, 0.5]}, "feather": 12}
    upper = {"id": "b", "prompt": "3", "mask": {"rectangle": [0, 0, 1, 1]}}
    more = {"overlap": {"cover_alpha": 0.4}, "bootstrap": {"levels": 1, "mix": 1}, "tiles": None}
    host = GaussianHost(native=128)
    made = planned(palette(brushes=[soft, upper], **more), host)
    (view,) = (view for view in made.views(LEVELS[0]) if view.region.names == ("a",))
    x = noise.draw_unit([noise.make_generator(2)], (3, 32, 32)).double()
    assert view.surround is not None
    seen = bootstrap.see(view.box.padded(x[0]), view.surround.of(0), LEVELS[0])
    shown = (seen == view.box.padded(x[0])).all(dim=0)
    assert 0.3 < float(view.weight.max()) < 0.45
    assert torch.equal(shown, view.weight > float(view.weight.max()) / 2)
    edge = (view.weight > 0) & ~shown
    assert 80 < int(shown.sum()) < 120 < int(edge.sum()), "about what was painted: 9.6 cells squared"


def test_a_pointwise_model_does_not_notice_the_bootstrap() -> None:
    """Gaussian data have no neighbours: what is seen around a brush changes nothing in it."""
    host = GaussianHost(native=128)
    none, most = {"levels": 0}, {"levels": 5, "mix": 5, "leak_sensitivity": 0}
    assert torch.allclose(run(palette(bootstrap=most), host), run(palette(bootstrap=none), host), atol=1e-9)
    tiles = {"width": 128, "height": 64, "overlap": 32}
    tiled = palette(512, 64, tiles=tiles, bootstrap=most)
    tiled_plain = palette(512, 64, tiles=tiles, bootstrap=none)
    assert torch.allclose(run(tiled, host), run(tiled_plain, host), atol=1e-6)


def test_a_brush_that_is_longer_than_a_tile_is_centred_whole() -> None:
    wide = [{"id": "a", "prompt": "2", "mask": {"rectangle": [0, 0, 0.5, 0.4]}}]
    tiles = {"width": 64, "height": 128, "overlap": 32}
    document = palette(512, 128, brushes=wide, tiles=tiles, bootstrap={"levels": 1})
    host = GaussianHost(native=192)
    views = [v for v in planned(document, host).steps[0] if v.region.names == ("a",)]
    later = [v for v in planned(document, host).steps[1] if v.region.names == ("a",)]
    moves = {(a.box.top - b.box.top, a.box.left - b.box.left) for a, b in zip(views, later, strict=True)}
    assert len(views) == 1 and views[0].box.size.width == 32 and moves == {(-5, 0)}


def test_a_centred_view_sees_its_brush_and_nothing_from_the_other_side() -> None:
    """What is beyond the canvas is filled after the move: nothing wraps around."""
    document = palette(bootstrap={"levels": 1})
    plan = planned(document, GaussianHost(native=128))
    view = next(view for view in plan.steps[0] if view.surround is not None)
    x = torch.full((3, 32, 32), 1000.0)
    x[:, :8, :8] = 7.0  # the brush
    assert view.surround is not None
    seen = bootstrap.see(view.box.padded(x), view.surround.of(0), LEVELS[0])
    assert (seen == 7).sum() == 3 * 8 * 8 and (seen[:, 4:12, 4:12] == 7).all() and seen.max() < 100


def test_scenery_is_not_moved_and_sees_objects_but_no_other_scenery() -> None:
    """A brush of one and a half native sides or more is no object."""
    wide = {"id": "a", "prompt": "2", "mask": {"rectangle": [0, 0, 0.8, 1]}}
    small = {"id": "b", "prompt": "3", "mask": {"rectangle": [0.7, 0.25, 0.9, 0.75]}}
    host = GaussianHost(native=128)
    made = planned(palette(512, 128, brushes=[wide, small], bootstrap={"levels": 2}, tiles=None), host)
    for step in range(3):
        views = made.steps[step]
        (ground,), (upper,), (object_,) = (
            [v for v in views if v.region.names == (n,)] for n in ("background", "a", "b")
        )
        assert ground.box.within(made.size) == ground.box and upper.box.within(made.size) == upper.box
        if step == 2:
            assert ground.surround is upper.surround is object_.surround is None
            continue
        columns = torch.arange(64)
        for view, shown in ((ground, columns >= 51), (upper, columns < 51)):
            assert view.surround is not None
            part, mask = shown[view.box.left : view.box.right], view.surround.mask > 0
            assert torch.equal(mask[0], part) and not part.all()
            lies = (columns >= 46) & (columns < 57)
            assert torch.equal(mask[6], part | lies[view.box.left : view.box.right]), "what lies on it"


def test_a_tile_of_scenery_sees_all_that_other_tiles_draw_of_it() -> None:
    """Tiles count little at their rims, which are no borders of a brush."""
    halves = [{"id": n, "prompt": n, "mask": {"rectangle": [0, y, 1, y + 0.5]}} for n, y in (("2", 0), ("3", 0.5))]
    tiles = {"width": 128, "height": 128, "overlap": 64}
    made = planned(palette(512, 384, brushes=halves, bootstrap={"levels": 2}, tiles=tiles), GaussianHost(native=128))
    for name, rows in (("2", torch.arange(48) < 24), ("3", torch.arange(48) >= 24)):
        views = [view for view in made.steps[1] if view.region.names == (name,)]
        assert len(views) > 4 and any(view.surround is None for view in views)
        for view in views:
            shown = rows[view.box.top : view.box.bottom]
            mask = (
                torch.ones(view.box.size.height, view.box.size.width) if view.surround is None else view.surround.mask
            )
            assert torch.equal(mask > 0, shown[:, None].expand(-1, view.box.size.width))


def test_scenery_over_a_picture_sees_it() -> None:
    wide = [{"id": "a", "prompt": "2", "mask": {"rectangle": [0, 0, 0.8, 1]}}]
    ground = {"prompt": "0", "image": picture(40, 512, 128)}
    made = planned(
        palette(512, 128, brushes=wide, background=ground, bootstrap={"levels": 2}), GaussianHost(native=128)
    )
    assert all(view.surround is None for views in made.steps for view in views)


def test_white_in_white_surroundings_is_no_leak() -> None:
    box, weight = Box(0, 0, 4, 4), np.ones((4, 4), np.float32)
    beside = Around(1.0, torch.ones(3, 1, 1), torch.zeros(3, 4, 4), (1,))
    around = beside.of(beside.shared_noise(1, box), box, box, weight)
    assert bootstrap.leak_share(around.of(0), torch.ones(3, 4, 4), 0.2) is None


def test_what_leaks_loses_its_weight_and_nothing_else_does() -> None:
    white, under = torch.ones(3, 1, 1), torch.full((3, 16, 16), -1.0)
    weight = np.ones((16, 16), np.float32)
    box = Box(0, 0, 16, 16)
    beside = Around(0.0, white, under, (1,))
    around = beside.of(beside.shared_noise(1, box), box, box, weight)
    view = around.of(0)
    leaked, own = under, torch.full((3, 16, 16), 2.0)
    assert float(bootstrap.leak_share(view, leaked, 0.2).max()) == 0  # type: ignore[union-attr]
    assert float(bootstrap.leak_share(view, own, 0.2).min()) > 0.999  # type: ignore[union-attr]
    assert bootstrap.leak_share(view, own, 0) is None


def test_a_brush_that_paints_only_its_background_leaves_the_picture_under_it() -> None:
    """Total leak: the brush's own data are the background's, so nothing of its weight is left."""
    ground = {"image": picture(255), "strength": 1}
    host = GaussianHost(deviation=1e-6, native=128)
    brushes = [{"id": "a", "prompt": "1", "mask": SQUARE}]  # 1 is white
    document = palette(background=ground, brushes=brushes, bootstrap={"levels": 20, "mix": 0})
    plan = planned(document, host)
    x = torch.randn(1, 3, 32, 32, dtype=torch.float64, generator=noise.make_generator(5)) * LEVELS[0].beta
    assert torch.allclose(region_model(host, plan)(x, LEVELS[0]), torch.ones(1, 3, 32, 32, dtype=torch.float64))
    around = [view.surround.of(0) for view in plan.steps[0] if view.surround is not None]
    kept = [bootstrap.leak_share(each, torch.ones(3, 16, 16), plan.sensitivity) for each in around]
    assert [float(each.max()) for each in kept if each is not None] == [0.0]


def test_each_image_of_a_batch_leaks_by_itself() -> None:
    host = GaussianHost(native=128)
    document = palette(background={"colour": "#333333"}, bootstrap={"levels": 20, "mix": 0})
    x = torch.randn(3, 3, 32, 32, dtype=torch.float64, generator=noise.make_generator(5)) * LEVELS[9].beta
    seeds = (4, 5, 6)
    plans = [make_plan(document, Job(document.size, clock_of(LEVELS), each), host) for each in (seeds, *zip(seeds))]
    together, *alone = (region_model(host, plan) for plan in plans)
    made = together(x, LEVELS[9])
    for index, model in enumerate(alone):
        assert torch.allclose(made[index : index + 1], model(x[index : index + 1], LEVELS[9]), atol=1e-6)


@pytest.mark.parametrize("ground", [{"image": picture(51)}, {"colour": "#333333"}, {"image": picture(51, 64, 32)}])
def test_a_picture_under_the_brushes_is_put_back_at_every_level(ground: dict[str, Any]) -> None:
    host = GaussianHost()
    end = run(palette(250, 250, background=ground), host)
    assert (end[..., 8:] - (51 / 127.5 - 1)).abs().max() < 1e-6
    assert end[..., :7, :7].mean() == pytest.approx(2, abs=0.2)
    conds = [row.cond for call in host.calls for row in call]
    assert {cond.mean for cond in conds if isinstance(cond, MeanCond)} == {2.0}, "the background costs no network row"


def test_after_its_share_of_levels_the_background_s_prompt_paints_on() -> None:
    host = GaussianHost(deviation=1e-3)
    end = run(palette(background={"prompt": "-3", "colour": "#333333", "strength": 0.5}), host)
    assert float(end[..., 16:].mean()) == pytest.approx(-3, abs=0.05)
    with_brush = run(palette(background={"prompt": "-3", "colour": "#333333"}), host)
    assert float(with_brush[..., 16:].mean()) == pytest.approx(51 / 127.5 - 1, abs=1e-6)


def test_a_brush_of_the_background_s_prompt_is_painted_on_a_picture() -> None:
    end = run(palette(background={"prompt": "2", "colour": "#333333"}), GaussianHost(deviation=1e-3))
    assert end[..., :7, :7].mean() == pytest.approx(2, abs=0.05)


def test_boxes_beyond_a_canvas_repeat_its_border() -> None:
    canvas = torch.arange(12.0).reshape(1, 3, 4)
    assert Box(-1, -2, 2, 5).padded(canvas).tolist() == [
        [[0, 0, 0, 1, 2, 3, 3], [0, 0, 0, 1, 2, 3, 3], [4, 4, 4, 5, 6, 7, 7]]
    ]
    assert Box(-5, 1, 9, 2).within(Size(3, 4)) == Box(0, 1, 3, 2)
    assert Box(1, 1, 3, 3).padded(canvas).data_ptr() == Box(1, 1, 3, 3).crop(canvas).data_ptr()
