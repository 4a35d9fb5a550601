"""What infotexts say of `auto`: what was chosen for this very picture, in this very pass, on all WebUIs."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from fake_processing import Processing
from fake_program import Answer, Program, running
from fake_webui import COLOURS
from lib_regiondiff.extension.drawn import AUTO_KEY, SECOND_KEY

BRUSH = {"id": "a", "prompt": "red", "mask": {"rectangle": [0.375, 0.375, 0.625, 0.625]}}
PALETTE: dict[str, Any] = {"version": 1, "background": {"prompt": "blue"}, "brushes": [BRUSH]}
BATCH, THING = 6, "thing a"
SEED = 9  # of which the first picture has a thing, and a later one none


@pytest.fixture(scope="module", params=["a1111", "forge", "neo"])
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with running(request.param, tmp_path_factory.mktemp(request.param)) as made:
        yield made


@pytest.fixture
def choosy(program: Program, monkeypatch: pytest.MonkeyPatch) -> Program:
    """A program whose model draws red as a disc in the middle where the noise is bright, and as a colour elsewhere."""
    plain = program.webui.model.x0

    def x0(x: Tensor, scaling: Any, number: float, text: Tensor, **beside: Any) -> Tensor:
        rows, columns = (torch.linspace(-1, 1, side) for side in x.shape[-2:])
        disc = (rows[:, None] ** 2 + columns**2 < 0.45).to(x)
        red = torch.isclose(text[:, 0], torch.tensor(COLOURS["red"]).to(text)).all(dim=1)
        shown = red & (x.mean(dim=(1, 2, 3)) > 0)
        return plain(x, scaling, number, text, **beside) + 4 * disc * shown[:, None, None, None]

    monkeypatch.setattr(program.webui.model, "x0", x0)
    return program


def draw(program: Program, **more: Any) -> tuple[Any, Answer]:
    p = program.job("green", True, PALETTE, seed=SEED, **more)
    answer = program.answer(p)
    assert answer.status == 200 and not answer.error and not program.runner.reported, answer.error
    return p, answer


def read(answer: Answer, key: str = AUTO_KEY) -> list[str]:
    """What the infotext of each picture says under a key; "" where it has none."""
    found = [re.search(rf"(?:^|, ){re.escape(key)}: (.*?)(?=, Region|$)", text, re.M) for text in answer.infotexts]
    return [match[1] if match else "" for match in found]


def kinds_of(images: Any, count: int = BATCH) -> list[str]:
    """What the first level has decided for each picture, as infotexts say it."""
    return [THING if images.plan_of(number).brush_kinds == ("thing",) else "" for number in range(count)]


def test_pictures_of_a_batch_that_decide_differently_have_infotexts_of_their_own(choosy: Program) -> None:
    p, answer = draw(choosy, batch_size=BATCH)
    told = read(answer)
    assert told == kinds_of(p.regiondiff_images[1]) and set(told) == {THING, ""}
    assert any(then == "" for one, then in itertools.pairwise(told) if one), "nothing after something"
    assert read(answer, SECOND_KEY) == [""] * BATCH


def test_batches_after_one_another_do_not_hand_on_what_they_chose(choosy: Program) -> None:
    _, together = draw(choosy, batch_size=BATCH)
    _, alone = draw(choosy, n_iter=BATCH)
    assert set(read(together)) == set(read(alone)) == {THING, ""}


def test_two_passes_tell_what_the_first_one_chose_for_each_picture(choosy: Program) -> None:
    """When pictures are decoded the program has forgotten that they are of the second pass."""
    p, answer = draw(choosy, batch_size=BATCH, enable_hr=True)
    assert read(answer) == kinds_of(p.regiondiff_before) and set(read(answer)) == {THING, ""}
    _, once = draw(choosy, batch_size=BATCH)
    assert read(answer) == read(once)


def test_a_second_pass_tells_what_it_chose_itself(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is four native sides long, and needs tiles; the first one needs none."""
    monkeypatch.setattr(program.webui.model.sd_checkpoint_info, "metadata", {"modelspec.resolution": "64x64"})
    for count in (1, 2):
        _, answer = draw(program, enable_hr=True, n_iter=count, side=(16, 16))
        assert read(answer) == [""] * count
        assert [told.startswith("tiles of ") for told in read(answer, SECOND_KEY)] == [True] * count


def test_a_batch_whose_second_pass_is_left_out_tells_nothing_of_the_one_before(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program.webui.model.sd_checkpoint_info, "metadata", {"modelspec.resolution": "64x64"})
    real = Processing.sample_hr_pass

    def sample(p: Processing, samples: Tensor) -> Tensor:
        """Somebody interrupts the second batch between its passes."""
        monkeypatch.setattr(program.webui.shared.state, "interrupted", p.iteration == 1)
        return real(p, samples)

    monkeypatch.setattr(Processing, "sample_hr_pass", sample)
    p = program.job("green", True, PALETTE, enable_hr=True, n_iter=2, side=(16, 16))
    answer = program.answer(p)
    assert not answer.error, answer.error
    assert [bool(told) for told in read(answer, SECOND_KEY)] == [True, False]


def test_an_id_does_not_turn_the_infotext_around(choosy: Program) -> None:
    palette = PALETTE | {"brushes": [BRUSH | {"id": "a\u202eb"}]}
    answer = choosy.answer(choosy.job("green", True, palette, seed=SEED, batch_size=BATCH))
    assert not answer.error and set(read(answer)) == {"thing a b", ""}, answer.error


def test_over_a_picture_nothing_is_chosen(choosy: Program) -> None:
    """Every brush is filled: in img2img, and in ordinary inpainting."""
    half = Image.new("L", (64, 64))
    half.paste(255, (0, 0, 64, 40))
    for more in ({}, {"inpainting": half}):
        _, answer = draw(choosy, init_images=[Image.new("RGB", (64, 64), "blue")], batch_size=2, **more)
        assert read(answer) == ["", ""]
