"""Parts of the page: components with an id of ours, and what they listen to, alike on gradio 3.41 and 4.40."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lib_regiondiff.extension.own_page import guard
from lib_regiondiff.hosts.webui.modules import module

QUIET: Mapping[str, Any] = {"show_progress": "hidden", "queue": False, "api_name": False}
"""What our listeners have; a page asks for all endpoints before it is shown, and ours are for this page alone."""
PAUSE = 350
"""Milliseconds without a keystroke after which what was typed is read."""
WAITING = """(...given) => new Promise((go) => {{
  const waits = (window.regiondiffWaits ??= {{}});
  clearTimeout(waits["{name}"]);
  waits["{name}"] = setTimeout(() => go(given.slice(0, {count})), {pause});
}})"""
"""Lets only the last of several events go on, once it is quiet; the others wait for ever."""


@dataclass(frozen=True)
class Maker:
    """Makes components with gradio (`gr`), each with an id, or a class where gradio writes the id twice (HTML).

    None is saved in ui-config. `parts` has what was made, by key.
    """

    gr: Any
    elem_id: Callable[[str], str]
    parts: dict[str, Any] = field(default_factory=dict)

    def __call__(self, kind: str, key: str, **values: Any) -> Any:
        """Make a component of a kind, such as "Textbox", and keep it under the key."""
        name = self.elem_id(f"regiondiff_{key}")
        known = {"elem_classes": [name]} if kind == "HTML" else {"elem_id": name}
        return self._keep(key, getattr(self.gr, kind)(**known, **values))

    def add_accordion(self, key: str, label: str) -> Any:
        """Add the host's accordion and return the tick in its header, a checkbox; both have the id of `accordion`."""
        name = self.elem_id("regiondiff_accordion")
        part = module("ui_components").InputAccordion(False, label=label, elem_id=name)
        part.accordion.do_not_save_to_config = True
        return self._keep(key, part)

    def _keep(self, key: str, part: Any) -> Any:
        part.do_not_save_to_config = True
        self.parts[key] = part
        return part

    def of(self, *keys: str) -> list[Any]:
        """The components that were made under these keys."""
        return [self.parts[key] for key in keys]

    def wait_script(self, name: str, inputs: Sequence[Any]) -> dict[str, Any]:
        """Options that let an event wait for PAUSE milliseconds of quiet; events of one `name` wait together."""
        assert len(inputs) > 1, "gradio wraps what a script gives for one input"
        script = WAITING.format(name=self.elem_id(name), count=len(inputs), pause=PAUSE)
        return {"js" if int(self.gr.__version__.split(".")[0]) >= 4 else "_js": script}


def listen(
    gr: Any, events: Sequence[Any], work: Callable[..., Any], inputs: Sequence[Any], outputs: Sequence[Any], **how: Any
) -> None:
    """Answer events of one name, and again after an answer, since gradio drops what happens while it waits for one."""
    guarded = guard(work)
    listen_once(gr, events, guarded, inputs, outputs, **QUIET, **how).then(guarded, inputs, outputs, **QUIET)


def listen_once(
    gr: Any, events: Sequence[Any], work: Callable[..., Any], inputs: Sequence[Any], outputs: Sequence[Any], **how: Any
) -> Any:
    """Answer events of one name of several components by one listener: a page takes longer to load with each."""
    first, *others = events
    if hasattr(gr, "on"):
        return gr.on(events, work, inputs, outputs, **how) if others else first(work, inputs, outputs, **how)
    heard = first(work, inputs, outputs, **how)
    assert all(each.event_name == first.event_name for each in others), "gradio 3 sends one name a listener"
    heard["targets"].extend(each.trigger._id for each in others)
    return heard
