"""A job of a WebUI as the program itself makes and draws it: one pass or two, from noise or from a picture."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from fake_sampler import Job, Sampler
from fake_webui import SdConditioning, get_learned_conditioning, get_multicond_learned_conditioning

NETWORK = re.compile(r"<(\w+:[^>]+)>")


class Rng:
    """Unit noise, picture by picture; the next is another."""

    def __init__(self, shape: Sequence[int], seeds: Sequence[int]) -> None:
        self.shape = tuple(shape)
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]

    def next(self) -> Tensor:
        """[B, 3, h, w]."""
        return torch.stack([torch.randn(self.shape, generator=each) for each in self.generators])


@dataclass
class Processing(Job):
    """A job before anything of it is settled; `prompts` is what the request says, one for all its pictures."""

    program: Any = None
    negative: str = "grey"
    steps: int = 2
    side: tuple[int, int] = (8, 8)
    batch_size: int = 1
    n_iter: int = 1
    seed: int = 5
    enable_hr: bool = False
    firstpass_image: Any = None
    inpainting: Image.Image | None = None
    denoising_strength: float = 0.75
    color_corrections: Any = None
    extra_network_data: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.prompt, self.negative_prompt = self.prompts[0], self.negative
        self.sampler: Any = None
        self.batch_index = 0
        self.image_mask = self.inpainting
        self.overlay_images: list[Image.Image] | None = None
        self.hr_sampler_name, self.hr_second_pass_steps = None, 0

    def setup_prompts(self) -> None:
        """The prompts of all pictures, with their styles."""
        count, styles = self.batch_size * self.n_iter, self.webui.shared.prompt_styles
        self.all_prompts = [styles.apply_styles_to_prompt(self.prompt, self.styles)] * count
        self.all_negative_prompts = [styles.apply_negative_styles_to_prompt(self.negative_prompt, self.styles)] * count
        self.all_seeds = [self.seed + image for image in range(count)]
        self.all_hr_prompts = list(self.all_prompts)

    def init(self, *given: Any) -> None:
        """What is drawn over a picture begins with it."""
        if not self.init_images:
            return
        self.extra_generation_params["Denoising strength"] = self.denoising_strength
        self.sampler = Sampler(self.webui, self.sampler_name)
        image = self.init_images[0]
        self.first = self.steps - max(1, int(self.steps * self.denoising_strength))
        if self.image_mask is not None:
            self.overlay_images = [_outside(image, self.image_mask)] * self.batch_size
            box = self.image_mask.getbbox() if self.inpaint_full_res else None
            if box is not None:
                self.paste_to = (box[0], box[1], box[2] - box[0], box[3] - box[1])
                image = image.crop(box)
            self._mask(box)
        size = (self.side[1] * 8, self.side[0] * 8)
        pixels = torch.from_numpy(np.array(image.resize(size).convert("RGB"), np.float32)).permute(2, 0, 1)[None] / 255
        self.init_latent = self.webui.common.images_tensor_to_samples(pixels).repeat(self.batch_size, 1, 1, 1)

    def _mask(self, box: tuple[int, int, int, int] | None) -> None:
        """1 where the picture stays."""
        assert self.image_mask is not None
        mask = self.image_mask.crop(box) if box else self.image_mask
        cells = np.array(mask.resize((self.side[1], self.side[0])), np.float32) / 255
        self.mask = 1 - torch.from_numpy(cells.round()).expand(3, *self.side)

    def take(self, number: int) -> None:
        """What is of a batch."""
        self.take_prompts(number)
        self.seeds = self.all_seeds[number * self.batch_size : (number + 1) * self.batch_size]
        self.rng = Rng((3, *self.side), self.seeds)

    def take_prompts(self, number: int) -> None:
        """The prompts of a batch."""
        part = slice(number * self.batch_size, (number + 1) * self.batch_size)
        self.prompts, self.negative_prompts = self.all_prompts[part], self.all_negative_prompts[part]

    def parse_extra_network_prompts(self) -> None:
        """The tags of extra networks, out of the prompts."""
        self.extra_network_data = NETWORK.findall(self.prompts[0])
        self.prompts = [NETWORK.sub("", prompt) for prompt in self.prompts]
        if self.enable_hr:
            first = self.iteration * self.batch_size
            later = self.all_hr_prompts[first : first + self.batch_size]
            self.hr_prompts = [NETWORK.sub("", prompt) for prompt in later]
            self.hr_negative_prompts = self.negative_prompts

    def sample(self, **given: Any) -> Tensor:
        """The latents of a batch."""
        if self.init_images:
            return self._over_picture()
        self.sampler = Sampler(self.webui, self.sampler_name)
        if self.firstpass_image is not None and self.enable_hr:
            return self.sample_hr_pass(self.firstpass_image)
        x = self.rng.next()
        self.program.reset_unet()
        self._about_to_sample(x, x)
        made = self.sampler.sample(self, x, self.c, self.uc)
        return self.sample_hr_pass(made) if self.enable_hr else made

    def _over_picture(self) -> Tensor:
        noise = self.rng.next()
        self.program.reset_unet()
        assert self.init_latent is not None
        self._about_to_sample(self.init_latent, noise)
        made = self.sampler.sample_img2img(self, self.init_latent, noise, self.c, self.uc)
        return made if self.mask is None else made * (1 - self.mask) + self.init_latent * self.mask

    def _about_to_sample(self, x: Tensor, noise: Tensor) -> None:
        self.scripts.call("process_before_every_sampling", self, x=x, noise=noise, c=self.c, uc=self.uc)

    def sample_hr_pass(self, samples: Tensor) -> Tensor:
        """The same picture at twice the size; Forge asks its scripts twice, the UNet being another the second time."""
        if self.webui.shared.state.interrupted:
            return samples
        self.is_hr_pass = True
        self.sampler = Sampler(self.webui, self.hr_sampler_name or self.sampler_name)
        samples = samples.repeat_interleave(2, 2).repeat_interleave(2, 3)
        self.rng = Rng(samples.shape[1:], self.seeds)
        noise = self.rng.next()
        self.calculate_hr_conds()
        self.scripts.call("before_hr", self)
        if self.program.kind == "forge":
            self._about_to_sample(samples, noise)
        self.program.reset_unet()
        self._about_to_sample(samples, noise)
        self.first = self.steps - 1
        made = self.sampler.sample_img2img(self, samples, noise, self.c, self.uc)
        self.sampler, self.is_hr_pass, self.first = None, False, 0
        return made

    def calculate_hr_conds(self) -> None:
        """The conditions of the second pass."""
        size: dict[str, Any] = {"width": self.side[1] * 16, "height": self.side[0] * 16}
        prompts = SdConditioning(self.hr_prompts, **size)
        negatives = SdConditioning(self.hr_negative_prompts, True, **size)
        self.c = get_multicond_learned_conditioning(self.sd_model, prompts, self.steps, self.steps)
        self.uc = get_learned_conditioning(self.sd_model, negatives, self.steps, self.steps)

    def save_samples(self) -> bool:
        """Whether pictures become files."""
        return self.webui.shared.opts.samples_save and not self.do_not_save_samples

    def under_overlay(self, image: Image.Image, index: int) -> tuple[Image.Image, Image.Image]:
        """The picture with what was not to be drawn over it, and the picture as it was."""
        if self.overlay_images is None:
            return image, image.copy()
        overlay = self.overlay_images[index]
        if self.paste_to is not None:
            left, top, width, height = self.paste_to
            whole = Image.new("RGB", overlay.size)
            whole.paste(image.resize((width, height)), (left, top))
            image = whole
        kept = image.copy()
        image = image.convert("RGBA")
        image.alpha_composite(overlay)
        return image.convert("RGB"), kept

    def infotext(self, index: int) -> str:
        """The parameters of a picture of the batch; a list has one for each picture of the job."""
        told = {"Steps": self.steps, "Seed": self.seeds[index], **self.extra_generation_params}
        place = index + self.iteration * self.batch_size
        values = {key: value[place] if isinstance(value, list) else value for key, value in told.items()}
        pairs = ", ".join(f"{key}: {value}" for key, value in values.items())
        return f"{self.prompts[index]}\nNegative prompt: {self.negative_prompts[index]}\n{pairs}"

    def close(self) -> None:
        """Nobody needs it any more."""
        self.sampler = None


def _outside(image: Image.Image, mask: Image.Image) -> Image.Image:
    """A picture that can be seen where nothing is drawn."""
    made = image.convert("RGBA")
    made.putalpha(mask.convert("L").point(lambda value: 255 - value))
    return made
