"""Jobs inside a job: each part sees its part of the palette, or is refused; ADetailer's passes see none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from fake_sampler import HALF, SIDE, Job, draw, drawn, halves
from fake_webui import Grid, WebUI
from lib_regiondiff.errors import HostError
from lib_regiondiff.extension import jobs
from lib_regiondiff.geometry import Size
from lib_regiondiff.hosts.webui.program import parent_job
from lib_regiondiff.hosts.webui.program.error_display import RequestError

NEAR = 1e-3
TILE = SIDE * 8
TITLES = ("Prompt matrix", "SD upscale", "SD Upscale", "Poor man's outpainting", "Outpainting mk2")


def chosen(script: int) -> dict[str, Any]:
    """What a job knows of the script that was chosen, counted from 1."""
    scripts = [SimpleNamespace(title=lambda name=name: name) for name in TITLES]
    return {"scripts": SimpleNamespace(selectable_scripts=scripts), "script_args": (script, 64)}


def cut(whole: Size, places: Sequence[tuple[int, int]]) -> Grid:
    """A grid of tiles at (left, top), one a row."""
    rows = [(top, TILE, [[left, TILE, Image.new("RGB", (TILE, TILE))]]) for left, top in places]
    return Grid(rows, TILE, TILE, whole.width, whole.height, 0)


def upscale(grid: Grid, each: Callable[[Any], Any]) -> list[Any]:
    """As the host's script does it: the place of a tile is known in here alone."""
    return [each(tile) for _, _, row in grid.tiles for _, _, tile in row]


def near(made: Tensor, webui: WebUI, left: str, right: str) -> bool:
    """Whether the halves of a picture are what pictures of one prompt are there."""
    parts = (made[..., :HALF], draw(webui, left)[..., :HALF]), (made[..., HALF:], draw(webui, right)[..., HALF:])
    return all(torch.allclose(*part, atol=NEAR) for part in parts)


def test_each_tile_of_an_upscale_sees_its_part(webui: WebUI) -> None:
    def one(tile: Image.Image) -> Tensor:
        return drawn(Job(webui, ["green"], init_images=[tile], **chosen(2)), halves("red", "blue"))

    made = upscale(cut(Size(TILE, 3 * TILE), [(0, 0), (TILE, 0), (2 * TILE, 0)]), one)
    for tile, colours in zip(made, (("red", "red"), ("red", "blue"), ("blue", "blue")), strict=True):
        assert near(tile, webui, *colours)


def test_inpainting_inside_a_tile_sees_its_part_of_the_tile(webui: WebUI) -> None:
    def one(tile: Image.Image) -> Tensor:
        place = {"paste_to": (TILE // 2, 0, TILE // 2, TILE // 2), "inpaint_full_res": True, "image_mask": tile}
        return drawn(Job(webui, ["green"], init_images=[tile], **place, **chosen(2)), halves("red", "blue"))

    (made,) = upscale(cut(Size(TILE, 3 * TILE // 2), [(0, 0)]), one)
    assert near(made, webui, "red", "blue")


@pytest.mark.parametrize(("full_res", "mask"), [(False, object()), (True, None)])
def test_the_place_of_an_earlier_job_is_not_taken(webui: WebUI, full_res: bool, mask: Any) -> None:
    left_over = {"paste_to": (0, 0, 8, 8), "inpaint_full_res": full_res, "image_mask": mask}
    picture = Image.new("RGB", (TILE, TILE))
    assert near(
        drawn(Job(webui, ["green"], init_images=[picture], **left_over), halves("red", "blue")), webui, "red", "blue"
    )


@pytest.mark.parametrize("script", range(len(TITLES) + 1))
def test_parts_without_a_place_are_refused(webui: WebUI, script: int) -> None:
    p = Job(webui, ["green"], init_images=[Image.new("RGB", (TILE, TILE))], **chosen(script))
    grid = cut(Size(TILE, TILE), [(0, 0)])  # of pictures that look the same
    jobs.begin(p, True, halves("red", "blue"))
    assert (p.regiondiff is None) == (script > 1) and grid.tiles
    if script > 1:
        with pytest.raises(RequestError, match="turn one of the two off"):
            p.init()


def test_several_parts_at_once_are_refused(webui: WebUI) -> None:
    grid = cut(Size(TILE, 2 * TILE), [(0, 0), (TILE, 0)])
    pictures = [tile for _, _, row in grid.tiles for _, _, tile in row]
    with pytest.raises(HostError, match="batch size"):
        parent_job.find_place(Job(webui, ["green"], init_images=pictures, **chosen(2)))


def test_a_picture_of_its_own_has_no_place(webui: WebUI) -> None:
    assert parent_job.find_place(Job(webui, ["green"])) is None
    assert parent_job.find_place(Job(webui, ["green"], init_images=[Image.new("RGB", (8, 8))], **chosen(1))) is None


def test_details_of_adetailer_see_no_palette(webui: WebUI) -> None:
    plain, p = draw(webui, "green"), Job(webui, ["green"])
    p._ad_inner = True  # type: ignore[attr-defined]
    p.extra_generation_params[jobs.KEY] = "of the picture around it"
    assert torch.equal(drawn(p, halves("red", "blue")), plain) and p.extra_generation_params == {}


def test_pictures_of_a_batch_with_other_regions_are_refused(webui: WebUI) -> None:
    with pytest.raises(RequestError, match="the regions of a batch"):
        draw(webui, "red BREAK blue", "red BREAK blue BREAK green", palette={"typed": {}})
    draw(webui, "red BREAK blue", "green BREAK red", palette={"typed": {}})
