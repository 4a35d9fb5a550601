"""A dry run of the whole GPU benchmark, small and on the CPU: every figure is there and within its limits."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("diffusers")

import gpu
import gpu_agreement
import gpu_memory
import gpu_report
import gpu_speed
from gpu_card import GIB

from places import ROOT


def expected() -> set[str]:
    """The name of every figure of a dry run."""
    names = {f"{measure}, time in all" for measure in gpu.MEASURES}
    for model in ("known", "demo"):
        for kind in gpu_agreement.precisions(model, small=True):
            for what in ("latents", "picture"):
                names |= {f"agreement, {model} model, {kind}, {what}, {how} difference" for how in ("largest", "mean")}
    names |= {"obedience, known model, float32, colours found"}
    names |= {f"obedience, land, {where}, things found" for where in ("CPU", "float32")}
    for family, cases in gpu_memory.CASES.items():
        for case in ("nothing short", gpu_memory.IN_HALF, *map(str, cases)):
            figures = ("picture finished", "peak", "refusals", "largest call", "time")
            names |= {f"memory, {family}, {case}, {figure}" for figure in figures}
        names.add(f"memory, {family}, {gpu_memory.IN_HALF}, refusals overcome")
    for family, places in gpu_speed.PLACES.items():
        for method in gpu_speed.METHODS:
            names |= {f"speed, {method}, {family}, {side} px, {figure}" for side, _ in places for figure in SPEEDS}
    figures = ("scenes drawn and encoded", "speed", "loss at first", "loss at last", "loss at last to loss at first")
    return names | {f"training, {figure}" for figure in figures}


SPEEDS = (
    "loop to bare network",
    "loop to bare network, median step",
    "bare network",
    "loop beyond the network",
    "loop until all is asked",
    "core alone",
    "core alone until all is asked",
    "network and core in turn to network",
)


@pytest.mark.slow
@pytest.mark.timeout(3600)  # a minute of one core, of which a busy machine gives little
def test_a_dry_run_gives_every_figure_within_its_limits(tmp_path: Path) -> None:
    command = [
        sys.executable,
        str(ROOT / "benchmarks" / "gpu.py"),
        "--dry-run",
        "--out",
        str(tmp_path),
        "--minutes",
        "60",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    found = [json.loads(text) for text in (tmp_path / gpu_report.LINES).read_text("utf-8").splitlines()]
    assert [line for line in found if line.get("ok") is False] == [] and done.returncode == 0, done.stderr
    assert done.stdout == (tmp_path / gpu_report.LINES).read_text("utf-8")
    assert {line["name"] for line in found} == expected() and len(found) == len(expected())
    keys = ("benchmark", "value", "unit", "device", "torch", "commit")
    assert all(all(key in line for key in keys) and line["dry_run"] for line in found)
    values = {line["name"]: line["value"] for line in found}
    assert all(value is not None and value >= 0 for name, value in values.items() if "beyond the network" not in name)
    capped = [values[f"memory, SDXL, {case}, refusals"] for case in gpu_memory.CASES["SDXL"]]
    assert min(capped) >= 1 and values["memory, SDXL, capped at 8 GB, peak"] * GIB <= 8 * GIB
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 16 * 2**20
