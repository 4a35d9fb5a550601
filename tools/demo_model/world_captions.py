"""Captions of a world's scenes: scene -> sentence, by a small grammar with synonyms and word orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from numpy.random import Generator
from world_scenes import Backdrop, Scene, Thing

Names = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Words:
    """What a world calls its objects, colours and backgrounds; a colour that is not among `tints` has its own name.

    In the names of backgrounds {c} stands for the colour. The first name is the plainest.
    """

    nouns: Names
    tints: Names
    backdrops: Names


TOGETHER = ("{t} on {b}", "{t} in front of {b}", "{t}, {b}", "{b} with {t}", "{b}, {t}", "{t} on {b}", "{b} behind {t}")
RELATIONS: Mapping[str, tuple[str, str]] = {
    "left": ("left of", "right of"),
    "right": ("right of", "left of"),
    "above": ("above", "below"),
    "below": ("below", "above"),
}
"""Where the first of two things is, seen from the second, and the other way round."""

START = ("", "", "", "", "a picture of ", "a drawing of ")


def caption(words: Words, scene: Scene, rng: Generator) -> str:
    """A random sentence about a scene: each object with its colour, how two stand to each other, the background."""
    backdrop = phrase_backdrop(words, scene.backdrop, rng)
    if not scene.things:
        return _pick(rng, START) + backdrop
    things = phrase_things(words, scene, rng)
    return _pick(rng, START) + _pick(rng, TOGETHER).format(t=things, b=backdrop)


def caption_briefly(words: Words, scene: Scene, rng: Generator) -> str:
    """A random caption of a scene that leaves the background open where there is an object."""
    return phrase_things(words, scene, rng) if scene.things else phrase_backdrop(words, scene.backdrop, rng)


def caption_plainly(words: Words, scene: Scene) -> str:
    """The caption of a scene in the plainest words, the same every time."""
    backdrop = _with_colour(words.backdrops[scene.backdrop.kind][0], scene.backdrop.colour)
    names = [f"{_article(thing.colour)} {thing.colour} {thing.kind}" for thing in scene.things]
    if not names:
        return backdrop
    return f"{(' ' + RELATIONS.get(scene.relation, ('',))[0] + ' ').join(names)} on {backdrop}"


def phrase_things(words: Words, scene: Scene, rng: Generator) -> str:
    """The objects of a scene in words."""
    first = phrase_thing(words, scene.things[0], rng)
    if len(scene.things) == 1:
        return first
    second = phrase_thing(words, scene.things[1], rng)
    there, back = RELATIONS[scene.relation]
    link = "to the " if scene.relation in ("left", "right") and rng.random() < 0.4 else ""
    if rng.random() < 0.5:
        return f"{first} {link}{there} {second}"
    return f"{second} {link}{back} {first}"


def phrase_thing(words: Words, thing: Thing, rng: Generator) -> str:
    """An object in words, with its colour before or after its name."""
    noun = _pick(rng, words.nouns[thing.kind])
    tint = _pick(rng, words.tints.get(thing.colour, (thing.colour,)))
    article = _article(tint)
    kind = rng.random()
    if kind < 0.45:
        return f"{article} {tint} {noun}"
    if kind < 0.9:
        return f"{tint} {noun}"
    return f"a {noun} in {tint}"


def phrase_backdrop(words: Words, backdrop: Backdrop, rng: Generator) -> str:
    """A background in words."""
    tint = _pick(rng, words.tints.get(backdrop.colour, (backdrop.colour,)))
    return _with_colour(_pick(rng, words.backdrops[backdrop.kind]), tint)


def _with_colour(text: str, tint: str) -> str:
    return text.replace("a {c}", f"{_article(tint)} {{c}}").format(c=tint)


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def _pick(rng: Generator, choices: tuple[str, ...]) -> str:
    return choices[int(rng.integers(len(choices)))]
