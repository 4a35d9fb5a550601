"""The extension that `demo export` brings to Forge and Neo, on a stand-in for what it uses of them."""

from __future__ import annotations

import json
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import pytest

from cli_stub import run

pytestmark = pytest.mark.diffusers
REPOSITORY = "runwayml/sd15"


class SD15:
    huggingface_repo = REPOSITORY
    unet_config: ClassVar[dict[str, Any]] = {"model_channels": 320, "context_dim": 768}


class Engine:
    """A host's engine for Stable Diffusion 1.5."""

    matched_guesses: ClassVar[list[type]] = [SD15]

    def __init__(self) -> None:
        self.skipped = 1

    def set_clip_skip(self, clip_skip: int) -> None:
        self.skipped = clip_skip


@pytest.fixture(scope="module")
def webui(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A WebUI's folder with the exported extension, and the host's own configurations."""
    webui = tmp_path_factory.mktemp("forge")
    for folder in ("models/Stable-diffusion", "modules_forge"):
        (webui / folder).mkdir(parents=True)
    known = webui / "backend" / "huggingface" / REPOSITORY
    for part in ("scheduler", "tokenizer", "text_encoder", "vae"):
        (known / part).mkdir(parents=True)
        (known / part / "config.json").write_text(json.dumps({"part": part, "hidden_size": 768}), encoding="utf-8")
    index = {"unet": "UNet", "safety_checker": "Checker"}
    (known / "model_index.json").write_text(json.dumps(index), encoding="utf-8")
    run("demo", "export", "--webui", webui)
    return webui


@pytest.fixture(params=[list, tuple])
def host(request: pytest.FixtureRequest, webui: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the extension imports; its engines are a list on Forge and a tuple on Neo."""
    loader = ModuleType("backend.loader")
    loader.__file__ = str(webui / "backend" / "loader.py")
    loader.possible_models = request.param([Engine])  # type: ignore[attr-defined]
    sd15, guess = ModuleType("backend.diffusion_engine.sd15"), ModuleType("huggingface_guess")
    sd15.StableDiffusion = Engine  # type: ignore[attr-defined]
    guess.model_list = SimpleNamespace(SD15=SD15, models=[SD15])  # type: ignore[attr-defined]
    backend = ModuleType("backend")
    backend.loader = loader  # type: ignore[attr-defined]
    for module in (backend, loader, sd15, guess, ModuleType("backend.diffusion_engine")):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return SimpleNamespace(loader=loader, guess=guess.model_list)


def start(webui: Path, times: int) -> None:
    for _ in range(times):
        runpy.run_path(str(webui / "extensions" / "regiondiff-demo" / "scripts" / "toyworld.py"))


def engine_of(guess: type, engines: Sequence[type[Engine]]) -> type[Engine]:
    """The engine that a host takes for a model: the first that lists it."""
    return next(each for each in engines if guess in each.matched_guesses)


def test_it_adds_one_model_with_an_engine_of_its_own_however_often_it_runs(host: Any, webui: Path) -> None:
    start(webui, times=3)
    (toy,) = [each for each in host.guess.models if each is not SD15]
    assert toy.unet_config == {**SD15.unet_config, "model_channels": 64, "context_dim": 64}
    assert engine_of(SD15, host.loader.possible_models) is Engine and Engine.matched_guesses == [SD15]
    assert issubclass(engine_of(toy, host.loader.possible_models), Engine)
    assert len(host.loader.possible_models) == 2


def test_its_text_encoder_keeps_both_layers_whatever_clip_skip_says(host: Any, webui: Path) -> None:
    start(webui, times=1)
    own = engine_of(host.guess.models[-1], host.loader.possible_models)()
    own.set_clip_skip(2)
    assert own.skipped == 1


def test_it_writes_the_hosts_configurations_with_the_models_sizes(host: Any, webui: Path) -> None:
    start(webui, times=1)
    folder = Path(host.guess.models[-1].huggingface_repo)
    assert folder.is_relative_to(webui / "extensions" / "regiondiff-demo")
    read = {path.parent.name: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*/config.json")}
    assert read["scheduler"] == {"part": "scheduler", "hidden_size": 768}
    assert read["text_encoder"]["hidden_size"] == 64 and read["text_encoder"]["num_hidden_layers"] == 2
    assert read["vae"]["part"] == "vae" and read["vae"]["layers_per_block"] == 0
    assert json.loads((folder / "model_index.json").read_text(encoding="utf-8")) == {"unet": "UNet"}
