"""Things: what a close-up shows is looked at before it is laid over the canvas."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lib_regiondiff.denoising.blend import fit
from lib_regiondiff.denoising.rows import Asked
from lib_regiondiff.denoising.thing_memory import Kept


def keep_closeup(asked: Asked, drawn: Tensor, answers: Sequence[Tensor], canvas: Tensor) -> Kept:
    """What is kept of a close-up that shows x0 `drawn` [C, h, w], given all answers of the network.

    Around its brush it goes on from the canvas [C, H, W] below.
    """
    view, zoom, level = asked.view, asked.view.zoom, asked.head.level
    seen = asked.head.zoom
    assert zoom is not None and seen is not None
    before = asked.frame.memory.things.recall(view)
    x = level.beta * seen.noise + (0 if seen.x0 is None else level.alpha * seen.x0)
    rim = fit(view.box.padded(canvas), zoom.size)
    x0 = torch.lerp(rim.float(), drawn.float(), zoom.inside)
    difference = None if before is None else before.difference
    if asked.ground is not None:
        new = (answers[asked.conds[0]].float() - answers[asked.ground].float()).square().mean(dim=0)
        difference = new if difference is None else difference + new
    return Kept(x0, (x - level.alpha * drawn.float()) / level.beta, difference)
