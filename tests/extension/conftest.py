"""Fixtures that tests of the extension share."""

from __future__ import annotations

from pathlib import Path

import pytest

from accordion_page import built
from fake_gradio import Page, install


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Page:
    """A page with the accordion in a tab."""
    page = install(monkeypatch)
    built(page, tmp_path)
    return page
