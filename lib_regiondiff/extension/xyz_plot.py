"""X/Y/Z plots of a WebUI: our axes stand in the list of its script, and each cell's job carries the values chosen."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lib_regiondiff.document import plot_axes
from lib_regiondiff.document.plot_axes import Axis, AxisSetting
from lib_regiondiff.errors import HostError, RegionDiffError
from lib_regiondiff.extension import jobs
from lib_regiondiff.hosts.webui.modules import module
from lib_regiondiff.hosts.webui.program.error_display import RequestError
from lib_regiondiff.hosts.webui.program.gates import is_on
from lib_regiondiff.planning import prompts

SCRIPT = "xyz_grid.py"


def register() -> None:
    """Add our axes to the X/Y/Z plot script, where it is loaded, except those that are there already."""
    for loaded in module("scripts").scripts_data:
        if Path(loaded.path).name == SCRIPT:
            known = {option.label for option in loaded.module.axis_options}
            ours = [_make_option(loaded.module.AxisOption, axis) for axis in plot_axes.AXES]
            loaded.module.axis_options += [option for option in ours if option.label not in known]


def _make_option(kind: Any, axis: Axis) -> Any:
    """An axis in the form of the plot script."""
    choices = functools.partial(list, axis.choices) if axis.choices else None
    apply, confirm = functools.partial(_apply, axis), functools.partial(_confirm, axis)
    return kind(f"[{jobs.TITLE}] {axis.label}", str, apply, confirm=confirm, choices=choices)


def _apply(axis: Axis, p: Any, value: str, values: Sequence[str]) -> None:
    """Note a value on the job of one cell, which is a copy of the user's job."""
    p.regiondiff_axes = (*getattr(p, "regiondiff_axes", ()), AxisSetting(axis, value))


def _confirm(axis: Axis, p: Any, values: Sequence[str]) -> None:
    """Before anything is drawn: RequestError for a value that cannot be honoured, and where regions are off."""
    try:
        enabled, given = _find_arguments(p)
        if not is_on(enabled):
            got = f"an axis of {jobs.TITLE}, which is off"
            raise HostError("X/Y/Z plot", "axes that change the picture", got, "enable it, or take another axis")
        own = (str(p.prompt), str(p.negative_prompt))
        words = prompts.Words(*own, own, 0, lambda text, negative: text, lambda text, seed: text)
        palette = prompts.make_palette(prompts.read(given), words)
        for value in values:
            plot_axes.apply_settings(palette, [AxisSetting(axis, value)])
    except RegionDiffError as error:
        raise RequestError(error) from None


def _find_arguments(p: Any) -> tuple[Any, Any]:
    """The two arguments of our script in a job; None for both without it."""
    for script in p.scripts.alwayson_scripts:
        if script.title() == jobs.TITLE:
            return tuple(p.script_args[script.args_from : script.args_to])  # type: ignore[return-value]
    return None, None
