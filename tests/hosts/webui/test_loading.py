"""The VAE at work while sampling: a Forge may move its UNet away for it, which is back before the network is asked."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from fake_webui import put
from fakes import GaussianHost
from lib_regiondiff.hosts.webui.conditioning import WebUIHost

UNET, X = object(), torch.zeros(2, 4, 8, 8)


def make_host(patch: pytest.MonkeyPatch, loads: Any, asked: list[str]) -> WebUIHost:
    put(patch, "modules")
    model = SimpleNamespace(forge_objects=SimpleNamespace(unet=UNET))
    put(patch, "modules.shared", state=SimpleNamespace(interrupted=False, skipped=False), sd_model=model)
    put(patch, "modules.sd_samplers_common", single_sample_to_image=lambda sample, how: Image.new("RGB", (64, 64)))

    def ask(x: Tensor, rows: Any) -> Tensor:
        asked.append("network")
        return x

    prompts: Any = SimpleNamespace(program=SimpleNamespace(find_loading=lambda: loads))
    return WebUIHost(prompts, GaussianHost().latent, ask)


def test_the_network_is_brought_back_once_after_the_vae(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    given: list[tuple[Any, tuple[int, ...]]] = []

    def load(unet: Any, x: Tensor) -> None:
        asked.append("load")
        given.append((unet, tuple(x.shape)))

    host = make_host(monkeypatch, load, asked)
    host.denoise(X, [])
    host.decode(X[:1])
    host.decode(X[:1])
    host.denoise(X, [])
    host.denoise(X, [])
    assert asked == ["network", "load", "network", "network"] and given == [(UNET, (2, 4, 8, 8))]


def test_a_program_that_brings_it_back_itself_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    host = make_host(monkeypatch, None, asked)
    host.decode(X[:1])
    host.denoise(X, [])
    assert asked == ["network"] and not host.away
