"""AUTOMATIC1111 as our adapter sees it: a denoiser that batches, skips, guides, masks and counts; models below it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import fake_webui
from fake_webui import Checkpoint, WebUI, item, joined, of_rows, text_of

GIVEN = ("cond_scale", "s_min_uncond", "image_cond")


class SigmaModel(nn.Module):
    """k-diffusion's model: x0 for a sigma."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        self.sigmas = ((1 - model.alphas_cumprod) / model.alphas_cumprod).sqrt()

    def forward(self, x: Tensor, sigma: Tensor, cond: Mapping[str, Any]) -> Tensor:
        """Rows in one call."""
        return self.model.x0(x, (1.0, of_rows(sigma, x)), float(sigma[0]), **beside_of(cond))


class LcmModel(SigmaModel):
    """Consistency models: part of x comes through."""

    def forward(self, x: Tensor, sigma: Tensor, cond: Mapping[str, Any]) -> Tensor:
        """Rows in one call."""
        skip = 0.25 / (of_rows(sigma, x) ** 2 + 0.25)
        return skip * x + (1 - skip) * super().forward(x, sigma, cond)


class StepModel(nn.Module):
    """The model of DDIM and its like: noise for a training step."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor, step: Tensor, cond: Mapping[str, Any]) -> Tensor:
        """Rows in one call."""
        kept = of_rows(self.model.alphas_cumprod[step.long()], x)
        scaling = (kept**0.5, (1 - kept) ** 0.5)
        x0 = self.model.x0(x, scaling, float(step[0]), **beside_of(cond))
        return (x - scaling[0] * x0) / scaling[1]


def beside_of(cond: Mapping[str, Any]) -> dict[str, Any]:
    """Text, and what else adds to x0: pixels where they are pixels, an embedding of a picture."""
    text = cond["crossattn"] if "crossattn" in cond else cond["c_crossattn"][0]
    found: dict[str, Any] = {"text": text, "size": cond.get("vector")}
    if "c_adm" in cond:
        found["adm"] = cond["c_adm"][:, :3, None, None]
    elif cond["c_concat"][0].shape[-1] > 1:
        found["concat"] = cond["c_concat"][0][:, :3]
    assert found.get("size") is None or len(found["size"]) == len(text)
    return found


@dataclass
class Batch:
    """The rows of a call: x and number of each, what is beside the text, the rows of each image's parts."""

    x: Tensor
    number: Tensor
    pixels: Tensor
    parts: Sequence[Sequence[tuple[int, float]]]

    def rows(self, count: int, first: int = 0) -> Batch:
        """Some rows."""
        part = slice(first, first + count)
        return Batch(self.x[part], self.number[part], self.pixels[part], self.parts)


class Denoiser(nn.Module):
    """A denoiser for sigmas, or for training steps."""

    def __init__(self, sampler: Any, webui: WebUI, steps: bool) -> None:
        super().__init__()
        self.sampler, self.webui, self.steps = sampler, webui, steps
        self.mask_before_denoising = steps
        self.mask: Any = None
        self.nmask: Any = None
        self.init_latent: Any = None
        self.model_wrap: Any = None
        self.p: Any = None
        self.step, self.total_steps, self.cond_scale_miltiplier = 0, 1, 1.0
        self.need_last_noise_uncond, self.last_noise_uncond = False, None
        self.kind = StepModel if steps else SigmaModel
        if steps:
            self.alphas = webui.model.alphas_cumprod

    @property
    def inner_model(self) -> Any:
        """Of the loaded checkpoint, made when it is needed."""
        if self.model_wrap is None:
            self.model_wrap = self.kind(self.webui.model)
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
        if self.webui.common.apply_refiner(self, sigma):
            given = self.sampler.sampler_extra_args
            cond, uncond = given["cond"], given["uncond"]
        if self.mask is not None and self.mask_before_denoising:
            x = x * self.nmask + self.init_latent * self.mask
        parts, text = fake_webui.reconstruct_multicond_batch(cond, self.step)
        negative = fake_webui.reconstruct_cond_batch(uncond, self.step)
        skip = self._skips(sigma, how["s_min_uncond"])
        batch = self._batch(x, sigma, how["image_cond"], parts)
        out = self._asked(batch, text, negative, skip)
        return self._finished(out, batch, sigma, 1.0 if skip else how["cond_scale"] * self.cond_scale_miltiplier)

    def _batch(self, x: Tensor, sigma: Tensor, pixels: Tensor, parts: Any) -> Batch:
        order = [image for image, each in enumerate(parts) for _ in each]
        adm = self.webui.model.model.conditioning_key == "crossattn-adm"
        beside = torch.cat([pixels[order], torch.zeros_like(pixels) if adm else pixels])
        batch = Batch(torch.cat([x[order], x]), torch.cat([sigma[order], sigma]), beside, parts)
        for callback in self.webui.callbacks:
            callback("denoiser", batch.x)
        return batch

    def _skips(self, sigma: Tensor, least: float) -> bool:
        options = self.webui.shared.opts
        if options.skip_early_cond != 0 and self.step / self.total_steps <= options.skip_early_cond:
            return True
        return bool((self.step % 2 or options.s_min_uncond_all) and least > 0 and sigma[0] < least)

    def _asked(self, batch: Batch, text: Any, negative: Any, skip: bool) -> Tensor:
        """The model's rows: all at once where lengths and options allow; a copy where the negative is skipped."""
        count, images = len(text_of(text)), len(text_of(negative))
        if skip:
            out = torch.cat(list(self._called(batch.rows(count), text, images)))
            return torch.cat([out, out[[each[0][0] for each in batch.parts]]])
        if text_of(text).shape[1] == text_of(negative).shape[1]:
            return torch.cat(list(self._called(batch, joined([text, negative]), images)))
        at_once = images * 2 if self.webui.shared.opts.batch_cond_uncond else images
        calls = [
            self._call(batch.rows(at_once, a), item(text, slice(a, a + at_once))) for a in range(0, count, at_once)
        ]
        return torch.cat([*calls, self._call(batch.rows(images, count), negative)])

    def _called(self, batch: Batch, text: Any, images: int) -> Iterator[Tensor]:
        together = len(batch.x) if self.webui.shared.opts.batch_cond_uncond else images
        for first in range(0, len(batch.x), together):
            yield self._call(batch.rows(together, first), item(text, slice(first, first + together)))

    def _call(self, batch: Batch, text: Any) -> Tensor:
        rows = len(text_of(text))
        batch = batch.rows(rows)
        given = dict(text) if isinstance(text, dict) else {"c_crossattn": [text]}
        adm = self.webui.model.model.conditioning_key == "crossattn-adm"
        given |= {"c_adm": batch.pixels} if adm else {"c_concat": [batch.pixels]}
        return self.inner_model(batch.x, batch.number, cond=given)

    def _finished(self, out: Tensor, batch: Batch, sigma: Tensor, scale: float) -> Tensor:
        """Guided around the negative, masked, previewed and counted."""
        for callback in self.webui.callbacks:
            callback("denoised", out)
        images = len(batch.parts)
        uncond = out[-images:]
        if self.need_last_noise_uncond:
            self.last_noise_uncond = uncond.clone()
        made = uncond.clone()
        for image, rows in enumerate(batch.parts):
            for row, weight in rows:
                made[image] += weight * scale * (out[row] - uncond[image])
        if self.mask is not None and not self.mask_before_denoising:
            made = made * self.nmask + self.init_latent * self.mask
        self._shown(out, batch, uncond, made)
        self.step += 1
        return made

    def _shown(self, out: Tensor, batch: Batch, uncond: Tensor, made: Tensor) -> None:
        first = [each[0][0] for each in batch.parts]
        self.sampler.last_latent = out[first]
        content = self.webui.shared.opts.live_preview_content
        shown = {"Prompt": out[first], "Negative prompt": uncond}.get(content, made)
        self.webui.common.store_latent(shown)


def refine(webui: WebUI, denoiser: Any) -> bool:
    """Change to the refiner where its time has come."""
    p = denoiser.p
    if p.refiner_checkpoint_info is None or denoiser.step / denoiser.total_steps < p.refiner_switch_at:
        return False
    if webui.model is p.refiner_checkpoint_info:
        return False
    webui.load(p.refiner_checkpoint_info)
    p.setup_conds()
    denoiser.update_inner_model()
    return True


def make_denoiser(sampler: Any, webui: WebUI, steps: bool) -> Denoiser:
    """The denoiser of a sampler."""
    made = Denoiser(sampler, webui, steps)
    if sampler.loop.__name__ == "lcm":
        made.kind = LcmModel
    return made


def install(monkeypatch: pytest.MonkeyPatch, folder: Path) -> WebUI:
    """The program with an ordinary checkpoint loaded."""
    webui = fake_webui.install(monkeypatch, folder, make_denoiser)
    webui.common.apply_refiner = lambda denoiser, sigma=None: refine(webui, denoiser)
    webui.load(Checkpoint())
    return webui


def state_of(p: Any) -> SimpleNamespace:
    """What nobody may leave changed in a denoiser: its model, and its attributes by name."""
    denoiser = p.sampler.model_wrap_cfg
    return SimpleNamespace(model=denoiser.inner_model, names=set(vars(denoiser)) - {"forward"})
