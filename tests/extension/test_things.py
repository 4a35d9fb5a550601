"""Things in jobs of all WebUIs: drawn in a close-up, pasted into the picture, and only in the pass that drew them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from fake_program import Program, running
from lib_regiondiff.extension import drawn

BOX = (24, 24, 40, 40)  # of 64x64 pixels
BRUSH = {"id": "a", "prompt": "red", "kind": "thing", "mask": {"rectangle": [each / 64 for each in BOX]}}
PALETTE: dict[str, Any] = {"version": 1, "background": {"prompt": "blue"}, "brushes": [BRUSH]}


@pytest.fixture(scope="module", params=["a1111", "forge", "neo"])
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with running(request.param, tmp_path_factory.mktemp(request.param)) as made:
        yield made


def draw(program: Program, palette: Any = PALETTE, **more: Any) -> tuple[Any, list[np.ndarray]]:
    """The job and its pictures."""
    p = program.job("green", True, palette, **more)
    answer = program.answer(p)
    assert answer.status == 200 and not answer.error and not program.runner.reported, answer.error
    return p, [np.asarray(Image.open(io.BytesIO(each)).convert("RGB"), int) for each in answer.pictures]


def test_a_thing_is_in_its_brush_and_the_ground_elsewhere(program: Program) -> None:
    p, pictures = draw(program, batch_size=2)
    assert len(p.regiondiff_images[1].memories) == 2
    for picture in pictures:
        inside = picture[26:38, 26:38].mean(axis=(0, 1))
        outside = np.concatenate([picture[:16].reshape(-1, 3), picture[48:].reshape(-1, 3)]).mean(axis=0)
        assert inside[0] > outside[0] + 100, "red on blue"


def test_the_second_pass_keeps_what_the_first_one_drew(program: Program) -> None:
    """Its close-ups are pasted into the larger picture; the network is asked for the ground alone."""
    p, pictures = draw(program, enable_hr=True, batch_size=2)
    images = p.regiondiff_images[1]
    for picture, memory in zip(pictures, images.memories.values(), strict=True):
        assert [names for names, _ in memory.things.now] == [("a",)]
        times = len(picture) // 64
        inside = picture[26 * times : 38 * times, 26 * times : 38 * times].mean(axis=(0, 1))
        assert inside[0] > picture[: 16 * times].mean(axis=(0, 1))[0] + 100, "red on blue"
    assert not any(view.zoom for views in images.plan_of(0).steps for view in views)


def test_img2img_keeps_nothing_of_other_jobs(program: Program) -> None:
    p, _ = draw(program, init_images=[Image.new("RGB", (64, 64), "blue")])
    images = p.regiondiff_images
    assert images is None or not any(memory.things.now for memory in images[1].memories.values())


@pytest.mark.parametrize("passes", [1, 2])
def test_what_ddim_leaves_of_its_noise_is_taken_out_before_pictures_are_decoded(
    program: Program, monkeypatch: pytest.MonkeyPatch, passes: int
) -> None:
    seen, decoded, settle, call = [], [], drawn.settle, program.runner.call

    def watch(p: Any, latents: Tensor) -> Tensor:
        seen.append((latents, settle(p, latents), p.regiondiff_images[1].denoised))
        return seen[-1][1]

    def listen(name: str, p: Any, *given: Any, **named: Any) -> None:
        decoded.extend([given[0].samples] if name == "post_sample" else [])
        call(name, p, *given, **named)

    monkeypatch.setattr(drawn, "settle", watch)
    monkeypatch.setattr(program.runner, "call", listen)
    draw(program, sampler_name="DDIM", steps=12, batch_size=2, enable_hr=passes == 2)
    assert len(seen) == passes
    for before, after, last in seen:
        left, settled = ((each - last).abs().max() for each in (before, after))
        assert before.shape == after.shape and settled < left / 10 and left > 0.01
    assert passes == 2 or torch.equal(decoded[0], seen[-1][1])


def test_latents_with_an_axis_of_frames_keep_it() -> None:
    def settle(x: Tensor) -> Tensor:
        assert x.ndim == 4
        return x + 1

    p = SimpleNamespace(regiondiff_images=(None, SimpleNamespace(settle=settle), False))
    for shape in ((2, 3, 8, 8), (2, 3, 1, 8, 8)):
        assert torch.equal(drawn.settle(p, torch.zeros(shape)), torch.ones(shape))
    assert torch.equal(drawn.settle(SimpleNamespace(), torch.zeros(2)), torch.zeros(2)), "a job without regions"


def inpaint(program: Program, strength: float, **more: Any) -> tuple[Any, np.ndarray]:
    """The job and its picture, of a white one whose left part is drawn again; the border goes through the brush."""
    mask = Image.new("L", (64, 64))
    mask.paste(255, (0, 0, 32, 64))
    how = {"init_images": [Image.new("RGB", (64, 64), "white")], "inpainting": mask, "denoising_strength": strength}
    p, (picture,) = draw(program, steps=4, **how, **more)
    return p, picture


def test_inpainting_fills_a_brush_that_is_a_thing(program: Program) -> None:
    """Enough of the picture is left below it: a thing would begin as another one."""
    p, picture = inpaint(program, 0.75)
    assert p.regiondiff_images[1].plan_of(0).brush_kinds == ("stuff",)
    assert not any(memory.things.now for memory in p.regiondiff_images[1].memories.values())
    _, filled = inpaint(program, 0.75, palette=PALETTE | {"brushes": [BRUSH | {"kind": "stuff"}]})
    assert np.array_equal(picture, filled) and (picture[:, 32:] == 255).all()


def test_inpainting_from_noise_draws_a_thing_and_keeps_what_is_outside_of_the_mask(program: Program) -> None:
    """At denoising strength 1 nothing is left of the picture, so that brushes are what they are in txt2img."""
    p, picture = inpaint(program, 1.0)
    assert p.regiondiff_images[1].plan_of(0).brush_kinds == ("thing",)
    assert [names for names, _ in p.regiondiff_images[1].memories[0].things.now] == [("a",)]
    inside, outside = picture[26:38, 26:32].mean(axis=(0, 1)), picture[:, :16].mean(axis=(0, 1))
    assert inside[0] > outside[0] + 100, "red on blue"
    assert (picture[:, 32:] == 255).all(), "the half of the brush that the mask spares, too"
