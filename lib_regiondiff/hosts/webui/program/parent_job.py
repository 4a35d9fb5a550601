"""Jobs inside a job: scripts and extensions that draw a picture in parts, and where in it a part lies."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Size
from lib_regiondiff.hosts.webui.modules import module
from lib_regiondiff.hosts.webui.typed import Grid, Processing, Script

CUTTING = ("sd upscale", "poor man's outpainting")  # by the host's own grid
STRIPS = ("outpainting mk2",)  # by numbers that only the script knows


@dataclass(frozen=True)
class PartPlace:
    """Where a part lies in the picture that is made of all parts, in pixels.

    `whole` is the size of that picture, `left` and `top` are the part's corner.
    """

    whole: Size
    left: int
    top: int


def is_detail(p: Processing) -> bool:
    """Whether a job is one of ADetailer's own, which has a prompt of its own."""
    return bool(getattr(p, "_ad_inner", False))


def find_place(p: Processing) -> PartPlace | None:
    """Where a job's picture lies in the one that a script cuts up; None where it is a picture of its own.

    Raises HostError for scripts whose parts lie where nobody can know, and for several parts in one batch.
    """
    title = _find_script_title(p)
    pictures = getattr(p, "init_images", None) or []
    place = (
        next((found for grid in _find_grids() for found in _find_tiles(grid, pictures[0])), None) if pictures else None
    )
    if title.lower() in STRIPS or (title.lower() in CUTTING and place is None):
        raise HostError("the script", "none, or one that draws whole pictures", title, "turn one of the two off")
    if place is not None and len(pictures) > 1:
        raise HostError(
            "the batch size", "1, since each part has regions of its own", str(len(pictures)), "set it to 1"
        )
    return place


def _find_script_title(p: Processing) -> str:
    """The title of the script that was chosen for a job, "" for none."""
    given: Sequence[Any] | None = getattr(p, "script_args", None)
    chosen = given[0] if given else 0
    scripts: Sequence[Script] = getattr(getattr(p, "scripts", None), "selectable_scripts", [])
    known = isinstance(chosen, int) and not isinstance(chosen, bool) and 0 < chosen <= len(scripts)
    return str(scripts[chosen - 1].title()) if known else ""


def _find_grids() -> Iterator[Grid]:
    """The grids in the variables of the functions that have called this one.

    A script hands on a tile without its place; only the script's own variable has it, which is read here and never
    changed.
    """
    kind = module("images").Grid
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        yield from (value for value in list(frame.f_locals.values()) if isinstance(value, kind))
        frame = frame.f_back


def _find_tiles(grid: Grid, picture: Any) -> Iterator[PartPlace]:
    """The places in a grid of this very picture, not of one that looks the same."""
    whole = Size(grid.image_h, grid.image_w)
    yield from (PartPlace(whole, left, top) for top, _, row in grid.tiles for left, _, tile in row if tile is picture)
