"""Settling: method, tiles and bootstrap that a palette leaves open, chosen once model, steps and guidance are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lib_regiondiff.document.palette import STUFF, Bootstrap, Nag, Palette, Tiles
from lib_regiondiff.document.values import AUTO
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Box, Size

FEW = 8
"""Steps, at most, that a distilled model draws in."""
SHARE, PAINTED = 0.8, 0.4
"""Share of the steps, the first ones, that keep brushes apart, from noise and over a picture; never the last one."""
EARLY = 0.97
"""Noise level above which nothing of a picture is there yet."""
WHOLE = {True: 1.5, False: 3.0}
"""Native sides that a side may have without a grid: in few steps, which settle everything at once, and in many."""
SIDES = (1.25, 1.5)
"""Native sides that tiles may have instead of one, where that asks the network for less."""
MULTIPLE = 64
"""Pixels whose multiples such sides are, if the model is not small."""
LEAST = 0.25
"""Least overlap of tiles, in native sides."""
BLEND = "average"
"""The method, in few steps and in many; docs/reports/settings.md says by what measurement."""


def settle(palette: Palette, size: Size, native: int, clock: tuple[float, ...], guidance: float) -> Palette:
    """The palette with nothing left open, for a picture of `size` pixels and a model's native side in pixels.

    `clock` is the noise of each level with the final 0. A canvas longer than 3 native sides, or 1.5 in few steps from
    noise without guidance, gets tiles of the native size; such few steps get a bootstrap. Raises HostError where native
    tiles cannot have the overlap that was asked for.
    """
    steps = len(clock) - 1
    few = clock[0] > EARLY and guidance == 1 and steps <= FEW
    tiles = _choose_tiles(size, native, few) if isinstance(palette.tiles, str) else palette.tiles
    tiles = _settle_tiles(tiles, native) if tiles else None
    blend = BLEND if palette.blend == AUTO else palette.blend
    return replace(palette, blend=blend, tiles=tiles, bootstrap=_settle_bootstrap(palette, steps if few else 0))


def list_tilings(said: Palette, made: Palette, native: int) -> list[Palette]:
    """The palettes with the tiles that may be chosen, the native ones first, where `said` leaves them open and `made`
    has some; `made` alone elsewhere."""
    grid = made.tiles
    if said.tiles != AUTO or not isinstance(grid, Tiles):
        return [made]
    step = max(1, min(MULTIPLE, native // 4))
    sides = [native, *(round(share * native / step) * step for share in SIDES)]
    return [replace(made, tiles=replace(grid, width=side, height=side)) for side in sides]


def _choose_tiles(size: Size, native: int, few: bool) -> Tiles | None:
    if max(size.height, size.width) <= WHOLE[few] * native:
        return None
    return Tiles(width=AUTO, height=AUTO, overlap=AUTO)


def _settle_tiles(tiles: Tiles, native: int) -> Tiles:
    """Tiles whose sides and overlap are numbers; HostError where tiles of the native side can't have their overlap."""
    wide, high = (native if isinstance(side, str) else side for side in (tiles.width, tiles.height))
    least = min(wide, high)
    overlap = round(LEAST * least) if isinstance(tiles.overlap, str) else tiles.overlap
    if overlap >= least:
        raise HostError("tiles.overlap", f"less than the shorter side of a tile ({least})", str(overlap))
    return replace(tiles, width=wide, height=high, overlap=overlap)


def settle_scenery(said: Palette, made: Palette, clock: tuple[float, ...]) -> Palette:
    """The settled palette for a canvas that only scenery divides, which many steps keep apart as few ones do: it asks
    for nothing more, as surroundings of objects would; `said` is the palette as it was said."""
    if said.bootstrap.levels != AUTO or clock[0] <= EARLY:
        return made
    return replace(made, bootstrap=_settle_bootstrap(said, len(clock) - 1))


def _settle_bootstrap(palette: Palette, few: int) -> Bootstrap:
    """A palette's bootstrap with nothing left open, for so many steps that keep brushes apart, 0 where none do."""
    given = palette.bootstrap
    share = PAINTED if palette.background.painted else SHARE
    levels = max(0, min(round(share * few), few - 1)) if given.levels == AUTO else given.levels
    mix = min(levels, 1) if given.mix == AUTO else given.mix
    return replace(given, levels=levels, mix=float(mix))


def list_choices(said: Palette, made: Palette) -> dict[str, Any]:
    """What a palette left open, as it was `said`, and what it was `made`, as plain data; the palette keeps its `auto`.

    None stands for what changes nothing: tiles where a single one holds everything, a method without anything to blend.
    """
    found: dict[str, Any] = {}
    if said.blend == AUTO:
        found["blend"] = None if made.blend == AUTO else made.blend
    if said.tiles == AUTO or (isinstance(said.tiles, Tiles) and AUTO in _list_sides(said.tiles)):
        grid = made.tiles
        found["tiles"] = {key: getattr(grid, key) for key in ("width", "height", "overlap")} if grid else None
    keys = [key for key in ("levels", "mix") if getattr(said.bootstrap, key) == AUTO]
    if keys:
        found["bootstrap"] = {key: getattr(made.bootstrap, key) for key in keys}
    pairs = zip(said.brushes, made.brushes, strict=True)
    kinds = {after.id: after.kind for before, after in pairs if before.kind == AUTO != after.kind != STUFF}
    return {**found, "kinds": kinds} if kinds else found


def _list_sides(tiles: Tiles) -> tuple[int | str, ...]:
    return tiles.width, tiles.height, tiles.overlap


def describe_choices(choices: Mapping[str, Any]) -> str:
    """What `list_choices` found, in words for people, as far as it changes a picture; "" where nothing does."""
    grid, bootstrap = choices.get("tiles"), choices.get("bootstrap") or {}
    parts = [f"blend {choices['blend']}"] if choices.get("blend") else []
    if grid:
        parts.append(f"tiles of {grid['width']}x{grid['height']} px that overlap by {grid['overlap']} px")
    if bootstrap.get("levels"):
        parts.append(f"bootstrap levels {bootstrap['levels']}")
    if bootstrap.get("mix"):
        parts.append(f"mix {bootstrap['mix']:g}")
    kinds = choices.get("kinds") or {}
    for kind in dict.fromkeys(kinds.values()):
        parts.append(f"{kind} {' and '.join(name for name, own in kinds.items() if own == kind)}")
    return ", ".join(parts)


def drop_idle_nag(nag: Nag | None) -> Nag | None:
    """The normalized attention guidance of a palette; None where it is off, or set so that it changes nothing."""
    return nag if nag is not None and nag.scale != 1 and nag.alpha != 0 else None


def drop_unasked_tiles(said: Palette, palette: Palette) -> Palette:
    """A palette of one meaning, whose picture is the host's own, without tiles that were not asked for."""
    return replace(palette, tiles=None) if said.tiles == AUTO else palette


def drop_idle(palette: Palette, apart: bool, boxes: Sequence[Sequence[Box]]) -> Palette:
    """The settled palette without what changes nothing, given the boxes of its regions.

    That is a bootstrap that keeps nothing `apart`, tiles where one holds everything, a method where there is only one
    box.
    """
    bootstrap = palette.bootstrap if apart else replace(palette.bootstrap, levels=0, mix=0.0)
    tiles = palette.tiles if any(len(places) > 1 for places in boxes) else None
    blend = palette.blend if sum(map(len, boxes)) > 1 else AUTO
    return replace(palette, blend=blend, tiles=tiles, bootstrap=bootstrap)
