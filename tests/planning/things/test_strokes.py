"""Strokes: thin brushes are drawn apart, once for each meaning, and cut out by their masks."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from fakes import GaussianHost, clock_of, exploding, schedule
from lib_regiondiff.denoising.blend import mirror
from lib_regiondiff.denoising.model import ImageBatch
from lib_regiondiff.denoising.pixels.paste import paste_things
from lib_regiondiff.denoising.rows import Call
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.plan import Job, Plan, make_plan
from lib_regiondiff.planning.things.candidates import is_stroke
from lib_regiondiff.planning.views import View
from lib_regiondiff.planning.weights import masks
from palettes import sized

LEVELS = tuple(exploding(sigma) for sigma in schedule(5))
LINE = {"polygon": [[0.1, 0.2], [0.13, 0.18], [0.9, 0.8], [0.87, 0.82]]}
POST = {"rectangle": [0.5, 0.1, 0.53, 0.9]}
BLOCK = {"rectangle": [0.1, 0.1, 0.6, 0.7]}
NATIVE = 128


class Grey(GaussianHost):
    """A decoder of cells as blocks of 8x8 grey pixels."""

    def decode(self, latent: Tensor) -> Image.Image:
        cells = latent[0].mean(dim=0).clamp(0, 4).mul(60).round().byte().numpy()
        return Image.fromarray(cells.repeat(8, 0).repeat(8, 1)).convert("RGB")


def make(*brushes: dict[str, Any], **more: Any) -> Palette:
    given = [{"id": f"b{n}", "prompt": str(n)} | each for n, each in enumerate(brushes, start=1)]
    return sized(256, 192, **{"background": {"prompt": "0"}, "guidance": 1, "brushes": given, "tiles": None} | more)


def plan(palette: Palette, host: GaussianHost | None = None, **more: Any) -> Plan:
    given: dict[str, Any] = {"size": palette.size, "clock": clock_of(LEVELS), "seeds": (1,)}
    return make_plan(palette, Job(**given | more), host or Grey(native=NATIVE))


def apart(made: Plan, step: int = 0) -> list[View]:
    return [view for view in made.steps[step] if view.zoom is not None]


@pytest.mark.parametrize("mask", [LINE, POST])
def test_a_thin_brush_has_one_view_weighed_by_its_mask(mask: dict[str, Any]) -> None:
    palette = make({"mask": mask})
    (view,) = apart(plan(palette))
    assert view.names == ("b1",) and view.zoom is not None and view.zoom.whole and view.zoom.ground is None
    coverage = masks.measure_cells(palette.brushes[0].mask, palette.size, 8)
    total = np.zeros_like(coverage)
    view.box.crop(total)[...] += view.weight.numpy()
    assert np.abs(total - coverage).max() < 1e-6
    grounds = [each for each in plan(palette).steps[0] if each.zoom is None]
    assert {name for each in grounds for name in each.names} == {"background"}


@pytest.mark.parametrize(
    ("brushes", "more"),
    [
        ([{"mask": BLOCK}], {}),
        ([{"mask": POST, "prompt": "0"}], {}),
        ([{"mask": POST, "prompt": "1"}, {"mask": BLOCK, "prompt": "1"}], {}),
        ([{"mask": POST}, {"mask": {"rectangle": [0, 0, 1, 1]}}], {}),
        ([{"mask": POST}], {"centred": False}),
        ([{"mask": POST}], {"clock": (0.6, 0.3, 0.0)}),
    ],
    ids=["thick", "of the background", "of a thick one's meaning", "hidden", "whole views", "over a picture"],
)
def test_no_other_brush_is_drawn_apart(brushes: list[dict[str, Any]], more: dict[str, Any]) -> None:
    assert not apart(plan(make(*brushes), **more))


def test_thin_brushes_of_one_meaning_share_a_view() -> None:
    far = {"rectangle": [0.8, 0.1, 0.83, 0.9]}
    views = apart(plan(make({"mask": POST, "prompt": "1"}, {"mask": LINE}, {"mask": far, "prompt": "1"})))
    assert [view.names for view in views] == [("b1", "b3"), ("b2",)]


def test_things_and_strokes_lie_in_the_order_of_their_brushes() -> None:
    thing = {"kind": "thing", "mask": {"rectangle": [0.4, 0.3, 0.7, 0.6]}}
    assert [view.names[0] for view in apart(plan(make({"mask": POST}, thing, {"mask": LINE})))] == ["b1", "b2", "b3"]


def test_a_stroke_acts_in_its_own_steps() -> None:
    made = plan(make({"mask": POST, "start": 0.5}))
    assert [len(apart(made, step)) for step in range(len(made.steps))] == [0, 0, 0, 1, 1]


@given(st.integers(0, 8), st.integers(1, 40), st.sampled_from([8, 16, 64]))
def test_what_is_thin_depends_on_its_width_alone(left: int, wide: int, native: int) -> None:
    coverage = np.zeros((12, 12 * 8), np.float32)
    coverage[:, left + 8 : left + 8 + wide] = 1
    cells = coverage.reshape(12, 12, 8).mean(axis=2)
    needed = min(3, max(1, native // 5))
    full = (left + 8 + wide) // 8 - -(-(left + 8) // 8)
    assert is_stroke(cells, native) == (full < needed)


def test_no_window_is_larger_than_one_view_shows() -> None:
    wide = {"rectangle": [0.02, 0.5, 0.98, 0.53]}
    (view,) = apart(plan(make({"mask": wide}), Grey(native=64)))
    assert view.box.size.width == 32 and view.size == Size(8, 8)


@pytest.mark.parametrize("size", [Size(3, 4), Size(7, 13), Size(2, 3)])
def test_a_mirrored_picture_goes_on_without_a_step(size: Size) -> None:
    values = torch.arange(12.0).reshape(1, 3, 4)
    found = mirror(values, size)
    assert found.shape == (1, size.height, size.width)
    inner = found[:, :3, :4]
    assert torch.equal(inner, values[:, : size.height, : size.width])
    assert (found.diff(dim=2).abs() <= 1).all() and (found.diff(dim=1).abs() <= 4).all()


@pytest.mark.parametrize("feather", [0, 2])
def test_a_stroke_is_pasted_by_its_mask_and_nothing_else_changes(feather: float) -> None:
    palette, host = make({"mask": LINE, "prompt": "3", "feather": feather}), Grey(deviation=1e-3, native=NATIVE)
    made = plan(palette, host)
    images = ImageBatch(host, made)
    x = torch.randn(1, 3, 24, 32, generator=torch.Generator().manual_seed(0)).double() * LEVELS[0].beta
    for level in LEVELS[:-1]:
        images.predict(x, level, Call(1))
    before = Image.new("RGB", (256, 192), (9, 9, 9))
    after = np.asarray(paste_things(host, before, palette, images.memories[0].things), float)
    layer = masks.BrushLayer(masks.rasterise(palette.brushes[0].mask, palette.size), feather)
    share = masks.partition([layer], palette.size, palette.overlap)[1]
    assert np.abs(after[..., 0] - (9 + share * (180 - 9))).max() <= 2


def test_latents_that_are_gone_on_from_hold_the_stroke_and_finished_ones_do_not() -> None:
    """A second pass begins with latents; in a finished picture only the pixels of the mask are to show the stroke."""
    for final in (True, False):
        host = Grey(deviation=1e-3, native=NATIVE)
        images = ImageBatch(host, plan(make({"mask": POST, "prompt": "3"}), host, final=final))
        x = torch.randn(1, 3, 24, 32, generator=torch.Generator().manual_seed(0)).double() * LEVELS[0].beta
        for level in LEVELS[:-1]:
            images.predict(x, level, Call(1))
        assert images.denoised is not None and (float(images.denoised.max()) < 0.1) == final
        assert images.memories[0].things.now


def test_the_ground_goes_on_below_a_stroke() -> None:
    host = Grey(deviation=1e-3, native=NATIVE)
    images = ImageBatch(host, plan(make({"mask": LINE, "prompt": "3"}), host))
    x = torch.randn(1, 3, 24, 32, generator=torch.Generator().manual_seed(0)).double() * LEVELS[0].beta
    images.predict(x, LEVELS[0], Call(1))
    canvas = images.memories[0].things.canvas_now
    assert canvas is not None and canvas.ground.abs().max() < 0.01 < canvas.x0.abs().max()


def decided(palette: Palette, names: tuple[str, ...] = (), **more: Any) -> Plan:
    """The plan once the first level has drawn figures for the brushes with these names."""
    made = plan(palette, **more)
    return made if made.undecided is None else made.undecided.decide(names)


@pytest.mark.parametrize("guidance", [1, 4])
def test_a_texture_is_drawn_apart_once_it_is_known_for_one(guidance: float) -> None:
    palette = make({"mask": BLOCK}, guidance=guidance)
    (view,) = apart(decided(palette))
    assert view.zoom is not None and view.zoom.whole and view.zoom.ground is None
    assert not apart(plan(palette)), "nobody has looked"
    (figure,) = apart(decided(palette, ("b1",)))
    assert figure.zoom is not None and not figure.zoom.whole


LARGE = {"rectangle": [0.05, 0.1, 0.95, 0.7]}


@pytest.mark.parametrize(
    ("brushes", "more"),
    [
        ([{"mask": BLOCK, "kind": "stuff"}], {}),
        ([{"mask": LARGE}], {}),
        ([{"mask": {"rectangle": [0, 0, 0.5, 1]}}, {"mask": {"rectangle": [0.5, 0, 1, 1]}}], {}),
        ([{"mask": BLOCK}], {"bootstrap": {"levels": 3, "mix": 1}}),
        ([{"mask": BLOCK}], {"bootstrap": {"mix": 0.5}}),
        ([{"mask": BLOCK}], {"quantization": "discrete"}),
        ([{"mask": BLOCK}], {"overlap": {"cover_alpha": 0.3}}),
        ([{"mask": BLOCK}], {"background": {"prompt": "0", "share": 0.5}}),
        ([{"mask": BLOCK}], {"noise": [{"mask": BLOCK, "seed": 3}]}),
        ([{"mask": BLOCK, "weight": 2}], {}),
        ([{"mask": BLOCK, "stop": 0.5}], {}),
        ([{"mask": BLOCK}], {"background": {"prompt": "0", "colour": "#ffffff"}}),
    ],
    ids=[
        "said",
        "larger than a view",
        "side by side",
        "own bootstrap",
        "own mix",
        "quantized",
        "seen below",
        "shared",
        "own noise",
        "weighed",
        "ends early",
        "over a colour",
    ],
)
def test_no_other_texture_is(brushes: list[dict[str, Any]], more: dict[str, Any]) -> None:
    assert not apart(decided(make(*brushes, **more)))


def test_textures_of_one_meaning_share_a_view_that_shows_them_all() -> None:
    near, far = {"rectangle": [0.1, 0.1, 0.3, 0.3]}, {"rectangle": [0.7, 0.6, 0.9, 0.9]}
    same = {"prompt": "1"}
    assert len(apart(decided(make({"mask": near} | same, {"mask": {"rectangle": [0.4, 0.1, 0.6, 0.3]}} | same)))) == 1
    views = apart(decided(make({"mask": near} | same, {"mask": far} | same)))
    assert [view.names for view in views] == [("b1",), ("b2",)], "farther apart than one view reaches"


def test_a_texture_costs_what_it_cost_on_the_canvas() -> None:
    host = Grey(deviation=1e-3, native=NATIVE)
    rows = []
    for kind in ("auto", "stuff"):
        images = ImageBatch(host, plan(make({"mask": BLOCK, "prompt": "3", "kind": kind}), host))
        host.calls.clear()
        x = torch.randn(1, 3, 24, 32, generator=torch.Generator().manual_seed(0)).double() * LEVELS[0].beta
        for level in LEVELS[:-1]:
            images.predict(x, level, Call(1))
        rows.append(sum(len(each) for each in host.calls))
    assert rows[0] == rows[1] + 1, "but for the row that tells what it is"


def test_finished_latents_hold_the_inside_of_a_texture() -> None:
    """Whoever looks at them sees it; its pixels alone show where it ends."""
    host = Grey(deviation=1e-3, native=NATIVE)
    images = ImageBatch(host, plan(make({"mask": BLOCK, "prompt": "3"}), host))
    x = torch.randn(1, 3, 24, 32, generator=torch.Generator().manual_seed(0)).double() * LEVELS[0].beta
    for level in LEVELS[:-1]:
        images.predict(x, level, Call(1))
    assert images.denoised is not None
    shown = images.denoised[0].mean(dim=0)
    full = masks.measure_cells(make({"mask": BLOCK}).brushes[0].mask, Size(192, 256), 8) > 0.999
    inner = cv2.erode(full.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0) > 0
    assert shown[torch.from_numpy(inner)].min() > 2.9 and shown[torch.from_numpy(~inner)].max() < 0.1
