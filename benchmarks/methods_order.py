"""Which of two overlapping brushes is seen, told only where that can be: by colours that the true pictures tell apart,
and, of things, where each of the two is seen when it is drawn alone."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from fidelity_palettes import Flags
from fidelity_pictures import read_pixels
from methods_overlaps import (
    ALIKE,
    AROUND,
    BINS,
    CEILING,
    find_bodies,
    find_networks,
    keep_picture,
    make_overlap,
    measure_each,
    swap,
)
from numpy.typing import NDArray
from PIL import Image
from sizes_colours import OVERLAP, find_palette, spread
from sizes_pictures import Job, load_host
from sizes_wishes import Settings, Wish, draw_truth

from lib_regiondiff.document.palette import Palette
from lib_regiondiff.document.records import replace_unchecked

METHOD = "MultiDiffusion"
"""The method whose order is told in this way: a thing that it draws alone is the one that it draws beside another."""
ENDS = ("", "-swapped", "-lower", "-upper")
"""What the pictures of a wish are called: both, the same in the other order, and each brush alone."""

Shown = NDArray[np.uint8]
Colours = Sequence[NDArray[np.float32]]


class Upper(Wish):
    """The upper brush of a wish alone, with the id that it had."""

    def palette(self, settings: Settings) -> Palette:
        """The palette, as that of other wishes."""
        made = super().palette(settings)
        return replace_unchecked(made, brushes=tuple(replace_unchecked(each, id="2") for each in made.brushes))


def part(wish: Wish) -> tuple[Wish, Wish]:
    """The lower brush alone, and the upper one."""
    same = wish.kind, wish.number, wish.seed, wish.size, wish.ground, wish.prompt
    return Wish(*same, wish.pieces[:1]), Upper(*same, wish.pieces[1:])


def measure_told(number: int, jobs: Mapping[str, Job]) -> dict[str, Any] | None:
    """The order of an overlap by METHOD, and of its true pictures; None if it is too late."""
    wish, job = make_overlap(number), jobs[METHOD]
    made = draw_true(find_networks(job))
    orders, alone = (wish, swap(wish)), part(wish) if is_of_things(wish) else ()
    paths = [keep_picture(*each, job) for each in zip((*orders, *alone), (number,) * 4, ENDS, strict=False)]
    if not all(paths):
        return None
    drawn, true = [read_pixels(each) for each in paths if each], [made(each) for each in (*orders, *alone)]
    colours = [find_colours(*each) for each in zip(orders, true, strict=False)]
    found = {}
    for name, pictures in ((METHOD, drawn), (CEILING, true)):
        there = tell_things(wish, pictures[2:], colours[0]) if alone else tell_stuff(orders, true, colours)
        found[name] = judge_order(wish, pictures[:2], there, colours)
    found[CEILING]["kept"] = float("nan")  # its textures are drawn anew where brushes change places
    return {"number": number, "bin": number // 2 % len(BINS), "methods": found}


def is_of_things(wish: Wish) -> bool:
    """Whether the brushes of an overlap are things."""
    return wish.pieces[0].meaning.thing is not None


@functools.cache
def draw_true(networks: tuple[str, str]) -> Any:
    """What draws the true picture uint8 [h, w, 3] of a wish, through the autoencoder of these networks."""
    host = load_host(*networks)

    def draw(wish: Wish) -> Shown:
        return np.asarray(host.decode(host.encode_image(Image.fromarray(draw_truth(wish).picture))))

    return draw


def find_colours(wish: Wish, true: Shown) -> Colours:
    """The common colours [n, 3] of the ground, of the lower brush and of the upper one, in their true picture."""
    bodies = find_bodies(wish)
    covered = np.logical_or.reduce(bodies)
    return [find_palette(true[each]) for each in (~covered, bodies[0] & ~bodies[1], bodies[1])]


def tell_stuff(orders: Sequence[Wish], true: Sequence[Shown], colours: Sequence[Colours]) -> Flags:
    """The pixels bool [h, w] of both brushes where the upper one is told in the true pictures of both orders."""
    both = np.logical_and.reduce(find_bodies(orders[0]))
    return np.logical_and.reduce([both, *(find_upper(*each) for each in zip(true, colours, strict=False))])


def tell_things(wish: Wish, alone: Sequence[Shown], colours: Colours) -> Flags:
    """The pixels bool [h, w] that each of two things has, by its colours, in the picture in which it is alone."""
    ground, *own = colours
    found = [
        (measure_each(picture, each) < measure_each(picture, ground)) & cover
        for picture, each, cover in zip(alone, own, wish.covered, strict=True)
    ]
    return np.logical_and.reduce(found)


def find_upper(picture: Shown, colours: Colours) -> Flags:
    """The pixels bool [h, w] whose colours are nearer to the upper brush's than to the lower one's."""
    _, lower, upper = (measure_each(picture, each) for each in colours)
    return upper < lower


def judge_order(wish: Wish, pictures: Sequence[Shown], there: Flags, colours: Sequence[Colours]) -> dict[str, float]:
    """The `order`, the share of pixels `there` [h, w] that the upper brush has, in the pictures of both orders.

    It is NaN where hardly any can be told, which `told` says. `kept` is the share of pixels further than AROUND from
    the overlap, that of the wish and that which is `there`, that are alike in both pictures.
    """
    shares = [find_upper(*each)[there] for each in zip(pictures, colours, strict=True)]
    told = int(there.sum()) >= OVERLAP
    far = ~spread(there | np.logical_and.reduce(find_bodies(wish)), AROUND)
    changes = np.abs(pictures[0].astype(np.int16) - pictures[1]).max(axis=-1)
    return {
        "told": float(told),
        "order": float(np.mean(shares)) if told else float("nan"),
        "kept": float((changes <= ALIKE)[far].mean()),
    }
