"""The document: a palette of brushes, version 1, that says all that matters to a picture; parsed and dumped here."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lib_regiondiff.document import budget
from lib_regiondiff.document.admission import admit_document, inline_files
from lib_regiondiff.document.expressions import Expression
from lib_regiondiff.document.json_text import loads
from lib_regiondiff.document.pictures import File, Mask, Paint, Picture, Shape
from lib_regiondiff.document.records import Held, record
from lib_regiondiff.document.rules import REQUIRED, Choice, Fault, Many, Maybe, Number, Object, Text, field
from lib_regiondiff.document.values import (
    AUTO,
    SIDE,
    Apart,
    Auto,
    Checked,
    Colour,
    Exactly,
    Flag,
    Guidance,
    PictureRule,
    SizeRule,
)
from lib_regiondiff.errors import PaletteError, Problem
from lib_regiondiff.geometry import Size

VERSION = 1
SEED = Number(0, 2**53 - 1, whole=True)
SHARE = Number(0, 1)
PROMPT = Text(20000)
NAME = Text(260)
THING, SCENE, STUFF = "thing", "scene", "stuff"
KINDS = (AUTO, THING, SCENE, STUFF)
BIAS, COUPLE = "bias", "couple"
METHODS: Mapping[str, str] = {"MultiDiffusion": "average", "Mixture of Diffusers": "mixture", "automatic": AUTO}
LAYERS = ("all", "fine", "coarse")
ATTENTIONS: Mapping[str, str] = {"Attention Couple": COUPLE, "Paint with Words": BIAS}
IMAGE, MASK = PictureRule(), PictureRule(mask=True)


@record()
class Lora:
    """A LoRA (low-rank adaptation) that was loaded, and its weight."""

    name: str = field(Text(260, 1), REQUIRED, "File name without its ending.")
    weight: float = field(Number(-10, 10), 1.0, "Multiplier.")


@record()
class Model:
    """The model that the palette was made with; it informs, and chooses no files."""

    name: str = field(NAME, "", "Folder, file or hub id.")
    hash: str = field(Text(64), "", "First hex digits of the SHA-256 of the weights.")
    loras: tuple[Lora, ...] = field(Many(Object(Lora), 64), (), "LoRAs in the order of loading.")
    vae: str = field(NAME, "", "A VAE other than the checkpoint's own.")
    clip_skip: int = field(Number(1, 12, whole=True), 1, "1 uses the last layer of the text encoder.")


@record()
class Init:
    """The picture that img2img or inpainting starts from."""

    image: Held[Picture | File, Paint] = field(IMAGE, REQUIRED, "The picture.")
    strength: float = field(SHARE, 0.75, "Share of the levels that are run; 1 keeps nothing of the picture.")
    mask: Held[Mask | None, Paint | Shape | None] = field(Maybe(MASK), None, "Where to paint; null paints everywhere.")


@record()
class Background:
    """The brush under all others: it owns what no brush covers."""

    prompt: str = field(PROMPT, "", "What the rest of the picture shows.")
    negative: str = field(PROMPT, "", "What it should not show; brushes without an own negative use it too.")
    image: Held[Picture | File | None, Paint | None] = field(Maybe(IMAGE), None, "A picture to paint on.")
    colour: str | None = field(Maybe(Colour()), None, "A plain colour to paint on.")
    strength: float = field(SHARE, 1.0, "Share of the levels, the first ones, in which image or colour is put back.")
    share: float = field(SHARE, 0.0, "Share of each cell that its prompt keeps under the brushes, as a global prompt.")

    @property
    def painted(self) -> bool:
        """Whether there is a picture or a colour to paint on, and not a prompt alone."""
        return self.image is not None or self.colour is not None


def _check_order(brush: Brush) -> Iterator[tuple[str, str, str]]:
    if brush.start >= brush.stop:
        yield ".stop", f"more than start ({brush.start})", f"{brush.stop}"


@record(_check_order)
class Brush:
    """A brush: one meaning and where it goes. Later brushes of a palette lie above earlier ones."""

    id: str = field(Text(64, 1), REQUIRED, "Its identity; unique in the palette.")
    name: str = field(Text(200), "", "What people call it.")
    colour: str | None = field(Maybe(Colour()), None, "Its colour on the canvas; null takes that of its place.")
    prompt: str = field(PROMPT, "", "What to show inside the mask.")
    negative: str | None = field(Maybe(PROMPT), None, "What not to show; null means the background's negative.")
    kind: str = field(
        Choice(KINDS), AUTO, "thing: one object, whole; scene: a picture of its own; stuff: what fills the mask."
    )
    mask: Held[Mask, Paint | Shape] = field(MASK, REQUIRED, "Where: PNG data URL, file or shape.")
    feather: float = field(Number(0, 1024), 0.0, "Softness of the edge: a Gaussian's deviation in pixels.")
    strength: float = field(SHARE, 1.0, "Share of the levels in which it acts, the last ones.")
    prompt_strength: float = field(SHARE, 1.0, "0 is the background's prompt, 1 its own.")
    guidance: float | None = field(Maybe(Guidance()), None, "Guidance scale; null means the palette's.")
    seed: int | None = field(Maybe(SEED), None, "Seed of the noise inside the mask; null means the picture's.")
    weight: float = field(Number(0.001, 1000), 1.0, "Its share where brushes mix; a bias raises its words by it.")
    start: float = field(SHARE, 0.0, "Share of the levels run before it begins.")
    stop: float = field(SHARE, 1.0, "Share of the levels after which it ends.")


def _check_overlap(tiles: Tiles) -> Iterator[tuple[str, str, str]]:
    least = min((side for side in (tiles.width, tiles.height) if not isinstance(side, str)), default=math.inf)
    if not isinstance(tiles.overlap, str) and tiles.overlap >= least:
        yield ".overlap", f"less than a tile's shorter side ({least})", f"{tiles.overlap}"


@record(_check_overlap)
class Tiles:
    """The regular grid of tiles, for axes of the canvas that are longer than a tile."""

    width: int | str = field(Auto(SIDE), 768, "Width of a tile in pixels; auto is the model's native one.")
    height: int | str = field(Auto(SIDE), 768, "Height of a tile in pixels; auto is the model's native one.")
    overlap: int | str = field(
        Auto(Number(0, 16384, whole=True)),
        128,
        "Least overlap of neighbours in pixels; auto is a quarter of the shorter side.",
    )
    window: str | None = field(
        Maybe(Choice(("constant", "linear", "cosine", "gaussian", "quartic"))),
        None,
        "Weight profile of a tile; null means linear for average, gaussian for mixture.",
    )
    wrap: bool = field(Flag(), False, "Whether the left and right border of the picture continue each other.")


@record()
class Bootstrap:
    """How the first levels keep each brush to itself (StreamMultiDiffusion, arXiv:2403.09055)."""

    levels: int | str = field(
        Auto(Number(0, 1000, whole=True)), AUTO, "Number of first levels; 0 is off, auto goes by steps and guidance."
    )
    mix: float | str = field(
        Auto(Number(0, 1000)),
        AUTO,
        "Levels with a white surrounding, a fraction mixes; then the picture, or what a texture drew; auto: 1.",
    )
    leak_sensitivity: float = field(Number(0, 100), 0.2, "Smaller suppresses more of what leaks out; 0 is off.")


@record()
class Nag:
    """Normalized attention guidance (arXiv:2505.21179): negatives act in cross-attention, also at guidance 1."""

    scale: float = field(Number(1, 50), 4.0, "How far the prompt's features are pushed from the negative's; 1 is off.")
    tau: float = field(Number(1, 50), 2.5, "Most growth of the features' norm.")
    alpha: float = field(SHARE, 0.5, "Share of the pushed features; the rest is the prompt's own.")


def _check_span(bias: Bias) -> Iterator[tuple[str, str, str]]:
    if bias.start >= bias.stop:
        yield ".stop", f"more than start ({bias.start})", f"{bias.stop}"


@record(_check_span)
class Bias:
    """How Paint with Words raises the attention to words where they were painted (arXiv:2211.01324)."""

    scale: float = field(Number(0, 100), 0.4, "How much words are raised; a brush's weight multiplies it. 0 is off.")
    noise: str = field(Expression(), "log(1 + sigma)", "By what it falls with the noise: a formula of sigma.")
    scores: str = field(Choice(("max", "std")), "max", "What of the scores QK^T it is measured in.")
    area: float = field(SHARE, 0.0, "Large brushes are raised less, by this times their share of the canvas.")
    layers: str = field(Choice(LAYERS), "all", "Where: fine layers have at least half of the latents' cells a side.")
    start: float = field(SHARE, 0.0, "Share of the levels run before it begins.")
    stop: float = field(SHARE, 1.0, "Share of the levels after which it ends.")


@record()
class Overlap:
    """What happens where brushes lie on one another."""

    rule: str = field(Choice(("painter", "weighted")), "painter", "The upper one wins, or all mix by weight.")
    cover_alpha: float = field(SHARE, 0.0, "Share that a lower brush keeps under a later one (painter).")


@record()
class Noise:
    """A change of the initial noise: other noise inside a mask."""

    mask: Held[Mask, Paint | Shape] = field(MASK, REQUIRED, "Where.")
    seed: int = field(SEED, REQUIRED, "Seed of the new noise.")
    amount: float = field(SHARE, 1.0, "1 replaces the noise, less mixes it in; the variance stays 1.")


TILES = Auto(Maybe(Checked(Object(Tiles), _check_overlap)))
MOST_BRUSHES = 64
BRUSHES = Apart(Many(Checked(Object(Brush), _check_order), MOST_BRUSHES), "id", 64)


@record()
class Palette:
    """The whole document: all that matters to a picture. Making one checks it; PaletteError lists all that is wrong."""

    version: int = field(Exactly(VERSION), VERSION, "Version of this format.")
    size: Size = field(SizeRule(), Size(512, 512), "Canvas in pixels.")
    seed: int | None = field(Maybe(SEED), None, "Seed of the first picture; null draws one.")
    model: Model = field(Object(Model), Model, "The model it was made with.")
    steps: int = field(Number(1, 1000, whole=True), 20, "Steps of the sampler.")
    sampler: str = field(Text(64, 1), "Euler a", "Name of the sampler.")
    guidance: float = field(Guidance(), 7.0, "Classifier-free guidance scale; 1 is none.")
    rescale: float = field(SHARE, 0.0, "Share of the guided prediction that is rescaled to the unguided deviation.")
    nag: Nag | None = field(Maybe(Object(Nag)), None, "Lets negatives act at guidance 1; null is off.")
    init: Init | None = field(Maybe(Object(Init)), None, "Picture to start from.")
    blend: str = field(
        Choice(tuple(METHODS.values())), "average", "MultiDiffusion or Mixture of Diffusers; auto chooses."
    )
    attention: str = field(
        Choice(("none", BIAS, COUPLE)), "none", "Cross-attention method: Paint with Words or Attention Couple."
    )
    bias: Bias = field(Checked(Object(Bias), _check_span), Bias, "How attention: bias raises words.")
    background: Background = field(Object(Background), Background, "What no brush covers.")
    prefix: str = field(PROMPT, "", "Text before each brush's prompt; {background} in it is the background's prompt.")
    suffix: str = field(PROMPT, "", "Text after each brush's prompt; {background} in it is the background's prompt.")
    brushes: tuple[Brush, ...] = field(BRUSHES, (), "From the lowest to the uppermost.")
    tiles: Tiles | str | None = field(
        TILES, AUTO, "Grid of tiles; null means none, auto goes by the model's native size."
    )
    bootstrap: Bootstrap = field(Object(Bootstrap), Bootstrap, "Separation of the first levels.")
    overlap: Overlap = field(Object(Overlap), Overlap, "Order of overlapping brushes.")
    quantization: str = field(
        Choice(("none", "discrete", "semi-continuous", "continuous")), "none", "Masks that grow as the noise falls."
    )
    noise: tuple[Noise, ...] = field(Many(Object(Noise), 256), (), "Changes of the initial noise, in order.")

    @property
    def wraps(self) -> bool:
        """Whether the left and right border of the picture continue each other."""
        return isinstance(self.tiles, Tiles) and self.tiles.wrap


def parse(data: Any, folder: Path | None = None) -> Palette:
    """The palette of JSON text or plain data; the only validator.

    Raises PaletteError, which lists every problem with its path. Masks and images in files are read from `folder`,
    once all else is right; without a folder they are refused.
    """
    try:
        data = loads(data) if isinstance(data, str | bytes) else data
        room = admit_document(data, VERSION)
        palette = Object(Palette).read(data, "")
    except Fault as error:
        raise PaletteError(error.problems) from None
    room.free -= budget.expect(palette, decoding=room.spent)
    problems: list[Problem] = []
    palette = inline_files(palette, "", folder, room, problems)
    if problems:
        raise PaletteError(problems)
    return palette


def dump(palette: Palette) -> dict[str, Any]:
    """Plain data of a palette, such that parse(dump(p)) == p; values at their defaults are left out."""
    return {"version": VERSION} | Object(Palette).write(palette)


def dumps(palette: Palette) -> str:
    """A palette as compact JSON text, such that parse(dumps(p)) == p; values at their defaults are left out."""
    return json.dumps(dump(palette), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def make_schema() -> dict[str, Any]:
    """The palette format as JSON schema (draft 2020-12); unique ids and sizes, which it cannot say, `parse` checks."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Region Diffusion palette"}
    schema = head | Object(Palette).schema()
    schema["required"] = ["version"]
    return schema
