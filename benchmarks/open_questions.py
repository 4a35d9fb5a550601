"""What the original Paint-with-Words left open, measured: `python benchmarks/open_questions.py [--parts seeds,...]`.

With the demo model: does an area's negative keep a thing out of it (`negatives`), is a smaller weight of the background
better (`background`), does the seed of a brush decide what it shows in every mode (`seeds`), and does a brush show in
the masked part of a picture without a checkpoint for inpainting (`inpainting`)? One JSON line for each way, with means
and 95 % intervals over palettes.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from fidelity_methods import FAST, GUIDANCE
from fidelity_palettes import draw_truth, make_puzzle
from fidelity_pictures import Setup, collect, encode_png, load_judge, load_studio, make_parser
from fidelity_report import measure_interval, round_numbers
from fidelity_scores import score
from methods_names import METHODS
from PIL import Image
from sizes_wishes import phrase
from toyworld_scenes import Backdrop, find_visible_colours

from lib_regiondiff.demo import labeller
from lib_regiondiff.demo.world import CLASSES, COLOURS, OBJECTS
from lib_regiondiff.document.palette import dump
from lib_regiondiff.document.pictures import Picture
from lib_regiondiff.hosts.diffusers import render

Palette = dict[str, Any]
Scores = dict[str, float]
SIDE, WIDE = 128, 192  # pixels
GROUND = Backdrop("grass")
RIGHT = (WIDE - SIDE) / WIDE  # where the right part begins, which is as large as the model's pictures
MIDDLE = (0.25, 0.25, 0.75, 0.75)
SLOW: Mapping[str, Any] = {"sampler": "DDIM", "steps": 20, "guidance": GUIDANCE, "tiles": None}
FIRST = 900  # of the palettes on which nothing else is measured
WEIGHTS = (0.25, 1.0, 4.0)
EVEN = {"attention": "bias", "bias": {"scale": 0.4}}
SAME, NEAR = 8, 8  # grey levels, pixels beside a mask
STILL: Mapping[str, Any] = {"sampler": "DDIM", "steps": 8, "guidance": 1}  # adds no noise
MODES: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    "txt2img": (STILL, {}),
    "img2img": (STILL, {"strength": 0.9}),
    "inpainting": (STILL, {"strength": 1, "mask": {"rectangle": [0.2, 0, 1, 1]}}),
    "txt2img by LCM": (FAST, {}),
}
"""A sampler, and what a picture to begin with has beside itself."""


def choose_thing(number: int) -> tuple[str, str]:
    """The class and the colour of a palette's thing on grass."""
    rng = np.random.default_rng((13, number))
    return str(rng.choice(OBJECTS)), str(rng.choice(find_visible_colours(GROUND)))


def make_palette(number: int, prompt: str, brush: Mapping[str, Any] | None, wide: int, **more: Any) -> Palette:
    """A palette of a background's prompt and one brush."""
    head = {"version": 1, "size": {"width": wide, "height": SIDE}, "seed": number, "background": {"prompt": prompt}}
    return {**head, "brushes": [{"id": "it", **brush}] if brush else [], **more}


def draw(setup: Setup, palette: Palette) -> np.ndarray:
    """The picture uint8 [h, w, 3] of a palette, by the fast model at guidance 1."""
    studio = load_studio(setup)
    (made,) = render(studio.fast if palette["guidance"] == 1 else studio.full, palette, ignore_model=True)
    return np.asarray(made.image)


def find_thing(setup: Setup, picture: np.ndarray, kind: str, colour: str = "") -> np.ndarray:
    """The pixels bool [h, w] in which the labeller sees a class, and a colour if one is named."""
    maps = labeller.label(Image.fromarray(picture), load_judge(setup))
    found = maps.classes == CLASSES.index(kind)
    return found & (maps.colours == COLOURS.index(colour)) if colour else found


def measure_negatives(number: int, setup: Setup) -> dict[str, Scores]:
    """The shares of pixels of a thing that the prompt says, where a brush has it as its negative, and elsewhere."""
    kind, colour = choose_thing(number)
    words, found = phrase(GROUND, kind, colour), {}
    brush = {"kind": "stuff", "prompt": words, "negative": f"a {colour} {kind}", "mask": {"rectangle": [0, 0, 0.5, 1]}}
    ways = {"no brush": None, **dict.fromkeys(METHODS, brush)}
    for name, each in ways.items():
        picture = draw(setup, make_palette(number, words, each, WIDE, **{**SLOW, **METHODS.get(name, {})}))
        seen = find_thing(setup, picture, kind)
        half = WIDE // 2
        found[name] = {"there": float(seen[:, :half].mean()), "elsewhere": float(seen[:, half:].mean())}
    return found


def measure_background(number: int, setup: Setup) -> dict[str, Scores]:
    """The scores of a palette by Paint with Words, its background raised nowhere, or as a brush of some weight."""
    given = make_puzzle(FIRST + number)
    true, found = draw_truth(given), {}
    plain = dump(given.palette(**{**FAST, **EVEN}))
    whole = {"id": "ground", "prompt": plain["background"]["prompt"], "mask": {"rectangle": [0, 0, 1, 1]}}
    ways = {"not raised": plain}
    for weight in WEIGHTS:
        brushes = [{**whole, "weight": weight}, *plain["brushes"]]
        ways[f"weight {weight:g}"] = {**plain, "background": {}, "brushes": brushes}
    for name, palette in ways.items():
        maps = labeller.label(Image.fromarray(draw(setup, palette)), load_judge(setup))
        scores = score(given, maps, true)
        found[name] = {key: scores[key] for key in ("fidelity", "texture IoU", "right class", "wrong colour")}
    return found


def measure_seeds(number: int, setup: Setup) -> dict[str, Scores]:
    """How far, in grey levels, a brush's pixels change with the picture's seed, with its own, and with both."""
    kind, colour = choose_thing(number)
    brush = {"prompt": phrase(GROUND, kind, colour), "mask": {"rectangle": [RIGHT, 0, 1, 1]}}
    under = draw(setup, make_palette(number, phrase(Backdrop("sand")), None, WIDE, **FAST))
    url, found = Picture.of(encode_png(Image.fromarray(under))).url, {}
    for (name, way), (mode, (sampler, init)) in itertools.product(METHODS.items(), MODES.items()):
        told = {**sampler, **way} | ({"init": {"image": url, **init}} if init else {})

        def see(seed: int, own: int, told: Any = told) -> np.ndarray:
            made = make_palette(seed, phrase(Backdrop("sand")), {**brush, "seed": own}, WIDE, **told)
            return draw(setup, made)[:, WIDE - SIDE + NEAR :].astype(float)

        first = see(number, 1)
        others = {"picture's seed": see(number + 500, 1), "its own seed": see(number, 2), "both": see(number + 500, 2)}
        found[f"{name}, {mode}"] = {key: float(np.abs(first - each).mean()) for key, each in others.items()}
    return found


def measure_inpainting(number: int, setup: Setup) -> dict[str, Scores]:
    """Whether the masked part shows the thing, in its colour, and what of the rest stays as it was."""
    kind, colour = choose_thing(number)
    words, found = phrase(GROUND, kind, colour), {}
    under = draw(setup, make_palette(number, phrase(GROUND), None, SIDE, **FAST))
    init = {"image": Picture.of(encode_png(Image.fromarray(under))).url, "strength": 1}
    low, high = (round(SIDE * each) for each in MIDDLE[::2])
    rest = np.ones((SIDE, SIDE), bool)
    rest[low - NEAR : high + NEAR, low - NEAR : high + NEAR] = False
    brush, masked = {"prompt": words, "mask": {"rectangle": MIDDLE}}, {**init, "mask": {"rectangle": MIDDLE}}
    for name, way in METHODS.items():
        picture = draw(setup, make_palette(number, phrase(GROUND), brush, SIDE, **{**FAST, **way, "init": masked}))
        part = slice(low, high), slice(low, high)
        changed = np.abs(picture.astype(int) - under.astype(int)).max(axis=2)
        found[name] = {
            "class": float(find_thing(setup, picture, kind)[part].mean() > 0.2),
            "colour too": float(find_thing(setup, picture, kind, colour)[part].mean() > 0.2),
            "kept": float((changed[rest] <= SAME).mean()),
        }
    return found


PARTS: Mapping[str, Callable[[int, Setup], dict[str, Scores]]] = {
    "negatives": measure_negatives,
    "background": measure_background,
    "seeds": measure_seeds,
    "inpainting": measure_inpainting,
}


def measure(part: str, setup: Setup, number: int) -> dict[str, Scores] | None:
    """The scores of a palette by each way of a part; None if it is too late to begin."""
    return None if setup.late else PARTS[part](number, setup)


def make_lines(part: str, records: Sequence[Mapping[str, Scores]]) -> Iterator[dict[str, Any]]:
    """A line for each way: its scores' means and 95 % intervals over palettes."""
    for name in records[0] if records else ():
        line: dict[str, Any] = {"benchmark": "open_questions", "part": part, "palettes": len(records), "way": name}
        for key in records[0][name]:
            line[key] = round_numbers(measure_interval(np.array([each[name][key] for each in records])))
        yield line


def read_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line says, or these words."""
    parser = make_parser(__doc__, count=24)
    parser.add_argument("--parts", default=",".join(PARTS), help="with commas between")
    given = parser.parse_args(words)
    unknown = set(given.parts.split(",")) - PARTS.keys()
    if unknown:
        parser.error(f"--parts: expected some of {', '.join(PARTS)}, got {', '.join(sorted(unknown))}")
    return given


def main() -> None:
    """Draw and score what the command line says, and print a line for each way."""
    given = read_arguments()
    setup = Setup.of(given)
    for part in given.parts.split(","):
        records = collect(functools.partial(measure, part, setup), given.count, given.workers)
        for line in make_lines(part, records):
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
