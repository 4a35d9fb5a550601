"""What a WebUI hands to us, object by object as far as we touch it, so that pyright knows the names.

What only some programs have is not here: it is asked for by name where it is needed, as it may be absent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeGuard

from torch import Tensor


class CFGDenoiser(Protocol):
    """`CFGDenoiser`: the model that a sampler calls, which guides the network below it."""

    step: int
    """The call of the run that comes next, from 0; `total_steps` is how many the program expects."""
    total_steps: int
    model_wrap: Any
    """What `inner_model` gives; None until it is made anew."""
    forward: Callable[..., Tensor]
    update_inner_model: Callable[[], None]

    @property
    def sampler(self) -> Sampler: ...
    @property
    def inner_model(self) -> Any: ...


class Sampler(Protocol):
    """One run of a sampler, made for a single pass of a job."""

    sampler_extra_args: dict[str, Any]
    launch_sampling: Callable[..., Any]

    @property
    def model_wrap_cfg(self) -> CFGDenoiser: ...


class Script(Protocol):
    """A script; its arguments of a job are those from `args_from` to `args_to`."""

    args_from: int
    args_to: int

    def title(self) -> str: ...


class Processing(Protocol):
    """A job: `all_` lists hold an entry for each of its pictures, the lists without it those of the batch at hand."""

    prompt: str
    negative_prompt: str
    prompts: list[str]
    negative_prompts: list[str]
    seeds: list[int]
    all_prompts: list[str]
    all_negative_prompts: list[str]
    all_seeds: list[int]
    steps: int
    cfg_scale: float
    iteration: int
    do_not_save_samples: bool
    extra_generation_params: dict[str, Any]

    @property
    def sd_model(self) -> Any: ...
    @property
    def sampler(self) -> Any: ...
    @property
    def sampler_name(self) -> Any: ...
    def comment(self, text: str, /) -> None: ...


class SecondPass(Processing, Protocol):
    """A job of txt2img that is drawing its pictures again, larger (hires fix)."""

    hr_prompts: list[str]
    hr_negative_prompts: list[str]
    hr_second_pass_steps: int


def is_second_pass(p: Processing) -> TypeGuard[SecondPass]:
    """Whether a job is in its second pass (hires fix)."""
    return bool(getattr(p, "is_hr_pass", False))


class Unet(Protocol):
    """Forge's patcher around a UNet: clones share the model and have hooks of their own."""

    model: Any
    model_options: dict[str, Any]
    controlnet_linked_list: Any

    def clone(self) -> Unet: ...
    def memory_required(self, input_shape: Sequence[int], /) -> float: ...
    def add_extra_preserved_memory_during_sampling(self, memory: float, /) -> None: ...
    def add_conditioning_modifier(self, modifier: Callable[..., Any], /) -> None: ...
    def set_model_unet_function_wrapper(self, wrapper: Callable[..., Any], /) -> None: ...


class ForgeObjects(Protocol):
    """The parts of Forge's engine that a job may have other ones of."""

    unet: Unet


class Engine(Protocol):
    """A checkpoint as Forge has loaded it; `alphas_cumprod` is alpha-bar of each training step."""

    forge_objects: ForgeObjects
    alphas_cumprod: Tensor


class Grid(Protocol):
    """A picture that is cut up, in pixels: rows of (top, height, tiles), tiles of (left, width, picture)."""

    image_w: int
    image_h: int
    tiles: Sequence[tuple[int, int, Sequence[Sequence[Any]]]]
