"""What AUTOMATIC1111 and Forge have in common: prompts that follow the host's own step, and the verbs of a host."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

from lib_regiondiff.geometry import Size
from lib_regiondiff.host import Cond, LatentSpec, Part, Parts, Prompt, Row, resize_picture
from lib_regiondiff.hosts.webui import references
from lib_regiondiff.hosts.webui.encoder_notes import keep_notes_apart
from lib_regiondiff.hosts.webui.families import find_part
from lib_regiondiff.hosts.webui.frames import drop_frame_axis
from lib_regiondiff.hosts.webui.modules import module
from lib_regiondiff.hosts.webui.programs import Program, find_program
from lib_regiondiff.hosts.webui.typed import Processing, is_second_pass
from lib_regiondiff.hosts.webui.wording import Schedules, Wording, find_reader


@dataclass(frozen=True, eq=False)
class ScheduledCond:
    """A prompt that editing may change while sampling: `entries` with the last step of each, and the host's `step`.

    `wording` knows its words, where somebody may ask for them.
    """

    entries: Sequence[Any]
    step: Callable[[], int]
    wording: Wording | None = None

    def read(self) -> Any:
        """What the text encoder made of the entry for the host's present step, as a batch of one."""
        step = self.step()
        entry = next((each for each in self.entries if step <= each.end_at_step), self.entries[0])
        if isinstance(entry.cond, Mapping):
            return {name: part[None] for name, part in entry.cond.items()}
        return entry.cond[None]

    @property
    def group(self) -> Hashable:
        """What conditions must have in common now to share a network call: the shapes of their tensors."""
        return _read_shapes(self.read())

    def spans(self, phrase: str) -> list[slice]:
        """Where the tokens of what a phrase says at the host's present step stand."""
        return [] if self.wording is None else self.wording.find(phrase, self.step())

    def says(self, phrase: str) -> bool:
        """Whether the tokens of a phrase stand in the prompt at some step."""
        return self.wording is not None and self.wording.says(phrase)


@dataclass(frozen=True, eq=False)
class InterpolatedCond:
    """The condition at `share` in [0, 1] of the way from `first` to `second`, whatever these are at the host's step."""

    first: Cond
    second: Cond
    share: float

    def read(self) -> Any:
        """The tensors interpolated number by number; the shorter text is repeated up to the length of the longer."""
        a, b = _read_value(self.first), _read_value(self.second)
        if isinstance(a, Mapping):
            return {name: _lerp(a[name], b[name], self.share) for name in a}
        return _lerp(a, b, self.share)

    @property
    def group(self) -> Hashable:
        """What conditions must have in common now to share a network call: the shapes of their tensors."""
        return _read_shapes(self.read())

    def spans(self, phrase: str) -> list[slice]:
        """Where the tokens of a phrase stand in the second."""
        return self.second.spans(phrase)

    def says(self, phrase: str) -> bool:
        """Whether the tokens of a phrase stand in the second at some step."""
        return self.second.says(phrase)


def _read_value(cond: Cond) -> Any:
    """What the text encoder made of a prompt, at the step that the host is at.

    A tensor [1, tokens, width] or [1, 1, tokens, width], or a mapping of tensors with `crossattn` among them.
    """
    assert isinstance(cond, (ScheduledCond, InterpolatedCond)), "a condition of this host"
    return cond.read()


def read_text(cond: Cond) -> Tensor:
    """The tokens [1, tokens, width] of a prompt at the step that the host is at."""
    value = _read_value(cond)
    text = value["crossattn"] if isinstance(value, Mapping) else value
    assert isinstance(text, Tensor)
    return text


def _read_shapes(value: Any) -> Hashable:
    if isinstance(value, Mapping):
        return tuple((name, tuple(part.shape)) for name, part in value.items())
    return tuple(value.shape)


def _lerp(a: Tensor, b: Tensor, share: float) -> Tensor:
    if a.ndim > 2:  # [..., tokens, width]
        tokens = max(a.shape[-2], b.shape[-2])
        a, b = (torch.cat([each] * -(-tokens // each.shape[-2]), dim=-2)[..., :tokens, :] for each in (a, b))
    return torch.lerp(a, b, share)


@dataclass(frozen=True)
class PromptEncoder:
    """Encodes the prompts of a job `p` as the host does, each of them once; `encoded` has those of earlier calls.

    `steps` and `hires_steps` are the numbers by which prompt editing of the first and the second pass is scheduled, the
    latter None in the first pass; `step` tells the host's present step; `program` knows where the WebUI keeps its
    notes.
    """

    p: Processing
    steps: int
    hires_steps: int | None
    step: Callable[[], int]
    program: Program = field(default_factory=find_program)
    encoded: dict[Prompt, Parts] = field(default_factory=dict)

    @staticmethod
    def of(p: Processing, step: Callable[[], int]) -> PromptEncoder:
        """An encoder for the numbers of steps by which the host encodes the main prompt in p's present pass."""
        samplers = module("sd_samplers")

        def total(name: str, steps: int) -> int:
            config = samplers.find_sampler_config(name)
            return config.total_steps(steps) if config else steps

        first = total(p.sampler_name, p.steps)
        if not is_second_pass(p):
            return PromptEncoder(p, first, None, step)
        second = total(getattr(p, "hr_sampler_name", None) or p.sampler_name, p.hr_second_pass_steps or p.steps)
        return PromptEncoder(p, first, second, step)

    def encode(self, prompt: Prompt) -> Parts:
        """The parts of a prompt for a frame of `size` pixels, one for each that AND joins; a negative is one part."""
        assert not prompt.adapters, "refused by the plan"
        if prompt not in self.encoded:
            self.encoded[prompt] = self._encode(prompt)
        return self.encoded[prompt]

    def _encode(self, prompt: Prompt) -> Parts:
        """Encode by the host's own functions, and alone: the emphasis of other prompts would change the numbers."""
        parser, options = module("prompt_parser"), module("shared").opts
        sides = {"width": prompt.size.width, "height": prompt.size.height}
        words = parser.SdConditioning([prompt.text], is_negative_prompt=prompt.negative, **sides)
        distilled = getattr(self.p, "distilled_cfg_scale", None)
        if distilled is not None:
            words.distilled_cfg_scale = distilled
        how = (self.steps, self.hires_steps, *self.program.read_schedule_options(options))
        model = module("shared").sd_model
        arguments = self.program.find_network_arguments()
        edited = references.keep_references(arguments, model, getattr(self.p, "regiondiff_edited", None))
        apart = keep_notes_apart(self.program.find_notes(), self.p.extra_generation_params)
        with apart, edited, torch.no_grad(), module("devices").autocast():
            if prompt.negative:
                made = parser.get_learned_conditioning(model, words, *how)
                return (Part(ScheduledCond(made[0], self.step)),)
            made = parser.get_multicond_learned_conditioning(model, words, *how)
        places, texts, _ = parser.get_multicond_prompt_list(words)
        said = [Wording(str(texts[place]), find_reader(model), Schedules(how)) for place, _ in places[0]]
        parts = zip(made.batch[0], said, strict=True)
        return tuple(Part(ScheduledCond(each.schedules, self.step, text), each.weight) for each, text in parts)


@dataclass(frozen=True)
class WebUIHost:
    """A WebUI as a host of the core for one run of its sampler; `network` predicts x0 of rows.

    `prompts` encodes text, `latent` describes the latent space.
    """

    prompts: PromptEncoder
    latent: LatentSpec
    network: Callable[[Tensor, Sequence[Row]], Tensor]
    has_frame_axis: bool = False
    """Whether the WebUI's latents are [B, C, 1, h, w]."""
    encoded_images: dict[bytes, Tensor] = field(default_factory=dict)
    """Latents [1, C, h, w] of the pictures of this run, by a hash of their pixels."""
    away: list[bool] = field(default_factory=list)
    """Not empty where the VAE has been at work since the network was asked last: it may have made room for it."""

    methods: frozenset[str] = frozenset()
    """What its network can be asked beside plain rows."""

    def encode(self, prompt: Prompt) -> Parts:
        """The parts of a prompt for a frame of `size` pixels, as the WebUI encodes it; a negative is one part."""
        return self.prompts.encode(prompt)

    def lerp(self, a: Cond, b: Cond, t: float) -> Cond:
        """The condition between a (t = 0) and b (t = 1), whatever the host's step makes of the two."""
        return InterpolatedCond(a, b, t)

    def denoise(self, x: Tensor, rows: Sequence[Row]) -> Tensor:
        """Predict x0 [N, C, h, w] from x [N, C, h, w], one row each.

        Raises the WebUI's InterruptedException once somebody has pressed Interrupt or Skip, HostError where memory runs
        out.
        """
        state = module("shared").state
        if state.interrupted or state.skipped:
            raise module("sd_samplers_common").InterruptedException
        self._bring_network(x)
        return self.network(x, rows)

    def _bring_network(self, x: Tensor) -> None:
        """Have the WebUI bring its UNet back for x [N, C, h, w] where the VAE may have taken its place."""
        load, unet = self.prompts.program.find_loading(), find_part(module("shared").sd_model, "unet")
        if self.away and load is not None and unet is not None:
            load(unet, x)
        self.away.clear()

    def encode_image(self, image: Image.Image) -> Tensor:
        """Clean latents float32 [1, C, h, w] of a picture, by the WebUI's VAE with a fixed seed, once a run."""
        key = hashlib.sha256(f"{image.mode} {image.size}".encode() + image.tobytes()).digest()
        if key not in self.encoded_images:
            self.away.append(True)
            pixels = torch.from_numpy(np.array(image.convert("RGB"), np.float32)).permute(2, 0, 1)[None] / 255
            common, model = module("sd_samplers_common"), module("shared").sd_model
            unchanged = references.keep_references(self.prompts.program.find_network_arguments(), model)
            with unchanged, torch.no_grad(), torch.random.fork_rng(), module("devices").autocast():
                torch.manual_seed(0)  # the posterior is sampled from the generator that everybody shares
                made = common.images_tensor_to_samples(pixels, model=model)
            self.encoded_images[key] = drop_frame_axis(made).float().to(self.latent.device)
        return self.encoded_images[key]

    def resize(self, x0: Tensor, size: Size) -> Tensor:
        """Clean latents [C, h, w] of what x0 [C, h', w'] shows in `size` cells, by way of a picture."""
        return resize_picture(self, x0, size)

    def decode(self, latent: Tensor) -> Image.Image:
        """The picture of clean latents [1, C, h, w], by the WebUI's VAE."""
        sample = latent[0].unsqueeze(1) if self.has_frame_axis else latent[0]
        self.away.append(True)
        return module("sd_samplers_common").single_sample_to_image(sample, 0)


def crop_to_row(given: Tensor, row: Row) -> Tensor:
    """What a host hands to its model for an image [C, h, w] or [C, 1, h, w]: cut to the row's box if it has pixels.

    Under a zoom it is resampled to as many cells as the network sees.
    """
    if given.ndim <= 2 or given.shape[-1] <= 1:
        return given
    cut = row.box.padded(given)
    if row.zoom is None:
        return cut
    sides = row.size.height, row.size.width
    return interpolate(cut.flatten(0, -3)[None], sides, mode="nearest-exact").reshape(*cut.shape[:-2], *sides)


def stack_conds(conds: Sequence[Cond]) -> Any:
    """The conditions of one group as one batch: a tensor [N, ...], or a mapping of such tensors."""
    values = list(map(_read_value, conds))
    if isinstance(values[0], Mapping):
        return {name: torch.cat([value[name] for value in values]) for name in values[0]}
    return torch.cat(values)
