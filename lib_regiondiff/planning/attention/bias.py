"""Paint with Words: one prompt for the whole picture, whose words are raised where brushes that say them are.

Balaji et al. 2022 (eDiff-I), arXiv 2211.01324, section 4.3.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from lib_regiondiff.document.budget import AND, MOST_LETTERS
from lib_regiondiff.document.palette import BIAS, STUFF, Bias, Palette
from lib_regiondiff.errors import HostError, PaletteError, Problem
from lib_regiondiff.host import is_composed
from lib_regiondiff.planning.brush_texts import BACKGROUND, BrushText, resolve_texts
from lib_regiondiff.planning.conditioning import Job, Meaning
from lib_regiondiff.planning.intervals import round_levels
from lib_regiondiff.planning.prompt_words import add_words
from lib_regiondiff.planning.regions import Formula, Region, Word
from lib_regiondiff.planning.views import View, cut
from lib_regiondiff.planning.weights.level_weights import LevelWeights

BETWEEN = ", "
PIECES = re.compile(r"\w+|\s+|[^\w\s]")
"""Words, what is between them, and signs."""


def find_bias(palette: Palette) -> Bias | None:
    """How words are raised in a palette; None where they are not. At scale 0 the whole picture still has one prompt."""
    return palette.bias if palette.attention == BIAS else None


def trim(text: str) -> str:
    """What a brush says, without what is around it."""
    return text.strip().strip(",").strip()


def holds(sentence: str, phrase: str) -> bool:
    """Whether the words of a phrase stand in a sentence one after another, whatever their capitals."""
    pieces = _split(phrase)
    return len(pieces) > 1 and pieces in _split(sentence)


def _split(text: str) -> str:
    """The pieces of a text in small letters, an end before and after each, so that one found in another is whole."""
    pieces = (" " if piece.isspace() else piece for piece in PIECES.findall(text.strip().lower()))
    return "\0".join(["", *pieces, ""])


def list_missing(sentence: str, phrases: Sequence[str]) -> list[str]:
    """The phrases, without those that stand in the sentence or in one before them."""
    found: list[str] = []
    said = [_split(sentence)]
    for phrase in phrases:
        pieces = _split(phrase)
        if len(pieces) > 1 and not any(pieces in each for each in said):
            found.append(trim(phrase))
            said.append(_split(found[-1]))
    return found


def make_sentence(palette: Palette, texts: Sequence[str]) -> str:
    """The prompt of the whole picture: the background's, which is the first text, what brushes say beside it, and the
    words before and after every prompt. PaletteError where it would become longer than a prompt may be."""
    under, *phrases = texts
    said = BETWEEN.join([*filter(None, [trim(under)]), *list_missing(under, phrases)])
    if len(said) > MOST_LETTERS:
        expected = f"prompts of at most {MOST_LETTERS} letters together, because of attention {BIAS!r}"
        raise PaletteError([Problem("brushes", expected, str(len(said)))])
    return add_words(said, palette.prefix, palette.suffix, "")


def say_sentence(palette: Palette, job: Job, meanings: Sequence[Meaning]) -> Sequence[Meaning]:
    """The meanings of background and brushes, where those on the canvas say the sentence of the whole picture."""
    bias, under = find_bias(palette), meanings[0]
    if bias is None:
        return meanings
    kinds = ["", *(brush.kind for brush in palette.brushes)]
    images = [_list_texts(palette, job, image) for image in range(len(job.seeds))]
    for texts in images:
        _expect_one_part(palette, texts)
    sentences = [make_sentence(palette, texts) for texts in images]

    def say(meaning: Meaning) -> Meaning:
        pairs = zip(meaning.texts, sentences, strict=True)
        return replace(meaning, texts=tuple(BrushText(sentence, text.negative) for text, sentence in pairs))

    ground = say(under)

    def settle(meaning: Meaning) -> Meaning:
        made = say(meaning)
        idle = bias.scale == 0 and made.guidance is None and made.texts == ground.texts
        return ground if idle else made

    return [settle(each) if kind in ("", STUFF) else each for kind, each in zip(kinds, meanings, strict=True)]


def _expect_one_part(palette: Palette, texts: Sequence[str]) -> None:
    """Raise HostError at the first of `_list_texts` that is several prompts."""
    own = [f"brushes[{index}].prompt" for index, brush in enumerate(palette.brushes) if brush.kind == STUFF]
    for where, text in zip(["background.prompt", *own], texts, strict=True):
        if AND.search(text):
            raise HostError(where, "no AND, because of attention 'bias'", repr(text[:60]), "join the parts by commas")


def _list_texts(palette: Palette, job: Job, image: int) -> list[str]:
    """What the background and each brush on the canvas say in an image, without prefix and suffix."""
    resolved = resolve_texts(palette, job.texts or ({},) * len(job.seeds))
    ids = [brush.id for brush in palette.brushes if brush.kind == STUFF]
    return [resolved[key][image].prompt for key in (BACKGROUND, *ids)]


@dataclass(frozen=True, eq=False)
class WordLayer:
    """The words of a plan, each a brush's number, its texts in each image, and how much it is raised.

    By `area`, they are raised less the more of the canvas they have (DenseDiffusion, arXiv:2308.12964).

    `keys` says of each step which weights they have, None where they are not raised.
    """

    words: Sequence[tuple[int, tuple[str, ...], float]]
    weights: LevelWeights
    keys: Sequence[int | None]
    area: float = 0.0
    formula: Formula | None = None

    @staticmethod
    def of(palette: Palette, job: Job, weights: LevelWeights) -> WordLayer:
        """The words of a palette's brushes, by the weights of each of them."""
        bias, steps = find_bias(palette), len(job.clock) - 1
        if bias is None or bias.scale == 0:
            return WordLayer((), weights, (None,) * steps)
        resolved = resolve_texts(palette, job.texts or ({},) * len(job.seeds))
        words = [
            (number, tuple(trim(text.prompt) for text in resolved[brush.id]), brush.weight * brush.prompt_strength)
            for number, brush in enumerate(palette.brushes, start=1)
            if brush.kind == STUFF and resolved[brush.id] != resolved[BACKGROUND]
        ]
        first, last = round_levels(bias.start * steps), round_levels(bias.stop * steps)
        kinds = weights.surveyed()[1]
        keys = [kinds[step] if first <= step < last else None for step in range(steps)]
        return WordLayer(words, weights, keys, bias.area, job.formula)

    def expect_words(self, regions: Collection[Region]) -> None:
        """Raise HostError where words do not stand in the prompt of the whole picture, or it is several prompts."""
        if not self.words or not regions:
            return
        ground = next(iter(regions))
        if any(map(is_composed, ground.conds)):
            raise HostError("the whole prompt", "one part of weight 1, because of attention", "parts joined by AND")
        for _, texts, _ in self.words:
            for parts, text in zip(ground.conds, texts, strict=True):
                if text and not parts[0].cond.says(text):
                    cure = "write it plainly, without brackets and in one piece"
                    raise HostError("attention", "words that stand in the whole prompt", repr(text[:60]), cure)

    def raise_words(self, views: Sequence[View], key: int | None) -> tuple[View, ...]:
        """Views with the words that are raised in their boxes at a step of this key."""
        if key is None or not self.words:
            return tuple(views)
        maps = self.weights.at(key)
        return tuple(replace(view, words=self._find_words(view, maps)) for view in views)

    def _find_words(self, view: View, maps: np.ndarray) -> tuple[Word, ...]:
        inside = [
            (texts, factor * (1 - self.area * float(maps[number].mean())) * cut(maps[number], view.box))
            for number, texts, factor in self.words
        ]
        return tuple(
            Word(texts, torch.from_numpy(np.ascontiguousarray(weight, np.float32)).to(view.weight.device), self.formula)
            for texts, weight in inside
            if weight.any()
        )
