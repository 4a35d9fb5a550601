"""A WebUI that isn't there: the modules that our adapters import, and a checkpoint whose answers have a closed form."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor

from fake_decoding import shown
from fake_network import Network
from fake_parsing import (
    AND,
    WEIGHTED,
    get_learned_conditioning_prompt_schedules,
    get_multicond_prompt_list,
)

COLOURS: Mapping[str, tuple[float, float, float]] = {
    "red": (2.0, -1.0, 0.5),
    "green": (-1.0, 1.5, 0.0),
    "blue": (-0.5, 0.0, 2.5),
    "grey": (0.25, 0.25, 0.25),
    "nan": (float("nan"), 0.0, 0.0),
}
VARIANCE = 0.25
WIDTH = 3
TOKENS = 77
OPTIONS: Mapping[str, Any] = {
    "batch_cond_uncond": True,
    "skip_early_cond": 0.0,
    "s_min_uncond_all": False,
    "live_preview_content": "Prompt",
    "use_old_scheduling": False,
    "samples_save": True,
    "samples_format": "png",
}


def colour_of(text: str) -> Tensor:
    """The sum of the colours of a text's words, each "long" adding nothing but tokens."""
    return torch.tensor([COLOURS[word] for word in text.split() if word in COLOURS] or [(0.0, 0.0, 0.0)]).sum(dim=0)


def posterior(x: Tensor, alpha: float, beta: float, mean: Tensor) -> Tensor:
    """E[x0 | x = alpha x0 + beta n] for data N(mean [N, 3, h, w], VARIANCE)."""
    return mean + alpha * VARIANCE / (alpha**2 * VARIANCE + beta**2) * (x - alpha * mean)


@dataclass
class Asked:
    """One call of the network: x, the means that its rows ask for [N, 3], tokens, and what came beside text."""

    x: Tensor
    means: Tensor
    tokens: int
    number: float
    beside: Mapping[str, Any]


@dataclass
class Checkpoint:
    """A model: data of the prompt's colour, moved by its own `offset`; what a host adds beside text adds to x0."""

    offset: float = 0.0
    sdxl: bool = False
    native: int = 512
    conditioning_key: str = "crossattn"
    asked: list[Asked] = field(default_factory=list)
    encoded: list[tuple[Any, ...]] = field(default_factory=list)
    before: Callable[[], None] = lambda: None
    parameterization: str = "eps"
    cond_stage_key: str = "txt"

    def __post_init__(self) -> None:
        betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
        self.alphas_cumprod = torch.cumprod(1 - betas, dim=0).float()
        self.model = SimpleNamespace(conditioning_key=self.conditioning_key, diffusion_model=Network())
        told = {"modelspec.resolution": f"{self.native}x{self.native}"}
        self.sd_checkpoint_info = SimpleNamespace(metadata=told, short_title=f"offset {self.offset}")

    def get_learned_conditioning(self, texts: Any) -> Any:
        """Tokens that all hold the colour: [n, tokens, 3], or with the picture's size beside it."""
        self.encoded.append((tuple(texts), texts.is_negative_prompt, texts.width, texts.height))
        tokens = TOKENS * (1 + max(text.split().count("long") for text in texts))
        made = torch.stack([(colour_of(text) + self.offset).expand(tokens, WIDTH) for text in texts])
        if not self.sdxl:
            return made
        return {"crossattn": made, "vector": torch.tensor([[texts.width, texts.height]] * len(texts)).float()}

    def x0(self, x: Tensor, scaling: tuple[Any, Any], number: float, text: Tensor, **beside: Any) -> Tensor:
        """The exact answer for rows, plus what is beside the text: per cell, or one number for all."""
        self.before()
        means = text[:, 0]
        self.asked.append(Asked(x.clone(), means.clone(), text.shape[1], number, beside))
        made = posterior(x, *scaling, self.model.diffusion_model(x, text))
        for name in ("concat", "adm", "hint"):
            if beside.get(name) is not None:
                assert len(beside[name]) == len(x), name
                made = made + beside[name]
        return made

    @property
    def rows(self) -> list[int]:
        """The rows of each call."""
        return [len(each.x) for each in self.asked]


class SdConditioning(list[str]):
    """Prompts and what a model may want to know of their picture."""

    def __init__(self, prompts: Sequence[str], is_negative_prompt: bool = False, **size: Any) -> None:
        super().__init__(prompts)
        like = size.get("copy_from") or prompts
        self.is_negative_prompt = is_negative_prompt or getattr(like, "is_negative_prompt", False)
        self.width = size.get("width") or getattr(like, "width", None)
        self.height = size.get("height") or getattr(like, "height", None)


class ScheduledPromptConditioning(NamedTuple):
    """What counts until a step, that step included."""

    end_at_step: int
    cond: Any


class ComposableScheduledPromptConditioning:
    """One part of a prompt and its weight."""

    def __init__(self, schedules: Sequence[ScheduledPromptConditioning], weight: float = 1.0) -> None:
        self.schedules, self.weight = schedules, weight


class MulticondLearnedConditioning:
    """The parts of the prompts of a batch."""

    def __init__(self, shape: tuple[int, ...], batch: list[list[ComposableScheduledPromptConditioning]]) -> None:
        self.shape, self.batch = shape, batch


def get_learned_conditioning(model: Any, prompts: Sequence[str], steps: int, *more: Any) -> list[Any]:
    """A schedule for each prompt: "[red:blue:0.5]" is two entries; `more` is hires_steps and use_old_scheduling."""
    schedules = get_learned_conditioning_prompt_schedules(prompts, steps, *more)

    def schedule(entries: Sequence[Any]) -> list[ScheduledPromptConditioning]:
        made = model.get_learned_conditioning(SdConditioning([text for _, text in entries], copy_from=prompts))
        return [ScheduledPromptConditioning(end, item(made, index)) for index, (end, _) in enumerate(entries)]

    return [schedule(entries) for entries in schedules]


def get_multicond_learned_conditioning(model: Any, prompts: Any, steps: int, *more: Any) -> Any:
    """The same, with the parts that AND joins."""

    def part(text: str) -> ComposableScheduledPromptConditioning:
        words, weight = WEIGHTED.fullmatch(text).groups()  # type: ignore[union-attr]
        made = get_learned_conditioning(model, SdConditioning([words.strip()], copy_from=prompts), steps, *more)
        return ComposableScheduledPromptConditioning(made[0], float(weight or 1))

    batch = [[part(text) for text in AND.split(prompt)] for prompt in prompts]
    return MulticondLearnedConditioning((len(batch),), batch)


def item(conds: Any, index: Any) -> Any:
    """Rows of a condition that is a tensor or several by name."""
    return {name: each[index] for name, each in conds.items()} if isinstance(conds, dict) else conds[index]


def joined(conds: Sequence[Any], join: Callable[..., Tensor] = torch.cat) -> Any:
    """Conditions of one kind together."""
    if isinstance(conds[0], dict):
        return {name: join([each[name] for each in conds]) for name in conds[0]}
    return join(list(conds))


def text_of(cond: Any) -> Tensor:
    """The text among conditions."""
    return cond["crossattn"] if isinstance(cond, dict) else cond


def of_rows(numbers: Tensor, x: Tensor) -> Any:
    """The number that all rows have, or one for each of them, in as many axes as x has."""
    return float(numbers[0]) if len(set(numbers.tolist())) == 1 else spread(numbers, x)


def spread(sigma: Tensor, x: Tensor) -> Tensor:
    """One number for each image, in as many axes as x has."""
    return sigma.reshape(-1, *[1] * (x.ndim - 1))


def at_step(schedule: Sequence[ScheduledPromptConditioning], step: int) -> Any:
    """The entry of a step, the first where the step is past all."""
    return next((entry.cond for entry in schedule if step <= entry.end_at_step), schedule[0].cond)


def stack(tensors: Sequence[Tensor]) -> Tensor:
    """Conditions in one batch; the last token of a shorter text is repeated."""
    most = max(len(each) for each in tensors)
    return torch.stack(
        [torch.cat([each, each[-1:].expand(most - len(each), -1)]) if each.ndim > 1 else each for each in tensors]
    )


def reconstruct_cond_batch(schedules: Sequence[Any], step: int) -> Any:
    """What counts at a step, one row a prompt."""
    return joined([at_step(each, step) for each in schedules], stack)


def reconstruct_multicond_batch(cond: MulticondLearnedConditioning, step: int) -> tuple[list[Any], Any]:
    """For each image its rows with their weights, and the rows."""
    lists, rows = [], []
    for parts in cond.batch:
        lists.append([(len(rows) + index, part.weight) for index, part in enumerate(parts)])
        rows += [at_step(part.schedules, step) for part in parts]
    return lists, joined(rows, stack)


class InterruptedException(BaseException):
    """Somebody has pressed a button."""


class Grid(NamedTuple):
    """A picture cut up: rows of (top, height, tiles), tiles of [left, width, picture]."""

    tiles: list[tuple[int, int, list[list[Any]]]]
    tile_w: int
    tile_h: int
    image_w: int
    image_h: int
    overlap: int


@dataclass
class WebUI:
    """What tests reach for: the shared state of the program, its options, what its callbacks are."""

    shared: Any
    common: Any
    make_denoiser: Callable[..., Any]
    callbacks: list[Callable[..., None]] = field(default_factory=list)

    @property
    def model(self) -> Any:
        """The loaded checkpoint."""
        return self.shared.sd_model

    def load(self, model: Any) -> None:
        """Another checkpoint."""
        self.shared.sd_model = model


def put(monkeypatch: pytest.MonkeyPatch, name: str, **members: Any) -> Any:
    """A module of these members, under a name that can be imported until the test ends."""
    made = ModuleType(name)
    made.__spec__, made.__path__ = ModuleSpec(name, None), []
    vars(made).update(members)
    monkeypatch.setitem(sys.modules, name, made)
    return made


def install(monkeypatch: pytest.MonkeyPatch, folder: Path, make_denoiser: Callable[..., Any]) -> WebUI:
    """The modules that both kinds of WebUI have."""
    state = SimpleNamespace(interrupted=False, skipped=False, current_latent=None)
    put(monkeypatch, "modules")
    shared = put(monkeypatch, "modules.shared", state=state, opts=SimpleNamespace(**OPTIONS), sd_model=None)
    put(monkeypatch, "modules.images", Grid=Grid)
    put(monkeypatch, "modules.devices", autocast=contextlib.nullcontext, without_autocast=contextlib.nullcontext)
    put(monkeypatch, "modules.paths", data_path=str(folder))
    put(monkeypatch, "modules.sd_samplers", find_sampler_config=config_of)
    parser = (SdConditioning, ScheduledPromptConditioning, ComposableScheduledPromptConditioning)
    functions: Sequence[Any] = (get_learned_conditioning, get_multicond_learned_conditioning, get_multicond_prompt_list)
    functions = (*functions, MulticondLearnedConditioning, get_learned_conditioning_prompt_schedules)
    put(monkeypatch, "modules.prompt_parser", **{each.__name__: each for each in (*parser, *functions)})
    common = put(monkeypatch, "modules.sd_samplers_common", InterruptedException=InterruptedException)
    common.store_latent = lambda latent: setattr(state, "current_latent", latent)
    common.images_tensor_to_samples = encoded
    common.single_sample_to_image = shown
    return WebUI(shared, common, make_denoiser)


def encoded(pixels: Tensor, approximation: Any = None, model: Any = None) -> Tensor:
    """Latents of pixels in [0, 1]: the cells' means, -1 for black and 1 for white, and noise of the usual generator."""
    means = torch.nn.functional.avg_pool2d(pixels, 8) * 2 - 1
    return means + 1e-4 * torch.randn(means.shape)


def config_of(name: str) -> Any:
    """What the program knows of a sampler: Heun counts two calls a step."""
    return SimpleNamespace(total_steps=lambda steps: steps * 2 if name == "Heun" else steps)
