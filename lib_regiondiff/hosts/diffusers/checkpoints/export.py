"""Writes a small SD1 checkpoint with its yaml, CLIP's configuration and a LoRA to where a WebUI finds them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib_regiondiff.document.json_text import loads
from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers.checkpoints.layout import read_clip_sizes, read_unet_sizes, read_vae_sizes
from lib_regiondiff.hosts.diffusers.checkpoints.tokenizer import make_tokenizer_files
from lib_regiondiff.hosts.diffusers.files.headers import Shapes, read_header

CHECKPOINTS, LORAS, CLIP = "models/Stable-diffusion", "models/Lora", "models/regiondiff-clip"
FORGE_EXTENSION = "extensions/regiondiff-demo/scripts/toyworld.py"


@dataclass(frozen=True)
class ExportedModel:
    """The files of a model to export.

    `checkpoint` is a single file with its yaml beside it, `lora` a LoRA for it, `forge_extension` the template of a
    script that tells Forge the model's sizes.
    """

    checkpoint: Path
    lora: Path
    forge_extension: Path


def export(model: ExportedModel, webui: Path, force: bool = False) -> list[Path]:
    """Write a model's files below a WebUI's folder and return their paths; Forge gets an extension that knows it too.

    Raises HostError where the folder is not a WebUI's, and for files of these names with other content unless `force`.
    """
    if not (webui / CHECKPOINTS).is_dir():
        cure = "start the WebUI once, which makes it"
        raise HostError(str(webui), f"a WebUI's folder, with {CHECKPOINTS} in it", "none", cure)
    files = _collect_files(model, webui)
    other = [str(path) for path, content in files.items() if path.exists() and path.read_bytes() != content]
    if other and not force:
        raise HostError(other[0], "no file, or the one to be written", "another one", "--force overwrites")
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return list(files)


def _collect_files(model: ExportedModel, webui: Path) -> dict[Path, bytes]:
    """The content of each file to write, by path."""
    place, shapes = webui / CHECKPOINTS / model.checkpoint.name, read_header(model.checkpoint)[0]
    files = {place: model.checkpoint.read_bytes(), webui / LORAS / model.lora.name: model.lora.read_bytes()}
    if (webui / "modules_forge").is_dir():
        return {**files, webui / FORGE_EXTENSION: _fill_template(model.forge_extension, shapes)}
    return {
        **files,
        place.with_suffix(".yaml"): _encode_json(_describe_model(model.checkpoint, (webui / CLIP).resolve())),
        webui / CLIP / "config.json": _encode_json(read_clip_sizes(shapes)),
        **{webui / CLIP / name: content for name, content in make_tokenizer_files().items()},
    }


def _fill_template(template: Path, shapes: Shapes) -> bytes:
    """Forge's extension with this model's sizes filled in; Forge reads the UNet's from the weights, all but two."""
    unet, vae = read_unet_sizes(shapes), read_vae_sizes(shapes)
    known = {"model_channels": unet["block_out_channels"][0], "context_dim": unet["cross_attention_dim"]}
    named = {"TEXT": read_clip_sizes(shapes), "VAE": vae, "UNET": known}
    text = template.read_text(encoding="utf-8")
    for name, sizes in named.items():
        text = text.replace(f"@{name}@", json.dumps(sizes))
    return text.encode()


def _describe_model(checkpoint: Path, clip: Path) -> dict[str, Any]:
    """The content of the checkpoint's yaml, with `clip` as the folder of CLIP's configuration."""
    known = loads(checkpoint.with_suffix(".yaml").read_bytes())
    encoder = known["model"]["params"]["cond_stage_config"]
    encoder["params"] = {"version": clip.as_posix()}
    return known


def _encode_json(value: Mapping[str, Any]) -> bytes:
    """A value as a JSON file, which is YAML too."""
    return (json.dumps(value, indent=2) + "\n").encode()
