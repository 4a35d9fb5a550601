"""A gradio that isn't there: it takes what gradio 3.41 and 4.40 both take, and plays a person in front of the page."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, get_type_hints

import pytest

from fake_webui import put

ANY = "visible elem_id"
INPUT = f"{ANY} value label info show_label container scale min_width interactive elem_classes"
# What both versions' constructors take, and the events that both have.
KINDS: Mapping[str, tuple[str, str]] = {
    "Accordion": (f"{ANY} label open", ""),
    "InputAccordion": ("value label elem_id", "change input select"),  # the hosts'; they give both parts all of it
    "Blocks": ("analytics_enabled", ""),
    "Row": (f"{ANY} variant", ""),
    "Column": (f"{ANY} variant scale min_width", ""),
    "Checkbox": (INPUT, "change input select"),
    "Dropdown": (f"{INPUT} choices type multiselect allow_custom_value", "change input select focus blur"),
    "Textbox": (f"{INPUT} lines max_lines placeholder type", "change input select submit focus blur"),
    "Slider": (f"{INPUT} minimum maximum step", "change input release"),
    "Button": (f"{ANY} value variant size interactive elem_classes scale min_width", "click"),
    "HTML": ("value label visible elem_classes", "change"),  # gradio 3.41 writes its elem_id twice
    "State": ("value", ""),
    "Answer": ("", "then"),  # what listening gives
}
LISTEN = frozenset(["api_name", "scroll_to_output", "show_progress", "queue", "preprocess", "postprocess", "cancels"])
SCRIPTS: Mapping[str, str] = {"3.41.2": "_js", "4.40.0": "js"}
"""What the two versions call a script that sees the inputs first."""
PROGRESS = (None, "full", "minimal", "hidden")
MOST_DEEP = 8


@dataclass(eq=False)
class Part:
    """A component of the page."""

    page: Page
    kind: str
    state: dict[str, Any]

    @property
    def elem_id(self) -> str:
        """Its id, or the class that stands for one, or nothing."""
        return self.state.get("elem_id") or "".join(self.state.get("elem_classes", ()))

    @property
    def value(self) -> Any:
        """What it holds."""
        return self.state.get("value")

    @property
    def _id(self) -> int:
        return id(self)

    def __getattr__(self, event: str) -> Event:
        if event.startswith("_") or event not in KINDS[self.kind][1].split():
            raise AttributeError(f"{self.kind} has no {event} in both versions of gradio")
        return Event(self, event)

    def __getitem__(self, key: str) -> list[int]:
        """What gradio 3.41 sends to the page of a listener: the ids of the parts that it listens to."""
        assert (self.kind, key, self.page.version) == ("Answer", "targets", "3.41.2")
        return self.state["targets"]

    def __enter__(self) -> Part:
        assert "accordion" in self.__dict__ or not KINDS[self.kind][1], f"{self.kind} holds nothing"
        return self

    def __exit__(self, *error: object) -> None:
        return None


@dataclass(frozen=True)
class Event:
    """Something that happens to a part; called, it is listened to."""

    trigger: Part
    event_name: str

    def __call__(
        self, fn: Callable[..., Any], inputs: Sequence[Part] = (), outputs: Sequence[Part] = (), **more: Any
    ) -> Part:
        page = self.trigger.page
        known = {*LISTEN, SCRIPTS[page.version]}
        assert set(more) <= known, f"not in this version of gradio: {set(more) - known}"
        assert more.get("show_progress") in PROGRESS
        answer = Part(page, "Answer", {"targets": [self.trigger._id]})
        script = more.get(SCRIPTS[page.version], "")
        offered = more.get("api_name") is not False
        page.listeners.append(Listener(answer, self.event_name, fn, tuple(inputs), tuple(outputs), script, offered))
        return answer


@dataclass(frozen=True, eq=False)
class Listener:
    """What happens at an event, `script` before it; `answer` knows whose event, and is there for what is to follow."""

    answer: Part
    event: str
    work: Callable[..., Any]
    inputs: tuple[Part, ...]
    outputs: tuple[Part, ...]
    script: str = ""
    offered: bool = True  # to whoever asks for the page's endpoints

    @property
    def origins(self) -> list[Part]:
        """The components that it listens to."""
        return [part for part in self.answer.page.parts if part._id in self.answer.state["targets"]]

    def hears(self, part: Part, event: str) -> bool:
        """Whether an event of a part is what it listens to."""
        return event == self.event and part._id in self.answer.state["targets"]


@dataclass(frozen=True)
class Request:
    """Who asks, as far as headers say; gradio gives it to whatever has it as the type of an argument."""

    headers: Mapping[str, str]


@dataclass
class Page:
    """All components and listeners, and what a person does to them."""

    version: str = "4.40.0"
    parts: list[Part] = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list)
    is_slow: bool = False
    """Answers wait for `catch_up`; until then a listener that waits hears nothing, as in gradio 3.41."""
    request: Request | None = Request({"host": "127.0.0.1:7860", "origin": "http://127.0.0.1:7860"})
    waiting: dict[Listener, tuple[Any, ...]] = field(default_factory=dict)

    def make(self, kind: str, *given: Any, **values: Any) -> Part:
        """A component; `given` may be the one value that both versions take by its place."""
        first = "label" if kind == "Accordion" else "value"
        values |= dict(zip([first], given, strict=False))
        assert set(values) <= set(KINDS[kind][0].split()), f"{kind} has no {set(values)} in both versions of gradio"
        assert kind != "Dropdown" or isinstance(values["choices"], list)
        self.parts.append(Part(self, kind, values))
        return self.parts[-1]

    def ticked(self, value: bool, *, label: str, elem_id: str) -> Part:
        """The hosts' accordion with a tick: a hidden checkbox that holds what the accordion holds."""
        part = self.make("InputAccordion", value, label=label, elem_id=f"{elem_id}-checkbox")
        accordion = self.make("Accordion", label=label, elem_id=elem_id, open=value)
        vars(part).update(accordion=accordion, extra=lambda: self.make("Column", elem_id=f"{elem_id}-extra"))
        return part

    def of(self, key: str) -> Part:
        """The one component whose id ends so."""
        key = {"enabled": "accordion-checkbox"}.get(key, key)
        (found,) = [part for part in self.parts if f"_{part.elem_id}".endswith(f"_{key}")]
        return found

    def enter(self, key: str, value: Any) -> None:
        """Choose, tick or type a value."""
        part = self.of(key)
        if part.value != value:
            part.state["value"] = value
            self._fire(part, "input", 0)
            self._fire(part, "change", 0)

    def click(self, key: str) -> None:
        """Press a button."""
        self._fire(self.of(key), "click", 0)

    def leave(self, key: str) -> None:
        """Go from a text to something else."""
        self._fire(self.of(key), "blur", 0)

    def catch_up(self) -> None:
        """Let all answers arrive, oldest first."""
        while self.waiting:
            listener, given = next(iter(self.waiting.items()))
            del self.waiting[listener]
            self._answer(listener, given, 0)

    def _fire(self, part: Part, event: str, depth: int) -> None:
        assert depth < MOST_DEEP, "changes go round in circles"
        for listener in [each for each in self.listeners if each.hears(part, event)]:
            given = tuple(each.value for each in listener.inputs)
            if not self.is_slow:
                self._answer(listener, given, depth)
            elif listener not in self.waiting:
                self.waiting[listener] = given

    def _answer(self, listener: Listener, given: tuple[Any, ...], depth: int) -> None:
        known = get_type_hints(listener.work)
        asking = [self.request] if Request in known.values() else []
        self._take(listener.work(*asking, *given), listener.outputs, depth)
        self._fire(listener.answer, "then", depth + 1)

    def _take(self, results: Any, outputs: tuple[Part, ...], depth: int) -> None:
        results = results if len(outputs) > 1 else (results,)
        changed = []
        for part, result in zip(outputs, results, strict=True):
            news = result["update"] if isinstance(result, dict) and "update" in result else {"value": result}
            if news.get("value", part.value) != part.value:
                changed.append(part)
            part.state.update(news)
        for part in changed:
            self._fire(part, "change", depth + 1)


def install(monkeypatch: pytest.MonkeyPatch, version: str = "4.40.0") -> Page:
    """Have `import gradio` give a new page's components, and the host its own; nobody describes pictures there."""
    page, module = Page(version), ModuleType("gradio")
    module.__version__ = version  # type: ignore[attr-defined]
    if "modules.shared" not in sys.modules:
        put(monkeypatch, "modules")
        put(monkeypatch, "modules.shared")
    put(monkeypatch, "modules.ui_components", InputAccordion=page.ticked)
    for kind in KINDS:
        setattr(module, kind, lambda *given, kind=kind, **values: page.make(kind, *given, **values))
    module.Request = Request  # type: ignore[attr-defined]
    module.update = lambda **news: {"update": news}  # type: ignore[attr-defined]
    if version.startswith("4"):
        module.on = listen_to_all  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "gradio", module)
    return page


def listen_to_all(triggers: Sequence[Event], *given: Any, **more: Any) -> Part:
    """The way of gradio 4 to listen to several events by one listener."""
    assert len({each.event_name for each in triggers}) == 1, "the fake hears events of one name"
    answer = triggers[0](*given, **more)
    answer.state["targets"] += [each.trigger._id for each in triggers[1:]]
    return answer
