"""Measures the demo model: how often the labeller finds in a picture what its caption named."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import demo_aspects
import demo_labeller
import demo_lcm
import demo_vae
import numpy as np
import torch
from demo_loop import make_sheet, to_pictures, to_tensor
from demo_lora import merge, write_kohya
from demo_rank import read_additions, shorten
from demo_sample import Model, Sampling, draw_pictures
from PIL import Image
from safetensors.torch import load_file
from world_captions import caption
from world_scenes import HELD_OUT, Scene, Thing
from worlds import TOYWORLD, World, find_shape, is_square

from lib_regiondiff.demo import LORA, make_checkpoint
from lib_regiondiff.demo.labeller import Maps, label, load
from lib_regiondiff.demo.world import COLOURS
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


def main(world: World) -> None:
    """Print a world's figures, and write them beside the checkpoints; the toy world's are of the files that ship."""
    scenes = find_scenes(world)
    model, student, network = load_shipped_all() if world is TOYWORLD else load_trained_all(world)
    figures: dict[str, Any] = {
        "labeller": demo_labeller.measure_accuracy(world, network),
        "autoencoder PSNR": round(demo_vae.psnr(world, model.vae), 2),
        "true pictures": measure_figures(world, scenes, draw_scenes(world, scenes), network),
        "through the autoencoder": measure_figures(world, scenes, reconstruct(world, model.vae, scenes), network),
    }
    print(json.dumps(figures), flush=True)
    world.folder.mkdir(parents=True, exist_ok=True)
    runs = {"DDIM 20": (model, Sampling())}
    if student:
        runs["LCM 4"] = student, Sampling(steps=4, guidance=1, lcm=True)
    for name, (drawing, how) in runs.items():
        made = draw_pictures(drawing, make_captions(world, scenes), how)
        sheet = Image.fromarray(make_sheet(made[:SHEET], 12))
        sheet.save(world.folder / f"evaluate-{name.replace(' ', '-').lower()}.png")
        figures[name] = measure_figures(world, scenes, made, network)
        print(name, json.dumps(figures[name]), flush=True)
    (world.folder / "figures.json").write_text(json.dumps(figures, indent=2), encoding="utf-8")


def find_scenes(world: World) -> list[Scene]:
    """COUNT held-out scenes of the native size."""
    scenes = (world.make_scene(seed) for seed in HELD_OUT[FIRST:])
    return list(islice((scene for scene in scenes if is_square(scene)), COUNT))


def load_shipped() -> Model:
    """The demo model, loaded from the files that ship."""
    pipe = load_pipeline(make_checkpoint(), torch.device("cpu"), torch.float32)
    return Model(pipe.unet, pipe.text_encoder, pipe.vae)


def load_shipped_all() -> tuple[Model, Model | None, Any]:
    """The demo model, the same with its LCM LoRA, and the labeller, from the files that ship."""
    model = load_shipped()
    return model, replace(model, unet=merge(load_shipped().unet, load_file(LORA))), load()


def load_trained_all(world: World) -> tuple[Model, Model | None, Any]:
    """A world's model, the same with its LCM LoRA if there is one, and its labeller, from their checkpoints."""
    vae = demo_vae.load_finished(world)
    model = Model(*demo_aspects.load_finished(world), vae)
    network = demo_labeller.load_finished(world)
    if not world.checkpoint("lcm").exists():
        return model, None, network
    lora = write_kohya(shorten(read_additions(world.checkpoint("lcm")), demo_lcm.BUDGET))
    return model, Model(merge(demo_aspects.load_finished(world)[0], lora), model.text, vae), network


def draw_scenes(world: World, scenes: Sequence[Scene]) -> np.ndarray:
    """The scenes' true pictures, uint8 [n, h, w, 3]."""
    return np.stack([world.draw(scene).picture for scene in scenes])


@torch.no_grad()
def reconstruct(world: World, vae: Any, scenes: Sequence[Scene]) -> np.ndarray:
    """The scenes' true pictures, uint8 [n, h, w, 3], encoded and decoded by the autoencoder."""
    true = to_tensor(draw_scenes(world, scenes))
    return np.concatenate([to_pictures(vae(part).sample) for part in true.split(8)])


def measure_figures(world: World, scenes: Sequence[Scene], made: np.ndarray, network: Any) -> dict[str, float]:
    """Per cent of what the scenes hold that the labeller finds in the pictures `made` [n, h, w, 3] of them."""
    seen = (label(Image.fromarray(picture), network) for picture in made)
    return summarise(scenes, [judge(world, scene, maps) for scene, maps in zip(scenes, seen, strict=True)])


def make_captions(world: World, scenes: Sequence[Scene]) -> list[str]:
    """A caption for each scene, the same each time."""
    return [caption(world.words, scene, np.random.default_rng((3, scene.seed))) for scene in scenes]


def judge(world: World, scene: Scene, maps: Maps) -> Verdict:
    """What of a scene the labeller's maps of its picture show.

    An object is looked for in the whole picture, each of two in its half. Its class and its colour must be what most
    of the pixels have that the labeller takes for an object's; the background must be what most of the others have.
    """
    objects = maps.classes >= len(world.backgrounds)
    parts = [_found(maps, objects & part) for part in find_halves(scene)]
    others = ~objects
    kind, colour = scene.backdrop.kind, scene.backdrop.colour
    seen = _most(maps.classes[others]), _most(maps.colours[others])
    right = seen[0] == world.classes.index(kind) and (colour == "natural" or seen[1] == COLOURS.index(colour))
    wanted = [(world.classes.index(thing.kind), COLOURS.index(thing.colour)) for thing in scene.things]
    classes = tuple(a[0] == b[0] for a, b in zip(parts, wanted, strict=True))
    colours = tuple(a[1] == b[1] for a, b in zip(parts, wanted, strict=True))
    return Verdict(classes, colours, right)


def find_halves(scene: Scene) -> list[np.ndarray]:
    """For each object of a scene, the pixels in which it belongs, bool [h, w]: all of them, or those of its side."""
    things: tuple[Thing, ...] = scene.things
    height, width = find_shape(scene)
    if len(things) < 2:
        return [np.ones((height, width), bool)] * len(things)
    y, x = np.mgrid[:height, :width] + 0.5
    sides = {"left": x < width / 2, "right": x > width / 2, "above": y < height / 2, "below": y > height / 2}
    first = sides[scene.relation]
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
