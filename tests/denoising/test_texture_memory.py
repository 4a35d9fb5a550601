"""What brushes draw by themselves is around them at the next level: in closed form, and independent of the canvas."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from fakes import GaussianHost, clock_of, exploding, heun, schedule
from figures import checks, disc
from lib_regiondiff.denoising.model import region_model
from lib_regiondiff.denoising.texture_memory import TextureMemory
from lib_regiondiff.document.palette import parse
from lib_regiondiff.geometry import Box
from lib_regiondiff.host import Level, ModelFunction, Row
from lib_regiondiff.planning import noise
from lib_regiondiff.planning.plan import Job, Plan, make_plan

LEVELS = tuple(exploding(sigma) for sigma in schedule(8))
ALWAYS = {"levels": 9, "mix": 1}
CORNER = Box(0, 0, 8, 8)
WHITE = 1.0


class Neighbourly(GaussianHost):
    """What a cell becomes depends on all that is seen; `seen` has the crops of each call.

    It draws checks that become lighter from left to right, a texture; a `figure` is a bright middle.
    """

    def __init__(self, figure: bool = False) -> None:
        super().__init__(native=128)
        self.figure = figure
        self.seen: list[tuple[list[Row], Tensor]] = []

    def denoise(self, x: Tensor, rows: Sequence[Row]) -> Tensor:
        """The Gaussian answer, drawn towards the mean of the crop, and the pattern."""
        self.seen.append((list(rows), x.clone()))
        return super().denoise(x, rows) + 0.3 * torch.tanh(x).mean((1, 2, 3), keepdim=True) + self.pattern(x)

    def pattern(self, x: Tensor) -> Tensor:
        """What is added to each crop."""
        high, wide = x.shape[-2:]
        if self.figure:
            return 9.0 * disc(high, wide).to(x.dtype)
        return torch.linspace(0, 1, wide, dtype=x.dtype) + 3.0 * checks(high, wide).to(x.dtype)

    def of(self, level: Level, mean: float, image: int = 0) -> list[Tensor]:
        """What rows of a prompt saw at a level."""
        return [
            crop
            for rows, x in self.seen
            for row, crop in zip(rows, x, strict=True)
            if row.level == level and row.image == image and getattr(row.cond, "mean", None) == mean
        ]


def plan_of(host: GaussianHost, bootstrap: Any, ground: str = "0", seeds: tuple[int, ...] = (1,), **brush: Any) -> Plan:
    """A brush in a corner of a canvas twice as wide and high as the native side."""
    mine = {"id": "a", "kind": "stuff", "prompt": "2", "mask": {"rectangle": [0, 0, 0.25, 0.25]}} | brush
    size = {"width": 256, "height": 256}
    head = {"version": 1, "size": size, "guidance": 1, "tiles": None, "background": {"prompt": ground}}
    document = parse(head | {"brushes": [mine], "bootstrap": bootstrap})
    return make_plan(document, Job(document.size, clock_of(LEVELS), seeds), host)


def start(seeds: Sequence[int] = (1,)) -> Tensor:
    return noise.draw_unit([noise.make_generator(seed) for seed in seeds], (3, 32, 32)).double() * LEVELS[0].beta


def euler(model: ModelFunction, x: Tensor) -> Tensor:
    """One call a level."""
    for here, there in itertools.pairwise(LEVELS):
        x = x + (there.beta - here.beta) * (x - model(x, here)) / here.beta
    return x


def corner(canvas: Tensor) -> Tensor:
    return CORNER.crop(canvas)


def test_a_brush_sees_itself_where_it_is_and_what_it_drew_elsewhere() -> None:
    host = Neighbourly()
    euler(region_model(host, plan_of(host, {"levels": 4, "mix": 1})), start())
    drawn: list[Tensor] = []
    for step, level in enumerate(LEVELS[:5]):
        (crop,) = host.of(level, 2.0)
        alone = Neighbourly()
        row = row_of(host, level, 2.0)
        drawn.append(alone.denoise(crop[None], [row])[0])
        around = torch.ones(16, 16, dtype=torch.bool)
        around[4:12, 4:12] = False  # the brush, in the middle of its window
        if step < 4:
            wanted = torch.full_like(crop, WHITE) if step == 0 else drawn[step - 1]
            own = (crop - wanted)[:, around] / level.beta
            assert float(own.std()) == pytest.approx(1, rel=0.06) and abs(float(own.mean())) < 0.1
            assert torch.allclose(own, noise_of(host, level)[:, around], atol=1e-6)
        else:
            assert row.surround is None
    assert float(drawn[1].std()) > 0.2, "it has something to remember"


def noise_of(host: Neighbourly, level: Level) -> Tensor:
    """The noise around the brush, which stays the same from level to level."""
    row = next(row for rows, _ in host.seen for row in rows if row.level == level and row.surround is not None)
    return row.surround.noise.double()


@pytest.mark.parametrize(
    ("bootstrap", "alone"), [(ALWAYS, True), ({"levels": 0}, False), ({"levels": 4, "mix": 1}, False)]
)
def test_with_its_own_surroundings_a_brush_does_not_notice_the_background(bootstrap: Any, alone: bool) -> None:
    hosts = Neighbourly(), Neighbourly()
    ends = [
        euler(region_model(host, plan_of(host, bootstrap, ground)), start())
        for host, ground in zip(hosts, ("0", "5"), strict=True)
    ]
    assert torch.allclose(corner(ends[0]), corner(ends[1]), atol=1e-9) == alone
    assert not torch.allclose(ends[0], ends[1], atol=0.1)


def test_asking_again_at_a_level_changes_nothing() -> None:
    """Extensions ask twice at one level with other latents, samplers of second order between levels."""
    plain, twice = Neighbourly(), Neighbourly()
    one, two = region_model(plain, plan_of(plain, ALWAYS)), region_model(twice, plan_of(twice, ALWAYS))

    def asked_twice(x: Tensor, level: Level) -> Tensor:
        made = two(x, level)
        two(x + level.beta, level)
        assert torch.equal(two(x, level), made)
        return made

    assert torch.equal(euler(one, start()), euler(asked_twice, start()))


@pytest.mark.parametrize("mix", [1, 0.5])
def test_each_sampling_begins_anew(mix: float) -> None:
    """Where white is mixed in the rest is what was drawn before, and at the first noise nothing was."""
    for sampler in (euler, lambda model, x: heun(model, x, LEVELS)):
        host = Neighbourly()
        model = region_model(host, plan_of(host, {"levels": 9, "mix": mix}))
        first = sampler(model, start((7,)))
        assert torch.equal(sampler(model, start((7,))), first)


def test_each_image_of_a_batch_remembers_its_own() -> None:
    host = Neighbourly()
    both = euler(region_model(host, plan_of(host, ALWAYS, seeds=(1, 2))), start((1, 2)))
    for index, seed in enumerate((1, 2)):
        own = Neighbourly()
        alone = euler(region_model(own, plan_of(own, ALWAYS, seeds=(seed,))), start((seed,)))
        assert torch.allclose(both[index : index + 1], alone, atol=1e-9)


def test_a_brush_that_begins_late_sees_white_before_it_has_drawn() -> None:
    host = Neighbourly()
    euler(region_model(host, plan_of(host, {"levels": 9, "mix": 0}, strength=0.5)), start())
    acting = [level for level in LEVELS if host.of(level, 2.0)]
    assert LEVELS[0] not in acting and len(acting) > 2
    outside = [(host.of(level, 2.0)[0][:, :3] - level.beta * noise_of(host, level)[:, :3]) for level in acting[:2]]
    assert torch.allclose(outside[0], torch.full_like(outside[0], WHITE), atol=1e-5)
    assert not torch.allclose(outside[1], torch.full_like(outside[1], WHITE), atol=0.1)


def test_over_a_picture_brushes_see_the_picture() -> None:
    host = Neighbourly()
    document = parse({
        "version": 1, "size": {"width": 256, "height": 256}, "guidance": 1, "bootstrap": {"levels": 3, "mix": 1},
        "background": {"colour": "#333333"},
        "brushes": [{"id": "a", "prompt": "2", "mask": {"rectangle": [0, 0, 0.25, 0.25]}}],
    })  # fmt: skip
    plan = make_plan(document, Job(document.size, clock_of(LEVELS), (1,)), host)
    euler(region_model(host, plan), start())
    (crop,) = host.of(LEVELS[2], 2.0)
    outside = crop[:, :3] - LEVELS[2].beta * noise_of(host, LEVELS[2])[:, :3]
    assert torch.allclose(outside, torch.full_like(outside, 51 / 127.5 - 1), atol=1e-5)


def test_a_window_that_moves_takes_along_what_was_drawn() -> None:
    """A quantized mask grows from its core away from the corner, so that its middle moves."""
    host = Neighbourly()
    brush = {"id": "a", "kind": "stuff", "prompt": "2", "feather": 48, "mask": {"rectangle": [0, 0, 0.25, 0.2]}}
    head = {"version": 1, "size": {"width": 256, "height": 256}, "guidance": 1, "tiles": None}
    document = parse(head | {"brushes": [brush], "bootstrap": ALWAYS, "quantization": "discrete"})
    plan = make_plan(document, Job(document.size, clock_of(LEVELS), (1,)), host)
    euler(region_model(host, plan), start())
    rows = {level: row_of(host, level, 2.0) for level in LEVELS[:-1] if host.of(level, 2.0)}
    moved = [(a, b) for a, b in itertools.pairwise(rows) if rows[a].box != rows[b].box]
    assert moved
    for before, after in moved:
        down, across = (getattr(rows[after].box, side) - getattr(rows[before].box, side) for side in ("top", "left"))
        drawn = Neighbourly().denoise(host.of(before, 2.0)[0][None], [rows[before]])[0]
        y, x = ((torch.arange(16) + step).clamp(0, 15) for step in (down, across))
        seen = host.of(after, 2.0)[0] - after.beta * noise_of(host, after)
        outside = rows[after].surround.mask == 0
        assert outside.any() and torch.allclose(seen[:, outside], drawn[:, y][..., x][:, outside], atol=1e-5)


@pytest.mark.parametrize(
    ("moves", "shows"), [([(0, 4), (9, 0)], 0), ([(9, 0), (-3, 5)], 1), ([(0, 16), (16, 0)], None)]
)
def test_of_what_was_drawn_a_window_sees_the_nearest(moves: list[tuple[int, int]], shows: int | None) -> None:
    host = Neighbourly()
    plan = plan_of(host, ALWAYS)
    first, later = (next(view for view in plan.views(level) if view.surround is not None) for level in LEVELS[:2])
    drawn = [replace(first, box=later.box.moved(*move)) for move in moves]
    high, wide = later.box.size.height, later.box.size.width
    textures = [torch.randn(3, high, wide, generator=noise.make_generator(index)) for index in range(len(drawn))]
    memory = TextureMemory().at(LEVELS[0].noise, plan.clock).note(drawn, textures).at(LEVELS[1].noise, plan.clock)
    seen = memory.surround(later, 0)
    assert seen is not None
    if shows is None:
        assert seen.share == 1, "nothing of them lies in it: it sees white"
    else:
        rest = seen.rest
        down, across = moves[shows]
        y, x = (torch.arange(high) - down).clamp(0, high - 1), (torch.arange(wide) - across).clamp(0, wide - 1)
        assert rest is not None and torch.equal(rest, textures[shows][:, y][..., x])


def test_an_object_sees_the_canvas_once_it_was_on_white() -> None:
    host = Neighbourly(figure=True)
    euler(region_model(host, plan_of(host, ALWAYS)), start())
    for level in LEVELS[:-1]:
        (crop,), row, (canvas,) = host.of(level, 2.0), row_of(host, level, 2.0), host.of(level, 0.0)
        white = crop - level.beta * noise_of(host, level)
        outside = row.surround.mask == 0
        here = row.box.padded(canvas)[:, outside]
        if level == LEVELS[0]:
            assert torch.allclose(white[:, outside], torch.full_like(white[:, outside], WHITE), atol=1e-5)
        else:
            assert torch.equal(crop[:, outside], here)


def test_each_image_is_a_figure_or_not_by_itself() -> None:
    host = Neighbourly()
    plan = plan_of(host, ALWAYS, seeds=(1, 2))
    (view,) = (view for view in plan.views(LEVELS[0]) if view.surround is not None)
    assert view.surround is not None
    memory = [TextureMemory().at(LEVELS[0].noise, plan.clock)] * 2
    high, wide = view.box.size.height, view.box.size.width
    drawn = [each(high, wide).expand(3, -1, -1) for each in (disc, checks)]
    after = [each.note([view], [x0]).at(LEVELS[1].noise, plan.clock) for each, x0 in zip(memory, drawn, strict=True)]
    later = next(view for view in plan.views(LEVELS[1]) if view.surround is not None)
    seen = [each.surround(later, image) for image, each in enumerate(after)]
    figure, texture = (each.rest for each in seen if each is not None)
    assert figure is None and texture is not None and torch.equal(texture[0], checks(high, wide).to(texture))


def mean_of(row: Row) -> float | None:
    return getattr(row.cond, "mean", None)


def row_of(host: Neighbourly, level: Level, mean: float) -> Row:
    return next(row for rows, _ in host.seen for row in rows if row.level == level and mean_of(row) == mean)
