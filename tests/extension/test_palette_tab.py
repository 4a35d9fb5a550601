"""The tab Semantic Palette: one place for the surface, and nothing else that a page would have to load."""

from __future__ import annotations

import pytest

from fake_gradio import install
from lib_regiondiff.extension import palette_tab


def test_the_tab_holds_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    page = install(monkeypatch)
    ((_, name, tab),) = palette_tab.build_tab()
    assert (name, tab) == ("Semantic Palette", "regiondiff")
    place = page.of("surface").value
    assert 'class="regiondiff-surface"' in place and 'data-door="webui/tab_main.mjs"' in place
    assert all(vars(part).get("do_not_save_to_config") for part in page.parts if part.elem_id)
    assert page.listeners == []
