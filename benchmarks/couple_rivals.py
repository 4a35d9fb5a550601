"""Attention Couple beside other extensions' own on a running WebUI: `benchmarks/couple_rivals.py URL --pid PID`.

Jobs alternate in one run: a plain picture, three columns by our Attention Couple, and by each rival that is installed,
all with the same words, sampler and seed, in one step and in `--steps`. Prints the CPU seconds of the WebUI's process
for a step, for all that is not steps, and as ratios to plain for 20 steps by these; and how often the demo model's
labeller finds each column's thing in it, by its class and its colour. Start the WebUI with one thread
(OMP_NUM_THREADS=1) and choose the model before.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image
from sizes_labels import look
from sizes_scores import score_labels
from sizes_things import make_piece
from sizes_wishes import Wish, draw_truth, phrase
from toyworld_scenes import Backdrop, find_visible_colours
from webui import Job, make_cpu_clock, measure

from lib_regiondiff.demo import labeller
from lib_regiondiff.demo.world import OBJECTS
from lib_regiondiff.geometry import Box, Size

COLUMNS, NATIVE = 3, 128  # NATIVE: the demo model's side in pixels, and that of a column whose thing is looked at
WORDS = ("a red house on grass", "a blue boat on sand", "a yellow star at night")
GROUNDS = ("grass", "sand", "sea")
SHOWN = ("class", "colour", "inside")
FULL = 20  # steps of a picture whose cost is told


def plain(words: Sequence[str]) -> Job:
    """The words in one prompt, no regions."""
    return {"prompt": ", ".join(words)}


def ours(words: Sequence[str]) -> Job:
    """Columns by Region Diffusion's Attention Couple."""
    brushes = [
        {"id": f"c{i}", "prompt": each, "mask": {"rectangle": [i / len(words), 0, (i + 1) / len(words), 1]}}
        for i, each in enumerate(words)
    ]
    palette = {"version": 1, "attention": "couple", "tiles": None, "brushes": brushes}
    return {"prompt": words[0], **script("Region Diffusion", True, palette)}


def forge_couple(words: Sequence[str]) -> Job:
    """Columns by Forge Couple: a line each, no global effect."""
    rest = [True, "Basic", "", "Horizontal", "None", 0.5, None, "off", False, True, *[None] * 6]
    return {"prompt": "\n".join(words), **script("Forge Couple", True, *rest)}


def regional_prompter(words: Sequence[str]) -> Job:
    """Columns by Regional Prompter's attention mode, no base prompt."""
    ratios = ",".join("1" * len(words))
    rest = [False, "Matrix", "Columns", "Mask", "Prompt", ratios, "0.2", False, False, False, "Attention"]
    return {"prompt": " BREAK ".join(words), **script("Regional Prompter", True, *rest)}


def script(title: str, *given: Any) -> Job:
    """The part of a request that sets a script's arguments."""
    return {"alwayson_scripts": {title: {"args": list(given)}}}


WAYS: Mapping[str, Callable[[Sequence[str]], Job]] = {
    "plain": plain,
    "Region Diffusion": ours,
    "Forge Couple": forge_couple,
    "Regional Prompter": regional_prompter,
}


def ask(url: str, path: str, job: Job | None = None) -> Any:
    """GET, or POST a job; HTTPError where it fails."""
    data = None if job is None else json.dumps(job).encode()
    request = urllib.request.Request(f"{url}/sdapi/v1/{path}", data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=3600) as answer:
        return json.load(answer)


def list_ways(url: str) -> list[str]:
    """The ways that a WebUI has."""
    there = {each["name"] for each in ask(url, "script-info")}
    return [name for name in WAYS if name == "plain" or name.lower() in there]


def summarise(taken: Mapping[tuple[str, int], Sequence[float]], steps: int) -> dict[str, Any]:
    """CPU seconds of each way for a step and for what is none, and the ratios to plain of FULL steps and of no step.

    Seconds are medians; ratios are those of pictures of one round: median, least and most.
    """
    names = [name for name, count in taken if count == 1]
    once = {name: np.asarray(taken[name, 1]) for name in names}
    each = {name: (np.asarray(taken[name, steps]) - once[name]) / (steps - 1) for name in names}
    whole = {name: once[name] + (FULL - 1) * each[name] for name in names}
    return {
        name: {
            "step": round(float(np.median(each[name])), 3),
            "beside": round(float(np.median(once[name] - each[name])), 2),
            "ratio of a step": tell_ratio(each[name], each["plain"]),
            f"ratio of {FULL} steps": tell_ratio(whole[name], whole["plain"]),
        }
        for name in names
    }


def tell_ratio(ours: np.ndarray, plains: np.ndarray) -> list[float]:
    """The median, least and greatest ratio of two jobs' seconds in the same rounds."""
    ratios = ours / plains
    return [round(float(value), 3) for value in (np.median(ratios), ratios.min(), ratios.max())]


def make_wish(number: int) -> Wish:
    """Three things on their grounds, side by side, each in a column of the demo model's own size."""
    rng = np.random.default_rng((11, number))
    size = Size(NATIVE, NATIVE * COLUMNS)
    pieces = []
    for index, kind in enumerate(rng.choice(OBJECTS, COLUMNS, replace=False)):
        ground = Backdrop(GROUNDS[(number + index) % len(GROUNDS)])
        thing = str(kind), str(rng.choice(find_visible_colours(ground)))
        box = Box(0, index * NATIVE, NATIVE, (index + 1) * NATIVE)
        mask = {"rectangle": [index / COLUMNS, 0, (index + 1) / COLUMNS, 1]}
        pieces.append(make_piece(mask, box, size, ground, thing, "scene", phrase(ground, *thing)))
    return Wish("columns", number, number, size, pieces[0].meaning.backdrop, "", tuple(pieces))


def judge(wish: Wish, answer: Any, network: Any) -> list[float]:
    """The shares of SHOWN over a picture's columns."""
    with Image.open(
        io.BytesIO(base64.b64decode(answer["images"][0].partition(",")[2] or answer["images"][0]))
    ) as image:
        picture = np.asarray(image.convert("RGB"))
    scores = score_labels(wish, look(picture, wish.pieces, network), draw_truth(wish))
    return [scores[name] for name in SHOWN]


def obey(url: str, names: Sequence[str], same: Job, count: int) -> dict[str, Any]:
    """How often each way shows what the palettes ask for: means over their columns of SHOWN."""
    network, scores = labeller.load(), {name: [] for name in names}
    for number in range(count):
        wish = make_wish(number)
        words = [piece.prompt for piece in wish.pieces]
        for name in names:
            job = {**same, "width": wish.size.width, "height": wish.size.height, "seed": number, **WAYS[name](words)}
            scores[name].append(judge(wish, ask(url, "txt2img", job), network))
    means = {name: np.mean(each, axis=0).round(3).tolist() for name, each in scores.items()}
    return {name: dict(zip(SHOWN, each, strict=True)) for name, each in means.items()}


def main() -> None:
    """Measure the WebUI that the command line names, and print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--pid", type=int, required=True)
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--palettes", type=int, default=0)
    args = parser.parse_args()
    if args.steps < 2:
        parser.error(f"--steps: expected 2 or more, got {args.steps}")
    url = args.url.rstrip("/")
    names = list_ways(url)
    same = {"sampler_name": "Euler", "scheduler": "Automatic", "cfg_scale": 5, "seed": 7, "save_images": False}
    same |= {"negative_prompt": "", "styles": []}
    one = {**same, "width": args.side, "height": args.side}
    jobs = {(name, steps): {**one, "steps": steps, **WAYS[name](WORDS)} for steps in (1, args.steps) for name in names}
    taken = measure(jobs, args.rounds, lambda job: ask(url, "txt2img", job), make_cpu_clock(args.pid))
    head = {"benchmark": "couple_rivals", "side": args.side, "steps": args.steps, "rounds": args.rounds}
    line = {**head, "model": ask(url, "options")["sd_model_checkpoint"], "ways": summarise(taken, args.steps)}
    if args.palettes:
        slow = {**same, "steps": 20, "cfg_scale": 4, "sampler_name": "DDIM"}
        line |= {"palettes": args.palettes, "obey": obey(url, names, slow, args.palettes)}
    print(json.dumps(line))


if __name__ == "__main__":
    main()
