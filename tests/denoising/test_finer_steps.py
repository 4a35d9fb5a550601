"""The last steps of a close-up: in more cells, from what the steps before have drawn, for no row more."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from discs import LEVELS, SIDE, STEPS, Figures, make_canvas, make_document, plan_document
from fakes import clock_of, exploding
from lib_regiondiff.denoising.blend import fit
from lib_regiondiff.denoising.model import ImageBatch, region_model
from lib_regiondiff.denoising.second_pass import list_kept
from lib_regiondiff.geometry import Size
from lib_regiondiff.host import Level, Row
from lib_regiondiff.planning.things.candidates import FINER
from lib_regiondiff.planning.things.closeups import list_asked, list_fine

LARGE, SMALL = [0.1, 0.1, 0.9, 0.9], [0.4, 0.4, 0.5, 0.5]
CLOCK = clock_of(LEVELS)
FINE = Size(round(FINER * SIDE), round(FINER * SIDE))


class Watching(Figures):
    """A host that keeps the latents under a zoom, with their rows."""

    def __init__(self) -> None:
        super().__init__(native=64)
        self.seen: list[tuple[Row, Tensor]] = []
        self.resized: list[tuple[Tensor, Tensor]] = []

    def denoise(self, x: Tensor, rows: Sequence[Row]) -> Tensor:
        """What a figure shows, and a note of what was seen."""
        self.seen += [(row, each.clone()) for row, each in zip(rows, x, strict=True) if row.zoom is not None]
        return super().denoise(x, rows)

    def resize(self, x0: Tensor, size: Size) -> Tensor:
        """By its cells, and a note of that."""
        made = fit(x0, size)
        self.resized.append((x0, made))
        return made


def draw(host: Watching, box: list[float], levels: tuple[Level, ...] = LEVELS[:-1]) -> ImageBatch:
    plan = plan_document(make_document(box), host)
    images, x = ImageBatch(host, plan), make_canvas(plan)
    for level in levels:
        images.draw(x, level)
    return images


def test_the_last_step_of_a_large_thing_has_more_cells_and_no_more_rows() -> None:
    large, small = Watching(), Watching()
    draw(large, LARGE)
    draw(small, SMALL)
    rows = [[row.size for row, _ in host.seen] for host in (large, small)]
    native, fine = Size(SIDE, SIDE), sum(list_fine(CLOCK))
    assert fine == 2 and rows[0] == [native] * (STEPS - fine + 1) + [FINE] * (fine + 1), "of either one for the ground"
    assert rows[1] == [native] * (STEPS + len(list_asked(STEPS)))


def test_it_goes_on_from_what_was_drawn_with_noise_of_its_level() -> None:
    host = Watching()
    draw(host, LARGE)
    (before, grown), (row, seen) = host.resized[0], next(each for each in host.seen if each[0].size == FINE)
    assert before.shape[1:] == (SIDE, SIDE) and grown.shape[1:] == (FINE.height, FINE.width)
    level = row.level
    assert row.zoom is not None and row.zoom.x0 is not None
    middle = (slice(None), slice(4, 8), slice(4, 8))
    assert torch.allclose(row.zoom.x0[middle], grown[middle].to(row.zoom.x0)), "around it is the ground"
    noise = (seen.float() - level.alpha * row.zoom.x0) / level.beta
    assert abs(noise.std() - 1) < 0.15 and abs(noise.mean()) < 0.15
    assert torch.corrcoef(torch.stack([noise.flatten(), grown.flatten()]))[0, 1].abs() < 0.2


def test_a_sampler_that_asks_between_two_levels_sees_what_was_drawn_in_each_size() -> None:
    """Before the finer step it asks in the size of that step, and again what was enlarged is what it goes on with."""
    host = Watching()
    first, later = (LEVELS[list_fine(CLOCK).index(True) - more] for more in (1, 0))
    between = exploding((first.beta * later.beta) ** 0.5)
    draw(host, LARGE, (*LEVELS[: LEVELS.index(later)], between, later))
    middle, last = host.seen[-3], host.seen[-1]
    assert middle[0].level is between and middle[0].size == Size(SIDE, SIDE) and last[0].size == FINE
    assert [made.shape[1:] for _, made in host.resized] == [(FINE.height, FINE.width)] * 2, "once at each of its levels"
    for row, _ in (middle, last):
        assert row.zoom is not None and row.zoom.x0 is not None
        shown = row.zoom.x0.mean(dim=0)
        assert shown[shown.shape[0] // 2, shown.shape[1] // 2] > 1 and shown[0].abs().max() < 1


def test_a_second_pass_is_told_the_size_of_the_first_steps() -> None:
    images = draw(Watching(), LARGE)
    ((_, kept),) = images.memories[0].things.now.items()
    assert kept.x0.shape[1:] == (FINE.height, FINE.width)
    assert list_kept(images.memories).things == {"a": ((Size(SIDE, SIDE), FINE),)}


@pytest.mark.parametrize("level", [LEVELS[0], LEVELS[2]])
def test_a_level_that_is_asked_twice_shows_the_same(level: Level) -> None:
    host = Watching()
    plan = plan_document(make_document(LARGE), host)
    model, x = region_model(host, plan), make_canvas(plan)
    for each in LEVELS[: LEVELS.index(level)]:
        model(x, each)
    assert torch.equal(model(x, level), model(x, level))


def test_flow_models_are_judged_by_the_same_ratio_of_noise_and_signal() -> None:
    clock = [1.0, 0.9, 0.7, 0.55, 0.44, 0.42, 0.2, 0.1, 0.05, 0.02, 0.0]
    assert [sum(list_fine(clock, kind)) for kind in ("epsilon", "v_prediction", "flow")] == [4, 4, 4]
    clock = [1.0, 0.7, 0.55, 0.44, 0.0]
    assert [sum(list_fine(clock, kind)) for kind in ("epsilon", "v_prediction", "flow")] == [2, 2, 0]


def test_one_step_alone_is_drawn_in_the_native_size() -> None:
    assert list_fine([1.0, 0.0]) == [False]


@pytest.mark.parametrize(("box", "times"), [(SMALL, 1), (LARGE, 1), ([0.3, 0.3, 0.5, 0.5], 0)])
def test_what_changes_its_size_goes_through_the_vae_once(box: list[float], times: int) -> None:
    host = Watching()
    draw(host, box)
    assert len(host.resized) == times
