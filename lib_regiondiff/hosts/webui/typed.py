"""What a WebUI hands to us, each object as far as we touch it, typed for pyright.

What only some programs have is not here: it is asked for by name where it is needed, as it may be absent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeGuard

from torch import Tensor


class CFGDenoiser(Protocol):
    """The model that a sampler calls, which guides the network below it."""

    step: int
    """The number, from 0, of the call that comes next in the run; `total_steps` is how many the program expects."""
    total_steps: int
    model_wrap: Any
    """What `inner_model` gives; made anew while it is None."""
    forward: Callable[..., Tensor]
    update_inner_model: Callable[[], None]

    @property
    def sampler(self) -> Sampler:
        """The run that this denoiser belongs to."""
        ...

    @property
    def inner_model(self) -> Any:
        """The network that is called below, in the sampler's own scaling of noise."""
        ...


class Sampler(Protocol):
    """One run of a sampler, made for a single pass of a job."""

    sampler_extra_args: dict[str, Any]
    launch_sampling: Callable[..., Any]

    @property
    def model_wrap_cfg(self) -> CFGDenoiser:
        """The denoiser that the sampling function calls in place of a model; its `forward` is what an adapter wraps."""
        ...


class Script(Protocol):
    """A script; `args_from` and `args_to` bound its own among the arguments of a job."""

    args_from: int
    args_to: int

    def title(self) -> str:
        """The name under which the script is listed."""
        ...


class Processing(Protocol):
    """A job: lists with `all_` hold an entry for each of its pictures, the others one for each of the present batch."""

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
    def sd_model(self) -> Any:
        """The loaded checkpoint."""
        ...

    @property
    def sampler(self) -> Any:
        """The `Sampler` of the present pass; None before the first."""
        ...

    @property
    def sampler_name(self) -> Any:
        """The name of the chosen sampler."""
        ...

    def comment(self, text: str, /) -> None:
        """Show a line of text below the job's pictures."""
        ...


class SecondPass(Processing, Protocol):
    """A txt2img job in its second pass (hires fix), which draws its pictures again, larger."""

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

    def clone(self) -> Unet:
        """A patcher of its own around the same model."""
        ...

    def memory_required(self, input_shape: Sequence[int], /) -> float:
        """The bytes that a network call takes for x of this shape [B, C, h, w]."""
        ...

    def add_extra_preserved_memory_during_sampling(self, memory: float, /) -> None:
        """Have so many bytes more kept free while sampling."""
        ...

    def add_conditioning_modifier(self, modifier: Callable[..., Any], /) -> None:
        """Have a function change the arguments of each call by the sampler."""
        ...

    def set_model_unet_function_wrapper(self, wrapper: Callable[..., Any], /) -> None:
        """Have a function called in place of the network, which it is handed."""
        ...


class ForgeObjects(Protocol):
    """The parts of Forge's engine that a job may exchange."""

    unet: Unet


class Engine(Protocol):
    """A checkpoint as Forge has loaded it; `alphas_cumprod` has alpha-bar of each training step."""

    forge_objects: ForgeObjects
    alphas_cumprod: Tensor


class Grid(Protocol):
    """A picture cut into tiles, in pixels: rows of (top, height, tiles), where tiles are (left, width, picture)."""

    image_w: int
    image_h: int
    tiles: Sequence[tuple[int, int, Sequence[Sequence[Any]]]]
