"""Pre-flight: what a palette asks of a job in its surroundings, and what in it looks like a mistake, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from lib_regiondiff.authoring.case import STEPS, Case, make_case
from lib_regiondiff.authoring.job_context import ALONE, JobContext
from lib_regiondiff.authoring.losses import Run, find_losses
from lib_regiondiff.authoring.notices import KINDS, Notice, Remark, find_brush, flatten, mention, tell_undecided
from lib_regiondiff.authoring.summary import (
    TRACE,
    Shares,
    describe_cost,
    find_added,
    find_doubtful,
    find_idle,
    find_unheard,
)
from lib_regiondiff.document import budget
from lib_regiondiff.document.caption import is_wordless
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.document.pictures import Picture
from lib_regiondiff.document.records import replace_unchecked
from lib_regiondiff.errors import HostError, PaletteError, RegionDiffError
from lib_regiondiff.formats.tags import split_networks
from lib_regiondiff.formats.wildcards import find_unknown
from lib_regiondiff.planning.auto import describe_choices
from lib_regiondiff.planning.brush_texts import BACKGROUND
from lib_regiondiff.planning.refusals import list_refusals

SMALL = 0.01
TAKES, CHOOSES = "it takes ", "auto chooses "
SKEW = 0.02
MOST_STEPS = 1000
"""Enough steps to judge by: a brush that does not act in these acts in no other number of steps."""


Check = Callable[[Case], Iterator[Notice]]


def preflight(
    palette: Palette,
    around: JobContext = ALONE,
    shares: Shares | None = None,
    checks: Sequence[Check] | None = None,
) -> tuple[Notice, ...]:
    """The notices about a palette before its job, errors first: those of some `checks`, or of all.

    `shares` are those at the job's size; they are computed if None.
    """
    return judge(make_case(palette, around, shares), checks)


def judge(case: Case, checks: Sequence[Check] | None = None) -> tuple[Notice, ...]:
    """The notices about a case, as `preflight` has them."""
    found = [each for check in checks or CHECKS for each in check(case)]
    notices = [Notice(each.kind, flatten(each.text), each.path, find_brush(case.palette, each.path)) for each in found]
    return tuple(sorted(notices, key=lambda notice: KINDS.index(notice.kind)))


def _warn(remarks: Iterable[Remark]) -> Iterator[Notice]:
    return (Notice("warning", each.text, each.path) for each in remarks)


def _summed(case: Case) -> Iterator[Notice]:
    """Errors for what is too heavy or refused, warnings for masks that are empty, hidden or slivers."""
    owed = budget.find_problems(case.palette, case.palette.size, case.around.steps or STEPS)
    yield from (Notice("error", str(problem), problem.path) for problem in owed)
    yield from (Notice("error", str(error), error.where) for error in list_refusals(case.palette, case.around.by))
    yield from _warn(find_doubtful(case.palette, case.shares))


def _small(case: Case) -> Iterator[Notice]:
    """Brushes too small to show much."""
    for index, brush in enumerate(case.palette.brushes, start=1):
        if 0 < case.shares.visible(index) < SMALL and not case.shares.is_thin(index):
            share = 100 * case.shares.visible(index)
            told = f"{mention(index, brush)}: only {share:.2f} % of the canvas"
            yield Notice("warning", told, f"brushes[{index - 1}].mask")


def _uncovered(case: Case) -> Iterator[Notice]:
    """What no brush covers, and who paints it."""
    rest = case.shares.part(0)
    if rest <= TRACE:
        return
    text = f"{100 * rest:.1f} % of the canvas has no brush"
    if case.palette.background.painted:
        yield Notice("note", f"{text}; the background's picture or colour is there")
    elif case.palette.background.prompt.strip():
        yield Notice("note", f"{text}; the background's prompt paints it")
    elif case.around.prompt.strip():
        yield Notice("note", f"{text}; the main prompt paints it")
    else:
        empty = (
            "the background and the main prompt are" if case.around.by == "webui" else "the whole picture's prompt is"
        )
        yield Notice("warning", f"{text}; nothing says what is there: {empty} empty", "background.prompt")


def _unsaid(case: Case) -> Iterator[Notice]:
    """Brushes whose prompts say nothing."""
    for index, brush in enumerate(case.palette.brushes, start=1):
        if not split_networks(brush.prompt)[0].strip():
            has = "holds nothing but tags" if brush.prompt.strip() else "is empty"
            yield Notice("warning", f"{mention(index, brush)}: its prompt {has}", f"brushes[{index - 1}].prompt")


def _undescribed(case: Case) -> Iterator[Notice]:
    """A picture under the brushes that nothing describes: brushes may go by its words."""
    if is_wordless(case.palette.background) and not case.around.prompt.strip():
        told = "nothing says what the picture under the brushes shows: the background has no prompt"
        yield Notice("note", told, "background.prompt")


def _stretched(case: Case) -> Iterator[Notice]:
    """Painted masks whose canvas has another shape than the picture."""
    drawn, own = case.palette.size, case.painted
    skew = (drawn.width * own.height) / (drawn.height * own.width)
    if abs(skew - 1) > SKEW and any(isinstance(brush.mask, Picture) for brush in case.palette.brushes):
        yield Notice("note", f"the picture is {drawn}, the palette {own}: its painted masks are stretched")


def _unheard(case: Case) -> Iterator[Notice]:
    """Negatives that do nothing because their guidance is 1."""
    under = case.palette.background.negative or case.around.negative
    yield from _warn(find_unheard(case.palette, case.guidance, under))


def _idle(case: Case) -> Iterator[Notice]:
    """Brushes that never act, and those after which nobody draws."""
    yield from _warn(find_idle(case.palette, case.shares, case.around.steps or MOST_STEPS, case.around.prompt))


def _networks(case: Case) -> Iterator[Notice]:
    """Tags of extra networks in brushes."""
    for index, brush in enumerate(case.palette.brushes, start=1):
        tags = split_networks(brush.prompt)[1]
        if tags:
            told = f"{mention(index, brush)}: {', '.join(tags)} applies to the whole picture, not to this brush alone"
            yield Notice("note", told, f"brushes[{index - 1}].prompt")


def _wildcards(case: Case) -> Iterator[Notice]:
    """Wildcards that nobody knows, those that cannot be resolved, and prompts that a suffix makes too long."""
    brushes, under = case.palette.brushes, case.palette.background
    texts = [under.prompt, under.negative, *(text or "" for each in brushes for text in (each.prompt, each.negative))]
    try:
        case.prompts()
        names = find_unknown("\n".join(texts), case.around.files) if case.around.files else ()
    except PaletteError as error:
        yield from (Notice("error", str(problem), problem.path) for problem in error.problems)
        return
    for name in names:
        yield Notice("warning", f"no file for the wildcard __{name}__: it stays in the prompt as it is")


def _tokens(case: Case) -> Iterator[Notice]:
    """How many prompts there are, and the length of the longest."""
    count = case.around.count
    if count is None:
        return
    try:
        said = case.prompts()
    except PaletteError:
        return  # told with the wildcards
    texts = {key: text for key, text in said.items() if key or case.shares.part(0) > TRACE}
    lengths = {key: count(prompt) for key, prompt in texts.items()}
    longest = max(lengths, key=lambda key: lengths[key], default=None)
    if longest is not None:
        several = (
            f"{len(set(texts.values()))} prompts; the longest, " if len(set(texts.values())) > 1 else "one prompt, "
        )
        yield Notice("note", f"{several}that of {case.names[longest]}, has {_spell_count(lengths[longest], 'token')}")


def _added(case: Case) -> Iterator[Notice]:
    """Words of brushes that the prompt of the whole picture lacks, where it is the only one."""
    try:
        texts = case.texts()
    except PaletteError:
        return  # told with the wildcards
    said = [texts[brush.id].prompt for brush in case.palette.brushes]
    for each in find_added(case.palette, texts[BACKGROUND].prompt, said):
        yield Notice("note", each.text)


def _lost(case: Case) -> Iterator[Notice]:
    """What is not drawn as somebody may have meant it."""
    painted, run = case.shares.painted_cells(case.palette), Run(case.around.steps or STEPS, case.guidance)
    under, words = case.palette.background, case.around.words
    said = {"prompt": under.prompt or words.prompt, "negative": under.negative or words.negative}
    palette = replace_unchecked(case.palette, background=replace_unchecked(under, **said))
    for each in find_losses(palette, painted, case.around.drawing, run):
        yield Notice("note", each.text, each.path)


def _cost(case: Case) -> Iterator[Notice]:
    """How long the job takes, beside a picture without regions."""
    if any(list_refusals(case.palette, case.around.by)):
        return
    try:
        yield Notice("note", TAKES + describe_cost(case.ratio))
    except HostError as error:
        yield Notice("error", str(error), error.where)
    except PaletteError:
        return  # told with the wildcards


def _spell_count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _auto(case: Case) -> Iterator[Notice]:
    """What `auto` becomes: methods where the number of steps is known, and what the first step decides."""
    try:
        plan, choices = case.plan, describe_choices(case.plan.chosen)
    except RegionDiffError:
        return  # told by another check
    if choices and case.around.steps is not None:
        yield Notice("note", CHOOSES + choices)
    if plan.undecided is not None:
        yield Notice("note", tell_undecided([(case.names[name], kind) for name, kind in plan.undecided.kinds.items()]))


def _noted(case: Case) -> Iterator[Notice]:
    """Notes of the program that draws."""
    yield from (Notice("note", text) for text in case.around.notes)


SEEN: Sequence[Check] = (_summed, _small, _uncovered)
"""Checks of where brushes are."""
SAID: Sequence[Check] = (_unsaid, _unheard, _idle)
"""Checks of what brushes say, and when they act."""
CHECKS: Sequence[Check] = (
    *SEEN, *SAID, _undescribed, _stretched, _networks, _wildcards, _tokens, _added, _lost, _cost, _auto, _noted,
)  # fmt: skip
