"""Worlds that the demo model's program trains on: their names, their scenes and how they are drawn, and a recipe."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import emoji_captions
import emoji_scenes
import toyworld_captions
import toyworld_scenes
from numpy.random import Generator
from world_canvas import Picture
from world_captions import Words
from world_scenes import Backdrop, Drawing, Scene, Thing

from lib_regiondiff.demo import emoji, world
from lib_regiondiff.demo.world import COLOURS

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "train"


@dataclass(frozen=True)
class Recipe:
    """How a world is trained: steps by stage, and the steps from which a stage does something else."""

    steps: Mapping[str, int]
    pool: int  # scenes that the denoiser sees
    begins: bool = False  # with the demo model's weights instead of new ones
    pairs: bool = False  # whether there are scenes with two objects, which have stages of their own
    composed_from: int = 5400  # from here on the stage `unet` shows a share of pictures with a strip of another
    composed: float = 0.5
    decoded_from: int = 7700  # from here on half of what the labeller sees came through the autoencoder
    composites_from: int = 11500  # from here on it sees things of all sizes, several in a picture


@dataclass(frozen=True, eq=False)
class World:
    """A world of exact pictures: what is in it, a scene for each seed, its drawing, and what captions say of it."""

    name: str
    objects: Sequence[str]
    backgrounds: Sequence[str]
    words: Words
    prompts: Sequence[str]
    make_scene: Callable[[int], Scene]
    draw: Callable[[Scene], Drawing]
    cover: Callable[[Thing, int], Picture]
    draw_backdrop: Callable[[Generator], Backdrop]
    find_visible_colours: Callable[[Backdrop], tuple[str, ...]]
    recipe: Recipe
    folder: Path
    """Where its checkpoints lie."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of pixels in the order of the labels: backgrounds, then objects."""
        return (*self.backgrounds, *self.objects)

    @property
    def labels(self) -> tuple[int, int]:
        """How many classes and colours there are."""
        return len(self.classes), len(COLOURS)

    def checkpoint(self, stage: str) -> Path:
        """The path of a stage's checkpoint."""
        return self.folder / f"{stage}.pt"

    def draw_alike(self, seeds: Sequence[int], count: int) -> Iterator[Drawing]:
        """The first `count` square drawings of the native size from these seeds."""
        scenes = (self.make_scene(seed) for seed in seeds)
        return (self.draw(scene) for scene in islice((each for each in scenes if is_square(each)), count))


def is_square(scene: Scene) -> bool:
    """Whether a scene's picture is as high as wide."""
    return scene.shape is None or scene.shape[0] == scene.shape[1]


def find_shape(scene: Scene) -> tuple[int, int]:
    """Height and width in pixels of a scene's picture."""
    return scene.shape or (scene.size, scene.size)


TOYWORLD = World(
    "toyworld",
    world.OBJECTS,
    world.BACKGROUNDS,
    toyworld_captions.WORDS,
    toyworld_captions.PROMPTS,
    toyworld_scenes.make_scene,
    toyworld_scenes.draw,
    toyworld_scenes.cover,
    toyworld_scenes.draw_backdrop,
    toyworld_scenes.find_visible_colours,
    Recipe(
        {
            "vae": 2600, "text": 1600, "unet": 6100, "bind": 2400, "pairs": 6600, "aspects": 2000,
            "lcm": 2300, "labeller": 11500, "tiny": 900,
        },
        pool=8192,
        pairs=True,
    ),
    CACHE / "toyworld",
)  # fmt: skip
EMOJI = World(
    "emoji",
    emoji.OBJECTS,
    emoji.BACKGROUNDS,
    emoji_captions.WORDS,
    emoji_captions.PROMPTS,
    emoji_scenes.make_scene,
    emoji_scenes.draw,
    emoji_scenes.cover,
    emoji_scenes.draw_backdrop,
    emoji_scenes.find_visible_colours,
    Recipe(
        {"vae": 650, "text": 900, "unet": 3000, "lcm": 400, "labeller": 3000, "tiny": 400},
        pool=6144,
        begins=True,
        composed_from=1800,
        composed=0.2,
        decoded_from=1500,
        composites_from=0,
    ),
    CACHE / "emoji",
)
WORLDS: Mapping[str, World] = {each.name: each for each in (TOYWORLD, EMOJI)}
