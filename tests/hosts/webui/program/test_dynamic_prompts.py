"""Where the extension Dynamic Prompts is loaded, its library resolves the wildcards of brushes, by its settings."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import fake_a1111
import fake_webui
from fake_sampler import Job, halves
from fake_webui import WebUI
from lib_regiondiff.errors import PaletteError
from lib_regiondiff.extension import jobs
from lib_regiondiff.formats import infotext
from lib_regiondiff.hosts.webui.program import dynamic_prompts
from lib_regiondiff.hosts.webui.program.error_display import RequestError


@dataclass(frozen=True)
class ParserConfig:
    """The signs of the grammar."""

    variant_start: str = "{"
    variant_end: str = "}"
    wildcard_wrap: str = "__"


class WildcardManager:
    """The lines of files in a folder."""

    def __init__(self, path: Path) -> None:
        self.path, self.dedup_wildcards, self.sort_wildcards = path, True, True

    def lines(self, name: str) -> list[str]:
        """As they are to be drawn from."""
        lines = (self.path / f"{name}.txt").read_text().split()
        lines = list(dict.fromkeys(lines)) if self.dedup_wildcards else lines
        return sorted(lines) if self.sort_wildcards else lines


class RandomPromptGenerator:
    """Draws one wildcard, which is the whole text."""

    def __init__(self, manager: Any, seed: int, parser_config: ParserConfig, ignore_whitespace: bool) -> None:
        self.manager, self.config, self.squash = manager, parser_config, ignore_whitespace

    def generate(self, template: str, num_images: int, seeds: list[int]) -> list[str]:
        """A text for each seed."""
        wrap = self.config.wildcard_wrap
        if template.startswith(wrap):
            lines = self.manager.lines(template.removeprefix(wrap).removesuffix(wrap))
            return [random.Random(seed).choice(lines) for seed in seeds]
        return [" ".join(template.split()) if self.squash else template for _ in seeds]


@pytest.fixture
def webui(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> WebUI:
    made = fake_a1111.install(monkeypatch, tmp_path)
    (tmp_path / "tint.txt").write_text("green\ngreen\nblue\nblue\n")
    fake_webui.put(monkeypatch, "sd_dynamic_prompts")
    fake_webui.put(monkeypatch, "sd_dynamic_prompts.paths", get_wildcard_dir=lambda: tmp_path)
    fake_webui.put(monkeypatch, "dynamicprompts")
    fake_webui.put(monkeypatch, "dynamicprompts.wildcards", WildcardManager=WildcardManager)
    fake_webui.put(monkeypatch, "dynamicprompts.generators", RandomPromptGenerator=RandomPromptGenerator)
    fake_webui.put(monkeypatch, "dynamicprompts.parser")
    fake_webui.put(monkeypatch, "dynamicprompts.parser.config", ParserConfig=ParserConfig)
    return made


def test_it_is_absent_where_nothing_has_loaded_it() -> None:
    assert not dynamic_prompts.is_available()


def test_brushes_are_drawn_by_it(webui: WebUI) -> None:
    p = Job(webui, ["grey"] * 8)
    jobs.begin(p, True, halves("__tint__", "__tint__"))
    jobs.begin_batch(p)
    kept = [[brush.prompt for brush in infotext.unpack(each).brushes] for each in p.extra_generation_params[jobs.KEY]]
    assert {text for pair in kept for text in pair} == {"green", "blue"} and any(a != b for a, b in kept)


def test_its_settings_count(webui: WebUI) -> None:
    signs = {"dp_parser_wildcard_wrap": "%%", "dp_ignore_whitespace": True, "dp_wildcard_manager_no_dedupe": True}
    draw = dynamic_prompts.make_draw(SimpleNamespace(**signs))
    assert {draw("%%tint%%", seed) for seed in range(9)} == {"green", "blue"}
    assert (draw("a  b", 1), draw("", 1)) == ("a b", "")
    usual = dynamic_prompts.make_draw(SimpleNamespace())
    assert (usual("a  b", 1), usual("%%tint%%", 1)) == ("a  b", "%%tint%%")


def test_what_it_cannot_read_ends_the_job(webui: WebUI) -> None:
    with pytest.raises(
        PaletteError, match="wildcards: expected a text that Dynamic Prompts can read, got FileNotFound"
    ):
        dynamic_prompts.make_draw(SimpleNamespace())("__none__", 1)
    p = Job(webui, ["grey"])
    jobs.begin(p, True, halves("__none__", "blue"))
    with pytest.raises(RequestError):
        p.init()


@pytest.mark.parametrize(
    "text",
    [
        "a" * 20_001,
        f"{{480$${'j' * 1000}$${'a|' * 480}}}",
        f"{{9900$$a{'|' * 9900}}}",
        f"{{1-$${'j' * 9000}$$a|b|c}}",
        f"{{99999999999999999999$${'j' * 9000}$$a|b|c}}",
    ],
)
def test_what_would_grow_too_long_is_refused_before_it_is_drawn(webui: WebUI, text: str) -> None:
    draw = dynamic_prompts.make_draw(SimpleNamespace())
    with pytest.raises(PaletteError, match=r"^wildcards: expected (text of 0…20000|groups that draw at most 500)"):
        draw(text, 1)


def test_what_comes_out_too_long_or_unreadable_is_refused(webui: WebUI, tmp_path: Path) -> None:
    draw = dynamic_prompts.make_draw(SimpleNamespace())
    for line in ("a" * 20_001, "a\0b"):
        (tmp_path / "tint.txt").write_text(line)
        with pytest.raises(PaletteError, match=r"^wildcards: expected text "):
            draw("__tint__", 1)
    dynamic_prompts.refuse_long("{2-3$$ and $$a|b|c} $$ {1$$x} costs 9$$")


def test_regions_are_typed_from_what_it_makes_of_the_main_prompt(webui: WebUI) -> None:
    """It runs after us or before us; what counts is what the prompts are when the batch begins."""
    p = Job(webui, ["{% unreadable %}"])
    jobs.begin(p, True, {"typed": {}})
    p.all_prompts = ["red BREAK blue"]
    jobs.begin_batch(p)
    assert [brush.prompt for brush in infotext.unpack(p.extra_generation_params[jobs.KEY]).brushes] == ["red", "blue"]
