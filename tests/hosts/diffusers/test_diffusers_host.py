"""The diffusers host: identity with plain diffusers, levels against its schedulers, nothing left behind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

diffusers = pytest.importorskip("diffusers")

from lib_regiondiff.document.palette import Palette
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.host import Level, Prompt, Row
from lib_regiondiff.hosts.diffusers.host import (
    DiffusersHost,
    find_device,
    find_dtype,
)
from lib_regiondiff.hosts.diffusers.render import Drawing, render
from lib_regiondiff.hosts.diffusers.sampling import samplers
from lib_regiondiff.planning import noise
from palettes import drawing
from quick import some

SAMPLERS = ["Euler", "Euler a", "DDIM", "DPM++ 2M", "UniPC", "LCM"]
SIZE = {"width": 136, "height": 64}
LEFT = {"rectangle": [0, 0, 0.5, 1]}


@pytest.fixture(scope="module")
def host(known_pipeline: Any) -> DiffusersHost:
    known_pipeline.set_progress_bar_config(disable=True)
    return DiffusersHost.of(known_pipeline, "known", "0123456789")


def palette(sampler: str = "Euler", **more: Any) -> Palette:
    """Six steps of a picture in one colour and another."""
    head = {"steps": 6, "guidance": 1 if sampler == "LCM" else 2}
    return drawing(sampler, (136, 64), **head | {"background": {"prompt": "a red cat", "negative": "gray"}} | more)


def plain(host: DiffusersHost, document: Palette, output_type: str = "pil") -> Any:
    """What diffusers' own pipeline makes of the background's prompt, with nothing of ours in between."""
    sampler = samplers.find(document.sampler)
    kind = getattr(diffusers, sampler.scheduler)
    parts = host.pipe.components | {"scheduler": kind.from_config(host.pipe.scheduler.config, **sampler.options)}
    pipe = diffusers.StableDiffusionPipeline(**parts, requires_safety_checker=False)
    pipe.set_progress_bar_config(disable=True)
    return pipe(
        document.background.prompt,
        negative_prompt=document.background.negative,
        height=document.size.height,
        width=document.size.width,
        num_inference_steps=document.steps,
        guidance_scale=document.guidance,
        guidance_rescale=document.rescale,
        generator=torch.Generator("cpu").manual_seed(document.seed or 0),
        output_type=output_type,
    ).images[0]


SAME = [
    {"id": "a", "mask": LEFT, "prompt": "a red cat"},
    {"id": "b", "mask": {"ellipse": [0.2, 0.1, 0.7, 0.9]}, "prompt": "a red cat", "feather": 9},
]


@pytest.mark.parametrize("brushes", [[], SAME], ids=["no brushes", "equal brushes"])
@pytest.mark.parametrize("sampler", some(SAMPLERS, "Euler a", "DPM++ 2M", "LCM"))
def test_identity_bit_for_bit(host: DiffusersHost, sampler: str, brushes: list[Any]) -> None:
    document = palette(sampler, brushes=brushes)
    assert np.array_equal(np.array(render(host, document)[0].image), np.array(plain(host, document)))


@pytest.mark.parametrize("rescale", some([0.0, 0.7], 0.7))
@pytest.mark.parametrize("sampler", some(SAMPLERS, "Euler a"))
def test_the_same_without_merging_agrees_closely(host: DiffusersHost, sampler: str, rescale: float) -> None:
    document = palette(sampler, brushes=SAME, rescale=rescale)
    latents = Drawing.of(host, document, merge=False).latents()
    wanted = plain(host, document, "latent")
    assert not torch.equal(latents[0], wanted), "the unmerged plan took the plain path"
    assert (latents[0] - wanted).abs().max() < 1e-4
    grey = np.abs(np.array(host.decode(latents), int) - np.array(plain(host, document), int))
    assert grey.max() <= 1


def test_rows_of_one_call_have_levels_and_prompts_of_their_own(host: DiffusersHost) -> None:
    box = Box(0, 0, 8, 8)
    levels = [Level(901, 0.1, 0.995, 0.995), Level(301, 0.8, 0.6, 0.6)]
    conds = [host.encode(Prompt("red", False, Size(64, 64))), host.encode(Prompt("blue", False, Size(64, 64)))]
    rows = [Row(0, 0, box, box, parts[0].cond, level) for parts, level in zip(conds, levels, strict=True)]
    x = torch.randn(2, 4, 8, 8, generator=noise.make_generator(4))
    both = host.denoise(x, rows)
    alone = torch.cat([host.denoise(x[i : i + 1], rows[i : i + 1]) for i in range(2)])
    assert torch.allclose(both, alone, atol=1e-3) and not torch.allclose(both[0], both[1], atol=0.1)


def test_pictures_do_not_depend_on_their_neighbours_and_carry_their_seed(host: DiffusersHost) -> None:
    document = palette("Euler a", brushes=[{"id": "a", "mask": LEFT, "prompt": "blue"}])
    both = render(host, document, [7, 8])
    again = render(host, both[1].palette)
    assert [each.palette.seed for each in both] == [7, 8] and both[0].palette.model.hash == "0123456789"
    assert np.array_equal(np.array(both[1].image), np.array(again[0].image))


def test_progress_counts_all_steps_on_both_paths(host: DiffusersHost) -> None:
    for brushes in ([], [{"id": "a", "mask": LEFT, "prompt": "blue"}]):
        seen: list[tuple[int, int]] = []
        render(host, palette(brushes=brushes), [1, 2], lambda step, seen=seen: seen.append((step.done, step.total)))
        assert seen == [(step + 1, 12) for step in range(12)]


@pytest.mark.parametrize("size", [(64, 64), (67, 101), (200, 72)])
def test_any_size_is_padded_and_cropped(host: DiffusersHost, size: tuple[int, int]) -> None:
    document = palette(
        size={"width": size[0], "height": size[1]}, brushes=[{"id": "a", "mask": LEFT, "prompt": "blue"}], steps=3
    )
    assert render(host, document)[0].image.size == size


def test_prompts_of_unequal_length_go_through_our_loop(host: DiffusersHost) -> None:
    document = palette(background={"prompt": "red " + "cat " * 100, "negative": "blue"}, steps=4)
    pixels = np.array(render(host, document)[0].image)
    assert pixels[..., 0].mean() > 200 and pixels[..., 2].mean() < 60


def test_prompts_are_encoded_once(host: DiffusersHost) -> None:
    first = host.encode(Prompt("a red cat", False, Size(64, 64)))
    assert host.encode(Prompt("a red cat", True, Size(128, 64)))[0].cond is first[0].cond


def test_nothing_is_left_behind_after_an_exception(host: DiffusersHost, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {name: id(part) for name, part in host.pipe.components.items()}
    state, document = torch.get_rng_state(), palette()
    wanted = np.array(render(host, document)[0].image)

    def broken(*arguments: Any, **named: Any) -> None:
        raise RuntimeError("out of order")

    with monkeypatch.context() as patch:
        patch.setattr(host.pipe.unet, "forward", broken)
        for brushes in ([], [{"id": "a", "mask": LEFT, "prompt": "blue"}]):
            with pytest.raises(RuntimeError, match="out of order"):
                render(host, palette(brushes=brushes))
    assert {name: id(part) for name, part in host.pipe.components.items()} == before
    assert torch.equal(torch.get_rng_state(), state)
    assert np.array_equal(np.array(render(host, document)[0].image), wanted)


def test_a_network_that_fails_numerically_is_an_error_with_a_cure(host: DiffusersHost) -> None:
    def nans(*arguments: Any, **named: Any) -> Any:
        return type("Output", (), {"sample": torch.full_like(arguments[0], float("nan"))})()

    pipe = type("Pipe", (), host.pipe.components | {"unet": staticmethod(nans)})()
    document = palette(brushes=[{"id": "a", "kind": "stuff", "mask": LEFT, "prompt": "blue"}])
    with pytest.raises(HostError, match=r"prediction of background, a at noise .*float32"):
        render(replace(host, pipe=pipe), document)


def test_names_that_do_not_exist_are_explained() -> None:
    with pytest.raises(HostError, match=r"sampler: expected one of Euler, .*, got 'Euller'; did you mean 'Euler'\?"):
        samplers.find("Euller")
    with pytest.raises(HostError, match=r"device: expected auto or one of .*cpu, got 'gpu'"):
        find_device("gpu")
    with pytest.raises(HostError, match="dtype: expected auto or one of float32, float16, bfloat16, got 'half'"):
        find_dtype("half", torch.device("cpu"))
    assert samplers.find("euler A") is samplers.SAMPLERS["Euler a"]
