"""SD3 and Flux on diffusers: encoders and pictures are those of their own pipelines, regions obey an exact network."""

from __future__ import annotations

import copy
import io
import shutil
import warnings
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

diffusers = pytest.importorskip("diffusers")
pytest.importorskip("tokenizers")

from diffusers.pipelines.flux.pipeline_flux import calculate_shift

from lib_regiondiff.denoising.blend import fit
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.document.pictures import Picture
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Size
from lib_regiondiff.host import Prompt
from lib_regiondiff.hosts.diffusers.checkpoints.tokenizer import write_tokenizer
from lib_regiondiff.hosts.diffusers.families import flow
from lib_regiondiff.hosts.diffusers.host import DiffusersHost, load_model
from lib_regiondiff.hosts.diffusers.render import Drawing
from lib_regiondiff.hosts.diffusers.text.encoding import TextCond
from lib_regiondiff.planning import noise
from palettes import drawing
from tiny_flow import build_flux, build_sd3, exact

LEFT, RIGHT = {"rectangle": [0, 0, 0.5, 1]}, {"rectangle": [0.5, 0, 1, 1]}
HALVES = [{"id": "a", "prompt": "red", "mask": LEFT}, {"id": "b", "prompt": "a blue cat", "mask": RIGHT}]
SAME = [{"id": "a", "prompt": "red", "mask": LEFT}]


@pytest.fixture(scope="module")
def sd3() -> DiffusersHost:
    return DiffusersHost.of(build_sd3(), "sd3")


@pytest.fixture(scope="module")
def flux() -> DiffusersHost:
    return DiffusersHost.of(build_flux(), "flux")


@pytest.fixture(params=["sd3", "flux"])
def host(request: pytest.FixtureRequest) -> DiffusersHost:
    return request.getfixturevalue(request.param)


def palette(width: int = 128, height: int = 64, **more: Any) -> Palette:
    head = {"sampler": "Euler", "background": {"prompt": "red"}, "guidance": 2}
    return drawing(canvas=(width, height), **head | more)


def test_prompts_are_encoded_as_the_pipeline_does(host: DiffusersHost) -> None:
    cond = host.encode(Prompt("a red cat", False, Size(64, 64)))[0].cond
    assert isinstance(cond, TextCond) and cond.pooled is not None
    if host.name == "sd3":
        prompts, _, pools, _ = host.pipe.encode_prompt("a red cat", None, None, do_classifier_free_guidance=False)
    else:
        prompts, pools, _ = host.pipe.encode_prompt("a red cat")
    assert torch.allclose(cond.embedding, prompts, atol=1e-6) and torch.allclose(cond.pooled, pools, atol=1e-6)


def theirs(host: DiffusersHost, document: Palette) -> Tensor:
    """The latents of the pipeline's own picture."""
    size = document.size
    start = noise.draw_unit([noise.make_generator(3)], (16, size.height // 8, size.width // 8))
    latents = flow.pack(start) if host.name == "flux" else start
    made = host.pipe(
        "red", height=size.height, width=size.width, num_inference_steps=document.steps,
        guidance_scale=document.guidance, latents=latents, output_type="latent",
    ).images  # fmt: skip
    return flow.unpack(made, size.cells(8)) if host.name == "flux" else made


def test_equal_brushes_are_the_pipelines_picture(host: DiffusersHost) -> None:
    document = palette(brushes=SAME, bootstrap={"levels": 0})
    wanted = theirs(host, document)
    assert torch.equal(Drawing.of(host, document).latents(), wanted)
    apart = Drawing.of(host, document, merge=False).latents()
    assert not torch.equal(apart, wanted) and (apart - wanted).abs().max() < 1e-4


def with_exact_network(host: DiffusersHost, monkeypatch: pytest.MonkeyPatch) -> DiffusersHost:
    """The host with the closed form in its transformer's place."""

    def unpacked(tokens: Tensor, img_ids: Tensor | None = None, **more: Any) -> Tensor:
        if img_ids is None:
            return tokens
        height, width = (2 * int(img_ids[:, axis].max() + 1) for axis in (1, 2))
        return flow.unpack(tokens, Size(height, width))

    network = exact(host.pipe.transformer.config, unpacked, flow.pack if host.name == "flux" else lambda x: x)
    more = {"transformer": _Called(network), "config": host.pipe.config, "image_processor": host.pipe.image_processor}
    pipe = SimpleNamespace(**{**host.pipe.components, **more})
    return replace(host, pipe=pipe)


class _Called:
    def __init__(self, network: Any) -> None:
        self.config, self.network = network.config, network

    def __call__(self, **named: Any) -> tuple[Tensor]:
        return self.network.answer(**named)


def means(host: DiffusersHost, latents: Tensor) -> list[float]:
    """How far each half is from what its prompt says."""
    width, off = latents.shape[-1], []
    for prompt, part in (("red", slice(1, width // 2 - 1)), ("a blue cat", slice(width // 2 + 1, width - 1))):
        cond = host.encode(Prompt(prompt, False, Size(64, 64)))[0].cond
        assert isinstance(cond, TextCond)
        off.append(float((latents[0, :, :, part].mean(dim=(1, 2)) - cond.embedding[0, -1, :16]).abs().max()))
    return off


@pytest.mark.parametrize("blend", ["average", "mixture"])
@pytest.mark.parametrize("size", [(128, 64), (200, 72)])
def test_regions_obey(host: DiffusersHost, blend: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    for brush in HALVES:
        host.encode(Prompt(brush["prompt"], False, Size(64, 64)))  # before the network is gone
    known = with_exact_network(host, monkeypatch)
    tiles = {"width": 64, "height": 64, "overlap": 16}
    for more in ({}, {"tiles": tiles}):
        document = palette(*size, blend=blend, brushes=HALVES, guidance=1, steps=6, bootstrap={"levels": 0}, **more)
        assert max(means(host, Drawing.of(known, document).latents())) < 0.05


def test_a_thing_is_drawn_in_a_close_up(host: DiffusersHost, monkeypatch: pytest.MonkeyPatch) -> None:
    """The positions of its tokens are those of the close-up, which is another size than the canvas."""
    cond = host.encode(Prompt("a blue cat", False, Size(64, 64)))[0].cond
    known = with_exact_network(host, monkeypatch)
    known = replace(known, latent=replace(known.latent, native=64))
    monkeypatch.setattr(DiffusersHost, "resize", lambda self, x0, size: fit(x0, size))  # its VAE has learned nothing
    brush = {"id": "b", "kind": "thing", "prompt": "a blue cat", "mask": {"rectangle": [0.1, 0.1, 0.9, 0.9]}}
    host.encode(Prompt("red", False, Size(64, 64)))
    document = palette(128, 128, brushes=[brush], guidance=1, steps=6, bootstrap={"levels": 0})
    latents = Drawing.of(known, document).latents()
    assert isinstance(cond, TextCond)
    inside = latents[0, :, 4:12, 4:12].mean(dim=(1, 2))
    assert (inside - cond.embedding[0, -1, :16]).abs().max() < 0.05


def test_img2img_begins_between_picture_and_noise(host: DiffusersHost) -> None:
    file = io.BytesIO()
    Image.new("RGB", (128, 64), "red").save(file, "PNG")
    document = palette(steps=4, init={"image": Picture.of(file.getvalue()).url, "strength": 0.5})
    run = Drawing.of(host, document)
    assert len(run.schedule.timesteps) == 2 and run.begin is not None
    level = run.schedule.levels[0]
    assert level.alpha + level.beta == pytest.approx(1) and level.noise == pytest.approx(float(level.t) / 1000)
    unit = torch.randn(1, 16, 8, 16, generator=noise.make_generator(1))
    wanted = run.schedule.scheduler.scale_noise(run.begin.x0, run.schedule.timesteps[:1], unit)
    assert torch.allclose(run.begin.noised(unit, level), wanted, atol=1e-5)
    assert torch.isfinite(run.latents()).all()


def test_pictures_pass_the_vae_with_its_shift(sd3: DiffusersHost) -> None:
    image = Image.new("RGB", (64, 64), "red")
    pixels = sd3.pipe.image_processor.preprocess(image)
    wanted = (sd3.pipe.vae.encode(pixels).latent_dist.mode() - 0.0609) * 1.5305
    assert torch.allclose(sd3.encode_image(image), wanted, atol=1e-6)
    assert sd3.decode(wanted).size == (64, 64)


def test_tokens_are_packed_as_flux_does() -> None:
    x = torch.randn(2, 16, 6, 10, generator=noise.make_generator(1))
    tokens = diffusers.FluxPipeline._pack_latents(x, 2, 16, 6, 10)
    assert torch.equal(flow.pack(x), tokens) and torch.equal(flow.unpack(tokens, Size(6, 10)), x)
    ids = diffusers.FluxPipeline._prepare_latent_image_ids(1, 3, 5, "cpu", torch.float32)
    assert torch.equal(flow.make_positions(Size(6, 10)), ids)
    odd = torch.randn(1, 16, 5, 7, generator=noise.make_generator(2))
    assert flow.pad_to_even(odd).shape == (1, 16, 6, 8) and torch.equal(flow.crop(flow.pad_to_even(odd), odd), odd)


def test_schedules_are_shifted_by_the_size(flux: DiffusersHost) -> None:
    for size in (Size(8, 16), Size(128, 128)):
        mu = flow.compute_shift(flux.pipe.scheduler.config, size)["mu"]
        assert mu == pytest.approx(calculate_shift(size.area // 4))
    small, large = (Drawing.of(flux, palette(side, 64)).schedule.levels[1].noise for side in (64, 2048))
    assert small < large


def test_flux_is_told_the_guidance(flux: DiffusersHost, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []
    real = flux.pipe.transformer.forward

    def forward(*values: Any, **named: Any) -> Any:
        seen.extend(named["guidance"].tolist())
        return real(*values, **named)

    monkeypatch.setattr(flux.pipe.transformer, "forward", forward)
    Drawing.of(flux, palette(brushes=HALVES, guidance=3.5)).latents()
    assert seen and set(seen) == {3.5}
    brush = {**HALVES[0], "guidance": 5}
    with pytest.raises(HostError, match="guidance of brush a: expected none of its own"):
        Drawing.of(flux, palette(brushes=[brush]))


def test_what_flow_models_cannot_do_is_refused(host: DiffusersHost) -> None:
    with pytest.raises(HostError, match="sampler: expected Euler, with a flow model, got one of DDIMScheduler"):
        Drawing.of(host, palette(sampler="DDIM"))


def test_a_view_beyond_sd3s_positions_is_refused(sd3: DiffusersHost) -> None:
    stuff = [each | {"kind": "stuff"} for each in HALVES]
    document = palette(576, 64, tiles=None, steps=1, background={"prompt": "red"}, brushes=stuff, guidance=1)
    wide = replace(sd3, latent=replace(sd3.latent, native=576))
    with pytest.raises(HostError, match="a view: expected at most 512x512 px with this model, got 576x64; use tiles"):
        Drawing.of(wide, document).latents()


def test_a_folder_is_loaded_whole(host: DiffusersHost, tmp_path: Path) -> None:
    host.pipe.save_pretrained(tmp_path)
    for name in ("tokenizer", "tokenizer_2") if host.name == "sd3" else ("tokenizer",):
        shutil.rmtree(tmp_path / name)
        write_tokenizer(tmp_path / name)
    loaded = DiffusersHost.load(str(tmp_path), "cpu")
    document = palette(brushes=HALVES, steps=2)
    assert loaded.family is host.family and loaded.latent == host.latent
    assert torch.equal(Drawing.of(loaded, document).latents(), Drawing.of(host, document).latents())


def test_a_quantized_network_draws_nearly_the_same(host: DiffusersHost) -> None:
    """In 8 bits, as people load Flux on small cards: its weights are no parameters any more."""
    whole, document = host.pipe.transformer, palette(brushes=HALVES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a newer way, which is a package of its own
        small = torch.ao.quantization.quantize_dynamic(copy.deepcopy(whole), {torch.nn.Linear}, dtype=torch.qint8)
    pipe = type(host.pipe)(**{**host.pipe.components, "transformer": small})
    latents = [Drawing.of(each, document).latents() for each in (host, load_model(pipe))]
    assert not torch.equal(*latents)
    assert (latents[0] - latents[1]).abs().mean() < 0.05 * latents[0].abs().mean()
