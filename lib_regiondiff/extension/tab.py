"""The tab around the accordion: which of its components count, and what they and the host say about the next job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lib_regiondiff.authoring.job_context import JobContext
from lib_regiondiff.authoring.preflight import MOST_STEPS
from lib_regiondiff.authoring.room import NOISY
from lib_regiondiff.geometry import Size
from lib_regiondiff.hosts.webui.families import describe_unknown, find_native_side
from lib_regiondiff.hosts.webui.modules import module
from lib_regiondiff.hosts.webui.programs import find_program
from lib_regiondiff.planning import prompts

ROLES: Mapping[str, str] = {
    "prompt": "prompt",
    "neg_prompt": "negative",
    "cfg_scale": "guidance",
    "width": "width",
    "height": "height",
    "steps": "steps",
    "denoising_strength": "strength",
}
FROM_NOISE, OVER = ("steps",), ("denoising_strength",)
"""Names of components that count only in jobs that begin at noise, and only in those that begin at a picture."""


def find_role(elem_id: str | None, is_img2img: bool) -> str | None:
    """The role of a component of the tab, by its id, in the preview; None for a component that has none."""
    tab, _, name = (elem_id or "").partition("_")
    if tab != ("img2img" if is_img2img else "txt2img") or name in (FROM_NOISE if is_img2img else OVER):
        return None
    return ROLES.get(name)


def read_surroundings(values: Mapping[str, Any], data_path: Path) -> JobContext:
    """The context of the next job: the values of the tab's components, by role, and what the host says.

    Numbers are what somebody has typed, or a picture's infotext: more steps than are judged by count as that many.
    Wildcards are looked for under `data_path`.
    """
    width, height, steps = (int(values.get(key) or 0) for key in ("width", "height", "steps"))
    size, guidance = Size(height, width) if min(width, height) > 0 else None, values.get("guidance")
    strength = values.get("strength")
    return JobContext(
        prompt=values.get("prompt") or "",
        negative=values.get("negative") or "",
        guidance=None if guidance is None else float(guidance),
        size=size,
        native=find_native_side(_find_model(), size),
        notes=describe_unknown(_find_model()),
        steps=min(steps, MOST_STEPS) if steps > 0 else None,
        files=prompts.find_wildcards(data_path),
        count=_make_counter(),
        over=strength is not None and float(strength) <= NOISY,
    )


def _find_model() -> Any:
    """The model that is loaded now, or None; asking for it in any other way would load one."""
    try:
        model = module("sd_models").model_data.sd_model
    except (ImportError, AttributeError):
        return None
    return model if hasattr(model, "sd_checkpoint_info") else None


def _make_counter() -> Callable[[str], int] | None:
    """The host's count of a prompt's tokens, where it can give one."""
    model = _find_model()
    if model is None:
        return None
    try:
        lengths = find_program().find_prompt_lengths(model)
        int(lengths("a")[0])
    except Exception:  # noqa: BLE001 - a count is not worth an error of the host's
        return None
    return lambda text: int(lengths(text)[0])
