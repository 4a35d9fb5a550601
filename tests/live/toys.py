"""Palettes of the demo model's toy world, and whether a picture of a WebUI shows what they ask for."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sizes_borders import score_picture
from sizes_labels import look
from sizes_things import make_piece
from sizes_wishes import Piece, Wish, draw_truth, phrase
from toyworld_scenes import Backdrop

from lib_regiondiff.demo import labeller
from lib_regiondiff.document.palette import dumps
from lib_regiondiff.geometry import Box, Size
from live.client import Answer, WebUI

FAST: Mapping[str, Any] = {"sampler_name": "LCM", "steps": 5, "cfg_scale": 1, "prompt": "<lora:toyworld-lcm:1>"}
SLOW: Mapping[str, Any] = {"sampler_name": "DDIM", "steps": 20, "cfg_scale": 4, "prompt": ""}
GRASS = Backdrop("grass")
CANVAS = Size(192, 256)  # multiples of 64, which is what Forge Neo rounds to
AUTO = "Region Diffusion auto"
IOU, RIGHT = 0.6, ("once", "class", "colour", "inside")


def paint(role: str, box: Sequence[int], thing: tuple[str, str], ground: Backdrop, size: Size = CANVAS) -> Piece:
    """A rectangular brush (top, left, bottom, right) in pixels for a thing (kind, colour); a scene says its ground."""
    top, left, bottom, right = box
    place = Box(top, left, bottom, right)
    sides = np.array((size.width, size.height) * 2)
    mask = {"rectangle": (np.array((left, top, right, bottom)) / sides).round(6).tolist()}
    words = phrase(ground, *thing)
    return make_piece(mask, place, size, ground, thing, role, words if role == "scene" else words.split(" on ")[0])


def make_wish(*pieces: Piece, size: Size = CANVAS, ground: Backdrop = GRASS, prompt: str | None = None) -> Wish:
    """A wish for brushes on a ground, which is asked for by its own words where there is no other prompt."""
    return Wish("live", 0, 1, size, ground, phrase(ground) if prompt is None else prompt, pieces)


def put(box: Sequence[int], kind: str, colour: str, size: Size = CANVAS) -> Wish:
    """A wish for one thing on grass."""
    return make_wish(paint("thing", box, (kind, colour), GRASS, size), size=size)


def enlarge(wish: Wish, times: int) -> Wish:
    """The same wish on a canvas that is so many times as large."""
    pieces = [(each, each.meaning.box, each.meaning.thing) for each in wish.pieces]
    size = Size(times * wish.size.height, times * wish.size.width)
    boxes = [[times * side for side in (box.top, box.left, box.bottom, box.right)] for _, box, _ in pieces]
    made = [
        paint(each.role, box, (thing.kind, thing.colour), each.meaning.backdrop, size)
        for (each, _, thing), box in zip(pieces, boxes, strict=True)
        if thing is not None
    ]
    return replace(wish, size=size, pieces=tuple(made))


def draw(webui: WebUI, wish: Wish, how: Mapping[str, Any] = FAST, **changes: Any) -> Answer:
    """A job for a wish; `settings` are merged into its palette."""
    settings = changes.pop("settings", {})
    job = {"width": wish.size.width, "height": wish.size.height, "seed": wish.seed % 2**32, **how, **changes}
    return webui.draw(dumps(wish.palette(settings)), **job)


@functools.cache
def load_labeller() -> Any:
    """The network that sees toys."""
    return labeller.load()


def judge(wish: Wish, picture: np.ndarray) -> dict[str, float]:
    """The scores that benchmarks/sizes.py gives a picture uint8 [h, w, 3] of a wish."""
    assert picture.shape[:2] == (wish.size.height, wish.size.width)
    return score_picture(wish, picture, look(picture, wish.pieces, load_labeller()), draw_truth(wish))


def is_right(wish: Wish, picture: np.ndarray) -> bool:
    """Whether each thing of a wish is there once, of its class and colour and inside, and each scene has its ground."""
    scores = judge(wish, picture)
    return all(scores[name] == 1 for name in RIGHT) and not scores["ground IoU"] < IOU


def count_right(wish: Wish, pictures: Sequence[np.ndarray]) -> int:
    """How many pictures show a wish."""
    return sum(is_right(wish, each) for each in pictures)


def read_auto(webui: WebUI, file: str, key: str = AUTO) -> str:
    """What `auto` became, as a picture's file tells it; "" where it changed nothing."""
    return webui.ask("/sdapi/v1/png-info", {"image": file})["parameters"].get(key, "")
