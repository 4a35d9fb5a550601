"""Jobs and samplers of a WebUI that isn't there: Euler and LCM count in sigmas, DDIM in training steps."""

from __future__ import annotations

import copy
import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

import fake_webui
from fake_webui import WebUI, config_of
from lib_regiondiff.extension import jobs

SIDE = 16  # cells
HALF = SIDE // 2


@dataclass
class Job:
    """A job as a host hands it to scripts, one picture of a batch for each prompt."""

    webui: WebUI
    prompts: list[str]
    negative: str = "grey"
    sampler_name: str = "Euler"
    steps: int = 6
    cfg_scale: float = 5.0
    s_min_uncond: float = 0.0
    scales: Sequence[float] = ()
    first: int = 0
    side: tuple[int, int] = (SIDE, SIDE)
    mask: Tensor | None = None
    init_latent: Tensor | None = None
    image_cond: Tensor | None = None
    refiner_checkpoint_info: Any = None
    refiner_switch_at: float = 0.5
    is_hr_pass: bool = False
    do_not_save_samples: bool = False
    iteration: int = 0
    hr_cfg: float = 1.0
    hr_sampler_name: str | None = None
    hr_second_pass_steps: int = 0
    init_images: Sequence[Any] = ()
    paste_to: tuple[int, int, int, int] | None = None
    inpaint_full_res: bool = False
    image_mask: Any = None
    scripts: Any = None
    script_args: Sequence[Any] = ()
    styles: Sequence[str] = ()
    extra_generation_params: dict[str, Any] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        count = len(self.prompts)
        self.negative_prompts, self.seeds = [self.negative] * count, list(range(5, 5 + count))
        self.all_prompts, self.all_negative_prompts, self.all_seeds = self.prompts, self.negative_prompts, self.seeds
        self.prompt, self.negative_prompt = self.prompts[0], self.negative
        self.regiondiff: Any = None
        self.sampler: Any = Sampler(self.webui, self.sampler_name)

    @property
    def sd_model(self) -> Any:
        """The program's."""
        return self.webui.model

    def init(self, *given: Any) -> None:
        """Called by the program itself, after the scripts' first turn."""

    def comment(self, text: str) -> None:
        """What the program shows under its pictures."""
        self.comments.append(text)

    def setup_conds(self) -> None:
        """The conditions of the batch."""
        size: dict[str, Any] = {"width": self.side[1] * 8, "height": self.side[0] * 8}
        positive = fake_webui.SdConditioning(self.prompts, **size)
        negative = fake_webui.SdConditioning(self.negative_prompts, True, **size)
        steps = config_of(self.sampler_name).total_steps(self.steps)
        self.c = fake_webui.get_multicond_learned_conditioning(self.sd_model, positive, steps)
        self.uc = fake_webui.get_learned_conditioning(self.sd_model, negative, steps)
        if self.cfg_scale == 1 and hasattr(self.sd_model, "forge_objects"):
            self.uc = None

    def get_conds(self) -> tuple[Any, Any]:
        """As they are now."""
        return self.c, self.uc

    def noise(self) -> Tensor:
        """Unit noise [B, 3, h, w], that of an image by its seed."""
        shape = (1, 3, *self.side)
        return torch.cat([torch.randn(shape, generator=torch.Generator().manual_seed(seed)) for seed in self.seeds])


class Sampler:
    """Runs a denoiser over a schedule and keeps what the denoiser says is the picture so far."""

    def __init__(self, webui: WebUI, name: str) -> None:
        self.webui = webui
        self.last_latent: Any = None
        self.loop, make, steps = SAMPLERS[name]
        self.model_wrap_cfg = webui.make_denoiser(self, webui, steps)
        self.sampler_extra_args: dict[str, Any] = {}
        setattr(self, "get_timesteps" if steps else "get_sigmas", make)

    def sample(self, p: Job, x: Tensor, *conds: Any, **more: Any) -> Tensor:
        """The end point for unit noise."""
        schedule = self.schedule(p)
        self.initialize(p, x)
        self.last_latent = x
        run = functools.partial(self.loop, self.model_wrap_cfg, x, schedule, lambda step: self.given(p, step))
        return self.launch_sampling(p.steps, run)

    def sample_img2img(self, p: Job, x: Tensor, noise: Tensor, *conds: Any, **more: Any) -> Tensor:
        """The end point for latents under noise: that of noise with as much of them as the first level lets."""
        return self.sample(p, noise + x / self.schedule(p)[0])

    def initialize(self, p: Job, x: Tensor) -> None:
        """What the denoiser must know of a run."""
        denoiser = self.model_wrap_cfg
        denoiser.p, denoiser.step, denoiser.total_steps = p, 0, config_of(p.sampler_name).total_steps(p.steps)
        if p.mask is not None:
            denoiser.mask, denoiser.nmask, denoiser.init_latent = p.mask, 1 - p.mask, p.init_latent
        self.sampler_extra_args |= {"cond": p.c, "uncond": p.uc, "cond_scale": p.cfg_scale}
        zeros = x.new_zeros(len(x), 5, 1, 1)
        self.sampler_extra_args |= {
            "s_min_uncond": p.s_min_uncond,
            "image_cond": zeros if p.image_cond is None else p.image_cond,
        }

    def launch_sampling(self, steps: int, func: Callable[[], Tensor]) -> Tensor:
        """A run, or what there is of it when somebody interrupts, and when Python's stack is full."""
        try:
            return func()
        except RecursionError:
            return self.last_latent
        except self.webui.common.InterruptedException:
            return self.last_latent

    def schedule(self, p: Job) -> Tensor:
        """The levels, in the order in which they are run."""
        make = getattr(self, "get_sigmas", None)
        if make is not None:
            return make(p, p.steps)[p.first :]
        steps = self.get_timesteps(p, p.steps)  # type: ignore[attr-defined]
        return steps.flip(0)[p.first :]

    def given(self, p: Job, step: int) -> Mapping[str, Any]:
        """What the denoiser is told at a step."""
        return self.sampler_extra_args | ({"cond_scale": p.scales[step]} if p.scales else {})


Told = Callable[[int], Mapping[str, Any]]


def get_sigmas(p: Any, steps: int) -> Tensor:
    """Descending sigmas and the final 0."""
    return torch.cat([torch.logspace(1, -1, steps), torch.zeros(1)])


def get_timesteps(p: Any, steps: int) -> Tensor:
    """Training steps, ascending from 1."""
    return torch.arange(0, 1000, 1000 // steps).clamp(max=998) + 1


def euler(denoiser: Any, x: Tensor, sigmas: Tensor, told: Told) -> Tensor:
    """x0 at each level, one Euler step each."""
    x = x * sigmas[0]
    for step, (here, there) in enumerate(itertools.pairwise(sigmas)):
        denoised = denoiser(x, here.expand(len(x)), **told(step))
        x = x + (there - here) * (x - denoised) / here
    return x


def lcm(denoiser: Any, x: Tensor, sigmas: Tensor, told: Told) -> Tensor:
    """x0 at each level, noised anew."""
    noise = x
    x = x * sigmas[0]
    for step, (here, there) in enumerate(itertools.pairwise(sigmas)):
        x = denoiser(x, here.expand(len(x)), **told(step)) + there * noise.roll(step)
    return x


def ddim(denoiser: Any, x: Tensor, steps: Tensor, told: Told) -> Tensor:
    """Noise at each step but the last, which is only walked to."""
    kept = denoiser.webui.model.alphas_cumprod
    for count, (here, there) in enumerate(itertools.pairwise(steps.tolist())):
        noise = denoiser(x, x.new_full((len(x),), here), **told(count))
        x0 = (x - (1 - kept[here]).sqrt() * noise) / kept[here].sqrt()
        along = denoiser.last_noise_uncond if denoiser.need_last_noise_uncond else noise
        x = kept[there].sqrt() * x0 + (1 - kept[there]).sqrt() * along
    return x


def ddim_cfgpp(denoiser: Any, x: Tensor, steps: Tensor, told: Told) -> Tensor:
    """DDIM along the negative's noise, at a small scale."""
    denoiser.cond_scale_miltiplier, denoiser.need_last_noise_uncond = 1 / 12.5, True
    return ddim(denoiser, x, steps, told)


SAMPLERS: Mapping[str, tuple[Callable[..., Tensor], Callable[..., Tensor], bool]] = {
    "Euler": (euler, get_sigmas, False),
    "Heun": (euler, get_sigmas, False),
    "LCM": (lcm, get_sigmas, False),
    "DDIM": (ddim, get_timesteps, True),
    "DDIM CFG++": (ddim_cfgpp, get_timesteps, True),
}


def draw(webui: WebUI, *prompts: str, palette: Any = None, **more: Any) -> Tensor:
    """The end point [B, 3, h, w] of a job, with a palette or without."""
    p = Job(webui, list(prompts), **more)
    return drawn(p, palette)


def drawn(p: Job, palette: Any = None) -> Tensor:
    """The end point of a job that is ready, in the order in which a host goes about it."""
    if hasattr(p.sd_model, "forge_objects"):
        p.sd_model.forge_objects = copy.copy(p.sd_model.forge_objects_original)
    jobs.note_prompts(p)
    jobs.begin(p, palette is not None, palette)
    p.init(p.all_prompts, p.all_seeds)
    p.prompts = list(p.all_prompts)
    jobs.begin_batch(p)
    p.setup_conds()
    x = p.noise()
    jobs.sample(p, x, x)
    return p.sampler.sample(p, x)


def halves(left: str, right: str, **more: Any) -> dict[str, Any]:
    """A palette of two halves of stuff; values that begin with left_ or right_ are those of a brush."""
    brushes = [
        {"id": "left", "kind": "stuff", "prompt": left, "mask": {"rectangle": [0, 0, 0.5, 1]}},
        {"id": "right", "kind": "stuff", "prompt": right, "mask": {"rectangle": [0.5, 0, 1, 1]}},
    ]
    for brush in brushes:
        own = {key: more.pop(key) for key in list(more) if key.startswith(f"{brush['id']}_")}
        brush |= {key.partition("_")[2]: value for key, value in own.items()}
    return {"version": 1, "brushes": brushes, **more}
