"""Accelerators: told by names, titles and schedulers; what they want of a palette is said, and done where asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cli_stub import run
from lib_regiondiff.document import png
from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts import accelerators
from lib_regiondiff.hosts.accelerators import (
    Accelerator,
    Proposal,
    advise,
    find_conflicts,
    follow_proposal,
    recognise_name,
    recognise_scheduler,
)

KNOWN = [value for value in vars(accelerators).values() if isinstance(value, Accelerator)]
TOLD = {
    "lcm-lora-sdv1-5": "LCM: sampler LCM, 4 to 8 steps, guidance 1 to 2",
    "toyworld-lcm": "LCM: sampler LCM, 4 to 8 steps, guidance 1 to 2",
    "LCM_Dreamshaper_v7_4k": "LCM: sampler LCM, 4 to 8 steps, guidance 1 to 2",
    "tcd-sd15-lora": "TCD: sampler TCD, 4 to 8 steps, guidance 1",
    "sdxl_lightning_4step_lora": "Lightning: sampler Euler SGM Uniform, 4 steps, guidance 1 to 2",
    "SDXL-Lightning-8Steps": "Lightning: sampler Euler SGM Uniform, 8 steps, guidance 1 to 2",
    "RealVisXL_V4.0_Lightning": "Lightning: sampler Euler SGM Uniform, 4 to 8 steps, guidance 1 to 2",
    "Hyper-SD15-8steps-lora": "Hyper-SD: sampler DDIM SGM Uniform, 8 steps, guidance 1",
    "Hyper-SDXL-1step-lora": "Hyper-SD: sampler TCD, 1 steps, guidance 1",
    "Hyper-SD15-12steps-CFG-lora": "Hyper-SD: sampler DDIM SGM Uniform, 12 steps, guidance 5 to 8",
    "sd_xl_turbo_1.0_fp16": "Turbo: sampler Euler a SGM Uniform, 1 to 8 steps, guidance 1 to 2",
    "dreamshaperXL_v21TurboDPMSDE": "Turbo: sampler Euler a SGM Uniform, 1 to 8 steps, guidance 1 to 2",
}
PLAIN = [
    "known",
    "hyperrealism_v2",
    "lightning bolts",
    "turbo engine",
    "falcmodel",
    "v1-5-pruned-emaonly",
    "",
    "20 steps",
]
FEW = parse({"version": 1, "steps": 4, "sampler": "lcm", "guidance": 1.5})


@pytest.mark.parametrize("name", TOLD)
def test_a_name_tells(name: str) -> None:
    found = recognise_name(["", name])
    assert found and f"{found.name}: {found}" == TOLD[name]


@pytest.mark.parametrize("name", PLAIN)
def test_a_name_that_only_sounds_like_it_does_not(name: str) -> None:
    assert recognise_name([name]) is None


@pytest.mark.diffusers
def test_there_is_a_sampler_for_each_and_flow_models_have_their_own() -> None:
    diffusers = pytest.importorskip("diffusers")
    from lib_regiondiff.hosts.diffusers import Extras, LoraFile
    from lib_regiondiff.hosts.diffusers.additions.accelerators import find_proposals
    from lib_regiondiff.hosts.diffusers.sampling.samplers import find

    assert all(find(each.sampler) for each in KNOWN)
    told = "LoRA Hyper-FLUX.1-dev-8steps-lora is Hyper-SD: sampler Euler, 8 steps, guidance 3.5"
    extras = Extras((LoraFile(Path("Hyper-FLUX.1-dev-8steps-lora.safetensors")),))
    pipe: Any = type("FluxPipeline", (), {"scheduler": diffusers.FlowMatchEulerDiscreteScheduler()})()
    assert [str(each) for each in find_proposals(pipe, "owner/FLUX.1-dev", extras)] == [told]
    other = type("StableDiffusion3Pipeline", (), {"scheduler": pipe.scheduler})()
    (turbo,) = find_proposals(other, "owner/sd3.5_large_turbo", Extras())
    assert str(turbo) == "model sd3.5_large_turbo is Turbo: sampler Euler, 1 to 8 steps, guidance 1 to 2"


def test_the_scheduler_that_came_with_a_model_tells() -> None:
    trailing: Any = {"timestep_spacing": "trailing", "prediction_type": "epsilon"}
    assert recognise_scheduler("LCMScheduler", {}) is accelerators.LCM
    assert recognise_scheduler("TCDScheduler", {}) is accelerators.TCD
    assert recognise_scheduler("EulerAncestralDiscreteScheduler", trailing) is accelerators.TURBO
    assert recognise_scheduler("EulerDiscreteScheduler", trailing | {"rescale_betas_zero_snr": True}) is None
    assert (
        recognise_scheduler("EulerDiscreteScheduler", {"timestep_spacing": "leading", "prediction_type": "epsilon"})
        is None
    )
    assert recognise_scheduler("PNDMScheduler", {}) is None


@given(
    st.sampled_from(KNOWN),
    st.integers(1, 1000),
    st.floats(1, 30),
    st.sampled_from(["LCM", "Euler a"]),
    st.none() | st.floats(1, 30),
)
def test_an_accelerated_palette_asks_for_nothing_else(
    known: Accelerator, steps: int, guidance: float, sampler: str, own: float | None
) -> None:
    brush = {"id": "a", "mask": {"rectangle": [0, 0, 1, 1]}, "guidance": own}
    document = {"version": 1, "steps": steps, "guidance": guidance, "sampler": sampler, "brushes": [brush]}
    palette, proposals = parse(document), [Proposal("model m", accelerators.TCD), Proposal("LoRA x", known)]
    fast = follow_proposal(palette, proposals)
    assert find_conflicts(fast, known) == [] and len(advise(fast, proposals)) == 2
    assert known.steps[0] <= fast.steps <= known.steps[1]
    assert (fast == palette) == (not find_conflicts(palette, known) and sampler == known.sampler)


def test_what_a_palette_asks_otherwise_is_said() -> None:
    proposal = Proposal("LoRA lcm", accelerators.LCM)
    assert advise(FEW, [proposal]) == ["LoRA lcm is LCM: sampler LCM, 4 to 8 steps, guidance 1 to 2"]
    told = "warning: the palette asks for sampler Euler a, 20 steps, guidance 7; --accelerate draws as proposed"
    assert advise(Palette(), [proposal])[1:] == [told]
    assert advise(Palette(), []) == []
    with pytest.raises(HostError, match="--accelerate: expected a LoRA or a model known as LCM"):
        follow_proposal(Palette(), [])


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "palette.json"
    small = {"version": 1, "seed": 1, "size": {"width": 64, "height": 64}, "background": {"prompt": "a red cat"}}
    path.write_text(json.dumps(small | {"steps": 4, "sampler": "Euler", "guidance": 1.2}), encoding="utf-8")
    return path


@pytest.mark.diffusers
def test_the_demos_lora_is_known_and_draws_as_it_proposes(source: Path) -> None:
    pytest.importorskip("diffusers")
    out, again = source.with_name("out.png"), source.with_name("again.png")
    words = ("--model", "demo", "--device", "cpu")
    told = "LoRA demo-lcm is LCM: sampler LCM, 4 to 8 steps, guidance 1 to 2\n"
    asked = ("--lora", "demo-lcm", "--steps", "20", "--accelerate")
    assert run("render", source, "-o", out, *words, *asked).stderr == told
    palette = png.load(out)[0]
    assert (palette.sampler, palette.steps, palette.guidance, palette.model.loras[0].name) == (
        "LCM",
        4,
        1.2,
        "demo-lcm",
    )
    assert run("render", out, "-o", again, *words).stderr == told
    assert np.array_equal(np.asarray(Image.open(out)), np.asarray(Image.open(again)))
    told = run("render", source, "-o", out, "--force", *words, "--accelerate", code=1).stderr
    assert told.startswith("--accelerate: expected") and told.count("\n") == 1


@pytest.mark.diffusers
@pytest.mark.parametrize(("name", "form"), [("sdxl_lightning_4step_lora", "diffusers"), ("lcm", "peft")])
def test_lightning_and_lcm_files_load_and_act(name: str, form: str, source: Path, known_folder: Path) -> None:
    from safetensors.torch import save_file

    from known_swap import swap

    out, path = source.with_name("out.png"), source.with_name(f"{name}.safetensors")
    save_file(swap(form), path)
    sampler = "Euler" if form == "diffusers" else "LCM"
    words = ("--model", known_folder, "--device", "cpu", "--sampler", sampler, "--lora", path)
    told = run("render", source, "-o", out, *words).stderr
    found = recognise_name([name])
    assert found and told.startswith(f"LoRA {path.name} is {found.name}: {found}\n")
    with Image.open(out) as picture:
        assert np.abs(np.asarray(picture).astype(int) - [0, 0, 255]).max() < 40
