"""Three brushes that cover one another, and what the planner gives to each."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from fakes import GaussianHost, clock_of, exploding, schedule
from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.planning.plan import Job, make_plan
from lib_regiondiff.planning.weights.blends import BLENDS
from lib_regiondiff.planning.weights.masks import OVERLAP_RULES

LEVELS = tuple(exploding(sigma) for sigma in schedule(10))


def planned(palette: Palette) -> np.ndarray:
    """What the planner gives to the three brushes at the last level [3, h, w], in cells of 8 pixels."""
    made = make_plan(palette, Job(palette.size, clock_of(LEVELS), (1,)), GaussianHost(native=4096))
    found = np.zeros((3, made.size.height, made.size.width))
    for view in made.views(LEVELS[-2]):
        for name in set(view.region.names) & set("rgb"):
            view.box.crop(found["rgb".index(name)])[...] += view.weight.numpy()
    return found


@st.composite
def mixing(draw: st.DrawFn) -> Palette:
    """Three brushes on the lines of 32 pixels, of any weight and softness, that cover one another.

    None is so small that the planner's cells show in it, which are coarser than pixels.
    """
    span = st.tuples(st.integers(0, 12), st.integers(4, 16)).map(lambda pair: (pair[0], min(16, sum(pair))))
    brushes = []
    for index, (name, colour) in enumerate(zip("rgb", ("#ff0000", "#00ff00", "#0000ff"), strict=True)):
        (left, right), (top, bottom) = draw(span), draw(span)
        shape = {"rectangle": [side / 16 for side in (left, top, right, bottom)]}
        more = {"weight": draw(st.sampled_from([1, 9, 0.1])), "feather": draw(st.sampled_from([0, 0, 24, 96]))}
        brushes.append({"id": name, "colour": colour, "prompt": f"{index + 1}", "mask": shape} | more)
    overlap = {"rule": draw(st.sampled_from([*OVERLAP_RULES])), "cover_alpha": draw(st.sampled_from([0, 0.4]))}
    blend = draw(st.sampled_from(sorted(BLENDS)))
    return parse({"version": 1, "brushes": brushes, "overlap": overlap, "blend": blend, "tiles": None})
