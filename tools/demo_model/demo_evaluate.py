"""Measures the demo model: how often the labeller finds in a picture what its caption named."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import demo_vae
import numpy as np
import torch
from demo_labeller import measure_accuracy
from demo_loop import CACHE, make_sheet, to_pictures, to_tensor
from demo_lora import merge
from demo_sample import Model, Sampling, draw_pictures
from PIL import Image
from safetensors.torch import load_file
from toyworld_captions import caption
from toyworld_scenes import HELD_OUT, SIZE, Scene, Thing, draw, make_scene

from lib_regiondiff.demo import LORA, make_checkpoint
from lib_regiondiff.demo.labeller import Maps, label, load
from lib_regiondiff.demo.world import CLASSES, COLOURED_BACKGROUNDS, COLOURS
from lib_regiondiff.hosts.diffusers.checkpoints.loader import load_pipeline

COUNT = 200
FIRST = 5 * 10**5
SHEET = 48


@dataclass(frozen=True)
class Verdict:
    """What of a scene the labeller found: whether class and colour of each object, and the background, are right."""

    classes: tuple[bool, ...]
    colours: tuple[bool, ...]
    backdrop: bool


def main() -> None:
    """Print the figures of the files that ship, loaded as users load them, and write them beside the checkpoints."""
    scenes = [make_scene(seed) for seed in HELD_OUT[FIRST : FIRST + COUNT]]
    network, model = load(), load_shipped()
    figures = {"labeller": measure_accuracy(network), "autoencoder PSNR": round(demo_vae.psnr(model.vae), 2)}
    figures["true pictures"] = measure_figures(scenes, np.stack([draw(scene).picture for scene in scenes]), network)
    figures["through the autoencoder"] = measure_figures(scenes, reconstruct(model.vae, scenes), network)
    print(json.dumps(figures), flush=True)
    CACHE.mkdir(parents=True, exist_ok=True)
    student = replace(model, unet=merge(load_shipped().unet, load_file(LORA)))
    runs = {"DDIM 20": (model, Sampling()), "LCM 4": (student, Sampling(steps=4, guidance=1, lcm=True))}
    for name, (drawing, how) in runs.items():
        made = draw_pictures(drawing, make_captions(scenes), how)
        Image.fromarray(make_sheet(made[:SHEET], 12)).save(CACHE / f"evaluate-{name.replace(' ', '-').lower()}.png")
        figures[name] = measure_figures(scenes, made, network)
        print(name, json.dumps(figures[name]), flush=True)
    (CACHE / "figures.json").write_text(json.dumps(figures, indent=2), encoding="utf-8")


def load_shipped() -> Model:
    """The demo model, loaded from the files that ship."""
    pipe = load_pipeline(make_checkpoint(), torch.device("cpu"), torch.float32)
    return Model(pipe.unet, pipe.text_encoder, pipe.vae)


@torch.no_grad()
def reconstruct(vae: Any, scenes: Sequence[Scene]) -> np.ndarray:
    """The scenes' true pictures, uint8 [n, h, w, 3], encoded and decoded by the autoencoder."""
    true = to_tensor(np.stack([draw(scene).picture for scene in scenes]))
    return np.concatenate([to_pictures(vae(part).sample) for part in true.split(8)])


def measure_figures(scenes: Sequence[Scene], made: np.ndarray, network: Any) -> dict[str, float]:
    """Per cent of what the scenes hold that the labeller finds in the pictures `made` [n, h, w, 3] of them."""
    seen = (label(Image.fromarray(picture), network) for picture in made)
    return summarise(scenes, list(map(judge, scenes, seen)))


def make_captions(scenes: Sequence[Scene]) -> list[str]:
    """A caption for each scene, the same each time."""
    return [caption(scene, np.random.default_rng((3, scene.seed))) for scene in scenes]


def judge(scene: Scene, maps: Maps) -> Verdict:
    """What of a scene the labeller's maps of its picture show.

    An object is looked for in the whole picture, each of two in its half. Its class and its colour must be what most
    of the pixels have that the labeller takes for an object's; the background must be what most of the others have.
    """
    objects = maps.classes >= CLASSES.index("circle")
    parts = [_found(maps, objects & part) for part in find_halves(scene)]
    others = ~objects
    kind, colour = scene.backdrop.kind, scene.backdrop.colour
    seen = _most(maps.classes[others]), _most(maps.colours[others])
    right = seen[0] == CLASSES.index(kind) and (kind not in COLOURED_BACKGROUNDS or seen[1] == COLOURS.index(colour))
    wanted = [(CLASSES.index(thing.kind), COLOURS.index(thing.colour)) for thing in scene.things]
    classes = tuple(a[0] == b[0] for a, b in zip(parts, wanted, strict=True))
    colours = tuple(a[1] == b[1] for a, b in zip(parts, wanted, strict=True))
    return Verdict(classes, colours, right)


def find_halves(scene: Scene) -> list[np.ndarray]:
    """For each object of a scene, the pixels in which it belongs, bool [h, w]: all of them, or those of its side."""
    things: tuple[Thing, ...] = scene.things
    if len(things) < 2:
        return [np.ones((SIZE, SIZE), bool)] * len(things)
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    first = {"left": x < SIZE / 2, "right": x > SIZE / 2, "above": y < SIZE / 2, "below": y > SIZE / 2}[scene.relation]
    return [first, ~first]


def _found(maps: Maps, inside: np.ndarray) -> tuple[int, int]:
    """The class and the colour that most of these pixels have; -1 where there are too few to be an object."""
    if inside.sum() < 150:
        return -1, -1
    return _most(maps.classes[inside]), _most(maps.colours[inside])


def _most(values: np.ndarray) -> int:
    return int(np.bincount(values).argmax()) if values.size else -1


def summarise(scenes: Sequence[Scene], verdicts: Sequence[Verdict]) -> dict[str, float]:
    """Per cent of objects and backgrounds that are right; objects of scenes with one and with two are counted apart."""
    table: dict[str, list[bool]] = {}
    for scene, verdict in zip(scenes, verdicts, strict=True):
        group = "one object" if len(scene.things) == 1 else "two objects"
        for a, b in zip(verdict.classes, verdict.colours, strict=True):
            for name in (group, "all objects"):
                table.setdefault(f"{name}: class", []).append(a)
                table.setdefault(f"{name}: colour", []).append(b)
                table.setdefault(f"{name}: both", []).append(a and b)
        table.setdefault("background", []).append(verdict.backdrop)
    return {name: round(100 * float(np.mean(values)), 1) for name, values in sorted(table.items())}
