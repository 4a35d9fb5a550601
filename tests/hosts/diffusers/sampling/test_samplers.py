"""Every sampler: its levels against its own scheduler, where it ends, and whether regions obey through it."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch import Tensor

diffusers = pytest.importorskip("diffusers")

from known_model import COLOURS
from known_unet import AMPLITUDE
from lib_regiondiff.authoring.losses import FINE_STEPS
from lib_regiondiff.denoising.parameterization import PARAMETERIZATIONS
from lib_regiondiff.document import sampler_names
from lib_regiondiff.document.palette import Palette, dump, parse
from lib_regiondiff.errors import HostError
from lib_regiondiff.host import Level
from lib_regiondiff.hosts.diffusers.host import DiffusersHost
from lib_regiondiff.hosts.diffusers.render import Drawing
from lib_regiondiff.hosts.diffusers.sampling import samplers, schedule
from lib_regiondiff.hosts.diffusers.sampling.samplers import BASES, SAMPLERS
from lib_regiondiff.hosts.diffusers.sampling.schedule import Schedule
from lib_regiondiff.planning import noise
from lib_regiondiff.planning.things.closeups import list_fine
from palettes import drawing

LEFT, RIGHT = {"rectangle": [0, 0, 0.5, 1]}, {"rectangle": [0.5, 0, 1, 1]}
NEAR = 10 / 127.5  # ten grey levels, in latents of the known model


def at_hand(names: Any) -> list[str]:
    return [name for name in names if not sampler_names.find_missing(name)]


@pytest.fixture(scope="module")
def host(known_pipeline: Any) -> DiffusersHost:
    return DiffusersHost.of(known_pipeline, "known")


def set_up(host: DiffusersHost, name: str, steps: int = 6, skipped: int = 0) -> Schedule:
    scheduler = samplers.make_scheduler(SAMPLERS[name], host.pipe.scheduler, steps, "cpu")
    schedule.make_own_noise(scheduler, [3])
    return schedule.make_schedule(SAMPLERS[name], scheduler, steps, skipped)


def walked(own: Schedule, x: Tensor, x0: Tensor) -> Tensor:
    """Where a scheduler ends that is always told x0; each call has the scale that its level says."""
    for call, (level, t) in enumerate(zip(own.levels, own.timesteps, strict=False)):
        seen = own.scheduler.scale_model_input(x, t)
        assert torch.allclose(seen, x / (level.alpha**2 + level.beta**2) ** 0.5, rtol=1e-3, atol=1e-4), call
        extra = schedule.make_step_options(own.scheduler, [noise.make_generator(call)], call)
        x = own.scheduler.step(
            PARAMETERIZATIONS["epsilon"].from_denoised(x0, x, level.alpha, level.beta), t, x, return_dict=False, **extra
        )[0]
    return x


def check_levels(host: DiffusersHost, name: str) -> None:
    """From each step on: the noise that the scheduler itself adds, x0 in the end, a clock with a level a step."""
    for skipped in (0, 2, 5):
        own = set_up(host, name, skipped=skipped)
        first, x0 = own.levels[0], torch.full((1, 4, 2, 2), 0.7)
        unit = torch.randn(1, 4, 2, 2, generator=noise.make_generator(8))
        x = first.alpha * x0 + first.beta * unit
        wanted = own.scheduler.add_noise(x0, unit, own.timesteps[:1])
        assert torch.allclose(x, wanted, atol=1e-3 * float(wanted.abs().max()))
        assert (walked(own, x, x0) - x0).abs().max() < 0.08
        assert len(own.clock) == 7 - skipped and list(own.clock) == sorted(own.clock, reverse=True)
        assert own.clock[-1] == 0 and len(own.levels) == len(own.timesteps) + 1
        assert sum(own.ends_step(call) for call in range(len(own.timesteps))) == 6 - skipped
        noises = [level.noise for level in own.levels]
        assert all(later <= before * (1 + 1e-3) for before, later in itertools.pairwise(noises))
    assert set_up(host, name, skipped=6).levels == (Level(0, 1, 0, 0),)


@pytest.mark.parametrize("name", at_hand(BASES))
def test_levels_are_the_schedulers_own(host: DiffusersHost, name: str) -> None:
    check_levels(host, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", at_hand(SAMPLERS))
def test_levels_of_every_schedule(host: DiffusersHost, name: str) -> None:
    check_levels(host, name)


def obeys(host: DiffusersHost, document: Palette) -> None:
    """Two halves have their own colours, exactly those that the model knows."""
    brushes = [{"id": "a", "prompt": "a red cat", "mask": LEFT}, {"id": "b", "prompt": "blue", "mask": RIGHT}]
    latents = Drawing.of(host, parse({**dump(document), "brushes": brushes})).latents()
    for prompt, half in (("red", latents[..., 1:3]), ("blue", latents[..., 5:7])):
        wanted = AMPLITUDE * (2 * torch.tensor(COLOURS[prompt]) - 1)
        assert (half[0, :3, 1:-1].mean(dim=(1, 2)) - wanted).abs().max() < NEAR, prompt


@pytest.mark.parametrize("name", at_hand(BASES))
def test_regions_obey(host: DiffusersHost, name: str) -> None:
    obeys(host, drawing(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", at_hand(SAMPLERS))
def test_regions_obey_with_every_schedule(host: DiffusersHost, name: str) -> None:
    obeys(host, drawing(name, steps=8))


def same(host: DiffusersHost, name: str) -> None:
    """A palette whose brushes all say the same is the pipeline's own picture, bit for bit."""
    brush = {"id": "a", "mask": LEFT, "prompt": "a red cat"}
    document = drawing(name, steps=2, background={"prompt": "a red cat"}, brushes=[brush])
    run = Drawing.of(host, document)
    parts = host.pipe.components | {"scheduler": set_up(host, name, document.steps).scheduler}
    pipe = diffusers.StableDiffusionPipeline(**parts, requires_safety_checker=False)
    pipe.set_progress_bar_config(disable=True)
    theirs = pipe(
        "a red cat", height=64, width=64, num_inference_steps=document.steps, guidance_scale=1,
        generator=torch.Generator("cpu").manual_seed(3), output_type="latent",
    ).images  # fmt: skip
    assert torch.equal(run.latents(), theirs)


@pytest.mark.parametrize("name", at_hand(BASES))
def test_identity_bit_for_bit(host: DiffusersHost, name: str) -> None:
    same(host, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", at_hand(SAMPLERS))
def test_identity_with_every_schedule(host: DiffusersHost, name: str) -> None:
    same(host, name)


@pytest.mark.parametrize("name", ["Heun", "PLMS"])
def test_progress_counts_steps_and_not_calls(host: DiffusersHost, name: str) -> None:
    for brushes in ([], [{"id": "a", "mask": LEFT, "prompt": "blue"}]):
        done: list[int] = []
        Drawing.of(host, drawing(name, brushes=brushes), lambda x0, done=done: done.append(1)).latents()
        assert len(done) == 3


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        sampler_names, "find_missing", lambda name: sampler_names.NEEDS.get(sampler_names.NAMES[name][0], "")
    )
    with pytest.raises(HostError, match="sampler LMS Karras: expected the package scipy, got none; pip install scipy"):
        samplers.find("lms karras")
    assert samplers.find("dpm++ 2m sde karras") is SAMPLERS["DPM++ 2M SDE Karras"]


def test_an_option_that_a_version_does_not_know_is_refused(host: DiffusersHost) -> None:
    strange = samplers.Sampler("EulerDiscreteScheduler", options={"use_strange_sigmas": True})
    with pytest.raises(HostError, match=r"newer version of diffusers, got a version whose Euler.* use_strange_sigmas"):
        samplers.make_scheduler(strange, host.pipe.scheduler, 5, "cpu")


def test_all_of_diffusers_samplers_are_there() -> None:
    from diffusers.schedulers import KarrasDiffusionSchedulers

    wanted = {each.name for each in KarrasDiffusionSchedulers if not each.name.startswith("EDM")}
    assert {sampler.scheduler for sampler in BASES.values()} == wanted | {"LCMScheduler", "TCDScheduler"}


def test_every_sampler_has_its_names_and_no_other() -> None:
    assert list(BASES) == list(sampler_names.BASES)
    assert list(SAMPLERS) == list(sampler_names.NAMES)


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5, 8])
def test_close_ups_have_finer_steps_where_that_is_said(host: DiffusersHost, steps: int) -> None:
    own = samplers.make_scheduler(SAMPLERS["LCM"], host.pipe.scheduler, steps, "cpu")
    clock = schedule.make_schedule(SAMPLERS["LCM"], own, steps, 0).clock
    assert any(list_fine(clock)) == (steps >= FINE_STEPS)
