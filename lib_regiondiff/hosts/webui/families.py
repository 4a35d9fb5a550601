"""Families of models: what matters to regions of the loaded one, asked of the engine that the WebUI made for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Size
from lib_regiondiff.host import read_longest

CELL = 8
"""Pixels of a latent cell, where the WebUI does not say."""
PATCH = 16
"""Pixels that a network of an unknown family may join to one token."""
UNLOADED = 512
"""The native side in pixels to plan by before any model is loaded."""
SIDES = range(64, 4097)
"""The native sides, in pixels, that a file is believed."""


@dataclass(frozen=True)
class Family:
    """What models of one family have in common; `name` is what people call it.

    `native` is the side in pixels of the square that they were trained at; `multiple` what must divide the sides in
    pixels of all that their network sees; `cell` the pixels of a latent cell, 0 where the VAE says it; `refused` why
    they cannot draw regions, "" if they can.
    """

    name: str
    native: int
    multiple: int = 8
    cell: int = 0
    refused: str = ""


FILMS = "regions work in pictures, not in films"
SD1 = Family("Stable Diffusion 1", 512)
SD2 = Family("Stable Diffusion 2", 512)
SDXL = Family("SDXL", 1024)
SD3 = Family("Stable Diffusion 3", 1024, 16)
ENGINES: Mapping[str, Family] = {
    "StableDiffusion": SD1,
    "StableDiffusion2": SD2,
    "StableDiffusionXL": SDXL,
    "StableDiffusionXLRefiner": Family("the refiner of SDXL", 1024),
    "StableDiffusion3": SD3,
    "Mugen": Family("Mugen", 1024),
    "Flux": Family("Flux.1", 1024, 16),
    "Flux2": Family("Flux.2 Klein", 1024, 16),
    "Chroma": Family("Chroma", 1024, 16),
    "Lumina2": Family("Lumina 2", 1024, 16),
    "ZImage": Family("Z-Image", 1024, 16),
    "ErnieImage": Family("ERNIE-Image", 1024, 16),
    "QwenImage": Family("Qwen-Image", 1328, 16),
    "Krea2": Family("Krea 2", 1024, 16),
    "Anima": Family("Anima", 1024, 16),
    "Wan": Family("Wan 2", 960, 16),
    "PiD": Family("PiD", 2048, 16, 1, "it enlarges the picture that it is given, which all of its network sees"),
}
"""Families by the class of the engine, as Forge and Forge Neo name it."""
FLAGS: Mapping[str, Family] = {"is_sd3": SD3, "is_sdxl": SDXL, "is_sd2": SD2, "is_sd1": SD1}
"""Families by the attributes with which AUTOMATIC1111 and earlier Forges mark their models."""


def find_family(model: Any) -> Family | None:
    """The family of a loaded model; None for an unknown one."""
    for kind in type(model).__mro__:
        if kind.__name__ in ENGINES:
            return ENGINES[kind.__name__]
    return next((family for flag, family in FLAGS.items() if getattr(model, flag, False)), None)


def find_cell(model: Any) -> int:
    """The pixels of a latent cell, as the model's family or the loaded VAE has it, else CELL."""
    family = find_family(model)
    if family is not None and family.cell:
        return family.cell
    ratio = getattr(find_part(model, "vae"), "downscale_ratio", CELL)
    ratio = ratio[-1] if isinstance(ratio, tuple) else ratio
    return ratio if isinstance(ratio, int) and ratio > 0 else CELL


def find_multiple(model: Any) -> int:
    """The pixels that must divide the sides of views, for a model and its VAE."""
    family = find_family(model)
    return max(find_cell(model), family.multiple if family else PATCH)


def find_native_side(model: Any, size: Size | None = None) -> int:
    """The side in pixels that a model was trained at, by its file's notes or by its family.

    Where neither tells it is the longer side of the job's `size` in pixels, so that every view is the whole picture,
    and UNLOADED without a job.
    """
    told = _read_native_side(model) or _find_family_side(model)
    if told == 0:
        return UNLOADED if size is None else max(size.height, size.width)
    multiple = find_multiple(model)
    return max(multiple, told // multiple * multiple)


def describe_unknown(model: Any) -> tuple[str, ...]:
    """A line for people about a loaded model whose native side nobody knows; empty where it is known."""
    if model is None or _read_native_side(model) or _find_family_side(model):
        return ()
    name = type(model).__name__
    text = f"Region Diffusion does not know models of the kind {name}: every region is drawn on the whole picture"
    return (text,)


def refuse(model: Any, frames: int = 1) -> None:
    """Raise HostError for a model that cannot draw regions, or that is to draw a film of so many frames."""
    family = find_family(model)
    if getattr(model, "cond_stage_key", "") == "edit":
        raise HostError("the checkpoint", "one that draws from a prompt", "InstructPix2Pix", "regions can't steer it")
    if family is not None and family.refused:
        raise HostError("the checkpoint", "one that regions can steer", family.name, family.refused)
    if family is ENGINES["Wan"] and frames > 1:
        raise HostError("the number of frames", "1", str(frames), FILMS)
    if family is ENGINES["Wan"] and _animates(model):
        raise HostError("the checkpoint", "one that draws from a prompt", "one that animates a picture", FILMS)


def _animates(model: Any) -> bool:
    """Whether a model makes a film from a given picture."""
    return "I2V" in type(getattr(model, "model_config", None)).__name__


def find_longest(model: Any) -> float:
    """How many times as long as wide the longest pictures are that a model was trained on."""
    return read_longest(_read_notes(model))


def _read_notes(model: Any) -> Mapping[str, Any]:
    """The notes in the model's file."""
    return getattr(getattr(model, "sd_checkpoint_info", None), "metadata", None) or {}


def _read_native_side(model: Any) -> int:
    """The shorter side in pixels that the notes in the model's file state; 0 where they state none."""
    told = str(_read_notes(model).get("modelspec.resolution", ""))
    sides = [int(side) for side in told[:20].split("x") if side.isdecimal()]
    return min(sides) if len(sides) == 2 and min(sides) in SIDES else 0


def _find_family_side(model: Any) -> int:
    """The side in pixels of the model's family; 0 where the family is unknown."""
    family = find_family(model)
    if family is SD2 and _predicts_velocity(model):
        return 768
    return family.native if family else 0


def _predicts_velocity(model: Any) -> bool:
    """Whether a model predicts velocity, as the one of Stable Diffusion 2's two does that was trained at 768 pixels."""
    told = _read_prediction(model) or getattr(model, "parameterization", "")
    return told in ("v", "v_prediction")


def is_flow(model: Any) -> bool:
    """Whether a model is a flow model: x = (1 - sigma) x0 + sigma n."""
    return _read_prediction(model) == "const" or bool(getattr(model, "is_sd3", False))


def _read_prediction(model: Any) -> Any:
    """What an engine says that its network predicts; None in WebUIs without engines."""
    predictor = getattr(getattr(find_part(model, "unet"), "model", None), "predictor", None)
    return getattr(predictor, "prediction_type", None)


def find_part(model: Any, name: str) -> Any:
    """A part of an engine, such as its VAE; None in WebUIs without engines."""
    return getattr(getattr(model, "forge_objects", None), name, None)
