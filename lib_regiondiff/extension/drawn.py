"""What a pass has drawn, and by which method: what infotexts say, and what is pasted into its decoded pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from lib_regiondiff.authoring.notices import flatten
from lib_regiondiff.denoising.model import ImageBatch
from lib_regiondiff.denoising.pixels.borders import Drawn, sharpen_borders
from lib_regiondiff.denoising.pixels.paste import paste_things
from lib_regiondiff.document.palette import ATTENTIONS, METHODS, Palette
from lib_regiondiff.document.values import AUTO
from lib_regiondiff.host import Pictures
from lib_regiondiff.hosts.webui.frames import add_frame_axis, drop_frame_axis
from lib_regiondiff.hosts.webui.program.gates import find_gates
from lib_regiondiff.hosts.webui.typed import Processing, is_second_pass
from lib_regiondiff.planning.auto import BLEND, describe_choices
from lib_regiondiff.store import Store

AUTO_KEY = "Region Diffusion auto"
SECOND_KEY = "Region Diffusion hires auto"
METHOD_KEY = "Region Diffusion method"


def name_method(palette: Palette) -> str:
    """The method that draws a palette, by the name that people search for."""
    names = {word: name for name, word in {**METHODS, **ATTENTIONS}.items()}
    words = palette.attention, BLEND if palette.blend == AUTO else palette.blend
    return next(names[word] for word in words if word in names)


def keep_images(p: Any, host: Pictures, images: ImageBatch) -> None:
    """Have what close-ups draw at hand when the pictures of a pass are decoded, which is when the pass is over."""
    p.regiondiff_images = host, images, is_second_pass(p)


def note_choices(p: Processing, choices: Mapping[str, Any]) -> None:
    """Put what a palette's `auto` became in a pass into the infotexts, which are written when a batch is drawn."""
    gates = find_gates(p)
    if gates is not None:
        gates.predicted = True
    if not is_second_pass(p):
        p.extra_generation_params.pop(SECOND_KEY, None)  # of the batch before
    _write_choices(p, choices, SECOND_KEY if is_second_pass(p) else AUTO_KEY)


def _write_choices(p: Processing, choices: Mapping[str, Any], key: str) -> None:
    """What was chosen for the picture whose infotext is written next, in place of what was for the one before."""
    p.extra_generation_params.pop(key, None)
    if text := describe_choices(choices):
        p.extra_generation_params[key] = flatten(text)


def turn_pass(p: Any) -> ImageBatch | None:
    """Before a pass: keep the one before, if this is the second one, and return it.

    Forge calls twice before a second pass.
    """
    drawn, second = getattr(p, "regiondiff_images", None), is_second_pass(p)
    before = getattr(p, "regiondiff_before", None) if second else None
    if drawn is not None and second:
        before = drawn[1]
    p.regiondiff_images, p.regiondiff_before = None, before
    return before


def settle(p: Any, latents: Tensor) -> Tensor:
    """The latents that a run of the sampler ended with, without what its things left in their noise."""
    kept = getattr(p, "regiondiff_images", None)
    return latents if kept is None else add_frame_axis(kept[1].settle(drop_frame_axis(latents)), latents)


def paste(p: Any, image: Any, palette: Palette, store: Store) -> Any:
    """The decoded picture with borders and things as the pass drew them; as it is where nothing is kept."""
    drawn, before = getattr(p, "regiondiff_images", None), getattr(p, "regiondiff_before", None)
    number = getattr(p, "batch_index", 0)
    if before is not None:
        _write_choices(p, before.plan_of(number).chosen, AUTO_KEY)
    if drawn is None:
        return image
    host, images, second = drawn
    plan, memory = images.plan_of(number), images.memories.get(number)
    _write_choices(p, plan.chosen, SECOND_KEY if second else AUTO_KEY)
    if memory is None or images.denoised is None:
        return image
    drawn = Drawn.of(images.denoised[number : number + 1], palette, plan, memory.things, decoded=False)
    image = sharpen_borders(host, image, drawn, store)
    return paste_things(host, image, plan.apply_kinds(palette), memory.things, store)
