"""What a palette costs before it is drawn: the time beside that of a plain picture, and the memory of large ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch
from PIL import Image

from lib_regiondiff.authoring.summary import describe_cost
from lib_regiondiff.denoising.deciding import UNGUIDED, list_looks
from lib_regiondiff.denoising.rows import Call, Frame, ask
from lib_regiondiff.document.palette import Palette, Tiles
from lib_regiondiff.document.records import replace_unchecked
from lib_regiondiff.geometry import LATENT_CELL, Size
from lib_regiondiff.host import Cond, LatentSpec, Level, Part, Parts, Prompt, Row
from lib_regiondiff.planning.attention.bias import holds
from lib_regiondiff.planning.auto import settle
from lib_regiondiff.planning.intervals import round_levels
from lib_regiondiff.planning.plan import Job, Plan, Undecided, make_plan
from lib_regiondiff.planning.prompt_words import AND
from lib_regiondiff.planning.refusals import METHODS
from lib_regiondiff.planning.tiles import place_tiles

LEVEL = Level(0.0, 0.5**0.5, 0.5**0.5, 0.5**0.5)
"""Where rows are counted: a level with noise, since a formula of words need not have a value without any."""
MOST_STEPS = 20
"""Levels that are planned; more of them look at no other places."""
MOST_NUMBERS = 2**22
"""Weights of all brushes together; a larger canvas is planned as a smaller one with a smaller model and tiles."""
MOST_SHRUNK = 8
MOST_VIEWS = 2**13
"""Tiles of all brushes together; more of them are not looked at one by one."""
LOOKS = 2048
"""Views that are looked at, of all steps together; those of some steps stand for more."""
BYTES_OF_A_PIXEL = 48
"""What a pixel takes while the picture is decoded: in float32 as it comes, as it is scaled and as it is rounded."""
MUCH = 2**30
WIDE = 4
"""Native pictures, by area, from which on it is told how much the network sees at once."""


@dataclass(frozen=True)
class Cost:
    """What a picture costs: `times` as long as a plain one of `native` x `native` pixels.

    `view` is the size in pixels of the largest part that the network sees at once, `picture` that of the whole. Of the
    brushes with the `undecided` ids the first level decides whether they are of these kinds; the dearer way counts.
    """

    times: float
    native: int
    view: Size
    picture: Size
    most: bool = False
    """Whether it may also be less."""
    undecided: Mapping[str, str] = field(default_factory=dict)


def make_clock(steps: int) -> tuple[float, ...]:
    """The noises in [0, 1] of a run of so many steps, from 1 to 0 in even steps: the best guess before a job."""
    return (*(1 - step / steps for step in range(steps)), 0.0)


def count_cells(plan: Plan, guidance: float) -> float:
    """The latent cells of all network rows of one image in a whole run at a guidance scale.

    Where the first level decides, they are those of the dearer way. Raises HostError where a negative is needed that
    was not planned.
    """
    return max(map(_sum_cells, _list_ways(plan, guidance)))


def estimate(palette: Palette, native: int) -> Cost:
    """The cost of one picture with a model of a `native` side in pixels; HostError for what cannot be planned."""
    most = _bound(palette, native)
    if most is not None:
        return most
    shrink = 1
    while (
        shrink < MOST_SHRUNK
        and palette.size.cells(LATENT_CELL * shrink).area * (1 + len(palette.brushes)) > MOST_NUMBERS
    ):
        shrink *= 2
    made = _plan(_shrink(palette, shrink), palette.size, native, shrink)
    own = max(_list_ways(made, palette.guidance), key=_sum_cells)
    square = Size(native, native)
    plain = _plan(Palette(guidance=palette.guidance, steps=palette.steps), square, native, shrink)
    run = round_levels(palette.init.strength * palette.steps) / palette.steps if palette.init else 1.0
    times = run * _sum_cells(own) / count_cells(plain, palette.guidance)
    views = [row.size.pixels(LATENT_CELL * shrink) for row, _ in own]
    undecided = made.undecided.kinds if made.undecided else {}
    return Cost(
        times, native, max(views, key=lambda size: size.area, default=Size(0, 0)), palette.size, undecided=undecided
    )


def describe(cost: Cost) -> Iterator[str]:
    """A cost in words, line by line: the time, then the memory and what the network sees at once if they are large."""
    plain = f"a plain {cost.native}x{cost.native} picture"
    told = describe_cost(cost.times, plain)
    yield told.replace("about", "up to", 1) if cost.most else told
    if cost.picture.area * BYTES_OF_A_PIXEL >= MUCH:
        yield f"about {cost.picture.area * BYTES_OF_A_PIXEL / 10**9:.0f} GB of memory for the pixels alone"
    share = cost.view.area / cost.native**2
    if share > WIDE:
        yield f"the network sees up to {cost.view} pixels at once, {round(share):,} times those of {plain}"


def _bound(palette: Palette, native: int) -> Cost | None:
    """The most that far too many tiles can cost, each of them under every brush; None where they can be counted."""
    grid = settle(palette, palette.size, native, make_clock(min(palette.steps, MOST_STEPS)), palette.guidance).tiles
    if not isinstance(grid, Tiles):
        return None
    high, wide, overlap = (int(side) for side in (grid.height, grid.width, grid.overlap))
    rows, columns = (
        len(place_tiles(*(-(-each // LATENT_CELL) for each in axis)))
        for axis in ((palette.size.height, high, overlap), (palette.size.width, wide, overlap))
    )
    views = rows * columns * (1 + len(palette.brushes))
    if views <= MOST_VIEWS:
        return None
    return Cost(views * high * wide / native**2, native, Size(high, wide), palette.size, most=True)


Rows = list[tuple[Row, float]]


def _list_ways(plan: Plan, guidance: float) -> list[Rows]:
    """The rows of a picture; where the first level decides, those without figures, and with nothing but figures."""
    undecided = plan.undecided
    if undecided is None:
        return [[*_list_rows(plan, guidance)]]
    first, ahead = _list_probes(plan, undecided, guidance)
    none, all_ = (undecided.decide(names) for names in ((), undecided.names))
    return [[*_list_rows(none, guidance), *first, *ahead], [*_list_rows(all_, guidance), *ahead]]


def _list_probes(plan: Plan, undecided: Undecided, guidance: float) -> tuple[Rows, Rows]:
    """The rows by which the first level decides, and those of levels ahead at which figures are looked at again."""
    probes, guided = (ask([Frame(plan, undecided.views, LEVEL)], call)[0] for call in (UNGUIDED, Call(guidance)))
    looks = list_looks(len(plan.clock) - 1) if len(guided) > len(probes) else []
    first = guided if looks else probes
    ahead = [(row, len(looks) - 1.0) for row in guided if len(looks) > 1]
    return [(row, 1.0) for row in first], [*ahead, *((row, 1.0) for row in probes if looks)]


def _sum_cells(rows: Rows) -> float:
    return sum(row.size.area * often for row, often in rows)


def _list_rows(plan: Plan, guidance: float) -> Iterator[tuple[Row, float]]:
    """The network rows of one image, each with the number of steps that it stands for."""
    for views, often in plan.kinds(LOOKS):
        yield from ((row, often) for row in ask([Frame(plan, views, LEVEL)], Call(guidance))[0])


def _plan(palette: Palette, size: Size, native: int, shrink: int) -> Plan:
    """The plan of a palette on a canvas of `size` pixels, with canvas and model `shrink` times smaller."""
    job = Job(
        Size(-(-size.height // shrink), -(-size.width // shrink)), make_clock(min(palette.steps, MOST_STEPS)), (0,)
    )
    return make_plan(palette, job, Sketch(native // shrink))


def _shrink(palette: Palette, shrink: int) -> Palette:
    """The palette with its tiles `shrink` times smaller."""
    grid = palette.tiles
    if not isinstance(grid, Tiles):
        return palette
    sides = {key: getattr(grid, key) for key in ("width", "height", "overlap")}
    smaller = {key: side if isinstance(side, str) else side // shrink for key, side in sides.items()}
    return replace_unchecked(palette, tiles=replace_unchecked(grid, **smaller))


@dataclass(frozen=True, eq=False)
class _Said:
    """A prompt that is only looked at."""

    text: str
    group: int = 0

    def spans(self, phrase: str) -> list[slice]:
        """Its words, which stand for tokens."""
        return [slice(0, 1)] if self.says(phrase) else []

    def says(self, phrase: str) -> bool:
        """Whether it has these words."""
        return holds(self.text, phrase)


@dataclass(frozen=True)
class Sketch:
    """A host to plan with, which has no network; it passes for one whose model was trained at `native` pixels."""

    native: int
    methods: frozenset[str] = frozenset(METHODS)
    """All: whoever is to draw refuses by itself what it can't do."""

    @property
    def latent(self) -> LatentSpec:
        """A latent space of four channels and 8 pixels a cell, with the model's native side, float32 on the CPU."""
        return LatentSpec(4, LATENT_CELL, self.native, torch.device("cpu"), torch.float32)

    def encode(self, prompt: Prompt) -> Parts:
        """The parts of a prompt that AND joins, or a whole negative as one part; nothing is really encoded."""
        parts = [prompt.text] if prompt.negative else AND.split(prompt.text)
        return tuple(Part(_Said(part.strip())) for part in parts)

    def encode_image(self, image: Image.Image) -> torch.Tensor:
        """Zeros [1, 4, h, w] in place of a picture's latents."""
        return torch.zeros(1, self.latent.channels, image.height // LATENT_CELL, image.width // LATENT_CELL)

    def lerp(self, a: Cond, b: Cond, t: float) -> Cond:
        """A stand-in for the condition between a (t = 0) and b (t = 1)."""
        return _Said(f"between {t}")
