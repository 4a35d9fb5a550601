"""A WebUI's whole way from a request to its answer: scripts take turns, pictures are drawn, saved and handed over.

As AUTOMATIC1111 1.10, Forge and Forge Neo go about it: what a script raises is noted and forgotten, what the program
itself runs into ends the job. The order of calls and the places of `try` are theirs.
"""

from __future__ import annotations

import contextlib
import copy
import importlib.util
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, PngImagePlugin
from torch import Tensor

import fake_a1111
import fake_forge
from fake_processing import Processing
from fake_webui import WebUI, put
from places import ROOT
from script_host import CALLBACKS

HOSTS: Mapping[str, Callable[..., WebUI]] = {
    "a1111": fake_a1111.install,
    "forge": fake_forge.install,
    "neo": fake_forge.install,
}


class Script:
    """The program's base class: every hook is there and does nothing."""

    is_img2img = False
    args_from, args_to = 0, 0
    filename = ""

    def title(self) -> str:
        """Its name."""
        return "nameless"

    def elem_id(self, name: str) -> str:
        """The name of a component on the page."""
        return f"script_{name}"


class Runner:
    """The scripts of a tab; `reported` is what the console says."""

    def __init__(self) -> None:
        self.alwayson_scripts: list[Any] = []
        self.selectable_scripts: list[Any] = []
        self.reported: list[str] = []

    def add(self, script: Any, count: int) -> None:
        """One more script, of so many arguments."""
        taken = max((each.args_to for each in self.alwayson_scripts), default=1)
        script.args_from, script.args_to = taken, taken + count
        self.alwayson_scripts.append(script)

    def call(self, hook: str, p: Any, *more: Any, **named: Any) -> None:
        """A hook of every script that has it; what one raises concerns nobody else."""
        for script in self.alwayson_scripts:
            if not hasattr(script, hook):
                continue
            try:
                given = p.script_args[script.args_from : script.args_to]
                getattr(script, hook)(p, *more, *given, **named)
            except Exception as error:  # noqa: BLE001 - the very thing that this stands for
                self.reported.append(f"Error running {hook}: {type(error).__name__}: {error}")


@dataclass
class Answer:
    """What a request gets: the pictures as files, the infotexts, and what was saved by name."""

    pictures: list[bytes] = field(default_factory=list)
    infotexts: list[str] = field(default_factory=list)
    saved: dict[str, bytes] = field(default_factory=dict)
    status: int = 200
    error: str = ""


@dataclass
class Program:
    """A running WebUI with our script loaded."""

    kind: str
    webui: WebUI
    folder: Path
    runner: Runner
    callbacks: Mapping[str, list[Callable[..., None]]]
    script: Any

    def called_back(self, name: str, given: Any) -> None:
        """A callback of every extension."""
        for callback in self.callbacks[name]:
            try:
                callback(given)
            except Exception as error:  # noqa: BLE001 - as above
                self.runner.reported.append(f"Error executing callback {name}: {type(error).__name__}: {error}")

    def job(self, prompt: str = "green", enabled: Any = False, palette: Any = None, **more: Any) -> Processing:
        """A job as a request makes it; other scripts have the arguments that they get from nobody."""
        last = max(each.args_to for each in self.runner.alwayson_scripts)
        given: list[Any] = [0, *[None] * (last - 1)]
        given[self.script.args_from : self.script.args_to] = [enabled, palette]
        return Processing(self.webui, [prompt], scripts=self.runner, program=self, script_args=tuple(given), **more)

    def answer(self, p: Processing) -> Answer:
        """What a request gets, an error too."""
        for path in (self.folder / "out").rglob("*.*"):
            path.unlink()
        torch.manual_seed(0)
        try:
            with contextlib.closing(p):
                made = self.process_images(p)
            pictures = [written(picture, dict(picture.info)) for picture in made.images]
        except Exception as error:  # noqa: BLE001 - as its API does
            return Answer(status=vars(error).get("status_code", 500), error=f"{type(error).__name__}: {error}")
        saved = {path.name: path.read_bytes() for path in sorted((self.folder / "out").rglob("*.*"))}
        return Answer(pictures, made.infotexts, saved)

    def process_images(self, p: Processing) -> Any:
        """A job, from the first turn of its scripts to the last."""
        self.runner.call("before_process", p)
        p.setup_prompts()
        self.runner.call("process", p)
        p.init(p.all_prompts, p.all_seeds, p.all_seeds)
        made = SimpleNamespace(images=[], infotexts=[])
        with torch.inference_mode() if self.kind != "a1111" else torch.no_grad():
            for number in range(p.n_iter):
                p.iteration = number
                if self.webui.shared.state.interrupted:
                    break
                self._batch(p, number, made)
        p.color_corrections = None
        self.runner.call("postprocess", p, made)
        return made

    def reset_unet(self) -> None:
        """Whoever changed the UNet has changed a copy that nobody needs any more."""
        if self.kind != "a1111":
            model = self.webui.model
            model.forge_objects = copy.copy(model.forge_objects_original)

    def _batch(self, p: Processing, number: int, made: Any) -> None:
        self.reset_unet()
        p.take(number)
        named = {"batch_number": number, "prompts": p.prompts, "seeds": p.seeds, "subseeds": p.seeds}
        self.runner.call("before_process_batch", p, **named)
        if not p.prompts:
            return
        p.parse_extra_network_prompts()
        self.webui.model.offset = 0.125 * len(p.extra_network_data)
        self.reset_unet()
        self.runner.call("process_batch", p, **named)
        p.setup_conds()
        drawn = SimpleNamespace(samples=p.sample(conditioning=p.c, unconditional_conditioning=p.uc, seeds=p.seeds))
        if getattr(p, "enable_hr", False):
            drawn.samples = decoded(drawn.samples)
        self.runner.call("post_sample", p, drawn)
        pixels = decoded(drawn.samples)
        p.take_prompts(number)
        for index, each in enumerate(pixels):
            p.batch_index = index
            made.images.append(self._picture(p, index, each))
            made.infotexts.append(made.images[-1].info["parameters"])

    def _picture(self, p: Processing, index: int, pixels: np.ndarray) -> Image.Image:
        """A picture as scripts, corrections, the masked original and its file leave it."""
        given = SimpleNamespace(image=Image.fromarray(pixels))
        self.runner.call("postprocess_image", p, given)
        image = given.image
        if p.color_corrections is not None and index < len(p.color_corrections):
            image = p.color_corrections[index](image)
        image, _ = p.under_overlay(image, index)
        if p.save_samples():
            self.save_image(image, p, p.infotext(index))
        image.info["parameters"] = p.infotext(index)
        return image

    def save_image(self, image: Image.Image, p: Any, text: str) -> None:
        """A picture's file, with its parameters."""
        path = self.folder / "out" / "day"
        path.mkdir(parents=True, exist_ok=True)
        name = str(path / f"{len(list(path.glob('*.png'))):05}.png")
        saved = SimpleNamespace(image=image, p=p, filename=name, pnginfo={"parameters": text})
        self.called_back("before_image_saved", saved)
        Path(saved.filename).write_bytes(written(saved.image, saved.pnginfo))
        self.called_back("image_saved", saved)


def decoded(latents: Tensor | list[np.ndarray]) -> list[np.ndarray]:
    """Pictures [height, width, 3] of latents, a square of pixels for each cell; decoded ones stay."""
    if isinstance(latents, list):
        return latents
    cells = ((latents / 4 + 0.5).clamp(0, 1) * 255).to(torch.uint8)
    return list(cells.movedim(1, 3).repeat_interleave(8, 1).repeat_interleave(8, 2).numpy())


def written(image: Image.Image, told: Mapping[str, Any]) -> bytes:
    """A PNG with its parameters."""
    info, file = PngImagePlugin.PngInfo(), io.BytesIO()
    for key, value in told.items():
        info.add_text(key, str(value))
    image.save(file, format="PNG", pnginfo=info, compress_level=1)
    return file.getvalue()


def loaded_script(monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Mapping[str, list[Any]]]:
    """Our script as a program loads it, and the callbacks that it registers."""
    registered: dict[str, list[Any]] = {name.removeprefix("on_"): [] for name in CALLBACKS}
    put(monkeypatch, "modules.scripts", Script=Script, AlwaysVisible=object())
    callbacks = {name: registered[name.removeprefix("on_")].append for name in CALLBACKS}
    put(monkeypatch, "modules.script_callbacks", **callbacks)
    spec = importlib.util.spec_from_file_location("regiondiff_script", ROOT / "scripts" / "regiondiff.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.RegionDiffusion(), registered


@contextlib.contextmanager
def running(kind: str, folder: Path) -> Iterator[Program]:
    """A program of a kind, its folder empty, until the block ends."""
    with pytest.MonkeyPatch.context() as patch:
        webui = HOSTS[kind](patch, folder)
        webui.shared.prompt_styles = Styles()
        webui.shared.opts.outdir_samples = str(folder / "out")
        put(patch, "gradio")
        script, callbacks = loaded_script(patch)
        program = Program(kind, webui, folder, Runner(), callbacks, script)
        program.runner.add(script, 2)
        yield program


class Styles:
    """Words behind a prompt."""

    def apply_styles_to_prompt(self, prompt: str, styles: Sequence[str]) -> str:
        """With all of them."""
        return " ".join([prompt, *styles])

    def apply_negative_styles_to_prompt(self, prompt: str, styles: Sequence[str]) -> str:
        """None has a negative."""
        return prompt
