"""Captions of the toy world: scene -> sentence, by a small grammar with synonyms and word orders."""

from __future__ import annotations

from collections.abc import Mapping

from numpy.random import Generator
from toyworld_scenes import Backdrop, Scene, Thing

NOUNS: Mapping[str, tuple[str, ...]] = {
    "circle": ("circle", "disc"),
    "square": ("square",),
    "triangle": ("triangle",),
    "star": ("star",),
    "ring": ("ring", "hoop"),
    "cross": ("cross", "plus sign"),
    "heart": ("heart",),
    "moon": ("moon", "crescent"),
    "house": ("house", "cottage"),
    "tree": ("tree", "fir tree"),
    "fish": ("fish",),
    "sun": ("sun",),
    "cloud": ("cloud",),
    "boat": ("boat", "ship"),
}
TINTS: Mapping[str, tuple[str, ...]] = {"purple": ("purple", "violet"), "black": ("black",), "pink": ("pink", "rose")}
BACKDROPS: Mapping[str, tuple[str, ...]] = {
    "sky": ("blue sky", "the sky", "a clear sky", "sky"),
    "sea": ("the sea", "sea", "the ocean", "water with waves", "blue sea"),
    "grass": ("grass", "a meadow", "green grass", "a lawn"),
    "sand": ("sand", "a beach", "the desert", "yellow sand"),
    "night": ("a night sky", "the starry night", "night with stars", "a starry sky"),
    "snow": ("snow", "white snow", "a snowy field"),
    "brick": ("a brick wall", "bricks", "red bricks", "brick wall"),
    "stripes": ("{c} stripes", "{c} and white stripes", "a {c} striped pattern", "a {c} striped background"),
    "dots": ("{c} dots", "{c} polka dots", "{c} dots on white", "a pattern of {c} dots"),
    "checks": ("{c} checks", "a {c} checkerboard", "{c} and white checks", "a {c} checked pattern"),
    "plain": ("a {c} background", "plain {c}", "a plain {c} background", "{c}"),
}
"""Names of each background; {c} stands for the colour. The first name is the plainest."""

TOGETHER = ("{t} on {b}", "{t} in front of {b}", "{t}, {b}", "{b} with {t}", "{b}, {t}", "{t} on {b}", "{b} behind {t}")
RELATIONS: Mapping[str, tuple[str, str]] = {
    "left": ("left of", "right of"),
    "right": ("right of", "left of"),
    "above": ("above", "below"),
    "below": ("below", "above"),
}
"""Where the first of two things is, seen from the second, and the other way round."""

START = ("", "", "", "", "a picture of ", "a drawing of ")


def caption(scene: Scene, rng: Generator) -> str:
    """A random sentence about a scene: each object with its colour, how two stand to each other, the background."""
    backdrop = phrase_backdrop(scene.backdrop, rng)
    if not scene.things:
        return _pick(rng, START) + backdrop
    things = phrase_things(scene, rng)
    return _pick(rng, START) + _pick(rng, TOGETHER).format(t=things, b=backdrop)


def caption_briefly(scene: Scene, rng: Generator) -> str:
    """A random caption of a scene that leaves the background open where there is an object."""
    return phrase_things(scene, rng) if scene.things else phrase_backdrop(scene.backdrop, rng)


def caption_plainly(scene: Scene) -> str:
    """The caption of a scene in the plainest words, the same every time."""
    backdrop = _with_colour(BACKDROPS[scene.backdrop.kind][0], scene.backdrop.colour)
    names = [f"{_article(thing.colour)} {thing.colour} {thing.kind}" for thing in scene.things]
    if not names:
        return backdrop
    return f"{(' ' + RELATIONS.get(scene.relation, ('',))[0] + ' ').join(names)} on {backdrop}"


def phrase_things(scene: Scene, rng: Generator) -> str:
    """The objects of a scene in words."""
    first = phrase_thing(scene.things[0], rng)
    if len(scene.things) == 1:
        return first
    second = phrase_thing(scene.things[1], rng)
    there, back = RELATIONS[scene.relation]
    link = "to the " if scene.relation in ("left", "right") and rng.random() < 0.4 else ""
    if rng.random() < 0.5:
        return f"{first} {link}{there} {second}"
    return f"{second} {link}{back} {first}"


def phrase_thing(thing: Thing, rng: Generator) -> str:
    """An object in words, with its colour before or after its name."""
    noun = _pick(rng, NOUNS[thing.kind])
    tint = _pick(rng, TINTS.get(thing.colour, (thing.colour,)))
    article = _article(tint)
    kind = rng.random()
    if kind < 0.45:
        return f"{article} {tint} {noun}"
    if kind < 0.9:
        return f"{tint} {noun}"
    return f"a {noun} in {tint}"


def phrase_backdrop(backdrop: Backdrop, rng: Generator) -> str:
    """A background in words."""
    tint = _pick(rng, TINTS.get(backdrop.colour, (backdrop.colour,)))
    return _with_colour(_pick(rng, BACKDROPS[backdrop.kind]), tint)


def _with_colour(text: str, tint: str) -> str:
    return text.replace("a {c}", f"{_article(tint)} {{c}}").format(c=tint)


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def _pick(rng: Generator, choices: tuple[str, ...]) -> str:
    return choices[int(rng.integers(len(choices)))]
