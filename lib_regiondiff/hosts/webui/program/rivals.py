"""Other extensions that say what goes where, or mix pictures: with them a job would draw what neither was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.webui.program.gates import is_on
from lib_regiondiff.hosts.webui.typed import Processing, Script

BREAKS = ("ADDCOMM", "ADDROW", "ADDCOL", "ADDBASE", "ADDP", "BREAK", "AND")
"""The words in a prompt without which Regional Prompter does nothing."""
BY_BOXES, FIRST_BOX, BOX = 18, 21, 10
"""Tiled Diffusion's arguments: where it says that it has regions, where they begin, how many arguments each has."""

Arguments = Sequence[Any]


def is_first_on(p: Processing, given: Arguments) -> bool:
    """Whether the first of a script's arguments switches it on, as in most scripts."""
    return bool(given) and is_on(given[0])


def is_prompter_on(p: Processing, given: Arguments) -> bool:
    """Whether Regional Prompter divides the prompt of this job."""
    prompt = p.prompt if isinstance(p.prompt, str) else " ".join(map(str, p.prompt))
    return (is_first_on(p, given) or bool(getattr(p, "rps_diff", False))) and any(word in prompt for word in BREAKS)


def has_boxes(p: Processing, given: Arguments) -> bool:
    """Whether Tiled Diffusion draws regions of its own; mere tiles of the canvas do not matter."""
    boxes = given[FIRST_BOX::BOX]
    return is_first_on(p, given) and len(given) > BY_BOXES and is_on(given[BY_BOXES]) and any(map(is_on, boxes))


RIVALS: Mapping[str, tuple[str, Callable[[Processing, Arguments], bool]]] = {
    "forge couple": ("Forge Couple", is_first_on),
    "regional prompter": ("Regional Prompter", is_prompter_on),
    "tiled diffusion": ("the regions of Tiled Diffusion", has_boxes),
    "demofusion": ("DemoFusion", is_first_on),
    "latent couple extension": ("Latent Couple", is_first_on),
    "stylealign integrated": ("StyleAlign Integrated", is_first_on),  # its attention joins the rows that regions part
}
"""By a script's title: the name that people know it by, and whether it acts in a job, given its arguments."""


def find_active(p: Processing) -> Iterator[str]:
    """The names of the rivals that act in a job."""
    given = list(getattr(p, "script_args", None) or ())
    scripts: Sequence[Script] = getattr(getattr(p, "scripts", None), "alwayson_scripts", ())
    for script in scripts:
        name, is_active = RIVALS.get(str(script.title()).strip().lower(), ("", None))
        if is_active is not None and is_active(p, given[script.args_from : script.args_to]):
            yield name


def list_switches(runner: Any, tab: str) -> Iterator[dict[str, Any]]:
    """For a page: of each rival in a tab's scripts its name, and the ids of the ticks that tell whether it acts.

    All of its `switches` are on when it does, one of `any`, and one of the `words` is in the prompt; empty lists ask
    for nothing. A rival whose ticks are not on the page is left out.
    """
    for script in getattr(runner, "alwayson_scripts", ()):
        title = str(script.title()).strip().lower()
        ids = [_find_id(control) for control in getattr(script, "controls", None) or ()]
        boxes = ids[FIRST_BOX::BOX] if title == "tiled diffusion" else []
        switches = [*ids[:1], *(ids[BY_BOXES : BY_BOXES + 1] if boxes else [])]
        if title in RIVALS and switches and all(switches):
            words = list(BREAKS) if title == "regional prompter" else []
            yield {"tab": tab, "name": RIVALS[title][0], "switches": switches, "any": boxes, "words": words}


def _find_id(control: Any) -> str:
    """The id of a component's element on the page; that of its accordion where the tick is in its header."""
    known = getattr(control, "accordion_id", None) or getattr(control, "elem_id", None)
    number = getattr(control, "_id", None)
    return str(known or ("" if number is None else f"component-{number}"))


def refuse(p: Processing) -> None:
    """Raise HostError that names the rivals that act in a job; those that are merely installed do not matter."""
    found = list(find_active(p))
    if found:
        names = " and ".join(found)
        expected = "nothing else that says what goes where or mixes pictures"
        raise HostError("extensions", expected, f"{names} beside Region Diffusion", "switch one of them off")
