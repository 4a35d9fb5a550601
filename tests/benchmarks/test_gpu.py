"""The GPU benchmark without a GPU: its lines, its memory, its page and wheels."""

from __future__ import annotations

import contextlib
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

pytest.importorskip("diffusers")

import dev
import gpu
import gpu_card
import gpu_memory
import gpu_models
import gpu_report
import gpu_speed
import gpu_wheels
from gpu_card import PRETENDED_BYTES, Cuda, Pretended, admitted
from gpu_report import Bench, Report

from places import ROOT

STAMP = {"device": "a card", "torch": "2", "diffusers": "1", "commit": "c0ffee", "source": "", "date": "2026-01-01"}
WEIGHTS = {
    "SD1.5": {"unet": 859_520_964, "vae": 83_653_863, "text_encoder": 123_060_480},
    "SDXL": {
        "unet": 2_567_463_684,
        "vae": 83_653_863,
        "text_encoder": 123_060_480,
        "text_encoder_2": 694_659_840,
    },
}


@pytest.fixture
def report(tmp_path: Path) -> Report:
    return Report(tmp_path / "lines", {**STAMP, "dry_run": False})


def lines(report: Report) -> list[dict[str, Any]]:
    return [json.loads(text) for text in report.file.read_text().splitlines()]


def test_a_line_says_whether_its_limit_is_kept_and_no_number_keeps_any(report: Report) -> None:
    for value in (1.0, 2.0, float("nan")):
        report.at_most("a", value, "s", 1)
        report.at_least("b", value, "s", 2)
    assert [line["ok"] for line in lines(report)] == [True, False, False, True, False, False]
    assert [line["value"] for line in lines(report)] == [1, 1, 2, 2, None, None] and report.failed == 4
    assert all(STAMP.items() <= line.items() for line in lines(report))


def test_an_error_is_a_line_and_ends_nothing_else(report: Report) -> None:
    with report.guarded("a"):
        raise RuntimeError("CUDA error: of some kind\nand more")
    report.note("b", 1, "s")
    first, second = lines(report)
    assert first["error"] == "RuntimeError: CUDA error: of some kind" and first["ok"] is False and report.failed == 1
    assert second["value"] == 1 and "ok" not in second


def test_the_page_shows_the_lines_and_names_the_card(report: Report, tmp_path: Path) -> None:
    report.at_most("a", 1.5, "s", 2)
    report.at_most("b", 3, "s", 2)
    page = tmp_path / "page.md"
    page.write_text((ROOT / "docs" / "gpu.md").read_text("utf-8"), "utf-8")
    gpu_report.renew(page, gpu_report.table(gpu_report.read(report.file)))
    text = page.read_text("utf-8")
    assert "a card, torch 2" in text and "commit c0ffee" in text and gpu_report.NONE_YET not in text
    assert "| a | 1.5 | s | <= 2 | kept |" in text and "| b | 3 | s | <= 2 | **missed** |" in text
    gpu_report.renew(page, gpu_report.NONE_YET)
    assert page.read_text("utf-8").count(gpu_report.NONE_YET) == 1 and text.startswith("# On a GPU")


def test_the_page_takes_no_dry_run(report: Report) -> None:
    with pytest.raises(SystemExit, match="got no such file"):
        gpu_report.read(report.file)
    Report(report.file, {**STAMP, "dry_run": True}).note("a", 1, "s")
    with pytest.raises(SystemExit, match="got a dry run"):
        gpu_report.read(report.file)


def test_without_a_card_one_line_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit) as told:
        gpu_card.card_of(dry_run=False)
    assert str(told.value) == "bench-gpu: expected a CUDA device, got none; --dry-run runs everything small on the CPU"


def test_wheels_are_those_of_the_lock_with_their_hashes() -> None:
    wanted = gpu_wheels.locked(gpu_wheels.LOCK.read_text("utf-8"))
    entries = [text for text in wanted.split("\n") if text and not text.startswith(" ")]
    assert [text.split("==")[0].replace("-", "_") for text in entries] == [
        n.replace("-", "_") for n in gpu_wheels.NAMES
    ]
    assert wanted.count("--hash=sha256:") >= len(entries)
    with pytest.raises(SystemExit, match="expected no-such-package"):
        gpu_wheels.locked(wanted, ("diffusers", "no-such-package"))


def test_carried_wheels_come_after_what_is_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("diffusers", "requests"):
        with zipfile.ZipFile(tmp_path / f"{name}-1-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{name}/__init__.py", "")
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = list(sys.path)
    gpu_wheels.offer(tmp_path)
    assert sys.path == before, "diffusers is installed here"
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    gpu_wheels.offer(tmp_path)
    assert sys.path[:-1] == before and {"diffusers", "requests"} == {each.name for each in Path(sys.path[-1]).iterdir()}
    with pytest.raises(SystemExit, match="expected diffusers, or its wheel in"):
        gpu_wheels.offer(tmp_path / "none")


@pytest.mark.parametrize(
    ("words", "program"), [(["--dry-run"], ["gpu.py", "--dry-run"]), (["--wheels", "x"], ["gpu_wheels.py", "x"])]
)
def test_the_command_measures_or_collects_wheels(
    words: list[str], program: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(dev, "prepare", lambda target: "python")
    monkeypatch.setattr(dev, "run", lambda command: asked.append([Path(word).name for word in command]))
    dev.COMMANDS["bench-gpu"](words)
    assert asked == [["python", *program]]


@pytest.mark.parametrize("family", WEIGHTS)
def test_random_models_have_the_weights_of_the_real_ones(family: str) -> None:
    with torch.device("meta"):
        networks = gpu_models.networks_of(gpu_models.FULL[family])
    counts = {name: sum(p.numel() for p in network.parameters()) for name, network in networks.items()}
    assert counts == WEIGHTS[family]


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> tuple[Cuda, dict[str, int]]:
    """A card of 64 MiB on which a model holds 16, and what it was told."""
    state = {"free": 48 << 20, "reserved": 16 << 20, "allocated": 12 << 20, "num_ooms": 3, "peak": 0}
    card = object.__new__(Cuda)
    card.device, card.ballast = torch.device("cpu"), torch.empty(0)
    properties = type("Properties", (), {"total_memory": 64 << 20})
    known: dict[str, Any] = {
        "mem_get_info": lambda device: (state["free"], 64 << 20),
        "memory_reserved": lambda device: state["reserved"],
        "memory_allocated": lambda device: state["allocated"] + card.ballast.nbytes,
        "max_memory_reserved": lambda device: state["peak"] + card.ballast.nbytes,
        "memory_stats": lambda device: {"num_ooms": state["num_ooms"]},
        "get_device_properties": lambda device: properties,
        "set_per_process_memory_fraction": lambda share, device: state.update(percent=round(100 * share)),
        "empty_cache": lambda: None,
        "reset_peak_memory_stats": lambda device: None,
    }
    for name, function in known.items():
        monkeypatch.setattr(torch.cuda, name, function)
    return card, state


def test_a_cap_is_a_share_of_the_card_and_is_lifted_after_an_error(cuda: tuple[Cuda, dict[str, int]]) -> None:
    card, state = cuda
    seen = []
    with contextlib.suppress(RuntimeError), card.capped(32 << 20):
        seen.append(state["percent"])
        raise RuntimeError
    assert seen == [50] and state["percent"] == 100
    with card.capped(2**50):
        assert state["percent"] == 100, "no more than all"


def test_ballast_leaves_what_a_smaller_card_would_have(cuda: tuple[Cuda, dict[str, int]]) -> None:
    card, state = cuda
    with card.filled(24 << 20):
        state["peak"] = 20 << 20
        assert state["free"] - card.ballast.nbytes == 8 << 20, "24 MiB, of which the model holds 16"
        assert card.held == state["allocated"] and card.peak == 20 << 20
    assert card.ballast.nbytes == 0


def test_refusals_are_counted_from_the_beginning_on(cuda: tuple[Cuda, dict[str, int]]) -> None:
    card, state = cuda
    card.begin()
    state["num_ooms"] += 2
    assert card.refused == 2


def test_the_pretended_card_refuses_what_it_has_no_room_for() -> None:
    card, network = Pretended(), torch.nn.Identity()
    with admitted(card, network), card.capped(2 * 9 * PRETENDED_BYTES):
        network(torch.zeros(2, 4, 3, 3))
        with pytest.raises(torch.cuda.OutOfMemoryError):
            network(torch.zeros(3, 4, 3, 3))
    network(torch.zeros(9, 4, 3, 3))
    assert (card.calls, card.refused, card.peak) == ([2], 1, 18 * PRETENDED_BYTES)


def test_a_picture_without_room_for_a_row_is_a_failure_that_says_why(report: Report) -> None:
    card = Pretended()
    pipe = gpu_models.random_pipe("SDXL", card)
    made = gpu_memory.draw(Bench(card, report), pipe, "SDXL", gpu_memory.Case(room=1))
    assert "GPU memory" in made.error and made.refused == 3
    gpu_memory.tell(Bench(card, report), "x", made, 1)
    assert lines(report)[0] | {"ok": False, "error": made.error} == lines(report)[0] and report.failed == 1


def test_a_race_times_the_same_calls_alone_without_the_first_step() -> None:
    now = [0.0]

    class Network(torch.nn.Module):
        asked = 0

        def forward(self, x: torch.Tensor, factor: int = 1) -> torch.Tensor:
            self.asked += 1
            now[0] += 2
            return factor * x

    network = Network()
    race = gpu_speed.Race(network, lambda: None)
    network.register_forward_pre_hook(race.hear, with_kwargs=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gpu_speed.time, "perf_counter", lambda: now[0])
        for _ in range(3):
            network(torch.zeros(5, 1), factor=3)
            now[0] += 1
            race.step(None)
    assert race.loop == [3, 3, 3] and race.bare == [2, 2, 2] and network.asked == 6 and race.rows == 5


def test_what_is_unknown_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["gpu.py", "--dry-run", "--only", "speed,colour"])
    with pytest.raises(SystemExit, match=r"expected some of agreement, .*got 'speed,colour'"):
        gpu.main()


def test_a_measurement_that_would_begin_too_late_is_a_failure(report: Report) -> None:
    gpu.measure(Bench(Pretended(), report), ["training"], until=0)
    assert lines(report)[0]["error"] == "TimeoutError: no time was left to begin" and report.failed == 1
