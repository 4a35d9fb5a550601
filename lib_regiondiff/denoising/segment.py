"""Segmenting: what of a close-up's picture is the thing, by its colours."""

from __future__ import annotations

import cv2
import numpy as np

SIDE = 256
"""Pixels along the longer side of the picture that is looked at."""
ROUNDS = 4
RIM = 1 / 32
"""Share of a side, at its border, that never is the thing."""
CENTRE = 0.6
"""Share of a side in which the thing is looked for where nothing is known of it."""
SMALL, USUAL = 0.02, 0.1
"""Shares of the brush: that a thing has at least, and below which what is found may be scraps and no thing."""
ALIKE = 20
"""Levels of 255 by which a thing's mean colour differs from that of its ground at least."""
BAND, BESIDE = 1 / 64, 1 / 80
"""Shares of a side: of a brush's border, where little of a thing is; a Gaussian's deviation beside its outline."""
BETTER = 1.2
"""How many times plainer the later of two findings is that is taken instead of the first."""
BORDER, BINS, RARE = 1 / 10, 8, 0.01
"""Share of a side that is the border where colours are counted, in so many bins of each channel; the share of such a
border up to which a colour is rare there."""
EDGE = 0.6
"""Softness of the edge in pixels: a Gaussian's deviation."""


def cut_out(picture: np.ndarray, inside: np.ndarray, likely: np.ndarray | None) -> np.ndarray | None:
    """The share float32 [h, w] of the thing in each pixel of a picture uint8 [h, w, 3].

    It is `inside` [h', w'] in [0, 1], where its brush is, and perhaps where `likely` [h", w"] is high, or in the
    middle. GrabCut (Rother et al. 2004): the colours around the brush are those of the ground. Of what it finds from
    both beginnings, that is the thing which differs plainly from what is beside its outline. None where hardly anything
    does.
    """
    height, width = picture.shape[:2]
    shrink = min(1.0, SIDE / max(height, width))
    sides = max(8, round(width * shrink)), max(8, round(height * shrink))
    small = cv2.resize(picture, sides, interpolation=cv2.INTER_AREA)
    brush = cv2.resize(inside, sides, interpolation=cv2.INTER_LINEAR) > 0.5
    best, most = None, 0.0
    for guess in _list_guesses(brush, likely):
        found = _grab(small, _label(brush, guess))
        worth = 0.0 if found is None else _judge(small, brush, found)
        if worth > (0 if best is None else BETTER * most):
            best, most = found, worth
    if best is None:
        return None
    soft = cv2.GaussianBlur(best.astype(np.float32), (0, 0), EDGE)
    return cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR)


def find_rare(picture: np.ndarray) -> np.ndarray:
    """How much [h, w] in [0, 1] a picture uint8 [h, w, 3] has colours around each pixel that are rare at its sides.

    It says where a thing may be that does not stand in the middle; one may touch one side, or two.
    """
    band = max(1, round(BORDER * min(picture.shape[:2])))
    bins = (picture // (256 // BINS)).astype(np.int64) @ np.array([BINS**2, BINS, 1])
    sides = (bins[:band], bins[-band:], bins[:, :band], bins[:, -band:])
    shares = np.stack([np.bincount(side.ravel(), minlength=BINS**3) / max(1, side.size) for side in sides])
    share = np.sort(shares, axis=0)[1]
    return cv2.blur((share[bins] < RARE).astype(np.float32), (band | 1, band | 1))


def _list_guesses(brush: np.ndarray, likely: np.ndarray | None) -> list[np.ndarray]:
    """Where [h, w] the thing may be at first, from the best guess on.

    It is where that is likely, if that says anything, or in the middle. Where most around the middle is likely, and
    less there, two prompts differ in the ground that one brought, not in the thing, which both would draw.
    """
    height, width = brush.shape
    top, left = (round(side * (1 - CENTRE) / 2) for side in (height, width))
    middle = np.zeros((height, width), bool)
    middle[top : height - top, left : width - left] = True
    guesses = [middle]
    if likely is not None:
        fitted = cv2.resize(likely, (width, height), interpolation=cv2.INTER_LINEAR)
        if fitted[brush].min(initial=1) <= 0.5:
            around = fitted[brush & ~middle].mean() if (brush & ~middle).any() else 0.0
            guesses.insert(int(around > max(0.5, fitted[middle].mean())), fitted > 0.5)
    return guesses


def _label(brush: np.ndarray, guess: np.ndarray) -> np.ndarray:
    """What each pixel is at first: ground for sure around the brush [h, w], else perhaps thing or perhaps ground."""
    height, width = brush.shape
    labels = np.where(guess, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[~brush] = cv2.GC_BGD
    high, wide = (max(1, round(RIM * side)) for side in (height, width))
    labels[:high] = labels[height - high :] = cv2.GC_BGD
    labels[:, :wide] = labels[:, width - wide :] = cv2.GC_BGD
    return labels


def _grab(picture: np.ndarray, labels: np.ndarray) -> np.ndarray | None:
    """The pixels bool [h, w] of the thing in a picture [h, w, 3]; None where too few could be told from the others."""
    if not _is_mixed(labels):
        return None
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(np.ascontiguousarray(picture[..., ::-1]), labels, (0, 0, 1, 1), *models, ROUNDS, cv2.GC_INIT_WITH_MASK)
    return (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)


def _judge(picture: np.ndarray, brush: np.ndarray, found: np.ndarray) -> float:
    """How plainly something that was found [h, w] is a thing on its brush, in levels of 255; 0 for nothing.

    Its outline parts different colours, is not the border of the brush, and holds about as much of it as things do.
    """
    area = float(found.sum() / max(1, brush.sum()))
    if area < SMALL or not _stands_out(picture, found):
        return 0.0
    band = max(1, round(BAND * max(brush.shape)))
    inner = cv2.erode(brush.astype(np.uint8), np.ones((2 * band + 1, 2 * band + 1), np.uint8), borderValue=0) > 0
    free = max(0.0, 1 - 2 * float((found & ~inner).sum() / found.sum()))
    return _measure_step(picture, found) * free * min(1.0, area / USUAL)


def _measure_step(picture: np.ndarray, found: np.ndarray) -> float:
    """How far the colours of a picture [h, w, 3] differ on both sides of the outline of what was found [h, w]."""
    share, colours = found.astype(np.float32), picture.astype(np.float32)
    near = BESIDE * max(found.shape)
    sides = []
    for each in (share, 1 - share):
        weight = np.maximum(cv2.GaussianBlur(each, (0, 0), near), 1e-3)
        sides.append(cv2.GaussianBlur(colours * each[..., None], (0, 0), near) / weight[..., None])
    outline = cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    return float(np.abs(sides[0] - sides[1]).max(axis=2)[outline].mean())


def _stands_out(picture: np.ndarray, found: np.ndarray) -> bool:
    """Whether what was found [h, w] has other colours than the rest of a picture [h, w, 3]."""
    if found.all():
        return False
    return float(np.abs(picture[found].mean(axis=0) - picture[~found].mean(axis=0)).max()) > ALIKE


def _is_mixed(labels: np.ndarray) -> bool:
    """Whether both kinds have enough pixels to learn colours from."""
    thing = int(((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)).sum())
    return min(thing, labels.size - thing) >= 16
