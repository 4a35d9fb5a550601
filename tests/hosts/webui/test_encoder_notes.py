"""What encoding a prompt notes for infotexts: brush prompts add to their own job's, and nothing stays for the next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import fake_a1111
import fake_forge
from fake_sampler import Job, halves
from fake_webui import Checkpoint, WebUI, put
from lib_regiondiff.extension import jobs
from lib_regiondiff.hosts.webui.encoder_notes import keep_notes_apart
from lib_regiondiff.hosts.webui.programs import find_program

Notes = dict[str, str]
Put = Callable[[pytest.MonkeyPatch, Notes], Any]
HIJACK = "modules.sd_hijack"
ENGINE = "backend.text_processing.classic_engine"


def _of_a1111(patch: pytest.MonkeyPatch, notes: Notes) -> Any:
    return put(patch, HIJACK, model_hijack=SimpleNamespace(extra_generation_params=notes))


def _of_forge(patch: pytest.MonkeyPatch, notes: Notes) -> Any:
    return put(patch, ENGINE, last_extra_generation_params=notes)


def _of_neo(patch: pytest.MonkeyPatch, notes: Notes) -> Any:
    put(patch, ENGINE)
    return put(patch, "backend.args", dynamic_args=SimpleNamespace(last_extra_generation_params=notes))


HOSTS: dict[str, tuple[Callable[..., WebUI], Put]] = {
    "a1111": (fake_a1111.install, _of_a1111),
    "forge": (fake_forge.install, _of_forge),
    "neo": (fake_forge.install, _of_neo),
}


@pytest.fixture(params=HOSTS)
def notes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Notes:
    """Where the WebUI notes things."""
    notes: Notes = {}
    HOSTS[request.param][1](monkeypatch, notes)
    return notes


@pytest.fixture
def webui(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, notes: Notes) -> WebUI:
    """A WebUI that notes words with a capital as embeddings, and brackets."""
    plain = Checkpoint.get_learned_conditioning

    def encode(self: Checkpoint, texts: Any) -> Any:
        words = [word for text in texts for word in text.split() if word[0].isupper()]
        if words:
            notes["TI"] = ", ".join([*filter(None, [notes.get("TI")]), *words])
        if any("(" in text for text in texts):
            notes["Emphasis"] = "No norm"
        return plain(self, texts)

    monkeypatch.setattr(Checkpoint, "get_learned_conditioning", encode)
    return HOSTS[request.node.callspec.params["notes"]][0](monkeypatch, tmp_path)


def test_notes_of_brush_prompts_are_their_job_s_alone(webui: WebUI, notes: Notes) -> None:
    p = Job(webui, ["green Main"])
    jobs.begin(p, True, halves("red One", "blue (soft) Two Main"))
    jobs.begin_batch(p)
    p.setup_conds()
    p.extra_generation_params.update(notes)  # as the WebUI does once it has encoded
    notes.clear()
    notes["TI"] = "Else"
    x = p.noise()
    jobs.sample(p, x, x)
    p.sampler.sample(p, x)
    assert notes == {"TI": "Else"}
    assert p.extra_generation_params["TI"] == "Main, One, Two"
    assert p.extra_generation_params["Emphasis"] == "No norm"


def test_notes_are_as_before_when_encoding_fails(webui: WebUI, notes: Notes) -> None:
    told: Notes = {}
    notes["TI"] = "Else"

    def fail() -> None:
        with keep_notes_apart(find_program().find_notes(), told):
            notes["TI"] = "One"
            raise ValueError("no room")

    with pytest.raises(ValueError, match="no room"):
        fail()
    assert (notes, told) == ({"TI": "Else"}, {})


def test_a_webui_without_notes_is_encoded_by_all_the_same() -> None:
    told = {"TI": "Main"}
    with keep_notes_apart(find_program().find_notes(), told):
        pass
    assert told == {"TI": "Main"}
