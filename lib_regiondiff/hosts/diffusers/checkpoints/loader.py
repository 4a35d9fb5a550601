"""Loads a model: a diffusers folder, a single file or a hub id -> a pipeline that is ready to be asked."""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from diffusers import DiffusionPipeline
from safetensors.torch import load_file
from torch import nn
from transformers import CLIPTextConfig

from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers.checkpoints.clip import make_text_encoder
from lib_regiondiff.hosts.diffusers.checkpoints.single_file import NO_CHECKER, load_single
from lib_regiondiff.hosts.diffusers.families.families import Family, expect_text_to_image, find_family
from lib_regiondiff.hosts.diffusers.files.headers import read_json, report_damage, summarise_error
from lib_regiondiff.hosts.diffusers.files.weights import expect_whole

EXPECTED = "a JSON file (a folder of diffusers has this file)"
HUB_ID = re.compile(r"[\w-][\w.-]*/[\w.-]+")


def load_pipeline(source: str | Path, device: torch.device, dtype: torch.dtype) -> DiffusionPipeline:
    """Load the model at `source` to a device, for inference only and without safety checker.

    Local sources never ask the network; a hub id does where the cache lacks something. Raises HostError for a source
    that does not exist or cannot be reached, and for a model that is damaged, incomplete or unsupported.
    """
    path = Path(source).expanduser()
    if path.is_file():
        pipeline = load_single(path)
    elif path.is_dir():
        pipeline = _load_folder(path)
    elif is_hub_id(source):
        pipeline = _load_folder(_download(str(source)))
    else:
        raise HostError(str(source), "a model's file or folder", "nothing there")
    for name, part in pipeline.components.items():
        if not isinstance(part, nn.Module):
            continue
        expect_whole(((f"{name}.{key}", value) for key, value in part.named_parameters()), str(source))
        nn.Module.to(part, device=device, dtype=dtype)  # diffusers' own `to` warns about a list that is empty here
        part.eval().requires_grad_(False)
    return pipeline


def hide_bars() -> None:
    """Switch off the progress bars of diffusers and transformers, whose loading takes but a moment."""
    for library in (diffusers, transformers):
        library.utils.logging.disable_progress_bar()


def compute_fingerprint(source: str | Path) -> str:
    """The first 10 hex digits of the sha256 of a file, or of a folder's .safetensors files in the order of their paths.

    "" where there are none, as for a hub id that is not in the cache.
    """
    path = Path(source).expanduser()
    if path.is_file():
        return _digest([path])
    folder = path if path.is_dir() else _find_cached(str(source)) if is_hub_id(source) else None
    return _digest(sorted(folder.rglob("*.safetensors"))) if folder else ""


def _digest(files: Sequence[Path]) -> str:
    sha = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                sha.update(block)
    return sha.hexdigest()[:10] if files else ""


def _load_folder(folder: Path) -> DiffusionPipeline:
    """The pipeline of a folder in diffusers' form; HostError where it is damaged or unsupported."""
    with report_damage(str(folder), "a whole diffusers model"):
        kind, family = _find_pipeline_class(folder)
        taken = inspect.signature(kind.__init__).parameters
        return kind.from_pretrained(
            str(folder),
            variant=_find_variant(folder / family.network),
            local_files_only=True,
            use_safetensors=True,
            **_load_text_encoders(folder, family),
            **{name: value for name, value in NO_CHECKER.items() if name in taken},
        )


def _find_pipeline_class(folder: Path) -> tuple[Any, Family]:
    """The pipeline class and the family of a folder; HostError where it holds no supported text-to-image model."""
    index = read_json(folder / "model_index.json", EXPECTED)
    name = str(index.get("_class_name"))
    family = find_family(name, str(folder))
    network = read_json(folder / family.network / "config.json", EXPECTED)
    expect_text_to_image(family, network, str(folder))
    return getattr(diffusers, name), family


def _load_text_encoders(folder: Path, family: Family) -> dict[str, Any]:
    """A folder's CLIP text encoders by name, each with all of its weights."""
    return {
        name: _load_text_encoder(folder / name, getattr(transformers, kind)) for name, kind in family.encoders.items()
    }


def _load_text_encoder(folder: Path, kind: Any) -> Any:
    config = CLIPTextConfig.from_pretrained(str(folder), local_files_only=True)
    files = sorted(folder.glob("model*.safetensors"), key=lambda path: len(path.name))
    if not files:
        raise HostError(str(folder), "model.safetensors", "no such file")
    return make_text_encoder(load_file(files[0]), files[0], config, kind)


def _find_variant(folder: Path) -> str | None:
    """`fp16` where a folder has its weights in that form only, else None."""
    names = {path.name for path in folder.glob("*.safetensors")}
    plain, half = "diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.fp16.safetensors"
    return "fp16" if half in names and plain not in names else None


def is_hub_id(source: str | Path) -> bool:
    """Whether a source names a model on the hub rather than a file: owner/name, without a model file's ending."""
    return isinstance(source, str) and bool(HUB_ID.fullmatch(source)) and not source.endswith((".safetensors", ".ckpt"))


def _find_cached(hub_id: str) -> Path | None:
    """The local folder of a hub model that has been downloaded before, or None."""
    try:
        return Path(DiffusionPipeline.download(hub_id, local_files_only=True, use_safetensors=True, **NO_CHECKER))
    except (OSError, ValueError):
        return None


def _download(hub_id: str) -> Path:
    """The local folder of a hub model, downloaded unless it is in the cache; HostError where it cannot be had."""
    cached = _find_cached(hub_id)
    if cached:
        return cached
    try:
        return Path(DiffusionPipeline.download(hub_id, use_safetensors=True, **NO_CHECKER))
    except (OSError, ValueError) as error:
        got = f"none within reach ({summarise_error(error)})"
        raise HostError(hub_id, "a model on the hub, or a file or folder", got) from error
