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
"""What the interrogator writes where it failed to say more; its console says why."""
STOPS = ("interrupted", "skipped", "stopping_generation")
LONGEST = 200
NETWORKS = ("blip_model", "clip_model")
WRITE = "say in background.prompt what the picture shows"


def is_available() -> bool:
    """Whether the WebUI has an interrogator."""
    return _find() is not None


def caption(image: Image.Image) -> str:
    """Say what an RGB picture shows; HostError where there is no interrogator or it fails.

    The first call in an installation downloads the interrogator's weights: only call where somebody has asked for that.
    """
    own = _find()
    if own is None:
        raise HostError("caption", "an interrogator", "a WebUI that has none", WRITE)
    try:
        with _keep_state(module("shared").state):
            said = str(own.interrogate(image))
    except Exception as error:  # the host's, or an extension's in its place: it may raise anything
        raise _make_error(" ".join(f"{type(error).__name__}: {error}".split())[:LONGEST]) from error
    words = said.partition(FAILED)[0].strip()
    if not words:
        raise _make_error("an error, which the console tells" if FAILED in said else "no words")
    return words


def caption_between_jobs(image: Image.Image) -> str:
    """Say what an RGB picture shows, asked between jobs: waits until the one that runs is done.

    Raises HostError where there is no interrogator or it fails.
    """
    with module("call_queue").queue_lock:
        return caption(image)


def caption_within_job(image: Image.Image) -> str:
    """Say what an RGB picture shows, asked inside a job, where nothing may be downloaded.

    Raises HostError where there is no interrogator, where it fails, and where it has not been used since the WebUI's
    start.
    """
    own = _find()
    if own is not None and not _is_awake(own):
        got, cure = "one that was not used since the start", f"press 'Caption the picture' once, or {WRITE}"
        raise HostError("caption", "an interrogator that has all it needs", got, cure)
    return caption(image)


def _is_awake(own: Any) -> bool:
    """Whether an interrogator has its networks and lists of words, which it would download otherwise."""
    has_networks = all(getattr(own, name, None) is not None for name in NETWORKS)
    return has_networks and Path(getattr(own, "content_dir", "")).is_dir()


def _find() -> Any:
    return find_program().find_interrogator()


def _make_error(got: str) -> HostError:
    cure = f"the first use downloads BLIP and CLIP and needs the network; or {WRITE}"
    return HostError("caption", "words from the WebUI's interrogator", got, cure)


@contextlib.contextmanager
def _keep_state(state: Any) -> Iterator[None]:
    """For the time of a `with`, let the interrogator begin and end a job of its own; then restore the host's state.

    What a person has pressed meanwhile counts.
    """
    before = _read_public(state)
    try:
        yield
    finally:
        after = _read_public(state)
        for name in after.keys() - before.keys():
            delattr(state, name)
        vars(state).update(before, **{name: True for name in STOPS if after.get(name)})


def _read_public(state: Any) -> dict[str, Any]:
    """The fields of the host's state but for commands to the server, such as to restart."""
    return {name: value for name, value in vars(state).items() if not name.startswith("_")}
