"""What diffusers' own pipeline takes of a view: its prompt and its negative, where they are one part each."""

from __future__ import annotations

from lib_regiondiff.host import is_composed
from lib_regiondiff.hosts.diffusers.text.encoding import TextCond
from lib_regiondiff.planning.views import View


def fits_pipeline(view: View) -> bool:
    """Whether diffusers' pipeline takes a view's conditions: one prompt, and a negative of as many tokens."""
    parts, unconds = view.region.conds[0], view.region.unconds
    return not is_composed(parts) and (unconds is None or unconds[0].group == parts[0].cond.group)


def read_conds(view: View) -> tuple[TextCond, TextCond | None]:
    """The conditions of a view's prompt and of its negative, which is None where it has none."""
    region = view.region
    cond, uncond = region.conds[0][0].cond, region.unconds[0] if region.unconds else None
    assert isinstance(cond, TextCond) and (uncond is None or isinstance(uncond, TextCond))
    return cond, uncond
