"""Picture models whose latents have an axis of one frame draw what models without it do; films are refused."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

import fake_forge
import fake_frames
from fake_forge import Control, with_unet
from fake_frames import FramedJob, with_frames
from fake_sampler import SIDE, Job, drawn, halves
from fake_webui import Checkpoint, WebUI
from lib_regiondiff.document.pictures import Picture
from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.webui import forge
from lib_regiondiff.hosts.webui.frames import add_frame_axis, drop_frame_axis
from lib_regiondiff.hosts.webui.program.error_display import RequestError
from lib_regiondiff.hosts.webui.programs import find_program

LEFT = {"id": "a", "kind": "stuff", "prompt": "red", "mask": {"rectangle": [0, 0, 0.5, 1]}}
KEPT = torch.zeros(1, 3, SIDE, SIDE)
KEPT[..., : SIDE // 4] = 1
PIXELS = torch.randn(1, 5, SIDE, SIDE, generator=torch.Generator().manual_seed(2))
HINT = torch.randn(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
Change = Callable[[Any], None]


def url() -> str:
    file = io.BytesIO()
    pixels = np.random.default_rng(1).integers(0, 256, (8 * SIDE, 8 * SIDE, 3), np.uint8)
    Image.fromarray(pixels).save(file, "PNG")
    return Picture.of(file.getvalue()).url


def noised() -> dict[str, Any]:
    """Halves of which one has noise of its own, and more noise at another place."""
    more = {"noise": [{"mask": {"ellipse": [0.2, 0.2, 0.9, 0.9]}, "seed": 4, "amount": 0.6}]}
    return halves("red", "blue", left_seed=9, **more)


def small(**more: Any) -> dict[str, Any]:
    return {"version": 1, "brushes": [{**LEFT, "mask": {"rectangle": [0.3, 0.2, 0.6, 0.5]}}], **more}


CASES: Mapping[str, tuple[Any, Mapping[str, Any]]] = {
    "halves": (halves("red", "blue"), {}),
    "a batch of other prompts": (halves("red", "blue"), {"prompts": ["green", "red"]}),
    "no regions": (None, {}),
    "the background alone": (halves("green", "green"), {}),
    "guidance 1": (halves("red", "blue", left_guidance=3), {"cfg_scale": 1.0}),
    "negatives": (halves("red", "blue", left_negative="green"), {}),
    "prompt editing": (halves("red", "[blue:green:0.5]"), {}),
    "parts of a prompt": (halves("red AND blue:0.5", "blue"), {}),
    "a prompt of half strength": (halves("red", "blue", left_prompt_strength=0.5), {}),
    "noise of its own": (noised(), {}),
    "a picture under the brushes": ({"version": 1, "background": {"image": url()}, "brushes": [LEFT]}, {}),
    "bootstrap": (small(bootstrap={"levels": 3}), {"steps": 4, "cfg_scale": 1.0}),
    "tiles": (halves("red", "blue", tiles={"width": 64, "height": 64, "overlap": 16}), {}),
    "masked": (halves("red", "blue"), {"mask": KEPT, "init_latent": torch.linspace(-2, 2, SIDE).expand_as(KEPT)}),
}


def changed(model: Any, change: Change | None) -> Any:
    if change is not None:
        change(model.forge_objects.unet)
    return model


def one_frame(value: Any) -> Any:
    return value.unsqueeze(2) if isinstance(value, Tensor) else value


def both(
    monkeypatch: pytest.MonkeyPatch, folder: Path, palette: Any, change: Change | None = None, **job: Any
) -> tuple[Tensor, Tensor, list[list[int]]]:
    """The same job with frames, as pictures, and without; and the rows of both."""
    made, rows, prompts = [], [], job.pop("prompts", ["green"])
    for kind, install, load in ((FramedJob, fake_frames.install, with_frames), (Job, fake_forge.install, with_unet)):
        webui = install(monkeypatch, folder)
        webui.load(changed(load(Checkpoint(native=64)), change))
        own = {name: one_frame(each) for name, each in job.items()} if kind is FramedJob else job
        made.append(drawn(kind(webui, prompts, **own), palette))
        rows.append(webui.model.rows)
    assert made[0].ndim == 5
    return made[0].squeeze(2), made[1], rows


@pytest.mark.parametrize("sampler", ["Euler", "LCM"])
@pytest.mark.parametrize("case", CASES)
def test_a_model_of_one_frame_draws_exactly_what_one_of_pictures_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, case: str, sampler: str
) -> None:
    palette, job = CASES[case]
    made, wanted, rows = both(monkeypatch, tmp_path, palette, sampler_name=sampler, **job)
    assert torch.equal(made, wanted) and rows[0] == rows[1]


def test_pixels_beside_the_text_are_cropped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def change(unet: Any) -> None:
        frames = isinstance(unet.model, fake_frames.FramedModel)
        unet.extra_concat_condition = PIXELS.unsqueeze(2) if frames else PIXELS

    made, wanted, _ = both(monkeypatch, tmp_path, halves("red", "blue"), change)
    plain, _, _ = both(monkeypatch, tmp_path, halves("red", "blue"))
    assert torch.equal(made, wanted) and not torch.equal(made, plain)


def test_hints_of_a_control_net_are_those_of_the_image(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def change(unet: Any) -> None:
        unet.controlnet_linked_list = Control(HINT)

    made, wanted, _ = both(monkeypatch, tmp_path, halves("red", "blue"), change)
    assert torch.equal(made, wanted)


def test_the_wrapper_that_was_there_sees_frames(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def wrapper(apply_model: Callable[..., Tensor], how: Any) -> Tensor:
        seen.append(tuple(how["input"].shape[1:-2]))
        return apply_model(how["input"], how["timestep"], **how["c"]) * 0.9

    seen: list[tuple[int, ...]] = []
    made, wanted, _ = both(
        monkeypatch, tmp_path, halves("red", "blue"), lambda unet: unet.set_model_unet_function_wrapper(wrapper)
    )
    assert torch.equal(made, wanted) and set(seen) == {(3, 1), (3,)}


def test_the_host_is_told_of_the_same_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = []
    for kind, install in ((FramedJob, fake_frames.install), (Job, fake_forge.install)):
        webui = install(monkeypatch, tmp_path)
        drawn(kind(webui, ["green"]), halves("red", "blue"))
        told.append(webui.model.forge_objects.unet.extra_preserved_memory_during_sampling)
    assert told[0] == told[1] > 0


def test_decoding_gives_the_host_its_frames(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for kind, install, axes in ((FramedJob, fake_frames.install, 4), (Job, fake_forge.install, 3)):
        webui = install(monkeypatch, tmp_path)
        p = kind(webui, ["green"])
        drawn(p, halves("red", "blue"))
        webui.common.single_sample_to_image = lambda sample, approximation: sample.ndim
        modify = p.sd_model.forge_objects.unet.model_options["conditioning_modifiers"][0]
        assert modify.__closure__[0].cell_contents.run.host.decode(torch.zeros(1, 3, 8, 8)) == axes


@pytest.fixture
def webui(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> WebUI:
    return fake_frames.install(monkeypatch, tmp_path)


def test_films_are_refused_before_anything_is_encoded(webui: WebUI) -> None:
    model: Any = with_frames(type("Wan", (Checkpoint,), {})())
    model.model_config = type("WAN21_T2V", (), {})()
    webui.load(model)
    p: Any = FramedJob(webui, ["green"])
    p.batch_size = 5
    with pytest.raises(RequestError, match=r"the number of frames: expected 1, got 5; .* not in films"):
        drawn(p, halves("red", "blue"))
    assert model.encoded == [] and model.asked == []


def test_frames_that_only_the_noise_shows_are_refused_before_brushes_are_encoded(webui: WebUI) -> None:
    p = FramedJob(webui, ["green"])
    p.frames = 3
    with pytest.raises(RequestError, match=r"expected pictures of one frame, got 3 frames; .* not in films"):
        drawn(p, halves("red", "blue"))
    assert {texts for texts, *_ in webui.model.encoded} == {("green",), ("grey",)} and webui.model.asked == []


def test_the_refiner_may_have_frames_too(webui: WebUI) -> None:
    base, made = webui.model, []
    for prompt, palette in (("green", halves("red", "blue")), ("red", None)):
        webui.load(with_frames(base))
        again = with_frames(Checkpoint(offset=0.7))
        made.append(drawn(FramedJob(webui, [prompt], refiner_checkpoint_info=again), palette))
    assert torch.allclose(made[0][..., : SIDE // 2], made[1][..., : SIDE // 2], atol=1e-3)


@pytest.mark.parametrize("shape", [(1, 3, 2, 4, 4), (3, 4, 4), (1, 3, 1, 1, 4, 4), (1, 3, 0, 4, 4)])
def test_what_is_no_picture_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(HostError, match="pictures of one frame"):
        drop_frame_axis(torch.zeros(shape))


def test_a_picture_is_the_same_memory() -> None:
    frames = torch.zeros(2, 3, 1, 4, 4)
    drop_frame_axis(frames).fill_(7)
    assert (frames == 7).all() and add_frame_axis(drop_frame_axis(frames), frames).shape == frames.shape
    plain = torch.zeros(2, 3, 4, 4)
    assert drop_frame_axis(plain) is plain and add_frame_axis(plain, plain) is plain


def test_a_call_that_is_not_marked_is_handed_on(webui: WebUI) -> None:
    request: Any = SimpleNamespace(whole="", rows=0)
    denoiser = forge.UnetHooks(FramedJob(webui, ["green"]), request, torch.zeros(1, 3, 1, 4, 4), find_program())
    x = torch.randn(2, 3, 1, 4, 4)
    how = {"input": x, "timestep": x[:, 0, 0, 0, 0], "c": {}, "cond_or_uncond": [0, 1]}
    assert denoiser.wrap(lambda given, sigma: given, how) is x
