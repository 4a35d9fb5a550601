"""Pasting: things stay inside their brushes and below what lies above them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from discs import LEVELS, Figures, make_canvas, make_document, plan_document
from lib_regiondiff.denoising.model import ImageBatch
from lib_regiondiff.denoising.pixels.paste import measure_cover, paste_things
from lib_regiondiff.denoising.rows import Call
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.host import Row
from lib_regiondiff.planning.weights import masks
from lib_regiondiff.planning.weights.blur import blur
from palettes import sized


class Seeming(Figures):
    """A texture that looks like a disc at the first level."""

    def denoise(self, x: Tensor, rows: Sequence[Row]) -> Tensor:
        seen = super().denoise(x, rows)
        if rows[0].level.noise >= LEVELS[0].noise:
            return seen
        return torch.stack([torch.full_like(each, float(each.max())) for each in seen])


def find_changed(host: Figures, kind: str) -> np.ndarray:
    """Where [h, w] a finished picture is changed by the brush in its middle."""
    palette = make_document([0.4, 0.4, 0.55, 0.55], kind=kind)
    images, x = ImageBatch(host, plan := plan_document(palette, host)), make_canvas(plan)
    for level in LEVELS[:-1]:
        images.predict(x, level, Call(1))
    assert images.plan_of(0).brush_kinds == ("thing",)
    before = Image.new("RGB", (256, 256), (9, 9, 9))
    after = np.asarray(paste_things(host, before, palette, images.memories[0].things), int)
    return (after != 9).any(axis=2)


def test_pasted_things_stay_in_their_brushes() -> None:
    changed, box = find_changed(Figures(native=64), "thing"), Box(102, 102, 142, 142)
    assert 0.2 < box.crop(changed).mean() < 0.8
    box.paste(changed, False)
    assert not changed.any()


def test_a_texture_that_was_taken_for_a_thing_fills_its_brush() -> None:
    """Nothing can be cut out of it, so that what is found, if anything, would be scraps."""
    changed, box = find_changed(Seeming(native=64), "auto"), Box(103, 103, 140, 140)
    assert box.crop(changed).all()
    assert not changed[:102].any() and not changed[:, :102].any()


@pytest.mark.parametrize("feather", [0, 3, 9])
def test_a_window_of_a_brush_is_covered_as_in_the_whole_picture(feather: float) -> None:
    """What lies above and is no thing takes its share, however soft it is."""
    other = {"id": "b", "prompt": "1", "mask": {"ellipse": [0.3, 0.2, 0.7, 0.6]}, "feather": feather}
    thing = {"id": "a", "prompt": "2", "kind": "thing", "feather": feather, "mask": {"rectangle": [0.2, 0.3, 0.5, 0.7]}}
    palette = sized(256, 192, brushes=[thing, other], background={"prompt": "0"})
    canvas, box = Size(192, 256), Box(40, 30, 150, 160)
    own, above = (blur(masks.rasterise(brush.mask, canvas), feather, False) for brush in palette.brushes)
    found = measure_cover(palette, 0, (canvas, box), None)
    assert np.abs(found - box.crop(own * (1 - above))).max() < 0.02
