"""Borders in jobs of all WebUIs: pixels of brushes that cross cells are those of the brush, in the pass from noise."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fake_program import Program, running

BOX = (11, 13, 53, 51)  # of 64x64 pixels
LINE = (29, 5, 34, 60)


def make(box: tuple[int, ...], **more: Any) -> dict[str, Any]:
    brush = {"id": "a", "prompt": "red", "mask": {"rectangle": [each / 64 for each in box]}} | more
    return {"version": 1, "background": {"prompt": "blue"}, "brushes": [brush]}


@pytest.fixture(scope="module", params=["a1111", "forge", "neo"])
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with running(request.param, tmp_path_factory.mktemp(request.param)) as made:
        yield made


def draw(program: Program, palette: dict[str, Any], **more: Any) -> list[np.ndarray]:
    p = program.job("green", True, palette, **more)
    answer = program.answer(p)
    assert answer.status == 200 and not answer.error and not program.runner.reported, answer.error
    return [np.asarray(Image.open(io.BytesIO(each)).convert("RGB"), int) for each in answer.pictures]


@pytest.mark.parametrize("box", [BOX, LINE], ids=["brush", "stroke"])
def test_pixels_are_red_inside_and_blue_outside(program: Program, box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = box
    inside = np.zeros((64, 64), bool)
    inside[top:bottom, left:right] = True
    for picture in draw(program, make(box), batch_size=2):
        assert ((picture[..., 0] > 127) == inside).all()


def test_a_soft_brush_stays_as_the_cells_have_it(program: Program) -> None:
    soft, hard = (draw(program, make(BOX, feather=feather, kind="stuff"))[0] for feather in (40, 0))
    assert (hard[32, 8:16, 0] < 40).sum() == 3 and len(np.unique(soft[32, 8:16, 0])) == 1, "one cell"


@pytest.mark.parametrize(("kind", "cut"), [("auto", False), ("stuff", True)])
def test_attention_couple_cuts_no_brush_that_may_be_a_thing(program: Program, kind: str, cut: bool) -> None:
    palette = make(BOX, kind=kind) | {"attention": "couple"}
    assert (len(np.unique(draw(program, palette)[0][32, 8:16, 0])) > 1) == cut
