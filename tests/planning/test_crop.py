"""A palette through a box: what its masks cover there is what they covered in the whole, and the rest is as it was."""

from __future__ import annotations

import dataclasses
import math

import cv2
import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from lib_regiondiff.document.palette import Brush, Noise, Palette, Tiles, dump, parse
from lib_regiondiff.document.pictures import Mask, Picture, Shape
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.crop import MAX_CORNERS, Edges, crop_palette, scale_palette
from lib_regiondiff.planning.weights import masks
from palettes import palettes, shapes

FRAME = Size(96, 128)
HALF = Shape("rectangle", (0.0, 0.0, 0.5, 1.0))
SIZES = st.builds(Size, st.integers(64, 200), st.integers(64, 200))
OUT = st.integers(-40, 100), st.integers(-40, 80), st.integers(8, 160), st.integers(8, 140)
BOXES = st.tuples(*OUT).map(lambda box: (box[0], box[1], box[0] + box[2], box[1] + box[3]))
INNER = st.tuples(st.integers(0, 100), st.integers(0, 80), st.integers(8, 16), st.integers(4, 16)).map(
    lambda box: (box[0], box[1], box[0] + box[2], box[1] + box[3])
)


def png(array: np.ndarray) -> Picture:
    """A mask picture of pixels."""
    return Picture.of(cv2.imencode(".png", array)[1].tobytes())


def blobs(seed: int, size: Size = FRAME) -> Picture:
    """A mask of random soft blobs."""
    field = np.random.default_rng(seed).normal(size=(size.height, size.width))
    return png((255 * np.clip(30 * cv2.GaussianBlur(field, (0, 0), 9) + 0.5, 0, 1)).astype(np.uint8))


ANY_MASK = shapes() | st.integers(0, 50).map(blobs) | st.integers(0, 50).map(lambda seed: blobs(seed, Size(110, 70)))


def only(mask: Mask, **values: float) -> Palette:
    """A palette of one brush."""
    return Palette(size=FRAME, brushes=(Brush(id="a", mask=mask, **values),))  # pyright: ignore[reportArgumentType]


def covered(palette: Palette) -> np.ndarray:
    """What the only brush covers of its canvas; nothing where there is no brush."""
    shape = (palette.size.height, palette.size.width)
    return masks.rasterise(palette.brushes[0].mask, palette.size) if palette.brushes else np.zeros(shape, np.float32)


def bounds(mask: Mask, box: Edges, size: Size, slack: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Least and most of a crop by the definition: rasterise, pad, cut; some pixels of frame and one of crop around."""
    left, top, right, bottom = box
    coverage = np.pad(masks.rasterise(mask, FRAME), 200)
    x = 200 + np.floor(left + (np.arange(size.width) + 0.5) * (right - left) / size.width).astype(int)
    y = 200 + np.floor(top + (np.arange(size.height) + 0.5) * (bottom - top) / size.height).astype(int)
    around = slack + math.ceil((bottom - top) / size.height), slack + math.ceil((right - left) / size.width)
    kernel = np.ones((2 * around[0] + 1, 2 * around[1] + 1), np.uint8)
    return cv2.erode(coverage, kernel)[np.ix_(y, x)], cv2.dilate(coverage, kernel)[np.ix_(y, x)]


def wide(shape: Mask) -> bool:
    """Whether a mask has no part that is thinner than some pixels, where one pixel to the side is another world."""
    if not isinstance(shape, Shape):
        return True
    left, top, right, bottom = shape.numbers[:4]
    return shape.kind == "polygon" or min((right - left) * FRAME.width, (bottom - top) * FRAME.height) > 8


@settings(max_examples=150, deadline=None)
@given(ANY_MASK, BOXES, SIZES)
def test_a_crop_covers_what_the_whole_covered_there(mask: Mask, box: Edges, size: Size) -> None:
    assume(wide(mask))
    found, (least, most) = covered(crop_palette(only(mask), FRAME, box, size)), bounds(mask, box, size)
    wrong = (found < least - 0.01) | (found > most + 0.01)
    rough = isinstance(mask, Shape) and mask.kind != "rectangle"  # spikes; a pixel with two edges, ellipse and frame
    assert wrong.mean() <= (0.05 if rough else 0)


@settings(max_examples=100, deadline=None)
@given(palettes())
def test_the_whole_box_is_identity(palette: Palette) -> None:
    for frame in (palette.size, FRAME):
        assert crop_palette(palette, frame, (0, 0, frame.width, frame.height), palette.size) == palette


@settings(max_examples=60, deadline=None)
@given(palettes(), BOXES, SIZES)
def test_a_crop_is_a_palette_and_all_else_is_as_it_was(palette: Palette, box: Edges, size: Size) -> None:
    crop = crop_palette(palette, FRAME, box, size)
    assert parse(dump(crop)) == crop
    ground = dataclasses.replace(crop.background, image=palette.background.image)  # which is cropped too
    same = dataclasses.replace(crop, size=palette.size, background=ground, brushes=palette.brushes, noise=palette.noise)
    tiles = palette.tiles
    if isinstance(tiles, Tiles) and (box[0], box[2]) != (0, FRAME.width):
        tiles = dataclasses.replace(tiles, wrap=False)  # the borders of a part are not those of the picture
    assert same == dataclasses.replace(palette, tiles=tiles)
    before = {brush.id: brush for brush in palette.brushes}
    for brush in crop.brushes:
        old = before[brush.id]
        assert dataclasses.replace(brush, mask=old.mask, feather=old.feather) == old
    assert [brush.id for brush in palette.brushes if brush.id in {each.id for each in crop.brushes}] == [
        brush.id for brush in crop.brushes
    ]


@settings(max_examples=100, deadline=None)
@given(ANY_MASK, BOXES, st.tuples(st.floats(0.0, 0.4), st.floats(0.0, 0.4), st.floats(0.6, 1.0), st.floats(0.6, 1.0)))
def test_cropping_twice_is_cropping_once(mask: Mask, box: Edges, inner: Edges) -> None:
    left, top, right, bottom = box
    assume(wide(mask) and min(right - left, bottom - top) >= 40)  # on few pixels a step in between loses much
    first, second = Size(bottom - top, right - left), Size(90, 110)  # pyright: ignore[reportArgumentType]
    again = tuple(share * (first.width, first.height)[i % 2] for i, share in enumerate(inner))
    moved = (left + again[0], top + again[1], left + again[2], top + again[3])
    twice = crop_palette(crop_palette(only(mask, feather=3.0), FRAME, box, first), first, again, second)  # pyright: ignore[reportArgumentType]
    once = crop_palette(only(mask, feather=3.0), FRAME, moved, second)
    if isinstance(mask, Shape):
        assert np.abs(covered(twice) - covered(once)).mean() < 0.1
    else:
        least, most = bounds(mask, moved, second, slack=3)
        assert (covered(twice) >= least - 0.01).all() and (covered(twice) <= most + 0.01).all()
    if once.brushes and twice.brushes:
        assert twice.brushes[0].feather == pytest.approx(once.brushes[0].feather)


def tamed(shape: Shape) -> Shape:
    """The same shape on or near the canvas."""
    return Shape(shape.kind, tuple(number * 0.45 + 0.25 for number in shape.numbers))


@settings(max_examples=60, deadline=None)
@given(shapes().map(tamed), st.tuples(st.floats(0, 0.2), st.floats(0, 0.2), st.floats(0.8, 1), st.floats(0.8, 1)))
def test_shapes_stay_shapes_and_exact(shape: Shape, box: Edges) -> None:
    crop = crop_palette(only(shape), Size(1, 1), box, FRAME)
    assume(crop.brushes)
    seen = crop.brushes[0].mask
    assert isinstance(seen, Shape) and seen.kind == shape.kind
    lengths = (box[2] - box[0], box[3] - box[1])
    back = [box[i % 2] + number * lengths[i % 2] for i, number in enumerate(seen.numbers)]
    assert back == pytest.approx(shape.numbers)


STAR = Shape("polygon", (0.1, -0.9, 0.8, 1.9, -0.8, 0.1, 1.9, 0.2, -0.5, 1.7))  # it crosses itself


@settings(max_examples=60, deadline=None)
@given(shapes(), INNER)
@example(STAR, (40, 30, 60, 50))
@example(Shape("polygon", (0.45, 0.45, 2.0, -1.0, -1.0, 2.0)), (40, 30, 60, 50))
@example(Shape("rectangle", (-1.0, -1.0, 2.0, 2.0)), (60, 40, 68, 48))
def test_shapes_that_reach_too_far_cover_the_same(shape: Shape, box: Edges) -> None:
    size = Size(64, 64)
    moved = [number * (FRAME.width, FRAME.height)[i % 2] - box[i % 2] for i, number in enumerate(shape.numbers)]
    spans = (box[2] - box[0], box[3] - box[1])
    whole = Shape(shape.kind, tuple(number / spans[i % 2] for i, number in enumerate(moved)))
    assert np.abs(covered(crop_palette(only(shape), FRAME, box, size)) - masks.rasterise(whole, size)).max() <= 1 / 8


def test_a_polygon_is_cut_at_the_borders_of_what_a_palette_can_say() -> None:
    box, corners = (40, 30, 60, 50), (0.45, 0.45, 2.0, -1.0, -1.0, 2.0)
    seen = crop_palette(only(Shape("polygon", corners)), FRAME, box, Size(64, 64)).brushes[0].mask
    assert isinstance(seen, Shape) and all(-1 <= number <= 2 for number in seen.numbers)
    inside = ((0.45 * 128 - 40) / 20, (0.45 * 96 - 30) / 20)
    assert any(point == pytest.approx(inside) for point in zip(seen.numbers[::2], seen.numbers[1::2], strict=True))


def test_what_a_palette_cannot_say_as_a_shape_becomes_a_picture() -> None:
    box = (60, 44, 68, 52)
    kinds = {kind: Shape(kind, (0.2, 0.1, 0.9, 0.8)) for kind in ("rectangle", "ellipse")}
    seen = {kind: crop_palette(only(shape), FRAME, box, FRAME).brushes[0].mask for kind, shape in kinds.items()}
    assert seen["rectangle"] == Shape("rectangle", (-1, -1, 2, 2)) and isinstance(seen["ellipse"], Picture)
    corners = [point for i in range(MAX_CORNERS // 2) for point in ((i / 512, 0.1), (i / 512 + 0.001, 0.9))]
    comb = Shape("polygon", tuple(number for corner in corners for number in corner))
    near, far = (crop_palette(only(comb), FRAME, box, FRAME).brushes for box in ((0, 0, 128, 48), (0, 44, 128, 52)))
    assert isinstance(near[0].mask, Shape) and isinstance(far[0].mask, Picture)


@given(st.integers(0, 30), st.integers(0, 20), st.integers(0, 9))
@settings(max_examples=30, deadline=None)
def test_pictures_are_cut_to_the_pixel(left: int, top: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(1, 256, (FRAME.height, FRAME.width), np.uint8)
    size, whole = Size(70, 90), only(png(pixels))
    wanted = pixels[top : top + 70, left : left + 90] / 255
    assert np.allclose(covered(crop_palette(whole, FRAME, (left, top, left + 90, top + 70), size)), wanted, atol=1e-6)


def test_pictures_shrink_by_means_and_grow_like_opencv() -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (200, 300), np.uint8)
    whole, frame = only(png(pixels)), Size(200, 300)
    small = covered(crop_palette(whole, frame, (20, 30, 220, 190), Size(40, 50)))
    means = pixels[30:190, 20:220].reshape(40, 4, 50, 4).mean(axis=(1, 3))
    assert np.abs(small * 255 - means).max() <= 0.5 + 1e-3
    large = covered(crop_palette(whole, frame, (20, 30, 120, 110), Size(240, 300)))
    wanted = cv2.resize(pixels.astype(np.float32), (900, 600), interpolation=cv2.INTER_LINEAR)[90:330, 60:360]
    assert np.abs(large * 255 - wanted).max() <= 0.5 + 1e-2


def test_a_mask_of_another_size_is_stretched_to_the_frame_first() -> None:
    pixels = np.zeros((10, 20), np.uint8)
    pixels[:, 5:] = 255
    found = covered(crop_palette(only(png(pixels)), Size(400, 400), (0, 0, 200, 400), Size(100, 80)))
    assert found[:, :36].max() == 0 and found[:, 44:].min() == 1


@pytest.mark.parametrize(
    "mask",
    [
        Shape("rectangle", (0, 0, 1, 1)),
        Shape("rectangle", (-1, -0.5, 1.5, 2)),
        Shape("polygon", (-1, -1, 2, -1, 2, 2, -1, 2)),
        Shape("ellipse", (-1, -1, 2, 2)),
        png(np.full((7, 5), 255, np.uint8)),
    ],
)
def test_beyond_the_frame_is_nothing(mask: Mask) -> None:
    found = covered(crop_palette(only(mask), FRAME, (-32, -24, 160, 120), Size(144, 192)))
    wanted = np.pad(np.ones((96, 128)), ((24, 24), (32, 32)))
    assert np.array_equal(found, wanted)
    for outside in ((128, 0, 192, 96), (0, 96, 128, 97), (-3, -9, 0, 500), (900, 900, 910, 910)):
        assert crop_palette(only(mask), FRAME, outside, FRAME).brushes == ()


def test_brushes_and_noise_that_cover_nothing_there_are_left_out() -> None:
    picture = np.zeros((96, 128), np.uint8)
    picture[:, 64:] = 255
    brushes = (Brush(id="a", mask=HALF), Brush(id="b", mask=png(picture)), Brush(id="c", mask=HALF))
    noise = (Noise(mask=HALF, seed=1), Noise(mask=png(picture), seed=2, amount=0.5))
    whole = Palette(size=FRAME, brushes=brushes, noise=noise)
    left, right = (crop_palette(whole, FRAME, box, Size(96, 64)) for box in ((0, 0, 64, 96), (64, 0, 128, 96)))
    assert ([brush.id for brush in left.brushes], [each.seed for each in left.noise]) == (["a", "c"], [1])
    assert ([brush.id for brush in right.brushes], [each.seed for each in right.noise]) == (["b"], [2])
    assert right.noise[0].amount == 0.5 and masks.rasterise(right.noise[0].mask, right.size).min() == 1
    assert crop_palette(whole, FRAME, (0, 0, 128, 96), FRAME).brushes == brushes


def test_feathers_grow_by_the_geometric_mean() -> None:
    palette = only(HALF, feather=6.0)  # on 128x96
    assert crop_palette(palette, FRAME, (0, 0, 32, 48), Size(96, 128)).brushes[0].feather == pytest.approx(
        6 * math.sqrt(8)
    )
    frame = Size(192, 256)
    assert crop_palette(palette, frame, (0, 0, 64, 64), Size(64, 64)).brushes[0].feather == pytest.approx(12)
    assert crop_palette(only(HALF, feather=900.0), FRAME, (0, 0, 32, 24), FRAME).brushes[0].feather == 1024


@settings(max_examples=40, deadline=None)
@given(palettes(), SIZES, SIZES)
def test_scaling_changes_the_canvas_and_feathers_alone(palette: Palette, size: Size, other: Size) -> None:
    large = scale_palette(palette, size)
    assert large.size == size and [brush.mask for brush in large.brushes] == [brush.mask for brush in palette.brushes]
    assert large.noise == palette.noise
    scale = math.sqrt(size.area / palette.size.area)
    wanted = [min(1024, brush.feather * scale) for brush in palette.brushes]
    assert [brush.feather for brush in large.brushes] == pytest.approx(wanted)
    assert scale_palette(palette, palette.size) == palette
    small = [brush for brush in palette.brushes if brush.feather * scale < 1024]
    kept = dataclasses.replace(palette, brushes=tuple(small))
    twice, once = scale_palette(scale_palette(kept, size), other), scale_palette(kept, other)
    assert [b.feather for b in twice.brushes] == pytest.approx([b.feather for b in once.brushes])
