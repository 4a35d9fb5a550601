"""The second world as a finite one: prompt and size -> pictures as latents, and a host whose network knows them.

Picture number i of every prompt has the same seed. So grounds of one kind are the same with a thing and without it, as
they would be in a network that has seen all of the world, and differ in what the prompt says.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from emoji_scenes import EMPTY, draw, draw_backdrop, draw_pose, find_visible_colours
from PIL import Image
from second_world_cases import Case, phrase
from second_world_denoiser import ExactDenoiser
from torch import Tensor
from world_scenes import TRAINING, Backdrop, Scene, Thing

from lib_regiondiff.demo.emoji import OBJECTS
from lib_regiondiff.geometry import Size
from lib_regiondiff.host import Prompt
from lib_regiondiff.hosts.diffusers.host import DiffusersHost

COUNT, LEAST = 48, 12
"""Pictures of a prompt up to the native area, and at least; between them they hold as many cells together."""

Meaning = tuple[Backdrop | None, tuple[str, str] | None]
"""What a prompt says: the ground, if it names one, and kind and colour of the thing, if there is one."""
ANYTHING: Meaning = (None, None)
Book = Mapping[str, Meaning]


def list_meanings(case: Case) -> Book:
    """What each prompt of a case means; the empty one anything."""
    found: dict[str, Meaning] = {"": ANYTHING}
    if case.prompt:
        found[case.prompt] = read(case.prompt, case.ground, None)
    for part in case.parts:
        found[part.prompt] = read(part.prompt, part.ground, part.thing)
    return found


def read(prompt: str, ground: Backdrop, thing: Thing | None) -> Meaning:
    """What a prompt means that speaks of a ground, of a thing on it, or of the thing alone."""
    if prompt == phrase(ground):
        return ground, None
    assert thing is not None
    words, seen = phrase(ground, thing), (thing.kind, thing.colour)
    assert prompt in (words, words.split(" on ")[0])
    return (ground if prompt == words else None), seen


def draw_scene(meaning: Meaning, number: int, size: Size) -> Scene:
    """The scene of a number that shows what is meant, in a picture of so many pixels; what is left open is random."""
    ground, said = meaning
    seed, shape = TRAINING[number], (size.height, size.width)
    rng = np.random.default_rng((9, seed))
    pose, empty = draw_pose(rng, shape), rng.random() < EMPTY
    while ground is None:
        drawn = draw_backdrop(rng)
        ground = drawn if said is None or said[1] in find_visible_colours(drawn) else None
    if meaning == ANYTHING and not empty:
        said = str(rng.choice(OBJECTS)), str(rng.choice(find_visible_colours(ground)))
    things = () if said is None else (Thing(*said, pose),)
    return Scene(seed, ground, things, size=max(shape), shape=shape)


class ExactWorld:
    """A host with the autoencoder and the text encoder of a model, whose network is the exact denoiser."""

    def __init__(self, model: str) -> None:
        """Load a model, on the CPU in one thread."""
        torch.set_num_threads(1)
        loaded = DiffusersHost.load(model, "cpu", "float32")
        pipe, spec = loaded.pipe, loaded.latent
        self.network = ExactDenoiser(pipe.scheduler.alphas_cumprod, spec.native // spec.pixels_per_cell, spec.channels)
        pipe.unet = self.network
        pipe.vae.to(memory_format=torch.channels_last)  # large pictures are encoded in two thirds of the time
        self.host = replace(DiffusersHost.of(pipe, loaded.name, loaded.fingerprint), owned=True)
        self.encode = functools.lru_cache(maxsize=512)(self._encode)

    def learn(self, book: Book) -> None:
        """Have the network know these prompts and no others."""
        native = Size(self.host.latent.native, self.host.latent.native)

        def know(prompt: str) -> tuple[Tensor, functools.partial[Tensor]]:
            cond = self.host.encode(Prompt(prompt, False, native))[0].cond
            return cond.embedding, functools.partial(self.make_set, book, prompt)  # type: ignore[attr-defined]

        self.network.prompts = {prompt: know(prompt) for prompt in book}

    def make_set(self, book: Book, prompt: str, height: int, width: int) -> Tensor:
        """The pictures [K, C, h, w] of a prompt; those of the empty one are random scenes, and those of all others."""
        meanings = dict.fromkeys(book.values()) if book[prompt] == ANYTHING else [book[prompt]]
        return torch.cat([self.encode(each, height, width) for each in meanings])

    def _encode(self, meaning: Meaning, height: int, width: int) -> Tensor:
        spec = self.host.latent
        size = Size(height, width).pixels(spec.pixels_per_cell)
        count = max(LEAST, min(COUNT, COUNT * spec.native**2 // size.area))
        pictures = (draw(draw_scene(meaning, number, size)).picture for number in range(count))
        return torch.cat([self.host.encode_image(Image.fromarray(np.ascontiguousarray(each))) for each in pictures])
