"""What a palette meets in a job: the main prompts, the size, the model, and who counts tokens."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

from lib_regiondiff.authoring.room import Drawing
from lib_regiondiff.formats.tags import split_networks
from lib_regiondiff.formats.wildcard_files import Files
from lib_regiondiff.formats.wildcards import expand
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.prompts import Words


@dataclass(frozen=True)
class JobContext:
    """What a palette meets in a job: main prompts, guidance and size (None: its own), the model's native side.

    Sizes are in pixels. `steps` are those of a job that begins at noise; None where that is not known. `files` gives
    the lines of wildcards, `count` the tokens of a prompt; without them neither is checked. `notes` are the program's
    own; `by` is who draws, a name in REFUSALS.
    """

    prompt: str = ""
    negative: str = ""
    guidance: float | None = None
    size: Size | None = None
    native: int = 512
    steps: int | None = None
    files: Files | None = None
    count: Callable[[str], int] | None = None
    notes: tuple[str, ...] = ()
    by: str = "webui"
    over: bool = False
    """Whether it begins at a picture of the program's own, and not at noise."""

    @property
    def drawing(self) -> Drawing:
        """What is to draw."""
        return Drawing(self.native, self.over)

    @property
    def words(self) -> Words:
        """The main prompts as a request would carry them: without styles, and with wildcards drawn by seed 0."""
        plain, raw = split_networks(self.prompt)[0], (self.prompt, self.negative)
        draw = functools.partial(expand, files=self.files or (lambda name: None))
        return Words(plain, self.negative, raw, 0, lambda text, negative: text, draw)


ALONE = JobContext()
