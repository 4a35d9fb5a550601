"""The WebUI's own interrogator, which says what a picture shows; Forge Neo has none."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.webui.modules import module
from lib_regiondiff.hosts.webui.programs import find_program

FAILED = "<error>"
"""What the interrogator puts where it was to say more; why stands in its console."""
STOPS = ("interrupted", "skipped", "stopping_generation")
LONGEST = 200
NETWORKS = ("blip_model", "clip_model")
WRITE = "say in background.prompt what the picture shows"


def is_there() -> bool:
    """Whether the WebUI has one."""
    return _own() is not None


def look(image: Image.Image) -> str:
    """What an RGB picture shows; HostError where there is no interrogator or it fails.

    The first time in a host's life it downloads its weights: ask for it only where somebody has asked for that.
    """
    own = _own()
    if own is None:
        raise HostError("caption", "an interrogator", "a WebUI that has none", WRITE)
    try:
        with _undisturbed(module("shared").state):
            said = str(own.interrogate(image))
    except Exception as error:  # the host's, or an extension's in its place: it may raise anything
        raise _failed(" ".join(f"{type(error).__name__}: {error}".split())[:LONGEST]) from error
    caption = said.partition(FAILED)[0].strip()
    if not caption:
        raise _failed("an error, which the console tells" if FAILED in said else "no words")
    return caption


def pressed(image: Image.Image) -> str:
    """The same between jobs: it waits until the one that runs is done."""
    with module("call_queue").queue_lock:
        return look(image)


def awake_look(image: Image.Image) -> str:
    """The same inside a job: HostError unless it was used since the WebUI's start, so that nothing is downloaded."""
    own = _own()
    if own is not None and not _is_awake(own):
        got, cure = "one that was not used since the start", f"press 'Caption the picture' once, or {WRITE}"
        raise HostError("caption", "an interrogator that has all it needs", got, cure)
    return look(image)


def _is_awake(own: Any) -> bool:
    """Whether its networks and its lists of words, which it would download, are there."""
    has_networks = all(getattr(own, name, None) is not None for name in NETWORKS)
    return has_networks and Path(getattr(own, "content_dir", "")).is_dir()


def _own() -> Any:
    return find_program().find_interrogator()


def _failed(got: str) -> HostError:
    cure = f"the first use downloads BLIP and CLIP and needs the network; or {WRITE}"
    return HostError("caption", "words from the WebUI's interrogator", got, cure)


@contextlib.contextmanager
def _undisturbed(state: Any) -> Iterator[None]:
    """Keep what the host's state says of a job: the interrogator begins and ends one of its own, as if no other ran.

    What a person has pressed meanwhile counts.
    """
    before = _public(state)
    try:
        yield
    finally:
        after = _public(state)
        for name in after.keys() - before.keys():
            delattr(state, name)
        vars(state).update(before, **{name: True for name in STOPS if after.get(name)})


def _public(state: Any) -> dict[str, Any]:
    """All but a command to the server, such as to restart."""
    return {name: value for name, value in vars(state).items() if not name.startswith("_")}
