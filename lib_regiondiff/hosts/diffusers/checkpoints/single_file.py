"""One file in the original layout of Stable Diffusion 1, 2 or SDXL -> a pipeline, its parts in the file's own sizes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import diffusers
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import load_file
from torch import Tensor

from lib_regiondiff.document.json_text import loads
from lib_regiondiff.host import read_longest
from lib_regiondiff.hosts.diffusers.checkpoints import layout, parameterization
from lib_regiondiff.hosts.diffusers.checkpoints.kinds import EXPECTED, SD2, SDXL, Kind, find_kind
from lib_regiondiff.hosts.diffusers.checkpoints.layout import ASSETS, UNET, VAE, read_vae_sizes
from lib_regiondiff.hosts.diffusers.checkpoints.tokenizer import make_clip_tokenizer
from lib_regiondiff.hosts.diffusers.files import weights
from lib_regiondiff.hosts.diffusers.files.headers import MISSHAPEN, Shapes, read_header, report_damage

NO_CHECKER: dict[str, Any] = {
    "safety_checker": None,
    "feature_extractor": None,
    "image_encoder": None,
    "requires_safety_checker": False,
}


def load_single(path: Path) -> Any:
    """Load a single file's pipeline to the CPU; HostError for a file that is damaged, incomplete or of another kind."""
    pickled = weights.read(path).tensors if weights.is_pickle(path) else None
    shapes, notes = read_header(path) if pickled is None else (weights.read_shapes(pickled), {})
    with report_damage(str(path), EXPECTED, MISSHAPEN):
        kind = find_kind(path, shapes)
        state = load_file(path) if pickled is None else dict(pickled)
        parts = _load_networks(path, kind, state, shapes)
        predicted = parameterization.read_prediction(shapes, notes, path) or parameterization.probe_prediction(
            parts["unet"], asked=kind is SD2
        )
    parts["unet"].register_to_config(
        sample_size=_find_native_side(kind, predicted, notes) // 2 ** (layout.count_vae_levels(shapes) - 1),
        regiondiff_longest=read_longest(notes),
    )
    words = {name: make_clip_tokenizer(padding) for name, padding in kind.padding.items()}
    return _make_pipeline(kind, {**parts, **words, "scheduler": _make_scheduler(kind, predicted, shapes)})


def _load_networks(path: Path, kind: Kind, state: dict[str, Tensor], shapes: Shapes) -> dict[str, Any]:
    """The parts that have weights, by their names in a pipeline."""
    unet, vae = {**layout.read_unet_sizes(shapes), **kind.unet}, {**read_vae_sizes(shapes), **kind.vae}
    return {
        "unet": _make_network(UNet2DConditionModel, "unet", _take_part(state, UNET), unet),
        "vae": _make_network(AutoencoderKL, "vae", _take_part(state, VAE), vae),
        **{name: make(_take_part(state, prefix, keep=False), path) for name, (prefix, make) in kind.encoders.items()},
    }


def _make_scheduler(kind: Kind, predicted: str, shapes: Shapes) -> Any:
    """The scheduler that folders of this kind have, with this file's prediction and noise schedule."""
    known = loads((ASSETS / "scheduler" / "scheduler_config.json").read_bytes())
    own = parameterization.read_schedule(shapes)
    made = getattr(diffusers, "DDIMScheduler" if own and kind.scheduler == "PNDMScheduler" else kind.scheduler)
    config = {**known, "_class_name": made.__name__, **kind.schedule, "prediction_type": predicted, **own}
    return made.from_config(config)


def _make_pipeline(kind: Kind, parts: Mapping[str, Any]) -> Any:
    """A pipeline of these parts, without anything that checks or marks pictures."""
    more = {"add_watermarker": False, "force_zeros_for_empty_prompt": True} if kind is SDXL else NO_CHECKER
    return getattr(diffusers, kind.pipeline)(**parts, **more)


def _find_native_side(kind: Kind, predicted: str, notes: Mapping[str, str]) -> int:
    """The side in pixels that the model was trained at: modelspec.resolution in the file's notes, or its kind's."""
    match = re.fullmatch(r"([0-9]{1,4})x([0-9]{1,4})", notes.get("modelspec.resolution", ""))
    usual = kind.native[predicted == parameterization.VELOCITY]
    return max(8, min(map(int, match.groups()))) if match else usual


def make_original_vae(state: dict[str, Tensor]) -> Any:
    """The VAE of weights under their original names, prefix included; raises what diffusers does for misfits."""
    return _make_network(AutoencoderKL, "vae", state, read_vae_sizes(weights.read_shapes(state)))


def _make_network(kind: Any, name: str, state: dict[str, Tensor], sizes: dict[str, Any]) -> Any:
    """A network of class `kind` with weights under their original names: SD1.5's configuration but for `sizes`."""
    network = kind.from_single_file(state, config=str(ASSETS / name), local_files_only=True, **sizes)
    missing = [weight for weight, value in network.named_parameters() if value.is_meta]
    if missing:  # older versions of diffusers do not mind
        raise ValueError(f"no {', '.join(missing)}")
    return network


def _take_part(state: Mapping[str, Tensor], prefix: str, keep: bool = True) -> dict[str, Tensor]:
    """The weights whose names begin with `prefix`, with the prefix or without."""
    return {name if keep else name[len(prefix) :]: v for name, v in state.items() if name.startswith(prefix)}
