"""A second pass: it goes on from the pictures of a pass before, in another size, whose things and strokes stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import cv2
import numpy as np
import torch
from torch import Tensor

from lib_regiondiff.denoising.blend import fit
from lib_regiondiff.denoising.rows import Frame
from lib_regiondiff.denoising.texture_memory import TextureMemory
from lib_regiondiff.denoising.thing_memory import Canvas, Kept, ThingMemory
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning import conditioning as planning
from lib_regiondiff.planning.views import View

Names = tuple[str, ...]


def list_kept(memories: Mapping[int, TextureMemory]) -> planning.Kept:
    """What the images of a pass, given what they hold of it, leave to the next one: strokes, and things of brushes that
    have as many of them, in the same sizes, in all images that have any."""
    sizes: dict[str, set[tuple[tuple[Size, Size], ...]]] = {}
    strokes: set[Names] = set()
    for memory in memories.values():
        for names, found in _group(memory.things).items():
            if found[0].whole:
                strokes.add(names)
            else:
                sizes.setdefault(names[0], set()).add(tuple((each.first_size, each.size) for each in found))
    things = {name: next(iter(each)) for name, each in sizes.items() if len(each) == 1}
    return planning.Kept(things, frozenset(strokes))


def go_on(memories: Mapping[int, TextureMemory], begun: Tensor) -> dict[int, TextureMemory]:
    """What the images of a second pass hold when it begins with pictures of x0 `begun` [B, C, h, w], given what those
    of the pass before held last."""
    return {
        image: TextureMemory(things=_begin(memories[image].things, x0.float()))
        for image, x0 in enumerate(begun)
        if image in memories
    }


def list_asked(frame: Frame) -> tuple[View, ...]:
    """The views that the first level of a frame is to decide on; none where the pass before has decided."""
    undecided = frame.plan.undecided
    return () if undecided is None or frame.memory.things.begun is not None else undecided.views


def list_kept_things(frame: Frame) -> list[str]:
    """The names of the undecided brushes of a frame that the pass before has drawn as things."""
    things, undecided = frame.memory.things, frame.plan.undecided
    if things.begun is None or undecided is None:
        return []
    return [name for name in undecided.names if any(not kept.whole for kept in things.kept.get((name,), ()))]


def _group(memory: ThingMemory) -> dict[Names, list[Kept]]:
    """What things and strokes showed last, by the names of their views."""
    found: dict[Names, list[Kept]] = {}
    for (names, _), kept in memory.now.items():
        if kept.core is None:  # no scene
            found.setdefault(names, []).append(kept)
    return found


def _begin(before: ThingMemory, x0: Tensor) -> ThingMemory:
    """The memory of a picture that begins with x0 [C, h, w]."""
    known, none = before.canvas_now, torch.zeros_like(x0)
    if known is None:
        return ThingMemory(begun=Canvas(x0, x0, none, none))
    size = Size(x0.shape[-2], x0.shape[-1])
    ground = torch.where(_find_changed(known, size), fit(known.ground, size), x0)
    times = size.height / known.x0.shape[-2], size.width / known.x0.shape[-1]
    kept = {names: [_spread(each, *times) for each in found] for names, found in _group(before).items()}
    return ThingMemory(begun=Canvas(x0, ground, none, none), kept=kept)


def _spread(kept: Kept, high: float, wide: float) -> Kept:
    """What a stroke showed, to be spread over so many times as high and wide a part of the canvas, as the picture that
    goes on is; things are fitted to theirs. In its own size it would fill only a part of its window, and be mirrored.
    """
    if not kept.whole:
        return kept
    return replace(kept, spread=Size(round(high * kept.size.height), round(wide * kept.size.width)))


def _find_changed(known: Canvas, size: Size) -> Tensor:
    """The cells, bool [h, w], of another size in which things change what is below them, and those beside them."""
    changed = (known.x0 != known.ground).any(dim=0).cpu().numpy().astype(np.uint8)
    wide = cv2.dilate(changed, np.ones((3, 3), np.uint8))
    large = cv2.resize(wide, (size.width, size.height), interpolation=cv2.INTER_NEAREST)
    return torch.from_numpy(large > 0).to(known.x0.device)
