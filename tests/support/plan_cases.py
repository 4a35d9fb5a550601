"""Small plans: palettes of a few brushes, by hand or of any kind, and what is planned for them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from fakes import GaussianHost, clock_of, exploding, schedule
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.planning.plan import Job, Plan, make_plan
from lib_regiondiff.planning.weights.blends import BLENDS
from lib_regiondiff.planning.weights.masks import OVERLAP_RULES, QUANTIZATIONS
from palettes import sized

LEVELS = tuple(exploding(sigma) for sigma in schedule(10))


def palette(width: int = 128, height: int = 128, **more: Any) -> Palette:
    return sized(width, height, **{"background": {"prompt": "0"}, "tiles": None} | more)


def plan(document: Palette, host: GaussianHost | None = None, merge: bool = True, **more: Any) -> Plan:
    return make_plan(document, Job(document.size, clock_of(LEVELS), (1,), **more), host or GaussianHost(), merge)


def brush(id: str, mask: Any, prompt: str = "1", **more: Any) -> dict[str, Any]:
    return {"kind": "stuff", "id": id, "mask": mask, "prompt": prompt} | more


@st.composite
def palettes(draw: st.DrawFn) -> Palette:
    """Boxes and ellipses of any order, with every option that changes weights."""
    span = st.tuples(st.floats(-0.1, 1.1), st.floats(-0.1, 1.1)).filter(lambda pair: pair[0] != pair[1]).map(sorted)
    brushes = []
    for index in range(draw(st.integers(0, 5))):
        (left, right), (top, bottom) = draw(span), draw(span)
        kind = draw(st.sampled_from(["rectangle", "ellipse"]))
        brushes.append(
            brush(
                str(index),
                {kind: [left, top, right, bottom]},
                str(draw(st.integers(0, 3))),
                feather=draw(st.sampled_from([0, 5, 30])),
                strength=draw(st.sampled_from([1, 0.5, 0])),
                stop=draw(st.sampled_from([1, 0.6])),
                weight=draw(st.sampled_from([1, 4])),
            )
        )
    grids = [None, {"width": 64, "height": 96, "overlap": 16}, {"width": 100, "height": 64, "overlap": 0}]
    tiles = draw(st.sampled_from(grids))
    overlap = {"rule": draw(st.sampled_from([*OVERLAP_RULES])), "cover_alpha": draw(st.sampled_from([0, 0.3]))}
    return palette(
        draw(st.integers(64, 300)),
        draw(st.integers(64, 300)),
        brushes=brushes,
        tiles=tiles,
        blend=draw(st.sampled_from(sorted(BLENDS))),
        quantization=draw(st.sampled_from([*QUANTIZATIONS])),
        overlap=overlap,
    )
