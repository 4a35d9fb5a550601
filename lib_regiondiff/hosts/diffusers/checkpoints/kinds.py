"""Kinds of single files: by which names of weights they are known, what they consist of, why others are refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers.checkpoints import clip
from lib_regiondiff.hosts.diffusers.checkpoints.layout import FIRST, OPEN, SECOND, TEXT, UNET, VAE
from lib_regiondiff.hosts.diffusers.families.families import FAMILIES, expect_text_to_image
from lib_regiondiff.hosts.diffusers.files.headers import Shapes

EncoderMaker = Callable[[Mapping[str, Any], Path], Any]


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of checkpoint, by the names that its parts have in diffusers; `title` is what people call it.

    `pipeline` and `scheduler` are classes; `encoders` has each text encoder's prefix and how to make it; `padding` is
    what each tokenizer fills a chunk with, None for its end token; `native` the side of its pictures in pixels, where
    it predicts noise and where velocity; `vae`, `unet` and `schedule` are where configurations differ from SD1.5's.
    """

    title: str
    pipeline: str
    encoders: Mapping[str, tuple[str, EncoderMaker]]
    padding: Mapping[str, str | None]
    scheduler: str
    native: tuple[int, int] = (512, 512)
    vae: Mapping[str, Any] = field(default_factory=dict)
    unet: Mapping[str, Any] = field(default_factory=dict)
    schedule: Mapping[str, Any] = field(default_factory=dict)

    @property
    def parts(self) -> dict[str, str]:
        """The prefix of the weights of each part that a whole checkpoint has, and the part's name."""
        return {UNET: "UNet", VAE: "VAE", **{prefix: name for name, (prefix, _) in self.encoders.items()}}


EXCLAMATION = "!"
SD1 = Kind(
    "Stable Diffusion 1",
    "StableDiffusionPipeline",
    {"text_encoder": (TEXT, clip.make_openai_encoder)},
    {"tokenizer": None},
    "PNDMScheduler",
)
SD2 = Kind(
    "Stable Diffusion 2",
    "StableDiffusionPipeline",
    {"text_encoder": (OPEN, clip.make_penultimate_encoder)},
    {"tokenizer": EXCLAMATION},
    "DDIMScheduler",
    native=(512, 768),
    unet={"upcast_attention": True},
)
SDXL = Kind(
    "SDXL",
    "StableDiffusionXLPipeline",
    {"text_encoder": (FIRST, clip.make_openai_encoder), "text_encoder_2": (SECOND, clip.make_projected_encoder)},
    {"tokenizer": None, "tokenizer_2": EXCLAMATION},
    "EulerDiscreteScheduler",
    native=(1024, 1024),
    vae={"scaling_factor": 0.13025, "force_upcast": True, "sample_size": 1024},
    schedule={"timestep_spacing": "leading"},
)
EXPECTED = "a whole checkpoint of Stable Diffusion 1, Stable Diffusion 2 or SDXL"
REFUSED = {  # a part of some weight's name -> what has such weights, and what helps
    "lora_": ("a LoRA", "give a checkpoint as model, and this with --lora"),
    "control_model.": ("a ControlNet", ""),
    "conditioner.embedders.0.model.": ("an SDXL refiner", "use the base model alone"),
    "conditioner.embedders.0.open_clip.": ("a video model", ""),
    "embedder.model.": ("an unCLIP model, which is told a picture", ""),
    "edm_": ("a model with EDM's noise levels, such as Playground 2.5 or CosXL", ""),
    "down_blocks.": ("a part of a model in diffusers' form", "give the folder of the whole model"),
}
CLIP_L, T5 = {"text_encoders.clip_l.": "CLIP-L"}, {"text_encoders.t5xxl.": "T5"}
FLOWS = {  # a part of some weight's name -> what has such weights, and what else it would need
    "joint_blocks.": ("SD3", {"first_stage_model.": "VAE", **CLIP_L, "text_encoders.clip_g.": "CLIP-G", **T5}),
    "double_blocks.": ("Flux", {"vae.": "VAE", **CLIP_L, **T5}),
}


def find_kind(path: Path, shapes: Shapes) -> Kind:
    """The kind of a checkpoint, by the names and shapes of its weights.

    Raises HostError for other files, saying what they are, and for a checkpoint that lacks a part.
    """
    kind = next((each for sign, each in ((SECOND, SDXL), (OPEN, SD2)) if _has_weights(shapes, sign)), SD1)
    for sign, (got, cure) in REFUSED.items():
        if any(sign in name for name in shapes) and not (kind is SDXL and sign.startswith("conditioner.")):
            raise HostError(str(path), EXPECTED, got, cure)
    _expect_no_flow(path, shapes)
    for prefix, part in kind.parts.items():
        if not _has_weights(shapes, prefix):
            got = f"no {part.replace('_', ' ')} (no weights named {prefix}*)"
            raise HostError(str(path), f"{EXPECTED} with UNet, VAE and text encoder", got)
    _expect_plain(path, kind, shapes)
    return kind


def _expect_no_flow(path: Path, shapes: Shapes) -> None:
    """Raise HostError for a flow model, saying what its file lacks: T5's tokenizer always, most files far more."""
    for sign, (name, parts) in FLOWS.items():
        if any(sign in each for each in shapes):
            lacking = [part for prefix, part in parts.items() if not _has_weights(shapes, prefix)]
            got = f"one of {name} without {', '.join([*lacking, 'the tokenizer of T5'])}"
            raise HostError(str(path), EXPECTED, got, "a folder of diffusers has all of it")


def _expect_plain(path: Path, kind: Kind, shapes: Shapes) -> None:
    """Raise HostError for a UNet that is told more than text, and for an SD2 UNet without its text encoder."""
    channels = shapes.get(UNET + "input_blocks.0.0.weight", (0, 4))[1]
    distilled = shapes.get(UNET + "time_embed.cond_proj.weight")
    config = {"in_channels": channels, "time_cond_proj_dim": distilled and distilled[1]}
    expect_text_to_image(FAMILIES[kind.pipeline], config, str(path))
    if kind is SD1 and len(shapes.get(UNET + "middle_block.1.proj_in.weight", ())) == 2:
        got = f"an SD2 checkpoint without its text encoder (no weights named {OPEN}*)"
        raise HostError(str(path), EXPECTED, got)


def _has_weights(shapes: Shapes, prefix: str) -> bool:
    return any(name.startswith(prefix) for name in shapes)
