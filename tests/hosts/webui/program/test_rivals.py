"""Other extensions that say what goes where: refused by name where they are active, no matter where they are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.webui.program import rivals

TILED = (True, "MultiDiffusion", False, True, 512, 512, 96, 96, 48, 4, "None", 2, False, 10, 1, 1, 64, False)
BOX = (True, 0.1, 0.1, 0.4, 0.4, "a cat", "", "Background", 0.2, -1)
PROMPTER = (True, False, "Matrix", "Columns", "Mask", "Prompt", "1,1", "0.2", False, False, False, "Latent")
ACTIVE = {
    "Forge Couple": ("Forge Couple", (True, False, "Basic", "", "Horizontal", "None"), "red\nblue"),
    "said by text": ("Forge Couple", ("True",), "red"),
    "Regional Prompter": ("Regional Prompter", PROMPTER, "red BREAK blue"),
    "Latent Couple": ("Latent Couple extension", (True, "1:1,1:2", "0:0,0:0", "0.2,0.8", 20), "red AND blue"),
    "the regions of Tiled Diffusion": ("Tiled Diffusion", (*TILED, True, False, False, *BOX), "red"),
    "its second region": ("Tiled Diffusion", (*TILED, True, False, False, False, *BOX[1:], *BOX), "red"),
    "DemoFusion": ("demofusion", (True,), "red"),
    "StyleAlign Integrated": ("StyleAlign Integrated", (True, 1.0), "red"),
}
IDLE = {
    "off": ("Forge Couple", (False, False, "Basic"), "red\nblue"),
    "off by text": ("Forge Couple", ("false",), "red\nblue"),
    "no arguments": ("Forge Couple", (), "red\nblue"),
    "nothing given": ("Latent Couple extension", (None,), "red AND blue"),
    "a prompter without its words": ("Regional Prompter", PROMPTER, "red and blue"),
    "a prompter that is off": ("Regional Prompter", (False, *PROMPTER[1:]), "red BREAK blue"),
    "tiles without regions": ("Tiled Diffusion", (*TILED, False, False, False, *BOX), "red"),
    "regions that are all off": ("Tiled Diffusion", (*TILED, True, False, False, False, *BOX[1:]), "red"),
    "regions of tiles that are off": ("Tiled Diffusion", (False, *TILED[1:], True, False, False, *BOX), "red"),
    "built-in": ("MultiDiffusion Integrated", (True,), "red"),
    "a style that is not shared": ("StyleAlign Integrated", (False, 1.0), "red"),
    "ControlNet": ("ControlNet", (True,), "red BREAK blue"),
    "Soft Inpainting": ("Soft Inpainting", (True,), "red"),
    "Tiled VAE": ("Tiled VAE", (True,), "red"),
}


@dataclass
class Script:
    """A script that runs with every job, and where its arguments are."""

    name: str
    args_from: int
    args_to: int

    def title(self) -> str:
        return self.name


def job(*scripts: tuple[str, Sequence[Any]], prompt: str = "red", **more: Any) -> Any:
    """A job with scripts and their arguments, one after another behind those of the page."""
    given: list[Any] = [0]
    known = []
    for name, arguments in scripts:
        known.append(Script(name, len(given), len(given) + len(arguments)))
        given += arguments
    return SimpleNamespace(
        scripts=SimpleNamespace(alwayson_scripts=known), script_args=tuple(given), prompt=prompt, **more
    )


@pytest.mark.parametrize("case", ACTIVE)
def test_an_active_rival_is_refused_by_name(case: str) -> None:
    title, arguments, prompt = ACTIVE[case]
    p = job(("Seed", (1, 2)), (title, arguments), ("ControlNet", (True,)), prompt=prompt)
    with pytest.raises(HostError, match=rivals.RIVALS[title.lower()][0]) as caught:
        rivals.refuse(p)
    assert "switch" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("case", IDLE)
def test_what_is_installed_but_off_or_built_in_does_not_matter(case: str) -> None:
    title, arguments, prompt = IDLE[case]
    rivals.refuse(job((title, arguments), prompt=prompt))


def test_all_active_rivals_are_named_at_once() -> None:
    p = job(("Forge Couple", (True,)), ("Latent Couple extension", (True,)))
    with pytest.raises(HostError, match="Forge Couple and Latent Couple"):
        rivals.refuse(p)


def test_a_job_without_scripts_has_no_rivals() -> None:
    p: Any = SimpleNamespace(scripts=None, script_args=None, prompt=["a", "b"])
    rivals.refuse(p)


def test_the_script_that_compares_prompts_switches_the_prompter_on() -> None:
    off = (False, *PROMPTER[1:])
    rivals.refuse(job(("Regional Prompter", off), prompt="red"))
    with pytest.raises(HostError, match="Regional Prompter"):
        rivals.refuse(job(("Regional Prompter", off), prompt="red BREAK blue", rps_diff=True))


class Installed:
    """A script on the page, with its components."""

    def __init__(self, title: str, *controls: Any) -> None:
        self.name, self.controls = title, list(controls)

    def title(self) -> str:
        return self.name


def part(number: int, **more: Any) -> Any:
    return SimpleNamespace(_id=number, **{"elem_id": None, **more})


def test_the_page_is_told_which_ticks_switch_a_rival_on() -> None:
    boxes = [part(number, elem_id=f"box-{number}") for number in range(40)]
    runner = SimpleNamespace(
        alwayson_scripts=[
            Installed("Forge Couple", part(1, elem_id="x-checkbox", accordion_id="x"), part(2)),
            Installed("Regional Prompter", part(7), part(8)),
            Installed("Tiled Diffusion", *boxes),
            Installed("ControlNet", part(3)),
            Installed("Latent Couple extension", SimpleNamespace(elem_id=None)),
        ]
    )
    couple, prompter, tiled = rivals.list_switches(runner, "img2img")
    assert couple == {"tab": "img2img", "name": "Forge Couple", "switches": ["x"], "any": [], "words": []}
    assert prompter["switches"] == ["component-7"] and "ADDCOL" in prompter["words"]
    assert tiled["switches"] == ["box-0", "box-18"] and tiled["any"] == ["box-21", "box-31"]
    assert not list(rivals.list_switches(None, "txt2img"))
