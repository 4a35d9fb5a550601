"""Intervals: a brush acts in the last levels, as many as its strength says, between its start and its stop."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import GaussianHost
from lib_regiondiff.planning.plan import Job, make_plan
from plan_cases import brush, palette

SHARE = st.integers(0, 40).map(lambda number: number / 40)


@given(st.integers(1, 12), SHARE, SHARE, SHARE)
@settings(max_examples=80, deadline=None)
def test_a_brush_acts_where_its_strength_and_its_interval_say(count: int, strength: float, a: float, b: float) -> None:
    start, stop = min(a, b), max(a, b)
    if start == stop:
        return
    one = brush("a", {"rectangle": [0, 0, 0.5, 1]}, strength=strength, start=start, stop=stop)
    clock = tuple(1 - step / count for step in range(count + 1))
    document = palette(brushes=[one])
    made = make_plan(document, Job(document.size, clock, (1,)), GaussianHost())
    acting = [any(view.region.names == ("a",) for view in made.steps[step]) for step in range(count)]
    begin, end, last = (math.floor(share * count + 0.5) for share in (start, stop, strength))
    assert acting == [begin <= step < end and step >= count - last for step in range(count)]
