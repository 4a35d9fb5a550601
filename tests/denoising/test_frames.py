"""Frames: pictures of several plans and levels share network calls, and none of them changes another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from fakes import GaussianHost, clock_of, exploding, schedule
from lib_regiondiff.denoising.model import Prediction, predict, region_model
from lib_regiondiff.denoising.rows import Call, Frame, ask, batch_rows
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.host import Adapter, Row
from lib_regiondiff.planning import noise
from lib_regiondiff.planning.plan import Job, Plan, make_plan
from lib_regiondiff.planning.things.closeups import Closeup
from lib_regiondiff.planning.views import View
from palettes import sized

LEVELS = tuple(exploding(sigma) for sigma in schedule(6))
LEFT, RIGHT = {"rectangle": [0, 0, 0.5, 1]}, {"rectangle": [0.5, 0, 1, 1]}
TEXTURES = {"levels": 9, "mix": 1}


class Glancing(GaussianHost):
    """What a row is answered depends on all that it sees, so that its surroundings count."""

    def denoise(self, x: Tensor, rows: Sequence[Row]) -> Tensor:
        """The Gaussian answer and a share of what is seen."""
        return super().denoise(x, rows) + 0.3 * torch.tanh(x).mean((1, 2, 3), keepdim=True)


def planned(host: GaussianHost, *prompts: str, seeds: tuple[int, ...] = (1,), **more: Any) -> Plan:
    """Small brushes in two corners, as textures that see what they drew."""
    masks = ({"rectangle": [0, 0, 0.25, 0.25]}, {"rectangle": [0.75, 0.75, 1, 1]})
    brushes = [{"id": words, "prompt": words, "mask": mask} for words, mask in zip(prompts, masks, strict=False)]
    head = {"guidance": 1, "background": {"prompt": "0"}, "bootstrap": TEXTURES, "tiles": None}
    document = sized(256, 256, **head | {"brushes": brushes} | more)
    return make_plan(document, Job(document.size, clock_of(LEVELS), seeds), host)


def canvases(count: int, seed: int = 4) -> Tensor:
    return torch.randn(count, 3, 32, 32, dtype=torch.float64, generator=noise.make_generator(seed)) * 5


def walk(host: GaussianHost, plan: Plan, x: Tensor, levels: int = 3) -> list[Prediction]:
    """The first image of a plan from level to level, each time from the same x."""
    found: list[Prediction] = []
    for level in LEVELS[:levels]:
        frame = Frame.of(plan, level, memory=found[-1].memory if found else None)
        found += predict(host, [frame], x, Call(1))
    return found


def test_a_frame_drawn_twice_is_drawn_twice() -> None:
    host, x = Glancing(native=128), canvases(1)
    plan = planned(host, "2")
    first = walk(host, plan, x)
    frame = Frame.of(plan, LEVELS[3], memory=first[-1].memory)
    one, two = (predict(host, [frame], x, Call(1))[0] for _ in range(2))
    assert torch.equal(one.denoised, two.denoised)
    anew = predict(host, [Frame.of(plan, LEVELS[3])], x, Call(1))[0]
    assert not torch.equal(anew.denoised, one.denoised), "memory counts"


def test_a_second_frame_changes_nothing_in_the_first() -> None:
    host, x, other = Glancing(native=128), canvases(1), canvases(1, seed=5)
    plan = planned(host, "2")
    alone = walk(host, plan, x)
    beside: list[Prediction] = []
    more: list[Prediction] = []
    for level in LEVELS[:3]:
        beside += predict(host, [Frame.of(plan, level, memory=beside[-1].memory if beside else None)], x, Call(1))
        more += predict(host, [Frame.of(plan, level, memory=more[-1].memory if more else None)], other, Call(1))
    for one, two in zip(alone, beside, strict=True):
        assert torch.equal(one.denoised, two.denoised)


def test_frames_of_several_plans_and_levels_are_those_that_they_are_alone_in_fewer_calls() -> None:
    host = Glancing(native=128)
    plans = [planned(host, "2", "-1"), planned(host, "-3"), planned(host, "1", background={"prompt": "5"})]
    x = canvases(3)
    memories = [walk(host, plan, x[line : line + 1], levels=2)[-1].memory for line, plan in enumerate(plans)]
    frames = [
        Frame.of(plan, LEVELS[2 + line], memory=memory, line=line)
        for line, (plan, memory) in enumerate(zip(plans, memories, strict=True))
    ]
    host.calls.clear()
    together = predict(host, frames, x, Call(1))
    calls, rows = len(host.calls), sum(map(len, host.calls))
    assert any(len({row.level for row in each}) == 3 for each in host.calls), "several levels in one call"
    host.calls.clear()
    for line, frame in enumerate(frames):
        (alone,) = predict(host, [replace(frame, line=0)], x[line : line + 1], Call(1))
        assert torch.equal(alone.denoised, together[line].denoised)
    assert len(host.calls) > calls and sum(map(len, host.calls)) == rows


def test_a_picture_has_prompts_and_noise_by_its_number_and_x_by_its_line() -> None:
    """The second image of a plan, from the third line of x; the host hands over pixels of its seventh picture."""
    host, x = Glancing(native=128), canvases(3)
    document = sized(256, 256, guidance=1, bootstrap={"levels": 9, "mix": 1}, background={"prompt": "0"}, tiles=None,
                     brushes=[{"id": "a", "prompt": "2", "mask": {"rectangle": [0, 0, 0.25, 0.25]}}])  # fmt: skip
    plan = make_plan(document, Job(document.size, clock_of(LEVELS), (1, 2)), host)
    host.calls.clear()
    (made,) = predict(host, [Frame.of(plan, LEVELS[0], image=1, line=2, given=7)], x, Call(1))
    seen = [row for rows in host.calls for row in rows if row.surround is not None]
    (view,) = (each for each in plan.views(LEVELS[0]) if each.surround is not None)
    assert view.surround is not None
    assert {(row.line, row.image) for rows in host.calls for row in rows} == {(2, 7)}
    assert torch.equal(seen[0].surround.noise, view.surround.noise[1])
    batch = predict(host, [Frame.of(plan, LEVELS[0], image) for image in (0, 1)], x[[0, 2]], Call(1))
    assert torch.equal(batch[1].denoised, made.denoised) and not torch.equal(batch[0].denoised, made.denoised)


def test_a_frame_of_a_plan_has_its_image_s_line_unless_it_is_told_another() -> None:
    plan = planned(GaussianHost(native=128), "2", seeds=(1, 2))

    def places(**given: Any) -> tuple[int, int, int]:
        frame = Frame.of(plan, LEVELS[0], 1, **given)
        return frame.image, frame.line, frame.given

    assert places() == (1, 1, 1)
    assert (places(line=0), places(given=0), places(line=4, given=7)) == ((1, 0, 1), (1, 1, 0), (1, 4, 7))


def test_frames_of_plans_with_other_guidance_are_drawn_at_the_scale_of_the_call() -> None:
    host, x = Glancing(native=128), canvases(2)
    plans = [planned(host, "2", guidance=guidance) for guidance in (3, 7)]
    frames = [Frame.of(plan, LEVELS[1], line=line) for line, plan in enumerate(plans)]
    one, two = predict(host, frames, x[:1].repeat(2, 1, 1, 1), Call(5))
    assert torch.equal(one.denoised, two.denoised)


@pytest.mark.parametrize(
    "shape", [(1, 3, 24, 24), (1, 3, 8, 8), (1, 3, 32, 31), (1, 3, 16, 64), (3, 32, 32), (1, 3, 1, 32, 32)]
)
def test_x_of_another_size_than_the_canvas_is_refused(shape: tuple[int, ...]) -> None:
    host = GaussianHost(native=128)
    plan = planned(host, "2")
    host.calls.clear()
    with pytest.raises(HostError) as caught:
        predict(host, [Frame.of(plan, LEVELS[0])], torch.zeros(shape), Call(1))
    assert str(caught.value) == f"x: expected [N, C, 32, 32], got {[*shape]}"
    with pytest.raises(HostError, match=r"^x: expected \[N, C, 32, 32\], got "):
        region_model(host, plan)(torch.zeros(shape), LEVELS[0])
    assert not host.calls, "nothing is asked"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"line": 2}, "a frame's line: expected 0…1, the lines of x, got 2"),
        ({"line": -1}, "a frame's line: expected 0…1, the lines of x, got -1"),
        ({"image": 3}, "a frame's image: expected 0…2, the images of its plan, got 3"),
        ({"image": -1}, "a frame's image: expected 0…2, the images of its plan, got -1"),
    ],
)
def test_a_frame_whose_line_or_image_does_not_exist_is_refused(given: dict[str, int], told: str) -> None:
    host = GaussianHost(native=128)
    frame = replace(Frame.of(planned(host, "2", seeds=(1, 2, 3)), LEVELS[0]), **given)  # type: ignore[arg-type]
    host.calls.clear()
    with pytest.raises(HostError) as caught:
        predict(host, [frame], canvases(2), Call(1))
    assert str(caught.value) == told and not host.calls


def view_of(plan: Plan, name: str = "2") -> View:
    return next(view for view in plan.views(LEVELS[0]) if view.region.names == (name,))


@pytest.mark.parametrize("field", ["surround", "zoom", "adapters", "shares", "frame"])
def test_views_that_differ_in_anything_are_asked_apart_and_equal_ones_once(field: str) -> None:
    plan = planned(GaussianHost(native=128), "2", bootstrap={"levels": 0})
    view = view_of(plan)
    other = view_of(planned(GaussianHost(native=128), "3", bootstrap={"levels": 0}), "3").region
    surrounded = view_of(planned(GaussianHost(native=128), "2", bootstrap=TEXTURES)).surround
    changed: dict[str, dict[str, Any]] = {
        "surround": {"surround": surrounded},
        "zoom": {"zoom": Closeup(Size(24, 24), 3, (1,), torch.ones(24, 24))},
        "adapters": {"adapters": (Adapter("a"),)},
        "shares": {"regions": (view.region, other), "shares": torch.full((2, 16, 16), 0.5)},
        "frame": {"frame": Box.whole(plan.size)},
    }
    rows, asked = ask([Frame(plan, (view, replace(view), replace(view, **changed[field])), LEVELS[0])], Call(1))
    assert len(rows) == 2 and asked[0][0].conds == asked[0][1].conds != asked[0][2].conds


def halves(guidance: tuple[float | None, float | None]) -> tuple[GaussianHost, Plan, View]:
    """A view of two regions, which a row shows together, each in its half."""
    host = GaussianHost(native=128)
    brushes = [
        {"id": key, "prompt": prompt, "mask": mask, "negative": negative} | ({"guidance": scale} if scale else {})
        for key, prompt, mask, negative, scale in (
            ("a", "2", LEFT, "-1", guidance[0]), ("b", "3", RIGHT, "-2", guidance[1]))
    ]  # fmt: skip
    document = sized(128, 128, guidance=2, brushes=brushes, background={"prompt": "0"}, bootstrap={"levels": 0})
    plan = make_plan(document, Job(document.size, clock_of(LEVELS), (1,)), host)
    regions = tuple(view.region for view in plan.views(LEVELS[0]) if view.region.names in (("a",), ("b",)))
    shares = torch.zeros(2, 16, 16)
    shares[0, :, :8], shares[1, :, 8:] = 1, 1
    box = Box(0, 0, 16, 16)
    return host, plan, View(box, box, regions, torch.ones(16, 16), shares=shares)


def test_a_row_shows_several_regions_and_its_negative_has_the_same_form() -> None:
    _, plan, view = halves((None, None))
    rows, _ = ask([Frame(plan, (view,), LEVELS[0])], Call(2))
    assert [row.negative for row in rows] == [False, True]
    assert [getattr(row.cond, "mean", None) for row in rows] == [2.0, -1.0]
    assert [[getattr(cond, "mean", None) for cond in row.attention.contexts] for row in rows] == [[3.0], [-2.0]]
    assert all(row.attention.weights is view.shares for row in rows)
    assert [list(each) for each in batch_rows(rows, 2**16)] == [[0, 1]], "one network call"


def test_regions_of_one_view_keep_their_own_guidance() -> None:
    """x0 of the positives is 2 and 3, of the negatives -1 and -2: the scale of each half is seen in it."""
    host, plan, view = halves((None, 5.0))
    host = replace(host, deviation=1e-9)
    (made,) = predict(host, [Frame(plan, (view,), LEVELS[0])], torch.zeros(1, 3, 16, 16, dtype=torch.float64), Call(2))
    assert torch.allclose(made.denoised[..., :8], torch.tensor(-1 + 2 * 3.0).double(), atol=1e-4)
    assert torch.allclose(made.denoised[..., 8:], torch.tensor(-2 + 5 * 5.0).double(), atol=1e-4)


def test_a_view_of_regions_with_no_negative_says_so() -> None:
    _, plan, view = halves((None, None))
    regions = tuple(replace(region, unconds=None) for region in view.regions)
    with pytest.raises(HostError, match="guidance: expected 1 as planned"):
        ask([Frame(plan, (replace(view, regions=regions),), LEVELS[0])], Call(2))


def test_a_zoomed_view_is_drawn_in_its_own_cells_from_what_it_drew_before() -> None:
    """From x that says nothing of the noise that was carried on, it goes on with new noise, as LCM does."""
    host, plan = GaussianHost(native=128), planned(GaussianHost(native=128), "2", bootstrap={"levels": 0})
    own = Closeup(Size(24, 12), 3, (7,), torch.ones(24, 12))
    view = replace(view_of(plan), zoom=own, weight=torch.ones(16, 16), box=Box(0, 0, 16, 16))
    frame = Frame(plan, (plan.views(LEVELS[0])[0], view), LEVELS[0])
    (first,) = predict(host, [frame], canvases(1), Call(1))
    row = next(row for row in host.calls[-1] if row.zoom is not None)
    assert (row.size.height, row.size.width, row.box.size.height) == (24, 12, 16)
    expected = host.denoise((LEVELS[0].beta * own.draw_noise(0, 0))[None].double(), [row])[0]
    drawn = first.memory.things.now[("2",), view.box].x0
    assert torch.allclose(drawn.double(), expected, atol=1e-4) and first.denoised.shape == (3, 32, 32)
    smooth = torch.nn.functional.interpolate(expected[None].float(), (16, 16), mode="bilinear", antialias=True)[0]
    assert torch.allclose(first.denoised[:, :16, :16].float(), smooth, atol=1e-4)
    memory = first.memory.at(LEVELS[1].noise, plan.clock)
    (second,) = predict(host, [replace(frame, level=LEVELS[1], memory=memory)], canvases(1, 8), Call(1))
    (row,) = (row for row in host.calls[-1] if row.zoom is not None)
    assert row.zoom is not None and row.zoom.x0 is not None and torch.equal(row.zoom.x0, drawn)
    new = own.draw_noise(0, 1)
    assert abs(float((row.zoom.noise - new).norm() / new.norm())) < 0.3, "hardly anything was carried on"
    wanted = host.denoise((LEVELS[1].alpha * drawn + LEVELS[1].beta * row.zoom.noise)[None].double(), [row])[0]
    assert torch.allclose(second.memory.things.now[("2",), view.box].x0.double(), wanted, atol=1e-4)


def test_x_that_is_not_finite_is_the_samplers_fault_and_named_by_its_noises() -> None:
    host = GaussianHost(native=128)
    frames = [Frame.of(planned(host, "2"), level, line=line) for line, level in enumerate(LEVELS[:2])]
    x = canvases(2)
    x[1, 0, 0, 0] = torch.nan
    with pytest.raises(HostError, match=r"x from the sampler at noise 0\.998, 0\.9\d+: expected finite numbers"):
        predict(host, frames, x, Call(1))
