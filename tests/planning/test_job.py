"""Jobs: seeds and a clock are checked when the job is made, so that no plan is one of nothing."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import GaussianHost, exploding
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.plan import Job, make_plan
from plan_cases import brush, palette

SIZE = Size(128, 128)
NAN = float("nan")
BAD = {
    "rising": (0.1, 0.5, 0.0),
    "no end": (0.9, 0.5),
    "not a number": (0.9, NAN, 0.0),
    "sigmas": (14.0, 5.0, 1.0, 0.0),
    "below nothing": (0.5, -0.1, 0.0),
    "no number at the end": (0.5, NAN),
    "1000 timesteps": (*map(float, range(999, -1, -1)),),
}


def test_a_job_without_seeds_is_refused() -> None:
    with pytest.raises(HostError, match=r"^Job\.seeds: expected one for each picture, got none$"):
        Job(SIZE, (0.9, 0.5, 0.0), ())


@pytest.mark.parametrize("name", BAD)
def test_a_clock_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(HostError) as caught:
        Job(SIZE, BAD[name], (1,))
    assert str(caught.value).startswith("Job.clock: expected noises in [0, 1] that never rise, the last one 0, got (")
    assert len(str(caught.value)) < 180


@given(st.lists(st.floats(0, 1), max_size=6), st.integers(1, 3))
@settings(max_examples=50, deadline=None)
def test_any_noises_that_fall_to_nothing_are_planned(noises: list[float], pictures: int) -> None:
    """Also those that stay, and a run of no steps."""
    document = palette(brushes=[brush("a", {"rectangle": [0, 0, 0.5, 1]})])
    clock = (*sorted(noises, reverse=True), 0.0)
    made = make_plan(document, Job(SIZE, clock, tuple(range(pictures))), GaussianHost())
    assert len(made.steps) == len(noises) and all(views for views in made.steps)
    Job(SIZE, (), (1,))


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=6))
def test_noises_of_sigmas_are_a_clock_and_may_be_rounded(sigmas: list[float]) -> None:
    clock = [exploding(sigma).noise for sigma in sorted(sigmas, reverse=True)]
    Job(SIZE, (*clock, 0.0), (1,))
    Job(SIZE, (1 + 1e-6, *(noise + 1e-6 * (index % 2) for index, noise in enumerate(clock)), 0.0), (1,))
    assert all(a >= b for a, b in itertools.pairwise(clock))
