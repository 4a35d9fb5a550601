"""The classes of what people paint: name -> how its wishes are made from a split's seeds and a number."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

from sizes_edges import make_border
from sizes_splits import make_columns, make_grid
from sizes_stacks import make_stack
from sizes_stuff import make_scenery, make_strokes, make_textures
from sizes_things import SIDES, make_thing
from sizes_wishes import EACH, SPLITS, Wish

Maker = Callable[[range, int, int], Wish]
"""Seeds of the split, place of the class, number -> wish."""

MAKERS: Mapping[str, Maker] = {
    **{f"thing-{side}": functools.partial(make_thing, side) for side in SIDES},
    "columns": functools.partial(make_columns, True),
    "rows": functools.partial(make_columns, False),
    "grid": make_grid,
    "strokes": make_strokes,
    "stacked": make_stack,
    "textures": make_textures,
    "borders": make_border,
    "scenery": make_scenery,
}
"""New classes go to the end: the place of a class decides its seeds."""


def make_wish(kind: str, number: int, split: str) -> Wish:
    """The wish of a class and a number below EACH, by the seeds of a split; the same one each time."""
    assert 0 <= number < EACH
    return MAKERS[kind](SPLITS[split], list(MAKERS).index(kind), number)
