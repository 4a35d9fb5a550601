"""Another VAE in place of a model's own: a folder or file in diffusers' form, an original file, or a tiny one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, StableDiffusionXLPipeline
from torch import Tensor, nn

from lib_regiondiff.document.rules import show
from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers.checkpoints.layout import VAE
from lib_regiondiff.hosts.diffusers.checkpoints.single_file import make_original_vae
from lib_regiondiff.hosts.diffusers.files import weights
from lib_regiondiff.hosts.diffusers.files.headers import MISSHAPEN, read_json, report_damage

KINDS = {"AutoencoderKL": AutoencoderKL, "AutoencoderTiny": AutoencoderTiny}
CONFIG = "a VAE's configuration"
EXPECTED = "a VAE of this model's kind"


def exchange(pipe: Any, path: Path) -> None:
    """Give a pipeline another VAE, moved to the device and dtype of its own.

    Raises HostError for one that is damaged, of another kind, or whose channels or levels differ.
    """
    own = pipe.vae
    with report_damage(str(path), EXPECTED, MISSHAPEN):
        vae: Any = _load_folder(path) if path.is_dir() else _load_file(path, own)
        sizes = [(each.config.latent_channels, len(each.config.block_out_channels)) for each in (vae, own)]
    weights.expect_whole(vae.named_parameters(), str(path))
    if sizes[0] != sizes[1]:
        expected, got = (f"{channels} channels and {levels} levels" for channels, levels in reversed(sizes))
        raise HostError(str(path), f"a VAE with {expected}", got, "it was made for another kind of model")
    nn.Module.to(vae, device=own.device, dtype=own.dtype)
    pipe.register_modules(vae=vae.eval().requires_grad_(False))


def encode_pixels(vae: Any, pixels: Tensor) -> Tensor:
    """Latents [B, C, h, w] of pixels [B, 3, H, W] in the VAE's own scale: the mean, where it gives a distribution."""
    answer = vae.encode(pixels)
    return answer.latents if hasattr(answer, "latents") else answer.latent_dist.mode()


def choose_vae_dtype(pipe: Any, dtype: torch.dtype) -> torch.dtype:
    """float32 for an SDXL VAE whose configuration says that it leaves float16's range; `dtype` for all others.

    diffusers widens such a VAE only while it works; here it stays wide, which costs as much memory as that moment.
    """
    asks = isinstance(pipe, StableDiffusionXLPipeline) and pipe.vae.config.get("force_upcast", False)
    return torch.float32 if asks and dtype == torch.float16 else dtype


def _load_folder(folder: Path) -> Any:
    """Load a VAE's folder, or the VAE of a whole model's folder; HostError for another kind."""
    folder = folder / "vae" if (folder / "vae" / "config.json").is_file() else folder
    name = read_json(folder / "config.json", CONFIG).get("_class_name")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise HostError(str(folder), f"one of {', '.join(KINDS)}", show(name))
    return kind.from_pretrained(str(folder), local_files_only=True, use_safetensors=True)


def _load_file(path: Path, own: Any) -> Any:
    """Load a file's VAE, whose kind shows in the names of its weights; HostError for another kind."""
    state = weights.read(path).tensors
    state = {name.removeprefix(VAE): value for name, value in state.items() if name.startswith(VAE)} or dict(state)
    state = {name: value for name, value in state.items() if not name.startswith(("loss.", "model_ema."))}
    if any(name.startswith("decoder.layers.") for name in state):
        return _fill(AutoencoderTiny.from_config(_read_tiny_config(path)), state)
    if any(name.startswith("decoder.up_blocks.") for name in state):
        made = _fill(AutoencoderKL.from_config(own.config), state)
    elif "decoder.conv_in.weight" in state:
        made = make_original_vae({VAE + name: value for name, value in state.items()})
    else:
        raise HostError(str(path), EXPECTED, f"weights such as {next(iter(state), 'none')}")
    made.register_to_config(scaling_factor=own.config.scaling_factor)
    return made


def _read_tiny_config(path: Path) -> dict[str, Any]:
    """The configuration beside a tiny VAE's weights; empty, which stands for the usual one, where there is none."""
    place = path.with_name("config.json")
    return dict(read_json(place, CONFIG)) if place.is_file() else {}


def _fill(vae: Any, state: Mapping[str, Tensor]) -> Any:
    vae.load_state_dict(state, strict=True)
    return vae
