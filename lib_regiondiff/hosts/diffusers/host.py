"""The diffusers host: a pipeline behind the verbs that the core asks of a host (see `lib_regiondiff.host`)."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from lib_regiondiff import demo
from lib_regiondiff.denoising.parameterization import PARAMETERIZATIONS
from lib_regiondiff.document import png
from lib_regiondiff.document.png import MadeWith
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Size
from lib_regiondiff.host import LONGEST, Cond, LatentSpec, Level, Part, Parts, Prompt, Row, resize_picture
from lib_regiondiff.hosts.diffusers import placement
from lib_regiondiff.hosts.diffusers.additions import additions
from lib_regiondiff.hosts.diffusers.additions.additions import NOTHING, Extras, PathOrText
from lib_regiondiff.hosts.diffusers.additions.vaes import choose_vae_dtype, encode_pixels
from lib_regiondiff.hosts.diffusers.checkpoints import loader
from lib_regiondiff.hosts.diffusers.families import flow
from lib_regiondiff.hosts.diffusers.families.families import (
    SD,
    Family,
    expect_text_to_image,
    find_family,
    find_methods,
    make_text_pipeline,
)
from lib_regiondiff.hosts.diffusers.families.question import Question
from lib_regiondiff.hosts.diffusers.locks import NetworkLock, find_lock
from lib_regiondiff.hosts.diffusers.sampling import samplers
from lib_regiondiff.hosts.diffusers.text import encoding
from lib_regiondiff.hosts.diffusers.text.encoding import TextCond
from lib_regiondiff.hosts.row_budget import BudgetedNetwork, find_memory
from lib_regiondiff.store import Recent

SIDE = 128
"""The side in latent cells that Flux was trained at, which its configuration does not say."""
DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


@dataclass(frozen=True)
class DiffusersHost:
    """A diffusers pipeline, `pipe`, as a host of the core; `load` or `of` makes one.

    `latent` describes its latent space, `name` and `fingerprint` identify the model for palettes, `family` knows how
    its network is asked. `guidance` is the scale told to networks that are distilled to be told it; `clip_skip` counts
    the text encoder's layers from the last, which is 1.
    """

    pipe: Any
    latent: LatentSpec
    name: str = ""
    fingerprint: str = ""
    family: Family = SD
    guidance: float = 1.0
    clip_skip: int = 1
    known: Recent[tuple[str, bool, int], TextCond] = field(default_factory=lambda: Recent(_count_text), repr=False)
    """Conditions of the last prompts."""
    seen: Recent[bytes, Tensor] = field(default_factory=lambda: Recent(_count), repr=False)
    """Latents of the last pictures, by what the pictures hold."""
    lock: NetworkLock = field(default_factory=NetworkLock, repr=False)
    """Held for each act on the pipeline, which changes it in place: its processors, VAE and device."""
    owned: bool = False
    """Whether nobody else has the pipeline, so that what it encoded stays true."""
    extras: Extras = NOTHING
    """The LoRAs, textual inversions and VAE that were added, and the limits of memory."""

    @staticmethod
    def load(source: PathOrText, device: str = "auto", dtype: str = "auto", added: Extras = NOTHING) -> DiffusersHost:
        """Load a diffusers folder, a .safetensors or .ckpt file, a hub id, or `demo`, the library's own small model.

        device: auto, cpu, cuda, cuda:N or mps; dtype: auto (float16 on cuda, else float32), float32, float16 or
        bfloat16. Raises HostError where there is no such device, type or model, and where it or an addition is damaged
        or does not fit.
        """
        place = find_device(device)
        kind = find_dtype(dtype, place)
        model = demo.locate(os.fspath(source))
        pipe = loader.load_pipeline(model, torch.device("cpu") if added.room.offload else place, kind)
        pipe.set_progress_bar_config(disable=True)
        additions.add(pipe, added)
        nn.Module.to(pipe.vae, device=place, dtype=choose_vae_dtype(pipe, kind))
        mark = additions.combine_fingerprints(loader.compute_fingerprint(model), added)
        made = DiffusersHost.of(pipe, str(source), mark)
        return replace(made, latent=replace(made.latent, device=place), extras=added, owned=True)

    @staticmethod
    def of(pipe: Any, name: str = "", fingerprint: str = "") -> DiffusersHost:
        """A host for a pipeline in memory; one for img2img or inpainting lends its parts to one for txt2img.

        Raises HostError for a pipeline of an unsupported family, such as an inpainting model's.
        """
        pipe, where = make_text_pipeline(pipe), name or "the pipeline"
        family = find_family(type(pipe).__name__, where)
        cell, network = 2 ** (len(pipe.vae.config.block_out_channels) - 1), getattr(pipe, family.network)
        expect_text_to_image(family, network.config, where)
        native = network.config.get("sample_size", SIDE) * cell
        kind = "flow" if samplers.is_flow(pipe.scheduler) else pipe.scheduler.config.prediction_type
        channels = pipe.vae.config.latent_channels
        longest = flow.limit_longest(network.config, native // cell, network.config.get("regiondiff_longest", LONGEST))
        spec = LatentSpec(channels, cell, native, pipe.device, network.dtype, prediction=kind, longest=longest)
        return DiffusersHost(pipe, spec, name, fingerprint, family, lock=find_lock(network))

    def made_with(self) -> MadeWith:
        """What pixels depend on besides palette and model: the device's kind and name, dtype, versions of packages."""
        device = self.latent.device
        card = torch.cuda.get_device_name(device) if device.type == "cuda" else ""
        return MadeWith(device.type, str(self.latent.dtype).removeprefix("torch."), png.list_versions(), card)

    @property
    def methods(self) -> frozenset[str]:
        """What the network can be asked beside plain rows, keys of METHODS."""
        return self._methods

    @functools.cached_property
    def _methods(self) -> frozenset[str]:
        return find_methods(getattr(self.pipe, self.family.network))

    def encode(self, prompt: Prompt) -> Parts:
        """The parts of a prompt, one for each text that AND joins; a negative is one part. `size` does not matter.

        Raises HostError where the text encoder lacks the layer that clip_skip asks for, or an embedding does not fit.
        """
        assert not prompt.adapters, "refused by the plan"
        parts = [(prompt.text, 1.0)] if prompt.negative else encoding.split_at_and(prompt.text)
        with self.lock:
            return tuple(Part(self._encode_text(words, prompt.negative), weight) for words, weight in parts)

    def forget(self) -> None:
        """Encode anew from now on: for a pipeline that its owner may have changed, by a LoRA or another VAE."""
        self.known.clear()
        self.seen.clear()

    def _encode_text(self, words: str, negative: bool) -> Cond:
        nothing = negative and not words  # which alone may mean another thing as a negative
        return self.known.get((words, nothing, self.clip_skip), lambda: self._encode(words, nothing))

    def _encode(self, words: str, nothing: bool) -> TextCond:
        self._bring(placement.TEXT)
        made = self.family.encode(self.pipe, words, nothing, self.extras.book, self.clip_skip)
        find = functools.partial(encoding.find_spans, self.pipe.tokenizer, words, book=self.extras.book)
        return replace(made, find_spans=find)

    def lerp(self, a: Cond, b: Cond, t: float) -> Cond:
        """The condition between a (t = 0) and b (t = 1); the shorter one is repeated to the length of the longer."""
        assert isinstance(a, TextCond) and isinstance(b, TextCond), "conditions of this host"
        tokens = max(a.group, b.group)
        first, second = (each.embedding.repeat(1, -(-tokens // each.group), 1)[:, :tokens] for each in (a, b))
        pools = None if a.pooled is None or b.pooled is None else torch.lerp(a.pooled, b.pooled, t)
        return TextCond(torch.lerp(first, second, t), pools, b.find_spans)

    def _bring(self, networks: tuple[str, ...]) -> None:
        """With offloading, have exactly these networks on the device and all others but the VAE on the CPU."""
        if self.extras.room.offload:
            placement.bring(self.pipe, networks, self.latent.device)

    @functools.cached_property
    def careful(self) -> BudgetedNetwork:
        """The network, called with as many rows at once as memory allows or the user permits."""
        return BudgetedNetwork(self._predict, find_memory(self.latent.device), self.extras.room.rows)

    def denoise(self, x: Tensor, rows: Sequence[Row]) -> Tensor:
        """Predict x0 float32 [N, C, h, w] from x [N, C, h, w], one row each; all conditions have as many tokens.

        Raises HostError where memory lacks room for a single row.
        """
        with self.lock:
            self.bring_denoiser()
            return self.careful(x, rows)

    def bring_denoiser(self) -> None:
        """With offloading, have the UNet or transformer on the device and the text encoders on the CPU."""
        self._bring(placement.DENOISER)

    @torch.no_grad()
    def _predict(self, x: Tensor, rows: Sequence[Row]) -> Tensor:
        alpha, beta = stack_scales([row.level for row in rows], x)
        t = torch.tensor([row.level.t for row in rows], device=x.device, dtype=torch.float32)
        spec = self.latent
        unit = x if spec.prediction == "flow" else x / (alpha**2 + beta**2).sqrt()
        question = Question(unit.to(spec.dtype), t, rows, spec.pixels_per_cell, self.guidance)
        output = self.family.ask(self.pipe, question)
        return PARAMETERIZATIONS[spec.prediction].to_denoised(output.float(), x, alpha, beta)

    def encode_image(self, image: Image.Image) -> Tensor:
        """Clean latents float32 [1, C, h, w] of a picture: the mean of the VAE's posterior, so that they never vary.

        The last pictures are remembered. Raises HostError where the VAE answers with NaN or infinity, or memory runs
        out.
        """
        key = hashlib.sha256(f"{image.mode} {image.size}".encode() + image.tobytes()).digest()
        with self.lock:
            return self.seen.get(key, lambda: self._encode_picture(image)).clone()

    @torch.no_grad()
    def _encode_picture(self, image: Image.Image) -> Tensor:
        pixels = self.pipe.image_processor.preprocess(image).to(self.latent.device, self.pipe.vae.dtype)
        latents = self._run_vae(image.width * image.height, lambda: encode_pixels(self.pipe.vae, pixels)).float()
        if not torch.isfinite(latents).all():
            raise HostError("encoding a picture", "finite numbers", "NaN or infinity", self._suggest_dtype())
        scale, shift = self._read_scaling()
        return (latents - shift) * scale

    def _run_vae(self, pixels: int, work: Callable[[], Tensor]) -> Tensor:
        """Have the VAE do `work` on a picture of so many pixels, in tiles where memory requires it."""
        self._bring(())
        return placement.run_vae(self.pipe.vae, pixels, self.extras.room, work)

    @torch.no_grad()
    def decode(self, latent: Tensor) -> Image.Image:
        """The picture of clean latents [1, C, h, w]; HostError where it holds NaN or infinity, or memory runs out."""
        scale, shift = self._read_scaling()
        scaled = latent.to(self.pipe.vae.dtype) / scale + shift
        area = latent.shape[-2] * latent.shape[-1] * self.latent.pixels_per_cell**2
        with self.lock:
            pixels = self._run_vae(area, lambda: self.pipe.vae.decode(scaled, return_dict=False)[0])
        if not torch.isfinite(pixels).all():
            raise HostError("decoding", "finite numbers", "NaN or infinity", self._suggest_dtype())
        return self.pipe.image_processor.postprocess(pixels, output_type="pil")[0]

    def resize(self, x0: Tensor, size: Size) -> Tensor:
        """Clean latents [C, h, w] of what x0 [C, h', w'] shows in `size` cells, by way of a picture."""
        return resize_picture(self, x0, size)

    def _read_scaling(self) -> tuple[float, float]:
        """(scale, shift): latents of the core are the VAE's less shift, times scale."""
        config = self.pipe.vae.config
        return config.scaling_factor, getattr(config, "shift_factor", None) or 0.0

    def _suggest_dtype(self) -> str:
        """The cure to name for a VAE whose numbers leave the range of its float type."""
        wide = "dtype float32 or bfloat16"
        if self.pipe.vae.dtype != torch.float16:
            return f"try {wide}"
        return f"this VAE is not made for float16: {wide}, or a VAE that is (for SDXL sdxl-vae-fp16-fix)"


def load_model(source: Any, device: str = "auto", dtype: str = "auto", added: Extras = NOTHING) -> DiffusersHost:
    """Load a diffusers folder, a .safetensors or .ckpt file, a hub id or `demo`, or take a pipeline that is in memory.

    device: auto, cpu, cuda, cuda:N or mps; dtype: auto (float16 on cuda, else float32), float32, float16, bfloat16.
    `added` are LoRAs, another VAE and the like. A pipeline in memory stays where and what it is, quantized too; one for
    img2img or inpainting lends its parts to one that draws from words. Raises HostError for a model, device, dtype or
    addition that does not exist or does not fit, and for options beside a pipeline in memory.
    """
    if isinstance(source, str | os.PathLike):
        return DiffusersHost.load(source, device, dtype, added)
    if not hasattr(source, "components"):
        got = type(source).__name__
        raise HostError("model", "a folder, a file, a hub id, `demo`, or a pipeline of diffusers", got)
    if (device, dtype, added) != ("auto", "auto", NOTHING):
        raise HostError("model", "a pipeline alone", "device, dtype or additions beside it", "set them on the pipeline")
    return DiffusersHost.of(source)


def _count(tensor: Tensor) -> int:
    return tensor.element_size() * tensor.nelement()


def _count_text(cond: TextCond) -> int:
    return _count(cond.embedding) + (0 if cond.pooled is None else _count(cond.pooled))


def stack_scales(levels: Sequence[Level], like: Tensor) -> tuple[Tensor, Tensor]:
    """alpha and beta of each row's level, both float32 [N, 1, 1, 1] on the device of `like`."""
    pairs = torch.tensor([(level.alpha, level.beta) for level in levels], device=like.device, dtype=torch.float32)
    return pairs[:, 0].reshape(-1, 1, 1, 1), pairs[:, 1].reshape(-1, 1, 1, 1)


def find_device(name: str) -> torch.device:
    """The torch device of a name; auto takes cuda, then mps, then cpu. HostError for one that this machine lacks."""
    cards = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    metal = ["mps"] if torch.backends.mps.is_available() else []
    there = [*cards[:1], *metal, "cpu"]
    if name == "auto":
        return torch.device(there[0])
    if name not in (*cards, *metal, "cpu") and not (name == "cuda" and cards):
        raise HostError("device", "auto or one of " + ", ".join([*cards, *metal, "cpu"]), repr(name))
    return torch.device(name)


def find_dtype(name: str, device: torch.device) -> torch.dtype:
    """The torch dtype of a name, where auto is float16 on cuda and float32 elsewhere; HostError for an unknown name."""
    if name == "auto":
        return torch.float16 if device.type == "cuda" else torch.float32
    if name not in DTYPES:
        raise HostError("dtype", "auto or one of " + ", ".join(DTYPES), repr(name))
    return DTYPES[name]
