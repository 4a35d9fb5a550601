"""A model whose pictures are known, in SD1.5's layout: the colour words of a prompt are the colour of its picture.

Built by code in a second, without training: "a red cat" gives one flat red, two colour words their mean, none grey.
What a latent cell becomes depends on its own noise and on the prompt alone.
Command line: `python tests/support/known_model.py FOLDER [--single FILE]`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from known_single_file import checkpoint, yaml
from known_unet import teach_unet
from known_weights import fill, teach_text, teach_vae
from places import ROOT

COLOURS: dict[str, tuple[float, float, float]] = {
    "red": (1.0, 0.0, 0.0),
    "green": (0.0, 1.0, 0.0),
    "blue": (0.0, 0.0, 1.0),
    "yellow": (1.0, 1.0, 0.0),
    "aqua": (0.0, 1.0, 1.0),
    "magenta": (1.0, 0.0, 1.0),
    "white": (1.0, 1.0, 1.0),
    "black": (0.0, 0.0, 0.0),
    "gray": (0.5, 0.5, 0.5),
    "orange": (1.0, 0.5, 0.0),
    "purple": (0.5, 0.0, 1.0),
    "pink": (1.0, 0.5, 0.5),
    "brown": (0.5, 0.0, 0.0),
}
"""Colour words, each one token, with their pictures' RGB in [0, 1]: exact where guidance is 1.2 or more, because that
pushes 0 and 1 beyond the border and leaves halves alone; at guidance 1 the contrast is known_unet.AMPLITUDE."""

SCHEDULER = {  # SD1.5's, all said, because other samplers' defaults differ
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "prediction_type": "epsilon",
    "clip_sample": False,
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
}
LEVELS: Any = (96, 96, 96, 96)  # 96 = 32 groups of 3 channels, at every level
SEED = 1


def build_pipeline() -> StableDiffusionPipeline:
    """The model in memory: fp32, on the CPU, no safety checker; always the same, without the global generator."""
    generator = torch.Generator().manual_seed(SEED)
    scheduler: Any = PNDMScheduler.from_config(SCHEDULER)
    tokenizer = _tokenizer()
    unet, vae, text = _networks()
    for network in (unet, vae, text):
        fill(network, generator)
    teach_unet(unet, scheduler.alphas_cumprod)
    teach_vae(vae)
    teach_text(text, {tokenizer(word).input_ids[1]: [2 * v - 1 for v in rgb] for word, rgb in COLOURS.items()})
    pipeline = StableDiffusionPipeline(vae, text, tokenizer, unet, scheduler, None, None, requires_safety_checker=False)  # type: ignore[arg-type]
    for network in (unet, vae, text):
        network.eval().requires_grad_(False)
    return pipeline


def _networks() -> tuple[UNet2DConditionModel, AutoencoderKL, CLIPTextModel]:
    """The three networks with whatever values a new network has."""
    types: dict[str, Any] = {
        "down_block_types": ("DownEncoderBlock2D",) * 4,
        "up_block_types": ("UpDecoderBlock2D",) * 4,
    }
    with torch.random.fork_rng(devices=[]):
        unet = UNet2DConditionModel(
            block_out_channels=LEVELS, cross_attention_dim=768, attention_head_dim=8, sample_size=64
        )
        vae = AutoencoderKL(
            block_out_channels=LEVELS,
            layers_per_block=1,  # decoding is what tests wait for
            latent_channels=4,
            sample_size=512,
            **types,
        )
        text = CLIPTextModel(_text_config())
    return unet, vae, text


def _text_config() -> CLIPTextConfig:
    return CLIPTextConfig(
        num_hidden_layers=2, hidden_size=768, intermediate_size=3072, num_attention_heads=12, projection_dim=768
    )


def _tokenizer() -> CLIPTokenizer:
    from lib_regiondiff.hosts.diffusers.checkpoints.tokenizer import (
        make_clip_tokenizer,  # later than the path that `main` sets
    )

    return make_clip_tokenizer()


def _write_tokenizer(folder: Path) -> None:
    from lib_regiondiff.hosts.diffusers.checkpoints.tokenizer import write_tokenizer

    write_tokenizer(folder)


def save_folder(folder: Path) -> None:
    """Write the model as a diffusers folder, whole or not at all; a folder that is already there is kept."""
    if (folder / "model_index.json").exists():
        return
    unfinished = folder.with_name(f"{folder.name}.{os.getpid()}.unfinished")
    build_pipeline().save_pretrained(unfinished)
    shutil.rmtree(unfinished / "tokenizer")
    _write_tokenizer(unfinished / "tokenizer")  # in the form that every version of transformers reads
    _rename_text(unfinished / "text_encoder" / "model.safetensors")
    unfinished.rename(folder)


def _rename_text(path: Path) -> None:
    """Give the text encoder's weights the names that transformers before 5 wrote, and that every version reads."""
    weights = {f"text_model.{name.removeprefix('text_model.')}": value for name, value in load_file(path).items()}
    save_file(weights, path, metadata={"format": "pt"})


def save_single_file(path: Path, tokenizer: Path | None = None) -> None:
    """Write the model as one file in SD1's original layout, and beside it a yaml that names the `tokenizer` folder."""
    pipeline = build_pipeline()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".yaml").write_text(yaml(pipeline, tokenizer), encoding="utf-8")
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.unfinished")
    save_file(checkpoint(pipeline), unfinished, metadata={"format": "pt"})
    unfinished.replace(path)


def save_clip_folder(folder: Path) -> None:
    """Write what WebUIs build the text encoder from: CLIP's config with this model's sizes, and the tokenizer."""
    _write_tokenizer(folder)
    _text_config().save_pretrained(folder)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where to write the diffusers folder")
    parser.add_argument(
        "--single", type=Path, help="where to write the single file, with its yaml and CLIP folder beside it"
    )
    args = parser.parse_args()
    save_folder(args.folder)
    if args.single:
        clip = args.single.resolve().with_name(f"{args.single.stem}-clip")
        save_clip_folder(clip)
        save_single_file(args.single, clip)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
