"""Things: drawn whole in a window of the native size, whatever the size of their brush, and laid over the ground."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from bounded import bounded
from discs import LEVELS, SIDE, STEPS, Figures, make_canvas, make_document, plan_document
from fakes import GaussianHost, clock_of
from lib_regiondiff.denoising.model import ImageBatch, predict, region_model
from lib_regiondiff.denoising.prediction import Prediction
from lib_regiondiff.denoising.rows import Call, Frame, ask
from lib_regiondiff.denoising.thing_memory import Canvas, ThingMemory, correlate, find_threshold, make_matte
from lib_regiondiff.document.budget import expect
from lib_regiondiff.document.encoded import write_png
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.document.pictures import Picture
from lib_regiondiff.errors import HostError, PaletteError
from lib_regiondiff.geometry import Size
from lib_regiondiff.host import Level
from lib_regiondiff.planning import noise
from lib_regiondiff.planning.plan import Job, Plan, make_plan
from lib_regiondiff.planning.things.closeups import FILL, find_window, list_asked
from lib_regiondiff.planning.things.things import label_pieces
from lib_regiondiff.planning.views import View
from palettes import sized


def things_of(plan: Plan, level: Level) -> list[View]:
    return [view for view in plan.views(level) if view.zoom is not None]


def find_begun(view: View) -> Size:
    """The size of the first steps of a close-up."""
    assert view.zoom is not None
    return view.zoom.begun or view.size


def draw(host: GaussianHost, plan: Plan) -> Tensor:
    """The mean of all channels [h, w] of x0 at the last level."""
    model, x = region_model(host, plan), make_canvas(plan)
    return [model(x, level) for level in LEVELS[:-1]][-1][0].mean(dim=0)


@given(st.floats(0.08, 0.8), st.floats(0.4, 2.5), st.tuples(st.floats(0, 1), st.floats(0, 1)), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_thing_of_any_size_and_aspect_has_one_native_view(
    side: float, aspect: float, place: tuple[float, float], ring: bool
) -> None:
    wide, high = min(1.0, side * aspect**0.5), min(1.0, side / aspect**0.5)
    left, top = place[0] * (1 - wide), place[1] * (1 - high)
    palette = make_document([left, top, left + wide, top + high], 512)
    plan, host = plan_document(palette, GaussianHost(native=64)), GaussianHost(native=64)
    longest = host.latent.longest
    for level in LEVELS[:-1]:
        (view,) = things_of(plan, level)
        size = find_begun(view)
        assert abs(size.area / SIDE**2 - 1) < 0.2
        assert max(size.height, size.width) <= longest**0.5 * SIDE
        middle = (view.box.top + view.box.bottom) / 2, (view.box.left + view.box.right) / 2
        assert abs(middle[0] - 64 * (top + high / 2)) <= 1 and abs(middle[1] - 64 * (left + wide / 2)) <= 1
        shown = min(high, longest * wide) * 64, min(wide, longest * high) * 64
        scale = max(shown[0] / size.height, shown[1] / size.width) / FILL
        assert abs(view.box.size.height - scale * size.height) <= 1 or view.box.size.height == 2
        assert abs(view.box.size.width - scale * size.width) <= 1 or view.box.size.width == 2
        assert abs(np.log(shown[0] / shown[1] * size.width / size.height)) < 0.25
        rest = torch.zeros(64, 64)
        for other in plan.views(level):
            if other.zoom is None:
                other.box.paste(rest, other.box.crop(rest) + other.weight)
        assert torch.allclose(rest, torch.ones(64, 64)), "the ground lies below the thing"
    del host, ring


@pytest.mark.parametrize("turn", [0, 3, 20, 29, 31])
def test_windows_of_a_ring_cross_its_border(turn: int) -> None:
    coverage = np.zeros((32, 32), np.float32)
    coverage[10:16, 4:10] = 1
    (here, drawn), (there, again) = (
        find_window(each, GaussianHost(native=64).latent, True) for each in (coverage, np.roll(coverage, turn, axis=1))
    )
    assert here.size == there.size and drawn == again and (there.left - here.left - turn) % 32 == 0


def test_a_thing_costs_a_row_a_step_and_two_for_the_ground() -> None:
    host = GaussianHost(native=64)
    plan = plan_document(make_document([0.1, 0.1, 0.3, 0.3]), host)
    model, x = region_model(host, plan), make_canvas(plan)
    for level in LEVELS[:-1]:
        model(x, level)
    assert sum(len(rows) for rows in host.calls) == 2 * STEPS + len(list_asked(STEPS)) == 2 * STEPS + 2
    assert sum(row.size.area for rows in host.calls for row in rows if row.zoom) == SIDE**2 * (STEPS + 2)


@pytest.mark.parametrize("box", [[0.4, 0.4, 0.5, 0.5], [0.1, 0.2, 0.35, 0.45], [0.1, 0.1, 0.95, 0.95]])
def test_a_figure_is_drawn_once_inside_its_brush_and_the_ground_elsewhere(box: list[float]) -> None:
    host = Figures(native=64)
    plan = plan_document(make_document(box), host)
    shown = draw(host, plan)
    left, top, right, bottom = (round(32 * each) for each in box)
    inside = torch.zeros(32, 32, dtype=torch.bool)
    inside[max(0, top - 1) : bottom + 1, max(0, left - 1) : right + 1] = True
    assert shown[~inside].abs().max() == 0
    high, wide = bottom - top, right - left
    share = (shown > 1).sum().item() / (high * wide)
    assert 0.15 < share < 0.7, "the disc, not the whole brush"
    assert shown[top + high // 2, left + wide // 2] > 1


def test_nothing_changes_without_things_or_over_a_picture() -> None:
    host = GaussianHost(native=64)
    palette = make_document([0.1, 0.1, 0.3, 0.3])
    later = LEVELS[2:]
    one = plan_document(palette, host, later).views(later[0])
    other = plan_document(make_document([0.1, 0.1, 0.3, 0.3], kind="auto"), host, later).views(later[0])
    assert [(view.box, view.names) for view in one] == [(view.box, view.names) for view in other]
    assert all(view.zoom is None for view in one)


def test_a_frame_with_things_drawn_twice_is_drawn_twice() -> None:
    host = Figures(native=64)
    plan = plan_document(make_document([0.1, 0.1, 0.3, 0.3]), host)
    x, memory = make_canvas(plan), None
    for level in LEVELS[:-1]:
        frame = Frame.of(plan, level, memory=memory)
        one, two = (predict(host, [frame], x, Call(1))[0] for _ in range(2))
        assert torch.equal(one.denoised, two.denoised)
        again = predict(host, [Frame.of(plan, level, memory=one.memory)], x, Call(1))[0]
        assert torch.equal(again.denoised, one.denoised), "asked twice at one level"
        memory = one.memory


def test_images_of_a_batch_and_seeds_have_noise_of_their_own() -> None:
    plan = make_plan(
        make_document([0.1, 0.1, 0.3, 0.3]), Job(Size(256, 256), clock_of(LEVELS), (1, 2, 1)), GaussianHost(native=64)
    )
    (view,) = things_of(plan, LEVELS[0])
    assert view.zoom is not None
    first, second, third = (view.zoom.draw_noise(image, 0) for image in range(3))
    assert torch.equal(first, third) and abs(float(correlate(first, second))) < 0.4
    assert abs(float(correlate(first, view.zoom.draw_noise(0, 1)))) < 0.4
    seeded = make_plan(
        make_document([0.1, 0.1, 0.3, 0.3], seed=9),
        Job(Size(256, 256), clock_of(LEVELS), (1, 2)),
        GaussianHost(native=64),
    )
    (view,) = things_of(seeded, LEVELS[0])
    assert view.zoom is not None
    assert torch.equal(view.zoom.draw_noise(0, 0), view.zoom.draw_noise(1, 0)), "the brush's seed is its own"


@pytest.mark.parametrize("carried", [0.0, 1.0])
def test_what_a_sampler_carries_on_is_seen_in_its_noise(carried: float) -> None:
    """DDIM goes on with the noise that it told from x, LCM draws another one at each level."""
    one, two = (torch.randn(4, 32, 32, generator=noise.make_generator(seed)) for seed in (1, 2))
    x0, level = torch.randn(4, 32, 32, generator=noise.make_generator(3)), LEVELS[1]
    memory = ThingMemory(canvas_now=Canvas(x0, x0, one, one)).turn(False)
    x = level.alpha * x0 + level.beta * (one if carried else two)
    assert memory.observe(x, level).carried == pytest.approx(carried, abs=0.05)


@given(st.lists(st.floats(0, 10), min_size=4, max_size=40))
@settings(deadline=None)
def test_two_kinds_are_parted_where_each_varies_least(values: list[float]) -> None:
    """Otsu's method, by trying every threshold."""
    ordered = sorted(values)
    if ordered[-1] - ordered[0] < 1e-3:
        return

    def between(cut: float) -> float:
        low, high = [v for v in values if v <= cut], [v for v in values if v > cut]
        if not low or not high:
            return 0.0
        return len(low) * len(high) * (sum(low) / len(low) - sum(high) / len(high)) ** 2

    threshold, low, high = find_threshold(torch.tensor(values, dtype=torch.float64))
    assert between(threshold) >= max(map(between, values)) * (1 - 1e-9) - 1e-9 and low <= threshold <= high


def test_what_differs_everywhere_alike_is_all_thing_and_a_spot_is_a_spot() -> None:
    assert torch.equal(make_matte(torch.zeros(8, 8)), torch.ones(8, 8)), "a thing that says what lies below it"
    assert torch.equal(make_matte(torch.full((8, 8), 3.0)), torch.ones(8, 8))
    spot = torch.zeros(12, 12)
    spot[4:8, 4:8] = 5
    found = make_matte(spot)
    assert found[5:7, 5:7].min() == 1 and found[:2].max() == 0 and found[-2:].max() == 0


def test_grounds_are_asked_by_what_lies_below_and_plainly() -> None:
    host = GaussianHost(native=64)
    plan = plan_document(make_document([0.1, 0.1, 0.3, 0.3]), host)
    step = min(list_asked(STEPS))
    rows, asked = ask([Frame.of(plan, LEVELS[step])], Call(1))
    (thing,) = (each for each in asked[0] if each.view.zoom)
    assert thing.ground is not None
    assert rows[thing.ground].cond is plan.views(LEVELS[step])[0].region.conds[0][0].cond
    assert rows[thing.ground].zoom is rows[thing.conds[0]].zoom


def test_each_piece_of_a_brush_has_a_thing() -> None:
    spots = np.zeros((256, 256), np.uint8)
    spots[20:80, 20:80] = spots[150:220, 160:230] = 255
    spots[240:243, 20:23] = 255  # a speck
    palette = make_document([0, 0, 1, 1], mask=Picture.of(write_png(spots)))
    host = Figures(native=64)
    plan = plan_document(palette, host)
    one, two = things_of(plan, LEVELS[0])
    assert one.box.right <= two.box.left and one.names == two.names == ("a",)
    assert one.zoom is not None and two.zoom is not None and one.zoom.seeds != two.zoom.seeds
    count, _ = cv2.connectedComponents((draw(host, plan) > 1).byte().numpy())
    assert count - 1 == 2


@pytest.mark.parametrize("turn", range(0, 32, 5))
def test_pieces_of_a_ring_go_on_at_the_other_side(turn: int) -> None:
    coverage = np.zeros((32, 32), np.float32)
    coverage[4:9, 3:9] = coverage[20:26, 15:22] = 1
    turned = np.roll(coverage, turn, axis=1)
    labels, kept = label_pieces(turned, True)
    assert len(kept) == 2 and np.array_equal(np.isin(labels, kept), turned > 0)


def test_a_speckled_brush_is_refused_before_it_costs_anything() -> None:
    """Sixteen thousand separate cells took half a minute and eight gigabytes."""
    cells = np.zeros((256, 256), np.uint8)
    cells[::2, ::2] = 255
    mask = Picture.of(write_png(cells.repeat(8, 0).repeat(8, 1)))
    palette = make_document([0, 0, 1, 1], 2048, mask=mask)
    plan_document(make_document([0.1, 0.1, 0.2, 0.2], 2048), GaussianHost(native=512))
    with bounded(1.0, 300), pytest.raises(HostError, match=r"things: expected at most 64 of all brushes.*16384"):
        plan_document(palette, GaussianHost(native=512))


def test_many_things_below_many_brushes_have_a_price() -> None:
    def crowd(things: int, others: int) -> Palette:
        kinds = ["thing"] * things + ["auto"] * others
        brushes = [
            {"id": str(n), "kind": kind, "prompt": "2", "mask": {"rectangle": [0, 0, 0.1, 0.1]}}
            for n, kind in enumerate(kinds)
        ]
        return sized(4096, 4096, brushes=brushes, background={"prompt": "0"})

    expect(crowd(4, 1))
    with pytest.raises(PaletteError, match="masks of 32 things and of what is above them"):
        expect(crowd(32, 32))


def test_things_that_change_places_stay_as_they_are() -> None:
    """Each lies in part around the other's brush."""
    host, boxes, found = Figures(native=64), {"a": [0.1, 0.1, 0.5, 0.5], "b": [0.3, 0.3, 0.7, 0.7]}, []
    brushes = [{"id": name, "prompt": "2", "kind": "thing", "mask": {"rectangle": box}} for name, box in boxes.items()]
    for ordered in (brushes, brushes[::-1]):
        plan = plan_document(sized(256, 256, background={"prompt": "0"}, guidance=1, brushes=ordered), host)
        made, unit = Prediction(torch.zeros_like(make_canvas(plan)[0]), None), make_canvas(plan)[0] / LEVELS[0].beta
        for level in LEVELS[:-1]:
            frame = Frame.of(plan, level, memory=made.memory)
            made = predict(host, [frame], (level.alpha * made.denoised + level.beta * unit)[None], Call(1))[0]
        found.append({names: kept for (names, _), kept in made.memory.things.now.items()})
    assert found[0].keys() == found[1].keys() == {("a",), ("b",)}
    for names, kept in found[0].items():
        other = found[1][names]
        assert torch.equal(kept.x0, other.x0)
        assert kept.picture is not None and kept.picture == other.picture


def test_another_network_goes_on_with_what_was_decided_and_drawn() -> None:
    """A refiner comes between two levels: what it sees in close-ups is what the base model drew."""
    host, palette = Figures(native=64), make_document([0.1, 0.1, 0.3, 0.3], kind="auto")
    x, level = make_canvas(plan_document(palette, host)), LEVELS[:3]
    one, other = (ImageBatch(host, plan_document(palette, host)) for _ in range(2))
    for each in level[:2]:
        one.draw(x, each)
    assert one.plan_of(0).brush_kinds == ("thing",)
    followed, asked = other.follow(one), len(host.calls)
    assert torch.equal(followed.draw(x, level[2]), one.draw(x, level[2]))
    assert followed.plan_of(0).brush_kinds == ("thing",) and len(host.calls) == asked + 4, "nothing is decided again"
    seen = [row.zoom for rows in host.calls[asked:] for row in rows if row.zoom is not None]
    assert all(each.x0 is not None for each in seen)
