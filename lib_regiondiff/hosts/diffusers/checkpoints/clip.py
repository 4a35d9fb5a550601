"""CLIP's text encoders from a file's weights, under the names of transformers or of OpenCLIP."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from accelerate import init_empty_weights
from diffusers.loaders.single_file_utils import convert_open_clip_checkpoint
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers.checkpoints import layout
from lib_regiondiff.hosts.diffusers.files.headers import summarise_error
from lib_regiondiff.hosts.diffusers.files.weights import read_shapes

H_LAYERS = 23
"""The layers of OpenCLIP's ViT-H before its last, which SD2 does without."""


def make_text_encoder(
    state: Mapping[str, Tensor], where: Path, config: CLIPTextConfig, kind: Any = CLIPTextModel
) -> Any:
    """A CLIP of class `kind` with exactly these weights, whose names may begin with `text_model.` or not.

    transformers itself, given names of the other kind, goes on without complaint and leaves the weights random. Raises
    HostError, naming the file `where`, for weights that do not fit `config`.
    """
    with init_empty_weights():
        model = kind(config)
    own = {name.removeprefix("text_model."): name for name in model.state_dict()}
    plain = {name.removeprefix("text_model."): value for name, value in state.items()}
    weights = {own.get(name, name): value for name, value in plain.items() if not name.endswith("position_ids")}
    try:
        model.load_state_dict(weights, strict=True, assign=True)
    except RuntimeError as error:
        raise HostError(str(where), "CLIP's text encoder", summarise_error(error)) from error
    return model


def make_openai_encoder(state: Mapping[str, Tensor], where: Path) -> Any:
    """SD1's text encoder, which is also SDXL's first one, from weights without their prefix.

    Raises HostError for weights that do not fit, KeyError where the weights that tell its sizes are missing.
    """
    return make_text_encoder(state, where, CLIPTextConfig(**layout.read_clip_sizes(read_shapes(state), "")))


def make_projected_encoder(state: Mapping[str, Tensor], where: Path) -> Any:
    """SDXL's second text encoder, a whole one of OpenCLIP, from weights without their prefix; `where` is their file.

    Raises HostError, naming the file, for weights that do not fit, KeyError where the weights that tell its sizes are
    missing.
    """
    config = CLIPTextConfig(**layout.read_openclip_sizes(read_shapes(state), ""))
    return make_text_encoder(_rename_weights(state, config), where, config, CLIPTextModelWithProjection)


def make_penultimate_encoder(state: Mapping[str, Tensor], where: Path) -> Any:
    """SD2's text encoder from weights without their prefix: OpenCLIP less its last layer, which some files lack.

    Raises HostError for weights that do not fit, KeyError where the weights that tell its sizes are missing.
    """
    layers = layout.count(state, "transformer.resblocks")
    last = f"transformer.resblocks.{layers - 1}."
    unused = ("text_projection", last) if "text_projection" in state or layers > H_LAYERS else ("text_projection",)
    used = {name: value for name, value in state.items() if not name.startswith(unused)}
    config = CLIPTextConfig(**layout.read_openclip_sizes(read_shapes(used), ""))
    return make_text_encoder(_rename_weights(used, config), where, config)


def _rename_weights(state: Mapping[str, Tensor], config: CLIPTextConfig) -> dict[str, Tensor]:
    """OpenCLIP's weights under transformers' names, with its joint matrix of queries, keys and values cut in three."""
    return convert_open_clip_checkpoint(SimpleNamespace(config=config), dict(state), prefix="")
