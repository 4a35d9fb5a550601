"""Which WebUI runs us, told by what it has, and where each keeps what we need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

import fake_a1111
import fake_forge
from fake_sampler import draw, halves
from fake_webui import WebUI, put
from lib_regiondiff.hosts.row_budget import find_memory
from lib_regiondiff.hosts.webui.programs import PROGRAMS, Address, find_program

NOTES: dict[str, Any] = {}
FREE = 12345


def _later(patch: pytest.MonkeyPatch) -> None:
    put(patch, "backend")
    put(patch, "backend.sampling")
    put(patch, "backend.sampling.condition", Condition=fake_forge.Condition)
    put(patch, "backend.memory_management", get_free_memory=lambda device: FREE)
    put(patch, "backend.args", dynamic_args={"embedding_dir": "", "emphasis_name": "original"})
    put(patch, "backend.text_processing")
    put(patch, "backend.text_processing.classic_engine", last_extra_generation_params=NOTES)


def _neo(patch: pytest.MonkeyPatch) -> None:
    _later(patch)
    put(patch, "backend.args", dynamic_args=SimpleNamespace(last_extra_generation_params=NOTES, ref_latents=[]))


def _earlier(patch: pytest.MonkeyPatch) -> None:
    put(patch, "ldm_patched")
    put(patch, "ldm_patched.modules")
    put(patch, "ldm_patched.modules.conds", CONDRegular=fake_forge.Condition)
    _plain(patch)


def _plain(patch: pytest.MonkeyPatch) -> None:
    put(patch, "modules")
    put(patch, "modules.sd_hijack", model_hijack=SimpleNamespace(extra_generation_params=NOTES))


MADE: Mapping[str, Callable[[pytest.MonkeyPatch], None]] = {
    "Forge Neo": _neo,
    "Forge": _later,
    "Forge, the earlier layout": _earlier,
    "AUTOMATIC1111": _plain,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_is_told_by_what_it_has_and_keeps_things_where_we_look(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MADE[name](monkeypatch)
    program = find_program()
    assert program is PROGRAMS[name]
    assert program.find_notes() is NOTES
    assert program.find_condition() is (None if name == "AUTOMATIC1111" else fake_forge.Condition)
    assert hasattr(program.find_network_arguments(), "ref_latents") is (name == "Forge Neo")


def test_without_a_webui_it_is_none_of_the_forges_and_keeps_nothing() -> None:
    program = find_program()
    assert program is PROGRAMS["AUTOMATIC1111"] and program.find_notes() == {}
    assert program.find_free_memory() is program.find_condition() is program.find_prompt_lengths(object()) is None


@pytest.mark.parametrize("place", [Address("no.such"), Address("torch.nn.nothing"), Address("torch", ("nn", "x", "y"))])
def test_a_place_that_is_not_there_holds_nothing(place: Address) -> None:
    assert place.find() is None


@pytest.mark.parametrize("name", PROGRAMS)
def test_free_memory_is_what_the_program_reports(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MADE[name](monkeypatch)
    count = find_program().find_free_memory()
    assert (count is None) == (name in ("AUTOMATIC1111", "Forge, the earlier layout"))
    memory = find_memory(torch.device("cuda"), count)
    assert memory is not None
    if count is not None:
        assert memory.free() == FREE


@pytest.mark.parametrize("name", PROGRAMS)
def test_forge_and_forge_neo_bring_networks_back_by_a_function_of_their_own(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    MADE[name](monkeypatch)
    load = object()
    put(monkeypatch, "backend.sampling.sampling_function", sampling_prepare=load)
    assert find_program().find_loading() is (load if name in ("Forge", "Forge Neo") else None)


@pytest.mark.parametrize("name", ["Forge", "Forge Neo"])
def test_the_prompt_parser_is_given_the_options_that_it_takes(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A configuration that comes from another program still holds the option, which Forge Neo's parser refuses."""
    webui: WebUI = fake_forge.install(monkeypatch, tmp_path)
    MADE[name](monkeypatch)
    webui.shared.opts.use_old_scheduling = True
    parser, given = __import__("modules.prompt_parser", fromlist=["x"]), []
    real = parser.get_learned_conditioning

    def parse(model: Any, prompts: Any, *how: Any) -> Any:
        given.append(how)
        return real(model, prompts, *how)

    monkeypatch.setattr(parser, "get_learned_conditioning", parse)
    draw(webui, "green", palette=halves("red", "blue"))
    assert {len(how) for how in given} == {2 if name == "Forge Neo" else 3}
    assert all(how[2:] in ((), (True,)) for how in given)


def test_an_option_that_a_program_lacks_is_not_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    webui = fake_a1111.install(monkeypatch, tmp_path)
    del webui.shared.opts.use_old_scheduling
    assert find_program().read_schedule_options(webui.shared.opts) == ()
