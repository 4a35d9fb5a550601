"""What a WebUI takes out of pictures and carries from tab to tab: the three ways in which hosts read fields."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from fake_gradio import Part, install
from fake_webui import put
from lib_regiondiff.document.palette import parse
from lib_regiondiff.extension import jobs, reuse
from lib_regiondiff.formats import infotext
from lib_regiondiff.hosts.webui.program.pasting import PasteKey
from script_host import Host

PALETTE = json.dumps({"version": 1, "brushes": [{"id": "a", "prompt": "red", "mask": {"rectangle": [0, 0, 1, 1]}}]})
HOST_NAMES = ["Prompt", "Negative prompt", "Steps", "Seed"]
Fields = Sequence[tuple[Part, Any]]


def with_palette(**more: str) -> dict[str, str]:
    """The parameters of a picture that carries the palette."""
    return {"Steps": "20", jobs.KEY: infotext.pack(parse(PALETTE)), jobs.VERSION_KEY: "0", **more}


@pytest.fixture
def tabs(monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    """The script in both tabs of a page."""
    host = Host(monkeypatch)
    install(monkeypatch)
    put(monkeypatch, "modules.shared", opts=SimpleNamespace())
    kind = type(host.load()[1])
    scripts = kind(), kind()
    for script, is_img2img in zip(scripts, (False, True), strict=True):
        script.ui(is_img2img)
    return scripts


def carried(source: Any, target: Any) -> list[tuple[Part, Part]]:
    """Send to img2img and inpaint below a gallery: fields are found by their names in both tabs."""
    names = HOST_NAMES + source.paste_field_names
    both = ([field for field, name in script.infotext_fields if name in names] for script in (source, target))
    return list(zip(*both, strict=True))


def pasted(fields: Fields, parameters: Mapping[str, Any]) -> list[Any]:
    """The arrow, PNG info and a dropped file: a field's key is called, or looked up; None changes nothing."""
    found = [key(parameters) if callable(key) else parameters.get(key) for _, key in fields]
    return [None if v is None else type(part.value)(v) for (part, _), v in zip(fields, found, strict=True)]


def over_api(fields: Fields, parameters: Mapping[str, Any]) -> list[Any]:
    """The API's `infotext`: a function if the key can be called, and a label if it is a text."""
    functions = [key if callable(key) else None for _, key in fields]
    labels = [key if isinstance(key, str) else "" for _, key in fields]
    return [f(parameters) if f else parameters.get(label) for f, label in zip(functions, labels, strict=True)]


def test_what_is_in_the_tab_is_carried_to_the_other(tabs: tuple[Any, Any]) -> None:
    pairs = carried(*tabs)
    assert [a.kind for a, _ in pairs] == ["InputAccordion", "Textbox"]
    assert [(a.elem_id, a.kind) for a, _ in pairs] == [(b.elem_id, b.kind) for _, b in pairs]
    assert all(a is not b for a, b in pairs)


@pytest.mark.parametrize("how", [pasted, over_api])
def test_a_picture_s_palette_is_read_and_switched_on(tabs: tuple[Any, Any], how: Callable[..., Any]) -> None:
    for script in tabs:
        enabled, text = how(script.infotext_fields, with_palette())
        assert enabled is True and parse(text) == parse(PALETTE)
        assert how(script.infotext_fields, with_palette(**{jobs.KEY: "no palette"})) == [True, "no palette"]


@pytest.mark.parametrize("how", [pasted, over_api])
def test_a_picture_without_one_switches_regions_off_and_leaves_the_text(
    tabs: tuple[Any, Any], how: Callable[..., Any]
) -> None:
    for script in tabs:
        assert how(script.infotext_fields, {"Steps": "20"}) == [False, None]


def test_the_host_passes_its_own_keys_over_by_ours() -> None:
    key = PasteKey("Region Diffusion", reuse.has_palette)
    assert key in {"Region Diffusion": 1} and "Region Diffusion" in {key: 1}
    assert f"{key}" == key == "Region Diffusion" and key != "Size-1"
