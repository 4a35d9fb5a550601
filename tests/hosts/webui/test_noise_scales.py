"""In which numbers samplers count: levels, predictions there and back, and the clocks of their runs."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fake_sampler import get_sigmas, get_timesteps
from fake_webui import Checkpoint
from lib_regiondiff.geometry import Size
from lib_regiondiff.host import Level
from lib_regiondiff.hosts.webui.noise_scales import NoiseScale, Sigmas, Timesteps, find_scale, make_clock
from lib_regiondiff.planning.conditioning import Job

STEPS = Timesteps(tuple(map(float, Checkpoint().alphas_cumprod)))
SCALES: dict[str, tuple[NoiseScale, float, float]] = {
    "sigmas": (Sigmas(), 0.01, 80.0),
    "flow": (Sigmas(flow=True), 0.01, 0.99),
    "steps": (STEPS, 0.0, 999.0),
}


@pytest.mark.parametrize("name", SCALES)
@given(share=st.floats(0, 1), seed=st.integers(0, 99))
def test_there_and_back(name: str, share: float, seed: int) -> None:
    scale, low, high = SCALES[name]
    level = scale.level(low + share * (high - low))
    generator = torch.Generator().manual_seed(seed)
    x, x0 = (torch.randn(1, 3, 2, 2, generator=generator, dtype=torch.float64) for _ in range(2))
    made = scale.from_denoised(x0, x, level)
    assert torch.allclose(scale.to_denoised(made, x, level), x0, atol=1e-6)


@pytest.mark.parametrize("name", SCALES)
@given(shares=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_levels_are_monotone_and_their_scaling_is_that_of_the_clock(name: str, shares: tuple[float, float]) -> None:
    scale, low, high = SCALES[name]
    a, b = (scale.level(low + share * (high - low)) for share in sorted(shares))
    assert a.noise <= b.noise and a.beta / a.alpha <= b.beta / b.alpha
    for level in (a, b):
        norm = 1 if name == "flow" else (level.alpha**2 + level.beta**2) ** 0.5
        assert level.noise == pytest.approx(level.beta / norm) and 0 < level.noise < 1


def test_a_training_step_has_the_checkpoint_s_own_scaling() -> None:
    kept = Checkpoint().alphas_cumprod.double()
    for step in (0, 1, 500, 998, 999):
        level = STEPS.level(step)
        assert level.alpha**2 == pytest.approx(float(kept[step]), rel=1e-9)
        assert level.beta**2 == pytest.approx(float(1 - kept[step]), rel=1e-9)
    assert STEPS.level(500).noise < STEPS.level(500.25).noise < STEPS.level(501).noise


def test_the_noise_of_ddim_is_x_minus_x0() -> None:
    """With x = a x0 + b n the answer is n."""
    level = STEPS.level(321.5)
    x0, noise = torch.randn(2, 1, 3, 4, 4, dtype=torch.float64)
    x = level.alpha * x0 + level.beta * noise
    assert torch.allclose(STEPS.from_denoised(x0, x, level), noise)


@pytest.mark.parametrize("scale", [Sigmas(), STEPS])
@pytest.mark.parametrize("start", [0, 3])
def test_a_clock_has_an_interval_for_each_call_of_a_run(scale: NoiseScale, start: int) -> None:
    make = get_sigmas if isinstance(scale, Sigmas) else get_timesteps
    numbers = sorted(map(float, make(None, 8)), reverse=True)
    run = numbers[start:-1]  # the last number is only walked to
    clock = make_clock(scale.levels(numbers, run[0]))
    assert clock == (*(scale.level(number).noise for number in run), 0.0)
    assert all(a > b for a, b in itertools.pairwise(clock))


@pytest.mark.parametrize("scale", [Sigmas(), Sigmas(flow=True), STEPS])
def test_a_clock_of_an_unknown_schedule_is_one_interval(scale: NoiseScale) -> None:
    assert make_clock(scale.levels([], 0.5)) == (scale.level(0.5).noise, 0.0)


@pytest.mark.parametrize(("scale", "last"), [(Sigmas(), 0.0), (STEPS, 1.0)])
def test_rounding_of_the_first_number_makes_no_level(scale: NoiseScale, last: float) -> None:
    clock = make_clock(scale.levels([10.0, 5.0, 2.5, last], 10.0 * (1 + 1e-6)))
    assert len(clock) == 4 and clock[0] == pytest.approx(scale.level(10.0).noise)


def test_a_flow_model_that_is_asked_above_one_begins_at_one() -> None:
    clock = make_clock(Sigmas(flow=True).levels([1.0, 0.5, 0.0], 1.4))
    assert clock == (1.0, 1.0, 0.5, 0.0) and Job(Size(64, 64), clock, (1,)).clock == clock


def test_a_run_of_one_call_has_one_interval() -> None:
    assert make_clock(STEPS.levels([1.0], 1.0)) == (STEPS.level(1.0).noise, 0.0)


def test_the_kind_of_a_denoiser_says_in_what_it_counts() -> None:
    steps = SimpleNamespace(alphas=Checkpoint().alphas_cumprod)
    assert find_scale(steps, None) == STEPS
    assert find_scale(SimpleNamespace(), SimpleNamespace(is_sd3=True)) == Sigmas(flow=True)
    assert find_scale(SimpleNamespace(), SimpleNamespace()) == Sigmas()


def test_sigmas_of_flow_models_are_their_clock() -> None:
    assert Sigmas(flow=True).level(0.25) == Level(0.25, 0.75, 0.25, 0.25)
