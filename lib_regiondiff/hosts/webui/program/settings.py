"""What a user sets for the whole WebUI; read while a job runs, so that a request's override_settings count too."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lib_regiondiff.document.palette import METHODS
from lib_regiondiff.errors import HostError
from lib_regiondiff.formats.infotext import LIMIT
from lib_regiondiff.hosts.webui.modules import module

SECTION = ("regiondiff", "Region Diffusion")
MOST_ROWS = 64
PLACES: Mapping[str, int] = {"in the picture": LIMIT, "in a file beside the picture": 0}


@dataclass(frozen=True)
class PageSetting:
    """A line of the settings page: one of the `choices`, or a whole number from 0 to MOST_ROWS where there are none.

    `key` is its name in the config file, `label` and `info` are shown, `default` counts until the user sets another.
    """

    key: str
    label: str
    info: str
    default: Any
    choices: Sequence[str] = ()

    def read(self) -> Any:
        """The setting's value now; HostError for one that a config file or a request should not have."""
        value = getattr(module("shared").opts, self.key, self.default)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if value in self.choices or (not self.choices and is_number and value in range(MOST_ROWS + 1)):
            return value
        expected = " or ".join(map(repr, self.choices)) or f"a whole number 0…{MOST_ROWS}"
        raise HostError(f"the setting {self.key}", expected, repr(value), "choose one on the page Region Diffusion")


@dataclass(frozen=True)
class Settings:
    """The settings as a job needs them."""

    longest: int
    """The most characters of a palette that the infotext itself holds."""
    blend: str
    """How typed regions are blended where they do not say."""
    rows: int
    """The most rows of one network call; 0 for as many as memory allows."""
    caption: bool = False
    """Whether pictures under the brushes are described where no prompt says what they show."""


INFOTEXT = PageSetting(
    "regiondiff_infotext",
    "Where a picture's palette is kept",
    f"palettes of more than {LIMIT} characters always lie in a file",
    next(iter(PLACES)),
    tuple(PLACES),
)
ROWS = PageSetting(
    "regiondiff_rows",
    "Rows that the network is given at once",
    "0: as many as free memory allows; fewer rows need less memory and more time",
    0,
)
METHOD = PageSetting(
    "regiondiff_method",
    "Method of regions from the prompt",
    "where they name none; a palette always says its own",
    next(iter(METHODS)),
    tuple(METHODS),
)
CAPTIONS: Mapping[str, bool] = {"by nobody": False, "by the WebUI's interrogator": True}
CAPTION = PageSetting(
    "regiondiff_caption",
    "Pictures under the brushes are described",
    "where background and main prompt are empty, once the interrogator was used since the start: it downloads nothing",
    next(iter(CAPTIONS)),
    tuple(CAPTIONS),
)
ALL = (INFOTEXT, METHOD, ROWS, CAPTION)


def read_settings() -> Settings:
    """The settings at this moment; HostError for one that a config file or a request should not have."""
    return Settings(PLACES[INFOTEXT.read()], METHODS[METHOD.read()], int(ROWS.read()), CAPTIONS[CAPTION.read()])


def register() -> None:
    """Put our section on the WebUI's settings page; a second call changes nothing."""
    gradio, shared = importlib.import_module("gradio"), module("shared")
    for each in ALL:
        kind, values = gradio.Radio, {"choices": list(each.choices)}
        if not each.choices:
            kind, values = gradio.Slider, {"minimum": 0, "maximum": MOST_ROWS, "step": 1}
        line = shared.OptionInfo(each.default, each.label, kind, values, section=SECTION)
        shared.opts.add_option(each.key, line.info(each.info))
