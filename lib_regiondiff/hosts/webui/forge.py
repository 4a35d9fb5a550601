"""Forge and Forge Neo: the network's rows of a call are answered with the blended prediction, on a clone of the UNet.

A conditioning modifier learns the scale and the latents of a call and marks its conditions; a chained function wrapper
answers the marked rows. Everything above and below, ControlNet, LoRA, other wrappers and patches, is the host's.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from lib_regiondiff.denoising.rows import Call
from lib_regiondiff.host import Level, Row
from lib_regiondiff.hosts.webui import references
from lib_regiondiff.hosts.webui.conditioning import crop_to_row, stack_conds
from lib_regiondiff.hosts.webui.cross_attention import CROSS
from lib_regiondiff.hosts.webui.families import is_flow
from lib_regiondiff.hosts.webui.frames import add_frame_axis, drop_frame_axis
from lib_regiondiff.hosts.webui.networks.acting import act_in_attention, add_streams, ask_in_streams
from lib_regiondiff.hosts.webui.noise_scales import Sigmas, Timesteps, join_levels
from lib_regiondiff.hosts.webui.program.whole_views import CONTROLLED, REFERRED
from lib_regiondiff.hosts.webui.programs import Program, find_program
from lib_regiondiff.hosts.webui.sampler_run import Request, SamplerRun
from lib_regiondiff.hosts.webui.typed import CFGDenoiser, Engine, Processing, Unet, is_second_pass
from lib_regiondiff.planning.plan import Plan

MARK = "regiondiff"
POSITIVE, NEGATIVE = 0, 1
PATCHES = ("patches", "patches_replace")


@dataclass
class SamplerCall:
    """A call by the sampler: how it calls, by which plan, and what was answered so far.

    `answered` has a pair [B, C, h, w] of positive and negative for each x and patches that were asked about.
    """

    call: Call
    plan: Plan
    answered: list[tuple[Tensor, object, tuple[Tensor, Tensor]]]


class UnetHooks:
    """The two hooks on the UNet of one run, and the network calls inside them."""

    def __init__(self, p: Processing, request: Request, like: Tensor, program: Program) -> None:
        self.p, self.like = p, like
        self.denoiser: CFGDenoiser = p.sampler.model_wrap_cfg
        self.previous: Callable[..., Tensor] | None = None
        self.run = SamplerRun(p, self.denoiser, request, self.network)
        self.condition: Callable[[Tensor], Any] = program.find_condition()
        self.first: float | None = None
        self.current: SamplerCall | None = None
        self.apply_model: Callable[..., Tensor] | None = None
        self.given: Mapping[str, Any] = {}
        self.hints: Callable[[int], Any] = lambda role: None
        self.scale = Sigmas(flow=is_flow(p.sd_model))

    def modify(self, *given: Any) -> tuple[Any, ...]:
        """The conditioning modifier: (model, x, timestep, uncond, cond, cond_scale, model_options, seed) in and out.

        Plans at the first call, and marks the conditions. Raises HostError for what a palette asks and the model cannot
        do.
        """
        model, x, timestep, uncond, cond, scale, options, seed = given
        self.first = float(timestep[0]) if self.first is None else self.first
        plan = self.run.plan_for(drop_frame_axis(x), self._list_levels)
        if plan.plain:
            self.current = None
            return given
        skip = math.isclose(scale, 1.0) and not math.isclose(self._read_scale(), 1.0)
        with_uncond = bool(getattr(self.denoiser, "need_last_noise_uncond", False))
        self.current = SamplerCall(Call(float(scale), with_uncond, skip), plan, [])
        return model, x, timestep, *self._mark_conds(uncond, cond), scale, options, seed

    def _mark_conds(self, uncond: Any, cond: Any) -> tuple[Any, Any]:
        """The negative and the positive of a call, marked so that the wrapper knows their rows again."""
        marks = [self.condition(torch.full((1, 1), float(role))) for role in (NEGATIVE, POSITIVE)]
        return mark_conds(uncond, marks[0]), mark_conds(cond, marks[1])

    def _read_scale(self) -> float:
        """The guidance scale that the user has set for this pass."""
        first = self.p.cfg_scale
        return float(getattr(self.p, "hr_cfg", first) if is_second_pass(self.p) else first)

    def _list_levels(self) -> tuple[Level, ...]:
        """The levels to come, without the final one, descending.

        Timestep samplers count in training steps, and end one level before the last.
        """
        assert self.first is not None
        steps = self.run.schedules.get("get_timesteps")
        if steps is None:
            return self.scale.levels(self.run.schedules.get("get_sigmas", []), self.first)
        scale = Timesteps(tuple(map(float, self.p.sd_model.alphas_cumprod)))
        sigmas = [level.beta / level.alpha for level in map(scale.level, steps)]
        return self.scale.levels(sigmas[:-1] or sigmas, self.first)

    def wrap(self, apply_model: Callable[..., Tensor], how: Mapping[str, Any]) -> Tensor:
        """The function wrapper: x0 [N, C, h, w] for the marked rows of the host's batch `how`; others go through."""
        given = dict(how["c"])
        mark = given.pop(MARK, None)
        if mark is None or self.current is None:
            return self._ask_network(apply_model, {**how, "c": given})
        self.apply_model, self.given = apply_model, given
        images = len(how["input"]) // len(how["cond_or_uncond"])
        roles = [int(role) for role in mark[::images, 0]]
        self.hints = functools.cache(functools.partial(_find_hints, {**how, "c": given}, roles, images))
        pair = self._predict_pair(drop_frame_axis(how["input"])[:images], how["timestep"][:images])
        return add_frame_axis(torch.cat([pair[role] for role in roles]).to(how["input"].dtype), how["input"])

    def _predict_pair(self, x: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
        """Positive and negative [B, C, h, w] such that the host's own guidance of them gives our picture, kept."""
        assert self.current is not None
        patches = tuple(str(self.given["transformer_options"].get(name)) for name in PATCHES)
        for known, by, pair in self.current.answered:
            if by == patches and torch.equal(known, x):
                return pair
        level = self.scale.level(float(sigma[0]))
        call = self.current.call
        prediction = self.run.images_of(self.current.plan).predict(x.float(), level, call)
        pair = prediction.pair(1.0 if call.skip else call.scale)
        self.current.answered.append((x.clone(), patches, pair))
        return pair

    def network(self, x: Tensor, rows: Sequence[Row]) -> Tensor:
        """x0 float32 [N, C, h, w] from x [N, C, h, w], one row each at one level.

        By the host's model, or the wrapper that was there before ours.
        """
        engine = self.p.sd_model
        return ask_in_streams(engine, rows, lambda places: self._ask_rows(x[places], [rows[n] for n in places]))

    def _ask_rows(self, x: Tensor, rows: Sequence[Row]) -> Tensor:
        """The same by one call, of rows that fit into one."""
        kinds = [NEGATIVE if row.negative else POSITIVE for row in rows]
        options = dict(self.given["transformer_options"])
        sigma, level = join_levels(rows, x)
        several = isinstance(level.t, Tensor)
        options |= {"cond_or_uncond": kinds, "sigmas": sigma if several else sigma[:1]}
        options |= {"cond_mark": torch.tensor(kinds, dtype=x.dtype, device=x.device)}
        options |= {"cond_indices": _find_rows(kinds, POSITIVE), "uncond_indices": _find_rows(kinds, NEGATIVE)}
        texts = add_streams(self.p.sd_model, rows, _make_conds(rows))
        given = {"transformer_options": options, **texts, **self._collect_extra(rows)}
        how = {"input": add_frame_axis(x, self.like), "timestep": sigma, "c": given, "cond_or_uncond": kinds}
        assert self.apply_model is not None
        replaced = (options.get("patches_replace") or {}).get(CROSS)
        with act_in_attention(self.p.sd_model, rows, self.run.heard, replaced):
            made = self._ask_network(self.apply_model, how)
        return drop_frame_axis(made).float()

    def _collect_extra(self, rows: Sequence[Row]) -> dict[str, Any]:
        """What the host hands to its model besides text, for these rows."""
        beside: dict[str, Any] = {}
        if "c_concat" in self.given:
            beside["c_concat"] = torch.stack([crop_to_row(self.given["c_concat"][row.image], row) for row in rows])
        if "control" in self.given:
            kinds = [NEGATIVE if row.negative else POSITIVE for row in rows]
            beside["control"] = _join_hints(
                [_take_hints(self.hints(kind), [row.image]) for kind, row in zip(kinds, rows, strict=True)]
            )
            beside["control_model"] = self.given.get("control_model")
        return beside

    def _ask_network(self, apply_model: Callable[..., Tensor], how: Mapping[str, Any]) -> Tensor:
        """What the wrapper that was there before ours answers, or else the host's model."""
        if self.previous is not None:
            return self.previous(apply_model, how)
        return apply_model(how["input"], how["timestep"], **how["c"])


def mark_conds(conds: Sequence[Mapping[str, Any]] | None, mark: Any) -> list[dict[str, Any]] | None:
    """The first condition of a prompt, marked and of strength 1; the others, parts that AND joins, are left out."""
    if conds is None:
        return None
    return [{**cond, "strength": 1.0, "model_conds": {**cond["model_conds"], MARK: mark}} for cond in conds[:1]]


def _make_conds(rows: Sequence[Row]) -> dict[str, Any]:
    """The text conditions of rows, under the names by which the model takes them."""
    value = stack_conds([row.cond for row in rows])
    if not isinstance(value, Mapping):
        return {"c_crossattn": value}
    names = {"crossattn": "c_crossattn", "vector": "y"}
    return {names.get(str(name), str(name)): part for name, part in value.items()}


def _find_hints(how: Mapping[str, Any], roles: Sequence[int], images: int, role: int) -> Any:
    """ControlNet's residuals for each image in a role; computed anew where the host's batch lacks that role."""
    given = how["c"]
    if role in roles:
        first = roles.index(role) * images
        return _take_hints(given["control"], range(first, first + images))
    mark = torch.full((images,), float(role), device=how["input"].device)
    options = {**given["transformer_options"], "cond_or_uncond": [role], "cond_mark": mark}
    net = given["control_model"]
    while net is not None:
        net.transformer_options, net = options, net.previous_controlnet
    x, sigma = how["input"][:images], how["timestep"][:images]
    return given["control_model"].get_control(x, sigma, {**given, "transformer_options": options}, 1)


def _take_hints(control: Any, rows: Sequence[int]) -> Any:
    """ControlNet's residuals for these rows of a batch; adapters have a single row for all."""
    if isinstance(control, Tensor):
        return control[list(rows) if len(control) > 1 else [0] * len(rows)]
    if isinstance(control, Mapping):
        return {name: [_take_hints(each, rows) for each in value] for name, value in control.items()}
    return control


def _join_hints(controls: Sequence[Any]) -> Any:
    """Residuals of single rows, joined to those of a batch."""
    first = controls[0]
    if isinstance(first, Mapping):
        return {name: [_join_hints(each) for each in zip(*(c[name] for c in controls), strict=True)] for name in first}
    return torch.cat(list(controls)) if isinstance(first, Tensor) else first


def _find_rows(kinds: Sequence[int], role: int) -> list[int]:
    return [index for index, kind in enumerate(kinds) if kind == role]


def _reserve(unet: Unet, run: SamplerRun, plan: Plan, like: Tensor) -> None:
    """Tell the host of the memory that our rows in one call need beyond the host's own two for each image."""
    assert run.host is not None, "prepared"
    most = run.request.rows
    cells = max(sum(view.size.area for view in views) for views in plan.steps) * 2 * len(like)
    height, width = like.shape[-2:]
    rows = min(cells, run.host.latent.cells_per_call) / (height * width)
    own = unet.memory_required([2 * len(like), *like.shape[1:]])
    rows = min(rows, most or rows)
    extra = rows / (2 * len(like)) * own - own
    if extra > 0:
        unet.add_extra_preserved_memory_during_sampling(extra)


def install(p: Processing, request: Request, like: Tensor) -> None:
    """Have the coming run of p's sampler draw a palette; `like` [B, C, h, w] or [B, C, 1, h, w] has its shape.

    The hooks are on a clone of the UNet, which dies with the job. Raises HostError for a model that cannot draw
    regions, and for what a palette asks and the model cannot do.
    """
    engine: Engine = p.sd_model
    unet = engine.forge_objects.unet.clone()
    if unet.controlnet_linked_list is not None:
        request = replace(request, whole=CONTROLLED)
    program = find_program()
    if references.has_references(program.find_network_arguments()):  # as large as the canvas, and of one row
        request = replace(request, whole=request.whole or REFERRED, rows=1)
    hooks = UnetHooks(p, request, like, program)
    hooks.run.note_schedule()
    _hook(p, unet, hooks)
    _follow(p, hooks)


def _follow(p: Processing, hooks: UnetHooks) -> None:
    """Hook the refiner's UNet too when the host switches to that checkpoint."""
    wrapped: CFGDenoiser = p.sampler.model_wrap_cfg

    def update() -> None:
        kind: Any = type(wrapped)
        kind.update_inner_model(wrapped)
        engine: Engine = p.sd_model
        _hook(p, engine.forge_objects.unet.clone(), hooks)

    wrapped.update_inner_model = update


def _hook(p: Processing, unet: Unet, hooks: UnetHooks) -> None:
    """Put the two hooks on a clone of the loaded checkpoint's UNet."""
    engine: Engine = p.sd_model
    hooks.previous = unet.model_options.get("model_function_wrapper")
    hooks.scale = Sigmas(flow=is_flow(engine))
    _reserve(unet, hooks.run, hooks.run.prepare(hooks.like), hooks.like)

    def modify(*given: Any) -> tuple[Any, ...]:  # closures, since a clone copies what it finds, bound objects too
        return hooks.modify(*given)

    def wrap(apply_model: Callable[..., Tensor], how: Mapping[str, Any]) -> Tensor:
        return hooks.wrap(apply_model, how)

    unet.add_conditioning_modifier(modify)
    unet.set_model_unet_function_wrapper(wrap)
    engine.forge_objects.unet = unet
