"""The comparison of savings: what is switched off costs rows and changes nothing, on data in closed form."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

pytest.importorskip("diffusers")

import fidelity_pictures
import savings
from fidelity_costs import Cost
from fidelity_pictures import Setup

from fakes import GaussianHost, clock_of, exploding, schedule
from lib_regiondiff.denoising.rows import Call, Frame, ask
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.planning.plan import Job, Plan, make_plan
from lib_regiondiff.planning.weights import masks
from palettes import sized

LEVELS = tuple(exploding(sigma) for sigma in schedule(4))
BOXES = {"a": [0, 0, 0.25, 0.5], "b": [0.25, 0.25, 1, 1]}


def palette(guidance: float = 1, side: int = 128) -> Palette:
    """Two brushes on a canvas of twice the native side, or of the native side."""
    brushes = [
        {"id": key, "kind": "stuff", "prompt": str(1 + place), "mask": {"rectangle": box}}
        for place, (key, box) in enumerate(BOXES.items())
    ]
    ground = {"prompt": "-1", "negative": "5"}
    return sized(side, side, guidance=guidance, background=ground, brushes=brushes, tiles=None)


def planned(document: Palette, host: GaussianHost) -> Plan:
    return make_plan(document, Job(document.size, clock_of(LEVELS), (1,)), host)


@pytest.mark.parametrize(
    ("without", "with_uncond", "guidance", "side"),
    [
        (savings.idle, False, 1, 128),
        (savings.unshared, False, 4, 64),
        (savings.asked, True, 1, 128),
    ],
)
def test_what_saves_rows_changes_nothing(without: Any, with_uncond: bool, guidance: float, side: int) -> None:
    host = GaussianHost(native=64)
    plan = planned(palette(guidance, side), host)
    other = without(plan, host)
    calls = Call(guidance), Call(guidance, with_uncond=with_uncond)
    frames = [Frame(each, each.steps[0], LEVELS[0]) for each in (plan, other)]
    rows = [len(ask([frame], call)[0]) for frame, call in zip(frames, calls, strict=True)]
    assert rows[0] < rows[1]
    assert savings.measure_difference(host, (plan, other), LEVELS, 3, with_uncond) < 1e-6


def test_a_difference_is_seen() -> None:
    host = GaussianHost(native=64)
    plans = [planned(replace(palette(), background=replace(palette().background, prompt=text)), host) for text in "02"]
    assert savings.measure_difference(host, (plans[0], plans[1]), LEVELS, 3, False) > 1


def test_halves_make_up_their_brushes_and_merge_into_them() -> None:
    whole, host = palette(), GaussianHost(native=64)
    parts = savings.halve(whole)
    assert len(parts.brushes) == 4
    for index, brush in enumerate(whole.brushes):
        halves = [masks.rasterise(each.mask, whole.size) for each in parts.brushes[2 * index : 2 * index + 2]]
        assert all(half.any() for half in halves)
        assert np.array_equal(np.add(*halves), masks.rasterise(brush.mask, whole.size) > 0.5)
    assert savings.measure_difference(host, (planned(whole, host), planned(parts, host)), LEVELS, 3, False) < 1e-6


def test_a_picture_is_drawn_once_and_none_is_begun_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []

    def draw(studio: Any) -> Any:
        drawn.append(studio.name)
        return torch.zeros(1), Cost(rows=7, cells=9)

    full = SimpleNamespace(decode=lambda latents: Image.new("RGB", (8, 8), "red"))
    monkeypatch.setattr(fidelity_pictures, "load_studio", lambda setup: SimpleNamespace(name="demo", full=full))
    late, early = (Setup("", "", "", tmp_path, tmp_path, time.time() + seconds) for seconds in (-1, 60))
    path = tmp_path / "0001-a.png"
    for setup, times in ((late, 0), (early, 1), (early, 1)):
        fidelity_pictures.keep(path, setup, draw)
        assert len(drawn) == times == len(list(tmp_path.glob("*.png")))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["0001-a.json", "0001-a.png"]
    assert json.loads(path.with_suffix(".json").read_text())["rows"] == 7
    assert (fidelity_pictures.read_pixels(path) == (255, 0, 0)).all()


def test_what_is_found_is_in_order_and_without_what_is_not_finished() -> None:
    assert fidelity_pictures.collect(lambda number: number if number % 2 else None, 6, workers=1) == [1, 3, 5]


def test_lines_compare_in_pairs() -> None:
    gains = np.linspace(0.1, 0.3, 40)
    records = []
    for index, gain in enumerate(gains):
        saving, without = (4, index + gain, 1), (6, index, 1.5)
        pictures = {"merged-with": saving, "merged-without": without}
        records.append({key: dict(zip(savings.SCORES, each, strict=True)) for key, each in pictures.items()})
    line = savings.make_drawn_line("merged", records)
    mean, low, high = line["fidelity gained"]
    assert mean == pytest.approx(0.2) and 0.17 < low < 0.19 and 0.21 < high < 0.23  # 1.96 * 0.059 / sqrt(40) = 0.018
    assert line["rows"] == [4, 6] and line["seams gained"] == [-0.5, -0.5, -0.5] and line["palettes"] == 40
    known = [{"idle": {"rows": [2, 5], "apart": 1e-6}}, {}, {"idle": {"rows": [4, 5], "apart": 3e-6}}]
    line = savings.make_exact_line("idle", known)
    assert (line["rows"], line["greatest x0 difference"], line["palettes"], line["equal"]) == ([3, 5], 3e-6, 2, True)
    known[1]["idle"] = {"rows": [4, 5], "apart": 0.1}
    assert not savings.make_exact_line("idle", known)["equal"]
