"""A host that loads the script: what is registered there, and what is shown."""

from __future__ import annotations

import importlib.util
from types import ModuleType
from typing import Any

import pytest

from fake_webui import put
from places import ROOT

CALLBACKS = (
    "on_before_image_saved",
    "on_image_saved",
    "on_ui_settings",
    "on_before_ui",
    "on_ui_tabs",
    "on_app_started",
)
"""What our script registers with a WebUI's `script_callbacks`."""


class Script:
    """The host's base class."""

    is_img2img = False

    def elem_id(self, name: str) -> str:
        return f"script_{name}"


class Blocks:
    """A layout of gradio, or a component: it keeps what it was given."""

    def __init__(self, *given: Any, **named: Any) -> None:
        self.given, self.named = given, named

    def __enter__(self) -> Blocks:
        return self

    def __exit__(self, *raised: Any) -> None:
        return None


class Host:
    """What the script registers, and what it shows."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.registered: dict[str, list[Any]] = {}
        self.texts: list[str] = []
        callbacks = {name: self.registered.setdefault(name, []).append for name in CALLBACKS}
        put(monkeypatch, "modules")
        put(monkeypatch, "modules.scripts", Script=Script, AlwaysVisible="always")
        put(monkeypatch, "modules.script_callbacks", **callbacks)
        put(monkeypatch, "modules.paths", data_path="/nowhere")
        kinds = dict.fromkeys(("Accordion", "Checkbox", "Textbox"), Blocks)
        put(monkeypatch, "gradio", Markdown=self.texts.append, **kinds)

    def load(self) -> tuple[ModuleType, Any]:
        """The script as the host loads it, and what it makes of its class."""
        spec = importlib.util.spec_from_file_location("regiondiff", ROOT / "scripts" / "regiondiff.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        made = [each for each in vars(module).values() if isinstance(each, type) and issubclass(each, Script)]
        assert len(made) == 1
        return module, made[0]()
