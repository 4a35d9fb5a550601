"""AUTOMATIC1111: the sampler's own denoiser runs as it is; the network below it answers with the blended prediction.

`CFGDenoiser.forward` (modules/sd_samplers_cfg_denoiser.py) interrupts, switches to the refiner, masks, calls back,
combines, previews and counts. All of that stays: for the time of a call the denoiser's inner model is replaced by one
whose rows are guided to our picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from lib_regiondiff.denoising.rows import Call
from lib_regiondiff.host import Level, Row
from lib_regiondiff.hosts.webui.conditioning import crop_to_row, stack_conds
from lib_regiondiff.hosts.webui.cross_attention import act_in_cross_attention
from lib_regiondiff.hosts.webui.modules import module
from lib_regiondiff.hosts.webui.noise_scales import NoiseScale, find_scale, join_levels
from lib_regiondiff.hosts.webui.program.whole_views import CONTROLLED
from lib_regiondiff.hosts.webui.raised_attention import Habits
from lib_regiondiff.hosts.webui.sampler_run import Request, SamplerRun
from lib_regiondiff.hosts.webui.typed import CFGDenoiser, Processing
from lib_regiondiff.planning.plan import Plan

PIXELS = ("c_concat", "c_adm")  # what the host hands to its model beside text
MARK = 1024.0  # sd-webui-controlnet's: a first token full of it is a positive's, of its negative a negative's


class StandInModel(nn.Module):
    """Stands in for the host's inner model during one call: every attribute is the model's, only the answer is ours."""

    def __init__(self, model: Any, answer: Callable[..., Tensor]) -> None:
        super().__init__()
        self.__dict__["stood_for"], self.__dict__["answer"] = model, answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["stood_for"], name)

    def forward(self, x: Tensor, sigma: Tensor, **how: Any) -> Tensor:
        """x0 or noise [N, C, h, w], whichever the model answers, for the host's batch x [N, C, h, w]."""
        return self.__dict__["answer"](x, sigma, **how)


class WrappedForward:
    """The wrapped forward of one run's `CFGDenoiser`, and the network calls inside it."""

    def __init__(self, p: Processing, request: Request) -> None:
        self.denoiser: CFGDenoiser = p.sampler.model_wrap_cfg
        self.run = SamplerRun(p, self.denoiser, request, self.network)
        self.forward: Callable[..., Tensor] = _unwrap(self.denoiser.forward)
        self.inner: Callable[..., Tensor] = self.denoiser.inner_model
        self.scale: NoiseScale = find_scale(self.denoiser, module("shared").sd_model)
        self.extra: dict[str, Tensor] = {}
        self.first: float | None = None

    def __call__(self, x: Tensor, sigma: Tensor, uncond: Any, cond: Any, *more: Any, **named: Any) -> Tensor:
        """What the sampler gets for x [B, C, h, w] at sigma [B]; called in the place of `CFGDenoiser.forward`.

        `more` is cond_scale, s_min_uncond and image_cond, by place or by name. Raises HostError for what a palette asks
        and the model cannot do.
        """
        if module("sd_samplers_common").apply_refiner(self.denoiser, sigma):
            given = self.denoiser.sampler.sampler_extra_args
            cond, uncond = given["cond"], given["uncond"]
            self.scale = find_scale(self.denoiser, module("shared").sd_model)
            self.run.prepare(x)
        self.first = float(sigma[0]) if self.first is None else self.first
        plan = self.run.plan_for(x, self._list_levels)
        if plan.plain:
            return self.forward(x, sigma, uncond, cond, *more, **named)
        how = dict(zip(("cond_scale", "s_min_uncond", "image_cond"), more, strict=False)) | named
        self.inner = real = self.denoiser.inner_model
        stand_in = StandInModel(real, RowAnswers(self, plan, self._describe_call(sigma, how), len(x)))
        self.denoiser.model_wrap = stand_in
        try:
            return self.forward(x, sigma, uncond, _make_single_parts(cond), **how)
        finally:
            if self.denoiser.model_wrap is stand_in:
                self.denoiser.model_wrap = real

    def _list_levels(self) -> tuple[Level, ...]:
        assert self.first is not None
        return self.scale.levels(next(iter(self.run.schedules.values()), []), self.first)

    def network(self, x: Tensor, rows: Sequence[Row]) -> Tensor:
        """x0 float32 [N, C, h, w] from x [N, C, h, w], one row each at one level, by one call of the host's model."""
        numbers, level = join_levels(rows, x)
        with act_in_cross_attention(module("shared").sd_model, rows, self.run.heard, find_habits()):
            made = self.inner(x, numbers, cond=self._make_conds(rows))
        return self.scale.to_denoised(made, x, level).float()

    def _make_conds(self, rows: Sequence[Row]) -> dict[str, Any]:
        """The host's dict of conditions for these rows: text, and what belongs to pixels, cut to each row's box."""
        value = stack_conds([row.cond for row in rows])
        if has_controlnet():
            value = _mark_text(value, rows)
        given: dict[str, Any] = dict(value) if isinstance(value, Mapping) else {"c_crossattn": [value]}
        for name, extra in self.extra.items():
            joined = torch.stack([_crop_extra(name, extra[row.image], row) for row in rows])
            given[name] = joined if name == "c_adm" else [joined]
        return given

    def _describe_call(self, sigma: Tensor, how: Mapping[str, Any]) -> Call:
        """How the host calls this time: its scale, and what it does to the negatives."""
        factor = float(getattr(self.denoiser, "cond_scale_miltiplier", 1.0))
        negative = module("shared").opts.live_preview_content == "Negative prompt"
        with_uncond = bool(getattr(self.denoiser, "need_last_noise_uncond", False) or negative)
        skip = skips_negative(self.denoiser, module("shared").opts, sigma, float(how["s_min_uncond"]))
        return Call(float(how["cond_scale"]) * factor, with_uncond, skip, factor)


def find_habits() -> Habits:
    """What the program does in its own attention: hypernetworks change prompts, and a setting asks for float32."""
    shared, devices = module("shared"), module("devices")

    def read(text: Tensor) -> tuple[Tensor, Tensor]:
        loaded = getattr(shared, "loaded_hypernetworks", ())
        return module("hypernetworks.hypernetwork").apply_hypernetworks(loaded, text) if loaded else (text, text)

    return Habits(read, bool(getattr(shared.opts, "upcast_attn", False)), devices.without_autocast)


def _unwrap(forward: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The host's own forward, also where the sampler has served an earlier run (Tiled Diffusion keeps it)."""
    return forward.forward if isinstance(forward, WrappedForward) else forward


def skips_negative(denoiser: CFGDenoiser, options: Any, sigma: Tensor, s_min_uncond: float) -> bool:
    """Whether the host leaves the negative out of this call, by its own two rules: skip_early_cond and s_min_uncond.

    `sigma` [B] is the noise of the call, `s_min_uncond` the sigma below which every other call is without negative.
    """
    early = float(getattr(options, "skip_early_cond", 0.0))
    if early != 0 and denoiser.step / denoiser.total_steps <= early:
        return True
    turn = denoiser.step % 2 or getattr(options, "s_min_uncond_all", False)
    return bool(turn and s_min_uncond > 0 and sigma[0] < s_min_uncond)


class RowAnswers:
    """Answers the batches of one call in the order in which the host asks: first all positives, then all negatives."""

    def __init__(self, wrapped: WrappedForward, plan: Plan, call: Call, images: int) -> None:
        self.wrapped, self.plan, self.call, self.images = wrapped, plan, call, images
        self.made: Tensor | None = None
        self.given = 0

    def __call__(self, x: Tensor, sigma: Tensor, cond: Mapping[str, Any]) -> Tensor:
        """The next rows [N, C, h, w] of the answer, as many as x [N, C, h, w] has; the first call computes them all."""
        if self.made is None:
            self.made = self._predict(x[: self.images].float(), sigma, cond)
        rows = self.made[self.given : self.given + len(x)]
        self.given += len(x)
        return rows.to(x.dtype)

    def _predict(self, x: Tensor, sigma: Tensor, cond: Mapping[str, Any]) -> Tensor:
        """Positives, then negatives [2 B, C, h, w], such that the host's own guidance of them gives our picture."""
        scale = self.wrapped.scale
        self.wrapped.extra = _collect_extra(cond, self.images)
        level = scale.level(float(sigma[0]))
        prediction = self.wrapped.run.images_of(self.plan).predict(x, level, self.call)
        pair = prediction.pair(1.0 if self.call.skip else self.call.scale)
        return torch.cat([scale.from_denoised(each, x, level) for each in pair])


def has_controlnet() -> bool:
    """Whether sd-webui-controlnet has hooked the UNet for this job: its hints are of the whole canvas."""
    unet = getattr(getattr(module("shared").sd_model, "model", None), "diffusion_model", None)
    return hasattr(unet, "_original_forward")


def _mark_text(value: Any, rows: Sequence[Row]) -> Any:
    """Text with a first token by which sd-webui-controlnet tells positive rows from negative ones."""
    text = value["crossattn"] if isinstance(value, Mapping) else value
    marks = text.new_tensor([-MARK if row.negative else MARK for row in rows])
    made = torch.cat([marks[:, None, None].expand(-1, 1, text.shape[-1]), text], dim=1)
    return {**value, "crossattn": made} if isinstance(value, Mapping) else made


def _crop_extra(name: str, given: Tensor, row: Row) -> Tensor:
    """What a row sees of what was given for its image: the pixels of its box; a negative sees no picture to vary."""
    return torch.zeros_like(given) if name == "c_adm" and row.negative else crop_to_row(given, row)


def _collect_extra(cond: Mapping[str, Any], images: int) -> dict[str, Tensor]:
    """What the host hands to its model besides text, for each of the images."""
    found = {name: cond[name] for name in PIXELS if name in cond}
    return {name: (value[0] if isinstance(value, list) else value)[:images] for name, value in found.items()}


def _make_single_parts(cond: Any) -> Any:
    """The main prompt's conditions as one part of weight 1, so that the host combines only what it is answered."""
    if all(len(parts) == 1 and parts[0].weight == 1 for parts in cond.batch):
        return cond
    parser = module("prompt_parser")
    kind = parser.ComposableScheduledPromptConditioning
    batch = [[kind(schedules=parts[0].schedules, weight=1.0)] for parts in cond.batch]
    return parser.MulticondLearnedConditioning(shape=(len(batch),), batch=batch)


def install(p: Processing, request: Request, like: Tensor) -> None:
    """Have the coming run of p's sampler draw a palette; `like` [B, C, h, w] are latents of its shape.

    Replaces the forward of this one sampler's denoiser, which dies with it. Raises HostError for a model that cannot
    draw regions, and for what a palette asks and the model cannot do.
    """
    if has_controlnet():
        request = replace(request, whole=CONTROLLED)
    wrapped = WrappedForward(p, request)
    wrapped.run.prepare(like)
    wrapped.run.note_schedule()
    p.sampler.model_wrap_cfg.forward = wrapped
