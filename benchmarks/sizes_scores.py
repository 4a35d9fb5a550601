"""Scores: a wish, the labels of a picture and the true picture -> what each brush shows, as one record of means."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from fidelity_palettes import FILLS, Flags, Meaning
from fidelity_scores import LEAK, PART, PRESENT, find_commonest, grow, iou, match, mean
from sizes_labels import Seen
from sizes_shapes import compare_shapes, is_shaped
from sizes_wishes import Piece, Wish
from toyworld_scenes import Drawing

from lib_regiondiff.demo.labeller import Maps
from lib_regiondiff.demo.world import BACKGROUNDS, CLASSES

NATIVE = 128  # of the demo model, in pixels
GAPS = (5, 13)  # pixels: gaps up to here part no thing, by its size
APART = 0.17  # of a thing's radius: such a gap; a wider one than GAPS allow parts what has no thing's shape together

THINGS = ("once", "missing", "second", "class", "colour", "inside", "leak", "area", "shape")


def score_labels(wish: Wish, seen: Seen, true: Drawing) -> dict[str, float]:
    """The scores of a picture's labels, means over its brushes, NaN where there is nothing to score.

    `whole` is 1 where all is right: each thing once, of its class and colour, and inside.
    """
    found = [score_thing(wish, index, seen, true) for index in range(len(wish.pieces)) if has_thing(wish, index)]
    scores = {name: mean([each[name] for each in found]) for name in THINGS}
    right = [each[name] for each in found for name in ("once", "class", "colour", "inside")]
    whole = float(min(right) == 1) if right else float("nan")
    return {"whole": whole, **scores, "ground IoU": score_grounds(wish, seen, true)}


def has_thing(wish: Wish, index: int) -> bool:
    """Whether a brush shows a thing."""
    return wish.pieces[index].meaning.thing is not None


def score_thing(wish: Wish, index: int, seen: Seen, true: Drawing) -> dict[str, float]:
    """The scores of one brush's thing.

    Patches of any object on the brush are instances of the thing, for its class is scored apart, and so are patches of
    its class anywhere else. The greatest is the thing if it has PRESENT of the true area. Any more count from PART of
    the true area, or of that of a native thing if it is less: a large brush that is full of small things has many.
    Things that have grown together are told by their shape: neither that of the thing nor of what they look like. The
    gaps of a large thing are wide, as that between sail and hull: parts that have its shape together are one.
    """
    kind, colour = wish.pieces[index].meaning.seen
    near, objects = grow(find_own(wish, index)), find_objects(wish, index, seen)
    own = objects & (seen.finding[index].classes == kind)
    area, radius = int((true.classes == kind).sum()), find_radius(wish.pieces[index])
    least = PART * area * min(1.0, FILLS * NATIVE / radius) ** 2

    def is_one(part: Flags) -> bool:
        name, _ = vote(seen.naming[index], part)
        shapes = compare_shapes(part, CLASSES[kind], true.classes == kind)
        return any(is_shaped(CLASSES[each], shapes) for each in (name, kind))

    parts, others = list_instances(objects & near, radius, is_one), list_parts(own & ~near, radius)
    part = max(parts, key=np.count_nonzero, default=np.zeros_like(near))
    there = part.sum() >= max(1.0, PRESENT * area)
    many = sum(each.sum() >= max(1.0, least) for each in (*parts, *others))
    name, tint = vote(seen.naming[index], part)
    shapes = compare_shapes(part, CLASSES[kind], true.classes == kind) if there else {}
    leak = float((own & ~near).sum() / own.sum()) if own.sum() >= max(1.0, least) else float("nan")
    return {
        "once": float(many == 1 and any(is_shaped(CLASSES[each], shapes) for each in (name, kind))),
        "missing": float(not there),
        "second": float(many > 1),
        "class": float(there and name == kind),
        "colour": float(there and tint == colour),
        "inside": float(there and not leak > LEAK),
        "leak": leak,
        "area": float((objects & near).sum() / area) if there else float("nan"),
        "shape": shapes.get(CLASSES[kind], float("nan")),
    }


def vote(maps: Maps, part: Flags) -> tuple[int, int]:
    """The commonest class and colour of the objects in a patch, or of all of it where there are hardly any."""
    objects = part & (maps.classes >= len(BACKGROUNDS))
    voters = objects if objects.sum() >= PART * part.sum() else part
    return find_commonest(maps.classes[voters]), find_commonest(maps.colours[voters])


def find_own(wish: Wish, index: int) -> Flags:
    """Where a brush may show its thing: what it covers, without the scenes and stuff above it."""
    hidden = [wish.covered[later] for later in range(index + 1, len(wish.pieces)) if wish.pieces[later].solid]
    return wish.covered[index] & ~np.logical_or.reduce(hidden) if hidden else wish.covered[index]


def find_objects(wish: Wish, index: int, seen: Seen) -> Flags:
    """The pixels of any object, but for what other brushes are to show, and for what plainly is the ground.

    What others show is known by its class, and on their brushes also by its colour, if it is not the thing's own.
    """
    maps, piece = seen.finding[index], wish.pieces[index]
    ground = Meaning(piece.meaning.backdrop if piece.solid else wish.ground, piece.meaning.box)
    objects = (maps.classes >= len(BACKGROUNDS)) & ~match(seen.plain, ground) & ~match(seen.grounds[index], ground)
    for at, other in enumerate(wish.pieces):
        kind, colour = other.meaning.seen
        if at != index and other.meaning.thing is not None:
            objects &= maps.classes != kind
            if colour != piece.meaning.seen[1]:
                objects &= ~((maps.colours == colour) & wish.covered[at])
    return objects


def find_radius(piece: Piece) -> float:
    """The radius of a brush's thing in the true picture."""
    assert piece.meaning.thing is not None
    return piece.meaning.thing.pose.radius


def list_parts(flags: Flags, radius: float) -> list[Flags]:
    """The separate patches, bool [h, w]; those that are parted by a gap which is small for this radius are one."""
    return find_patches(flags, int(np.clip(round(APART * radius), *GAPS)))


def find_patches(flags: Flags, gap: int) -> list[Flags]:
    """The patches, bool [h, w], that gaps of more pixels than `gap` part."""
    closed = cv2.dilate(flags.astype(np.uint8), np.ones((gap | 1, gap | 1), np.uint8))
    count, labels = cv2.connectedComponents(closed)
    return [flags & (labels == label) for label in range(1, count)]


def list_instances(flags: Flags, radius: float, is_one: Callable[[Flags], bool]) -> list[Flags]:
    """The separate patches, or those that wider gaps part, if the greatest of these is one thing then."""
    parts = list_parts(flags, radius)
    if len(parts) > 1 and APART * radius > max(GAPS):
        together = find_patches(flags, round(APART * radius))
        if is_one(max(together, key=np.count_nonzero)):
            return together
    return parts


def find_free(wish: Wish, maps: Maps, true: Drawing) -> Flags:
    """The pixels that are not close to an object, neither in the picture nor in the true one; of stuff alone, all."""
    if not any(each.meaning.thing for each in wish.pieces):
        return np.ones_like(wish.covered[0])
    return ~(grow(true.classes >= len(BACKGROUNDS)) | (maps.classes >= len(BACKGROUNDS)))


def score_grounds(wish: Wish, seen: Seen, true: Drawing) -> float:
    """The mean IoU of the grounds of scenes with what shows them, away from objects."""
    free, found = find_free(wish, seen.plain, true), []
    for index, (piece, mask) in enumerate(zip(wish.pieces, wish.visible[1:], strict=True)):
        if piece.role == "scene":
            shown = match_ground(piece, seen.plain) | match_ground(piece, seen.grounds[index])
            found.append(iou(shown, mask, free))
    return mean(found)


def match_ground(piece: Piece, maps: Maps) -> Flags:
    """The pixels whose labels are those of a scene's ground."""
    return match(maps, Meaning(piece.meaning.backdrop, piece.meaning.box))
