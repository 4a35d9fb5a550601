"""Room on a device: other VAEs, VAE tiles, networks that leave, rows by free memory; on a memory that is not there."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

pytest.importorskip("diffusers")

from diffusers import AutoencoderKL, AutoencoderTiny
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn

from cli_stub import run
from known_single_file import vae_name
from lib_regiondiff import demo
from lib_regiondiff.document import png
from lib_regiondiff.document.palette import Palette, dump
from lib_regiondiff.errors import HostError
from lib_regiondiff.host import Row
from lib_regiondiff.hosts import row_budget
from lib_regiondiff.hosts.diffusers import DiffusersHost, placement, render
from lib_regiondiff.hosts.diffusers.additions.additions import Extras
from lib_regiondiff.hosts.diffusers.additions.vaes import encode_pixels, exchange
from lib_regiondiff.hosts.diffusers.placement import DENOISER, TEXT, MemoryLimits, run_vae
from lib_regiondiff.hosts.row_budget import Memory
from palettes import drawing

pytestmark = pytest.mark.diffusers
CPU = torch.device("cpu")
BRUSH = {"id": "a", "prompt": "a red wall", "mask": {"rectangle": [0, 0, 0.5, 1]}}
SIZES: Any = {
    "block_out_channels": (32,) * 4,
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "layers_per_block": 1,
}


def palette(**more: Any) -> Palette:
    head: dict[str, Any] = {"seed": 2, "steps": 2, "guidance": 3, "brushes": [BRUSH]}
    head["background"] = {"prompt": "a blue wall", "negative": "gray"}
    return drawing(canvas=(192, 64), **head | more)


@pytest.fixture(scope="module")
def host() -> DiffusersHost:
    return DiffusersHost.load(str(demo.make_checkpoint()), "cpu")


def pixels(host: DiffusersHost, document: Palette) -> np.ndarray:
    return np.asarray(render(host, document)[0].image).astype(int)


@pytest.fixture(scope="module")
def small() -> Any:
    """A VAE with weights of a seed, and the pipeline whose own is another of its sizes."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        return AutoencoderKL(**SIZES).eval()


def pipe_of(vae: Any) -> Any:
    """As much of a pipeline as there must be to give it another VAE."""
    pipe = SimpleNamespace(vae=copy.deepcopy(vae))
    for value in pipe.vae.parameters():
        nn.init.zeros_(value)
    pipe.vae.register_to_config(scaling_factor=0.5)
    pipe.register_modules = lambda vae: setattr(pipe, "vae", vae)
    return pipe


def test_every_form_of_a_vae_is_read(small: Any, tmp_path: Path) -> None:
    original = {name: value.contiguous() for name, value in (vae_name(*each) for each in small.state_dict().items())}
    small.save_pretrained(tmp_path / "folder")
    small.save_pretrained(tmp_path / "model" / "vae")
    save_file(small.state_dict(), tmp_path / "diffusers.safetensors")
    save_file(original, tmp_path / "original.safetensors")
    save_file({f"first_stage_model.{k}": v for k, v in original.items()}, tmp_path / "checkpoint.safetensors")
    torch.save({"state_dict": original | {"loss.logvar": torch.zeros(1)}}, tmp_path / "original.pt")
    x = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    paths = sorted(tmp_path.iterdir())
    assert len(paths) == 6
    for path in paths:
        pipe = pipe_of(small)
        exchange(pipe, path)
        with torch.no_grad():
            torch.testing.assert_close(encode_pixels(pipe.vae, x), encode_pixels(small, x))
        own = path.suffix == ""
        assert pipe.vae.config.scaling_factor == (0.18215 if own else 0.5) and not pipe.vae.training


def test_a_vae_of_another_kind_is_refused(small: Any, tmp_path: Path) -> None:
    wrong = {"lora": "lora_unet_x.alpha", "half": "decoder.conv_in.weight"}
    for name, key in wrong.items():
        tensors = {key: torch.ones(1)}
        save_file(tensors, tmp_path / f"{name}.safetensors")
        with pytest.raises(HostError, match=f"{name}.safetensors: expected a VAE of this model's kind, got "):
            exchange(pipe_of(small), tmp_path / f"{name}.safetensors")
    AutoencoderKL(**SIZES | {"latent_channels": 16}).save_pretrained(tmp_path / "wide")
    with pytest.raises(HostError, match="wide: expected a VAE with 4 channels and 4 levels, got 16 channels and 4"):
        exchange(pipe_of(small), tmp_path / "wide")
    (tmp_path / "wide" / "config.json").write_text('{"_class_name": "VQModel"}', encoding="utf-8")
    with pytest.raises(HostError, match="one of AutoencoderKL, AutoencoderTiny, got 'VQModel'"):
        exchange(pipe_of(small), tmp_path / "wide")


def test_a_picture_by_the_tiny_vae_is_nearly_the_same_and_says_so(tmp_path: Path) -> None:
    source, out, tiny = (tmp_path / name for name in ("p.json", "out.png", "tiny.png"))
    source.write_text(json.dumps(dump(palette(sampler="LCM", guidance=1, steps=4))), encoding="utf-8")
    words = ("--model", "demo", "--device", "cpu", "--lora", "demo-lcm")
    run("render", source, "-o", out, *words)
    run("render", source, "-o", tiny, *words, "--tiny-vae", "demo-tiny")
    assert png.load(tiny)[0].model.vae == "demo-tiny"
    first, second = (np.asarray(Image.open(path)).astype(int) for path in (out, tiny))
    assert 0 < np.abs(first - second).mean() < 25


def test_a_file_of_the_tiny_vae_is_its_folder(host: DiffusersHost) -> None:
    made = []
    for path in (demo.PARTS["demo-tiny"], demo.PARTS["demo-tiny"] / "diffusion_pytorch_model.safetensors"):
        pipe = SimpleNamespace(vae=host.pipe.vae)
        pipe.register_modules = lambda vae, pipe=pipe: setattr(pipe, "vae", vae)
        exchange(pipe, path)
        made.append(pipe.vae)
    assert isinstance(made[1], AutoencoderTiny)
    assert all(torch.equal(a, b) for a, b in zip(made[0].parameters(), made[1].parameters(), strict=True))
    assert len(load_file(path)) == len(made[1].state_dict())


class Vae:
    """A VAE that runs out of memory above so many pixels at once; a tile has `tile` of them."""

    def __init__(self, most: int, tile: int = 10) -> None:
        self.most, self.tile, self.use_tiling = most, tile, False
        self.calls: list[bool] = []

    def enable_tiling(self) -> None:
        """As diffusers has it."""
        self.use_tiling = True

    def work(self, size: int) -> str:
        """Something with a picture of so many pixels."""
        self.calls.append(self.use_tiling)
        if (self.tile if self.use_tiling else size) > self.most:
            raise torch.cuda.OutOfMemoryError
        return "done"


@pytest.mark.parametrize(("size", "most", "calls"), [(100, 200, [False]), (100, 50, [False, True]), (101, 200, [True])])
def test_the_vae_works_in_tiles_above_a_size_and_where_memory_runs_out(size: int, most: int, calls: Any) -> None:
    vae = Vae(most)
    assert run_vae(vae, size, MemoryLimits(whole=100), lambda: vae.work(size)) == "done"
    assert vae.calls == calls and not vae.use_tiling


def test_no_room_for_a_tile_names_what_helps() -> None:
    vae = Vae(5)
    with pytest.raises(HostError, match="room for a tile of the VAE, got too little; --offload makes room"):
        run_vae(vae, 50, MemoryLimits(), lambda: vae.work(50))
    assert vae.calls == [False, True] and not vae.use_tiling


def test_tiles_of_the_known_vae_show_the_same_picture(known_pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its cells know nothing of each other, so that tiles cannot differ."""
    vae = known_pipeline.vae
    monkeypatch.setattr(vae, "tile_latent_min_size", 4)
    monkeypatch.setattr(vae, "tile_sample_min_size", 32)
    plain = DiffusersHost.of(known_pipeline)
    tiled = replace(plain, extras=Extras(room=MemoryLimits(whole=0)))
    latent = torch.rand(1, 4, 6, 9, generator=torch.Generator().manual_seed(1)) * 2 - 1
    whole, parts = (host.decode(latent) for host in (plain, tiled))
    assert np.abs(np.asarray(whole).astype(int) - np.asarray(parts)).max() <= 1
    torch.testing.assert_close(
        tiled._encode_picture(whole)[:, :3], plain._encode_picture(whole)[:, :3], rtol=0, atol=0.02
    )


class Network(nn.Module):
    """Stands for a network: where it is, and where it has been."""

    def __init__(self) -> None:
        super().__init__()
        self.places = ["cpu"]

    @property
    def device(self) -> torch.device:
        """Where it is."""
        return torch.device(self.places[-1])

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        self.places.append(str(fn(torch.zeros(1)).device))
        return self


def test_networks_take_turns_on_the_device() -> None:
    pipe = SimpleNamespace(text_encoder=Network(), unet=Network(), vae=Network(), text_encoder_2=None)
    there = torch.device("meta")
    for wanted in (TEXT, DENOISER, DENOISER, (), DENOISER, TEXT):
        placement.bring(pipe, wanted, there)
        assert [pipe.text_encoder.device == there, pipe.unet.device == there] == [wanted == TEXT, wanted == DENOISER]
    assert pipe.unet.places == ["cpu", "meta", "cpu", "meta", "cpu"] and pipe.vae.places == ["cpu"]


def test_offloading_brings_what_works_and_changes_no_pixel(host: DiffusersHost, monkeypatch: Any) -> None:
    brought: list[tuple[str, ...]] = []
    monkeypatch.setattr(placement, "bring", lambda pipe, wanted, device: brought.append(wanted))
    away = replace(DiffusersHost.of(host.pipe), extras=Extras(room=MemoryLimits(offload=True)), owned=True)
    for document in (palette(), palette(brushes=[])):
        brought.clear()
        assert (pixels(away, document) == pixels(host, document)).all()
        order = [each for i, each in enumerate(brought) if i == 0 or brought[i - 1] != each]
        assert order == ([TEXT, DENOISER, ()] if document.brushes else [DENOISER, ()]), "prompts are encoded once"


def test_rows_go_by_free_memory_and_are_halved_when_it_runs_out(host: DiffusersHost, monkeypatch: Any) -> None:
    calls: list[int] = []
    network = host._predict
    most = [4]

    def narrow(self: DiffusersHost, x: torch.Tensor, rows: Sequence[Row]) -> torch.Tensor:
        calls.append(len(rows))
        if len(rows) > most[0]:
            raise torch.cuda.OutOfMemoryError
        return network(x, rows)

    document = palette(tiles={"width": 64, "height": 64, "overlap": 32})
    wanted = pixels(host, document)
    monkeypatch.setattr(DiffusersHost, "_predict", narrow)
    assert np.abs(pixels(host, document) - wanted).max() <= 1
    assert max(calls) > most[0] and calls[-1] <= most[0]
    calls.clear()
    limited = replace(host, extras=Extras(room=MemoryLimits(rows=3)))
    assert np.abs(pixels(limited, document) - wanted).max() <= 1 and max(calls) == 3
    calls.clear()
    fake = Memory(lambda: 2500, lambda: 0, iter(range(10**6)).__next__)
    monkeypatch.setattr("lib_regiondiff.hosts.diffusers.host.find_memory", lambda device: fake)
    assert np.abs(pixels(host, document) - wanted).max() <= 1 and calls[0] == row_budget.FIRST_ROWS
    most[0] = 0
    with pytest.raises(HostError, match=r"GPU memory: expected room for one view.*tiles\.width"):
        pixels(host, document)
