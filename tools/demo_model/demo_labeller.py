"""The stage `labeller`: the segmentation network that judges pictures, trained on the toy world's own labels."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import demo_pairs
import demo_vae
import numpy as np
import torch
import torch.nn.functional as F
from demo_loop import Stage, choose_device, load_trained, make_generator, make_sheet, mix_precision, to_tensor
from demo_sample import decode
from demo_unet import make_pools
from torch import Tensor, nn
from world_composites import draw_window
from world_scenes import HELD_OUT, SIZE, TRAINING, Drawing
from worlds import World

from lib_regiondiff.demo.labeller import logits, make_network, predict_maps

SEED = 14
BATCH = 12
MOSAICS = 3  # of a batch
OBJECTS_WEIGHT = 5.0  # shapes are what is hard to learn
START = 10**6  # seeds that the denoiser does not see
DECODED, SHAKE = 6, 0.15  # so many of a batch come out of the autoencoder, later on
COMPOSITES = 5  # so many of a batch show things of all sizes, later on


@dataclass(frozen=True)
class Examples:
    """Pictures [n, 3, h, w] in [-1, 1] with their labels [n, h, w]: classes and colours."""

    x: Tensor
    classes: Tensor
    colours: Tensor


def stage(world: World) -> Stage:
    """The stage that trains on single scenes and on crops of four side by side, blurred and noisy now and then."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        network: Any = make_network(len(world.classes))
        network.to(memory_format=torch.channels_last)
    weights = [1.0] * len(world.backgrounds) + [OBJECTS_WEIGHT] * len(world.objects)
    weight = torch.tensor(weights).to(choose_device())

    def loss(step: int) -> Tensor:
        network.train()
        given = make_examples(world, step)
        with mix_precision():
            classes, colours = logits(network, given.x)
        shapes = F.cross_entropy(classes.float(), halve(given.classes), weight)
        return shapes + F.cross_entropy(colours.float(), halve(given.colours))

    def sheet(networks: Mapping[str, nn.Module]) -> np.ndarray:
        return preview(world, networks["labeller"])

    networks = {"labeller": network}
    return Stage("labeller", world.folder, networks, loss, sheet, rate=2e-3, averaging=0.99, decay=0.4, every=250)


def halve(labels: Tensor) -> Tensor:
    """The labels of every second pixel each way, as the network gives them."""
    return labels[:, 1::2, 1::2]


def make_examples(world: World, step: int) -> Examples:
    """The batch of a training step."""
    rng = np.random.default_rng((SEED, step))
    drawings = list(world.draw_alike(TRAINING[START + step * BATCH :], BATCH))
    if step >= world.recipe.decoded_from:
        drawings[-DECODED:] = decode_drawings(world, step)
    drawings = [*drawings[MOSAICS:], *(_mosaic(drawings, rng) for _ in range(MOSAICS))]
    if step >= world.recipe.composites_from:
        first = TRAINING[START + step * COMPOSITES]
        drawings[:COMPOSITES] = [draw_window(world, seed) for seed in range(first, first + COMPOSITES)]
    pictures = np.stack([_worn(drawing.picture, rng) for drawing in drawings])
    classes = torch.from_numpy(np.stack([drawing.classes for drawing in drawings])).long()
    colours = torch.from_numpy(np.stack([drawing.colours for drawing in drawings])).long()
    x = to_tensor(pictures).to(choose_device(), memory_format=torch.channels_last)
    return Examples(x, classes.to(choose_device()), colours.to(choose_device()))


def decode_drawings(world: World, step: int) -> list[Drawing]:
    """Drawings as the autoencoder returns them from latents a little off; half have two objects, if any have."""
    generator = make_generator(SEED, step)
    pool, (seeds, pairs), vae = load_pools(world)
    usual = torch.randint(len(pool.seeds), (DECODED // 2,), generator=generator)
    two = torch.randint(len(seeds), (DECODED - DECODED // 2,), generator=generator)
    x = torch.cat([pool.latents[usual], pairs[two]]).float()
    chosen = [*(pool.seeds[each] for each in usual.tolist()), *(seeds[each] for each in two.tolist())]
    drawings = [world.draw(world.make_scene(TRAINING[seed])) for seed in chosen]
    strength = SHAKE * torch.rand(DECODED, 1, 1, 1, generator=generator)
    pictures = decode(vae, x + strength * torch.randn(x.shape, generator=generator))
    return [Drawing(picture, each.classes, each.colours) for picture, each in zip(pictures, drawings, strict=True)]


@functools.cache
def load_pools(world: World) -> Any:
    """The pool of square scenes, seeds and latents of scenes with two objects, if any have, and the autoencoder."""
    vae = demo_vae.load_finished(world).to(choose_device(), memory_format=torch.channels_last)
    square = next(pool for pool in make_pools(world, vae) if pool.latents.shape[2] == pool.latents.shape[3])
    pairs = demo_pairs.find_pairs(world, vae) if world.recipe.pairs else (square.seeds, square.latents)
    return square, pairs, vae


def _mosaic(drawings: list[Drawing], rng: np.random.Generator) -> Drawing:
    """A window somewhere on four drawings side by side."""
    four = [drawings[i] for i in rng.choice(len(drawings), 4, replace=False)]
    y, x = rng.integers(0, SIZE + 1, 2)

    def window(name: str) -> np.ndarray:
        a, b, c, d = (getattr(each, name) for each in four)
        whole = np.concatenate([np.concatenate([a, b], 1), np.concatenate([c, d], 1)], 0)
        return whole[y : y + SIZE, x : x + SIZE]

    return Drawing(window("picture"), window("classes"), window("colours"))


def _worn(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The picture as a decoder might return it: a little blurred, noisy and off in colour."""
    worn = picture.astype(np.float32)
    if rng.random() < 0.6:
        worn = cv2.GaussianBlur(worn, (0, 0), rng.uniform(0.4, 1.6))
    if rng.random() < 0.5:
        coarse = rng.normal(0, rng.uniform(1, 10), (SIZE // 4, SIZE // 4, 3)).astype(np.float32)
        worn = worn + cv2.resize(coarse, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
    return (worn * rng.uniform(0.95, 1.05) + rng.normal(0, 5, 3)).clip(0, 255).astype(np.uint8)


def preview(world: World, network: Any) -> np.ndarray:
    """Held-out pictures, the classes that were drawn, and those that the network sees."""
    network.eval()
    drawings = list(world.draw_alike(HELD_OUT, 12))
    pictures = np.stack([drawing.picture for drawing in drawings])
    seen = predict_maps(network, to_tensor(pictures).to(choose_device()))[0].cpu().numpy()
    network.train()
    tints = np.random.default_rng(3).integers(0, 256, (len(world.classes), 3)).astype(np.uint8)
    drawn = np.stack([drawing.classes for drawing in drawings])
    return make_sheet(np.concatenate([pictures, tints[drawn], tints[seen]]), 12)


def load_finished(world: World) -> Any:
    """The trained labeller of a world."""
    return load_trained(world.checkpoint("labeller"), "labeller", make_network(len(world.classes)))


@torch.no_grad()
def measure_accuracy(world: World, network: Any, count: int = 300) -> dict[str, float]:
    """Per cent of held-out pixels whose class and colour are right, and the same for the pixels of objects."""
    right = {"class": [], "colour": [], "class of objects": [], "colour of objects": []}
    for drawing in world.draw_alike(HELD_OUT[10**6 :], count):
        classes, colours = (part[0].numpy() for part in predict_maps(network, to_tensor(drawing.picture[None])))
        inside = drawing.classes >= len(world.backgrounds)
        for name, seen, drawn in (("class", classes, drawing.classes), ("colour", colours, drawing.colours)):
            right[name].append((seen == drawn).ravel())
            right[f"{name} of objects"].append((seen == drawn)[inside])
    return {name: round(100 * float(np.concatenate(parts).mean()), 2) for name, parts in right.items()}
