"""The WebUI's own modules: how they are imported, and the names in them that we use, typed for pyright."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, Protocol, overload

from PIL import Image
from torch import Tensor


class State(Protocol):
    """What goes on in the program: whether somebody has pressed Interrupt or Skip."""

    interrupted: bool
    skipped: bool


class Options(Protocol):
    """The program's settings; those that not every program has are asked for by name."""

    samples_save: bool
    samples_format: str
    live_preview_content: str

    def add_option(self, key: str, info: Any, /) -> None:
        """Add a setting under `key`; `info` is an OptionInfo."""
        ...


class Styles(Protocol):
    """The styles that the user has saved."""

    def apply_styles_to_prompt(self, prompt: str, styles: Sequence[str], /) -> str:
        """The prompt with the prompts of these styles, by their names."""
        ...

    def apply_negative_styles_to_prompt(self, prompt: str, styles: Sequence[str], /) -> str:
        """The negative prompt with the negatives of these styles, by their names."""
        ...


class Shared(Protocol):
    """`shared`: what all parts of the program use; asking for `sd_model` loads a model if none is loaded."""

    opts: Options
    state: State
    sd_model: Any
    prompt_styles: Styles
    OptionInfo: Callable[..., Any]


class SamplersCommon(Protocol):
    """`sd_samplers_common`: what the samplers share."""

    InterruptedException: type[BaseException]
    apply_refiner: Callable[..., bool]
    images_tensor_to_samples: Callable[..., Tensor]
    single_sample_to_image: Callable[..., Image.Image]


class SamplerConfig(Protocol):
    """What the program knows of a sampler."""

    def total_steps(self, steps: int, /) -> int:
        """The number of steps that the sampler runs for so many asked: some run twice as many."""
        ...


class Samplers(Protocol):
    """`sd_samplers`: the samplers by name."""

    def find_sampler_config(self, name: str, /) -> SamplerConfig | None:
        """What the program knows of the sampler of this name; None where there is none."""
        ...


class PromptParser(Protocol):
    """`prompt_parser`: prompts -> conditions, with the schedule that prompt editing gives them."""

    SdConditioning: Callable[..., Any]
    ComposableScheduledPromptConditioning: Callable[..., Any]
    MulticondLearnedConditioning: Callable[..., Any]
    get_learned_conditioning: Callable[..., list[Any]]
    get_multicond_learned_conditioning: Callable[..., Any]
    get_multicond_prompt_list: Callable[..., Any]
    get_learned_conditioning_prompt_schedules: Callable[..., list[list[Any]]]


class Devices(Protocol):
    """`devices`: the precision in which the program computes."""

    def autocast(self) -> AbstractContextManager[Any]:
        """A context in which networks run in the program's precision."""
        ...

    def without_autocast(self) -> AbstractContextManager[Any]:
        """A context in which numbers keep the precision they have."""
        ...


class Hypernetworks(Protocol):
    """`hypernetworks.hypernetwork`: what changes prompts before keys and values are made of them."""

    apply_hypernetworks: Callable[..., tuple[Tensor, Tensor]]


class Images(Protocol):
    """`images`: Grid is a picture that is cut into tiles."""

    Grid: type[Any]


class Paths(Protocol):
    """`paths`: where the program keeps its users' files."""

    data_path: str


class CallQueue(Protocol):
    """`call_queue`: whoever holds its lock may use the model."""

    queue_lock: AbstractContextManager[Any]


class ModelData(Protocol):
    """The loaded checkpoint, or what stands in for it; asking here loads none."""

    sd_model: Any


class Models(Protocol):
    """`sd_models`: the checkpoints."""

    model_data: ModelData


class LoadedScript(Protocol):
    """A script's file as the program has loaded it."""

    path: str
    module: Any


class Scripts(Protocol):
    """`scripts`: all scripts that are installed."""

    scripts_data: Sequence[LoadedScript]


class UiComponents(Protocol):
    """`ui_components`: the program's own components of a page."""

    InputAccordion: Callable[..., Any]


@overload
def module(name: Literal["shared"]) -> Shared: ...
@overload
def module(name: Literal["sd_samplers_common"]) -> SamplersCommon: ...
@overload
def module(name: Literal["sd_samplers"]) -> Samplers: ...
@overload
def module(name: Literal["prompt_parser"]) -> PromptParser: ...
@overload
def module(name: Literal["devices"]) -> Devices: ...
@overload
def module(name: Literal["hypernetworks.hypernetwork"]) -> Hypernetworks: ...
@overload
def module(name: Literal["images"]) -> Images: ...
@overload
def module(name: Literal["paths"]) -> Paths: ...
@overload
def module(name: Literal["call_queue"]) -> CallQueue: ...
@overload
def module(name: Literal["sd_models"]) -> Models: ...
@overload
def module(name: Literal["scripts"]) -> Scripts: ...
@overload
def module(name: Literal["ui_components"]) -> UiComponents: ...
def module(name: str) -> Any:
    """A module of the WebUI that runs us, by its name below `modules`; ImportError if it has none of that name."""
    return importlib.import_module(f"modules.{name}")
