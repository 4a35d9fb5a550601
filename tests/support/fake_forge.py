"""Forge as our adapter sees it: a UNet with model options that clones copy, and a sampling function that obeys them."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import fake_webui
from fake_a1111 import GIVEN, refine
from fake_webui import Checkpoint, WebUI, item, of_rows, spread, text_of

COND, UNCOND = 0, 1


class Condition:
    """A tensor that goes to the model, as many rows as a batch has."""

    def __init__(self, cond: Tensor) -> None:
        self.cond = cond

    def process_cond(self, batch_size: int, device: Any, **more: Any) -> Any:
        """For a batch."""
        times = -(-batch_size // len(self.cond))
        return type(self)(self.cond.repeat(times, *[1] * (self.cond.ndim - 1))[:batch_size].to(device))

    def can_concat(self, other: Condition) -> bool:
        """Whether both fit in one call."""
        return self.cond.shape == other.cond.shape

    def concat(self, others: Sequence[Condition]) -> Tensor:
        """Rows of one call."""
        return torch.cat([self.cond, *(each.cond for each in others)])


class KModel:
    """The model below the UNet's options: x0 for sigmas."""

    def __init__(self, checkpoint: Checkpoint, together: bool = True) -> None:
        self.checkpoint, self.together = checkpoint, together
        self.predictor = SimpleNamespace(prediction_type="epsilon")
        self.diffusion_model = checkpoint.model.diffusion_model

    def apply_model(self, x: Tensor, t: Tensor, c_crossattn: Tensor, **more: Any) -> Tensor:
        """Rows in one call; the keys are those that this program gives."""
        assert set(more) <= {"transformer_options", "c_concat", "y", "control", "control_model"}, set(more)
        options = more["transformer_options"]
        assert len(options["cond_mark"]) == len(x) == len(c_crossattn) == len(t)
        assert sorted(options["cond_indices"] + options["uncond_indices"]) == list(range(len(x)))
        hint = more["control"]["output"][0] if "control" in more else None
        concat = more["c_concat"][:, :3] if "c_concat" in more and more["c_concat"].shape[-1] > 1 else None
        beside = {"hint": hint, "concat": concat, "size": more.get("y"), "options": options}
        made = self.checkpoint.x0(x, (1.0, of_rows(t, x)), float(t[0]), c_crossattn, **beside)
        for patch in options.get("patches", {}).get("attn1_patch", []):
            made = patch(made)
        return made


class Unet:
    """A patcher: the model, and options that a clone may change."""

    def __init__(self, model: KModel) -> None:
        self.model, self.model_options = model, dict[str, Any]()
        self.controlnet_linked_list: Any = None
        self.extra_concat_condition: Any = None
        self.extra_preserved_memory_during_sampling = 0.0

    def clone(self) -> Unet:
        """The same model under options of its own."""
        made = Unet(self.model)
        made.model_options = copy.deepcopy(self.model_options)
        made.controlnet_linked_list = self.controlnet_linked_list
        made.extra_concat_condition = self.extra_concat_condition
        made.extra_preserved_memory_during_sampling = self.extra_preserved_memory_during_sampling
        return made

    def memory_required(self, shape: Sequence[int]) -> float:
        """Bytes for a call."""
        return 100.0 * shape[0] * shape[-2] * shape[-1]

    def add_extra_preserved_memory_during_sampling(self, memory: float) -> None:
        """Bytes more that a run needs."""
        self.extra_preserved_memory_during_sampling += memory

    def add_conditioning_modifier(self, modifier: Callable[..., Any]) -> None:
        """One more."""
        self.model_options.setdefault("conditioning_modifiers", []).append(modifier)

    def set_model_unet_function_wrapper(self, wrapper: Callable[..., Any]) -> None:
        """The only one."""
        self.model_options["model_function_wrapper"] = wrapper

    def set_model_sampler_post_cfg_function(self, function: Callable[..., Any]) -> None:
        """One more."""
        self.model_options.setdefault("sampler_post_cfg_function", []).append(function)


@dataclass
class Control:
    """A ControlNet that adds a hint [B, 3, h, w] to x0, so much of it for negatives."""

    hint: Tensor
    asked: list[int] = field(default_factory=list)
    negative: float = 1.0
    transformer_options: Any = None
    previous_controlnet: Any = None

    def get_control(self, x: Tensor, t: Tensor, cond: Any, chunks: int) -> Mapping[str, Any]:
        """Its residuals for rows."""
        self.asked.append(len(x))
        mark = self.transformer_options["cond_mark"][:, None, None, None]
        hint = self.hint.repeat(chunks, 1, 1, 1)
        return {"output": [hint * (1 - mark + self.negative * mark)], "middle": [None]}


def compiled(cond: Any) -> dict[str, Any]:
    """One condition as the sampling function takes it."""
    kinds: dict[str, Any] = {"c_crossattn": Condition(text_of(cond))}
    if isinstance(cond, dict):
        kinds["y"] = Condition(cond["vector"])
    return {"cross_attn": text_of(cond), "model_conds": kinds}


def weighted(cond: Any, parts: Sequence[Sequence[tuple[int, float]]]) -> list[dict[str, Any]]:
    """One condition for each part of the prompts, as strong as its weight."""
    columns = [list(each) for each in zip(*parts, strict=True)]
    return [compiled(item(cond, [row for row, _ in each])) | {"strength": each[0][1]} for each in columns]


def calc_cond_uncond_batch(model: KModel, conds: Any, x: Tensor, sigma: Tensor, options: Any) -> list[Tensor]:
    """Positive and negative, those that fit together in one call, the last first."""
    positive, negative = conds
    waiting = [(each, COND) for each in positive] + [(each, UNCOND) for each in negative or ()]
    totals = [(torch.zeros_like(x), torch.full_like(x, 1e-37)) for _ in (COND, UNCOND)]
    while waiting:
        alike = [each for each in waiting if fits(each[0], waiting[0][0])] if model.together else waiting[:1]
        waiting = [each for each in waiting if not any(each is other for other in alike)]
        alike.reverse()
        out = called(model, alike, x, sigma, options).chunk(len(alike))
        for (cond, role), part in zip(alike, out, strict=True):
            strength = cond.get("strength", 1.0)
            totals[role] = (totals[role][0] + part * strength, totals[role][1] + strength)
    return [made / count for made, count in totals]


def fits(a: Any, b: Any) -> bool:
    """Whether two conditions can share a call."""
    kinds = a["model_conds"], b["model_conds"]
    return kinds[0].keys() == kinds[1].keys() and all(kinds[0][name].can_concat(kinds[1][name]) for name in kinds[0])


def called(model: KModel, alike: Sequence[tuple[Any, int]], x: Tensor, sigma: Tensor, options: Any) -> Tensor:
    """One call of the model, or of the wrapper around it."""
    roles = [role for _, role in alike]
    ready = [
        {name: each.process_cond(len(x), x.device) for name, each in cond["model_conds"].items()} for cond, _ in alike
    ]
    given = {name: each.concat([other[name] for other in ready[1:]]) for name, each in ready[0].items()}
    rows, number = torch.cat([x] * len(roles)), torch.cat([sigma] * len(roles))
    inner = dict(options.get("transformer_options", {})) | {"cond_or_uncond": list(roles), "sigmas": sigma}
    marks = [role for role in roles for _ in range(len(x))]
    inner["cond_mark"] = torch.tensor(marks)
    inner["cond_indices"] = [index for index, role in enumerate(marks) if role == COND]
    inner["uncond_indices"] = [index for index, role in enumerate(marks) if role == UNCOND]
    given["transformer_options"] = inner
    control = alike[-1][0].get("control")
    if control is not None:
        control.transformer_options = inner
        given |= {"control": control.get_control(rows, number, dict(given), len(roles)), "control_model": control}
    wrapper = options.get("model_function_wrapper")
    if wrapper is None:
        return model.apply_model(rows, number, **given)
    return wrapper(model.apply_model, {"input": rows, "timestep": number, "c": given, "cond_or_uncond": roles})


def sampling_function(denoiser: Denoiser, x: Tensor, sigma: Tensor, conds: Any, scale: float) -> list[Tensor]:
    """Guided, positive and negative x0, after all that options ask for."""
    unet = denoiser.inner_model.inner_model.forge_objects.unet
    (parts, text), uncond = conds
    cond, negative = weighted(text, parts), None if uncond is None else [compiled(uncond)]
    pixels = denoiser.image_cond if unet.extra_concat_condition is None else unet.extra_concat_condition
    for each in [*cond, *(negative or [])]:
        if pixels.shape[-2:] == x.shape[-2:]:
            each["model_conds"]["c_concat"] = Condition(pixels)
        if unet.controlnet_linked_list is not None:
            each["control"] = unet.controlnet_linked_list
    model, options = unet.model, unet.model_options
    for modifier in options.get("conditioning_modifiers", []):
        changed = modifier(model, x, sigma, negative, cond, scale, options, 0)
        model, x, sigma, negative, cond, scale, options, _ = changed
    return inner(model, x, sigma, (negative, cond), (scale, options))


def inner(model: KModel, x: Tensor, sigma: Tensor, conds: Any, how: tuple[float, Any]) -> list[Tensor]:
    """Guidance, and the functions after it."""
    (uncond, cond), (scale, options) = conds, how
    strength = sum(each.get("strength", 1.0) for each in cond)
    off = math.isclose(scale, 1.0) and not options.get("disable_cfg1_optimization", False)
    positive, negative = calc_cond_uncond_batch(model, (cond, None if off else uncond), x, sigma, options)
    made = negative + (positive - negative) * scale * strength
    for function in options.get("sampler_post_cfg_function", []):
        told = {"denoised": made, "cond": cond, "uncond": uncond, "model": model, "input": x, "sigma": sigma}
        made = function(told | {"cond_denoised": positive, "uncond_denoised": negative, "model_options": options})
    return [made, positive, negative]


class Denoiser(nn.Module):
    """A denoiser that works in sigmas below, whatever the sampler counts in."""

    def __init__(self, sampler: Any, webui: WebUI, steps: bool) -> None:
        super().__init__()
        self.sampler, self.webui, self.classic_ddim_eps_estimation = sampler, webui, steps
        self.mask: Any = None
        self.nmask: Any = None
        self.init_latent: Any = None
        self.model_wrap: Any = None
        self.p: Any = None
        self.image_cond: Any = None
        self.step, self.total_steps = 0, 1
        self.need_last_noise_uncond, self.last_noise_uncond = False, None

    @property
    def inner_model(self) -> Any:
        """Of the loaded checkpoint."""
        if self.model_wrap is None:
            self.model_wrap = SimpleNamespace(inner_model=self.webui.model)
        return self.model_wrap

    def update_inner_model(self) -> None:
        """After another checkpoint was loaded."""
        self.model_wrap = None
        cond, uncond = self.p.get_conds()
        self.sampler.sampler_extra_args |= {"cond": cond, "uncond": uncond}

    def forward(self, x: Tensor, sigma: Tensor, uncond: Any, cond: Any, *more: Any, **named: Any) -> Tensor:
        """The guided prediction in the sampler's own terms."""
        how = dict(zip(GIVEN, more, strict=False)) | named
        if self.webui.shared.state.interrupted or self.webui.shared.state.skipped:
            raise self.webui.common.InterruptedException
        if self.classic_ddim_eps_estimation:
            kept = self.webui.model.alphas_cumprod[sigma.round().long()]
            sigma = ((1 - kept) / kept) ** 0.5
            x = x * spread((sigma**2 + 1).sqrt(), x)
        if self.webui.common.apply_refiner(self, x):
            given = self.sampler.sampler_extra_args
            cond, uncond = given["cond"], given["uncond"]
        conds = fake_webui.reconstruct_multicond_batch(cond, self.step), self._negative(uncond)
        if self.mask is not None:
            x = x * self.nmask + (self.init_latent + spread(sigma, x)) * self.mask
        self.image_cond = how["image_cond"]
        made = self._finished(sampling_function(self, x, sigma, conds, self._scale(sigma, how)), x, sigma)
        return (x - made) / spread(sigma, x) if self.classic_ddim_eps_estimation else made

    def _negative(self, uncond: Any) -> Any:
        return None if uncond is None else fake_webui.reconstruct_cond_batch(uncond, self.step)

    def _scale(self, sigma: Tensor, how: Mapping[str, Any]) -> float:
        options, least = self.webui.shared.opts, how["s_min_uncond"]
        scale = self.p.hr_cfg if self.p.is_hr_pass else how["cond_scale"]
        early = options.skip_early_cond > 0 and self.step / self.total_steps <= options.skip_early_cond
        late = (self.step % 2 or options.s_min_uncond_all) and least > 0 and sigma[0] < least
        return 1.0 if early or late else scale

    def _finished(self, made: Sequence[Tensor], x: Tensor, sigma: Tensor) -> Tensor:
        denoised, _, negative = made
        if self.need_last_noise_uncond:
            self.last_noise_uncond = (x - negative) / spread(sigma, x)
        if self.mask is not None:
            denoised = denoised * self.nmask + self.init_latent * self.mask
        self.sampler.last_latent = denoised
        self.webui.common.store_latent(denoised)
        self.step += 1
        return denoised


def with_unet(checkpoint: Checkpoint) -> Any:
    """A checkpoint as this program loads it."""
    loaded: Any = checkpoint
    loaded.forge_objects = loaded.forge_objects_original = SimpleNamespace(unet=Unet(KModel(checkpoint)))
    return loaded


def install(monkeypatch: pytest.MonkeyPatch, folder: Path) -> WebUI:
    """The program with an ordinary checkpoint loaded."""
    webui = fake_webui.install(monkeypatch, folder, Denoiser)
    webui.common.apply_refiner = lambda denoiser, x: refine(webui, denoiser)
    for name in ("backend", "backend.sampling"):
        fake_webui.put(monkeypatch, name)
    fake_webui.put(monkeypatch, "backend.sampling.condition", Condition=Condition)
    webui.load(with_unet(Checkpoint()))
    return webui
