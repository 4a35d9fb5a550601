"""For the command line: what `render` and `panorama` draw, from options and a palette to files."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from lib_regiondiff import demo
from lib_regiondiff.command.caption import caption_background
from lib_regiondiff.command.loading_options import apply_proposals, expect_trust, read_loading, read_loading_changes
from lib_regiondiff.command.printing import tell
from lib_regiondiff.command.progress import show_bar
from lib_regiondiff.document import changes, png
from lib_regiondiff.document.changes import Change
from lib_regiondiff.document.palette import SEED, Palette
from lib_regiondiff.document.png import MadeWith
from lib_regiondiff.errors import HostError
from lib_regiondiff.files import expect_room
from lib_regiondiff.hosts.renderer import Renderer, load_renderer
from lib_regiondiff.planning.auto import describe_choices
from lib_regiondiff.planning.refusals import refuse
from lib_regiondiff.stopping import allow_cleanup

MAX_SEED = int(SEED.high)
USUAL, LARGE = 512, 1024
"""The native sides of usual models."""
PIXELS_OF_A_BYTE = 8
"""Pixels in a byte of a PNG that is packed as well as one can hope for."""
FIELDS: Mapping[str, str] = {
    "prompt": "background.prompt",
    "negative": "background.negative",
    "width": "size.width",
    "height": "size.height",
    "steps": "steps",
    "sampler": "sampler",
    "guidance": "guidance",
    "blend": "blend",
    "attention": "attention",
    "quantization": "quantization",
}


def draw(
    palette: Palette,
    then: MadeWith | None,
    output: Path,
    options: Mapping[str, Any],
    first: Sequence[Change] = (),
) -> None:
    """Draw a palette to files as the options of `render` say; the changes `first` are made before theirs.

    `then` is what a PNG, if the palette comes from one, was made with. Raises PaletteError, HostError and
    click.UsageError before anything is drawn where options, palette, model or `output` cannot be used.
    """
    made = [*first, *read_loading_changes(options), *read_changes(options)]
    palette = changes.override(palette, made)
    if not options["trust"]:
        expect_trust(palette, made, options["model"])
    model = choose_model(options["model"], palette)
    seeds = choose_seeds(palette.seed, options["seed"], options["count"])
    places = choose_places(output, seeds, options["force"])
    with allow_cleanup():
        expect_room(output, len(seeds) * palette.size.area // PIXELS_OF_A_BYTE)
    refuse(palette, "command")  # before a model is loaded
    chatty = options["progress"] is not False
    if chatty:
        tell(f"loading {model} ...", err=True)
    palette, lines = caption_background(palette, options["caption_model"])
    renderer = load_renderer(palette, model, options["device"], options["dtype"], read_loading(options))
    palette, advised = apply_proposals(palette, renderer, options["accelerate"])
    lines += [
        *advised,
        *(f"differs: {line}" for line in (describe_differences(palette, then, renderer) if then else [])),
    ]
    lines += [*find_doubts(palette), *(describe_costs(palette, renderer.native, len(seeds)) if chatty else [])]
    for line in lines:
        tell(line, err=True)
    write(renderer, palette, places, options)


def write(renderer: Renderer, palette: Palette, places: Mapping[int, Path], options: Mapping[str, Any]) -> None:
    """Draw the picture of each seed into its file of `places`, and print the file's path when it is there."""
    said: set[str] = set()
    with allow_cleanup(), show_bar(options["progress"], len(places) * palette.steps) as (progress, aside):
        seeds = [*places]
        for seed, picture in zip(seeds, renderer.draw(palette, seeds, progress, options["batch"]), strict=True):
            made_with = replace(renderer.made_with, chosen=picture.chosen)
            png.save(picture.image, picture.palette, made_with, places[seed])
            with aside():
                if (choices := describe_choices(picture.chosen)) not in (*said, ""):
                    tell(f"auto: {choices}", err=True)
                said.add(choices)
                tell(places[seed])


def find_doubts(palette: Palette) -> list[str]:
    """Warnings about negatives that will do nothing and brushes that will show nothing."""
    from lib_regiondiff.authoring.summary import Shares, find_doubtful, find_idle, find_unheard  # they need cv2

    vain = find_unheard(palette, palette.guidance, palette.background.negative)
    lines = [f"{line}; --set nag={{}} lets it act" for line in vain]
    shares = Shares.of(palette)
    lines += [*find_doubtful(palette, shares), *find_idle(palette, shares, palette.steps)]
    return [f"warning: {line}" for line in lines]


def describe_costs(palette: Palette, native: int | None = None, count: int = 1) -> list[str]:
    """What `count` pictures cost, in lines; without the `native` side of a model, in pixels, a usual one is assumed.

    Before a model is loaded it is also told which brushes are undecided.
    Raises HostError where a model of that native side, or of any usual one, cannot draw the palette.
    """
    from lib_regiondiff.authoring.cost import describe, estimate  # they need torch, which takes seconds
    from lib_regiondiff.authoring.notices import tell_undecided
    from lib_regiondiff.authoring.summary import name_brush

    usual = find_usual_native(palette)
    try:
        cost = estimate(palette, native or usual)
    except HostError as error:
        if native or all(is_refused(palette, each) for each in (demo.NATIVE, USUAL, LARGE)):
            raise
        return [f"warning: {error} (with a model of {usual} px)"]
    time, *others = describe(cost)
    each = f"each of {count} pictures takes " if count > 1 else ""
    figures = cost.undecided
    asked = [(name_brush(brush), figures[brush.id]) for brush in palette.brushes if brush.id in figures]
    notes = [f"note: {tell_undecided(asked)}; the cost is that of the dearer way"] if asked and not native else []
    return [*(f"cost: {line}" for line in (each + time, *others)), *notes]


def find_usual_native(palette: Palette) -> int:
    """The native side in pixels of the model that a palette names, or else of a usual one."""
    return demo.NATIVE if palette.model.name == demo.NAME else USUAL


def is_refused(palette: Palette, native: int) -> bool:
    """Whether a model of a native side, in pixels, cannot draw a palette."""
    from lib_regiondiff.authoring.cost import estimate  # it needs torch, which takes seconds

    try:
        estimate(palette, native)
    except HostError:
        return True
    return False


def read_changes(options: Mapping[str, Any]) -> list[changes.Change]:
    """The changes that options of `render` make in a palette, --set last; PaletteError for a malformed one."""
    given = [changes.make_change(path, options[key]) for key, path in FIELDS.items() if options[key] is not None]
    return [*given, *map(changes.read, options["sets"])]


def choose_seeds(own: int | None, given: Sequence[int], count: int | None) -> list[int]:
    """The seeds to draw: those given, or `count` from the first on; else the palette's `own`, or a random one.

    click.UsageError where `count` goes with several seeds or beyond the largest seed.
    """
    if not count and given:
        return list(dict.fromkeys(given))
    if len(given) > 1:
        raise click.UsageError("--count goes with one --seed, not with several")
    drawn = random.SystemRandom().randrange(2**32) if own is None else own
    first, count = given[0] if given else drawn, count or 1
    if first + count - 1 > MAX_SEED:
        raise click.UsageError(f"{count} seeds from {first} on go beyond {MAX_SEED}, the largest seed")
    return list(range(first, first + count))


def choose_places(output: Path, seeds: Sequence[int], force: bool) -> dict[int, Path]:
    """The file for each seed, OUTPUT-SEED.png if there are several; click.UsageError for what cannot be written.

    An existing file is overwritten only with `force`.
    """
    if output.suffix.lower() != ".png":
        raise click.UsageError(f"{output}: expected a name that ends in .png")
    if not output.parent.is_dir():
        raise click.UsageError(f"{output.parent}: there is no such folder")
    many = len(seeds) > 1
    places = {seed: output.with_name(f"{output.stem}-{seed}{output.suffix}") if many else output for seed in seeds}
    taken = [str(place) for place in places.values() if place.exists()]
    if taken and not force:
        raise click.UsageError(f"{', '.join(taken[:5])}: there already; --force overwrites")
    return places


def choose_model(given: str | None, palette: Palette) -> str:
    """The model to load: the `given` one, or the palette's if its name leads anywhere; HostError where neither does."""
    name = palette.model.name
    if given or (name and (name == demo.NAME or "/" in name or Path(name).exists())):
        return given or name
    if name:
        raise HostError("model.name", "a model's folder, file or hub id", repr(name), "give its place with --model")
    raise HostError(
        "model",
        "--model, REGIONDIFF_MODEL or the palette's model.name",
        "none of them",
        f"--model {demo.NAME} is the small one inside",
    )


def describe_differences(palette: Palette, then: MadeWith, renderer: Renderer) -> list[str]:
    """Lines about what differs from when a picture was drawn: model, device, dtype and versions."""
    old, new = palette.model.hash, renderer.fingerprint
    hashes = [png.describe_difference("model hash", old, new)] if old != new else []
    return [*hashes, *png.list_differences(then, renderer.made_with)]
