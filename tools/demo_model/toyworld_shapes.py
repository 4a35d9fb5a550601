"""Outlines of the toy world's objects: kind -> polygons in the unit disc, and their coverage on a canvas."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from world_scenes import Pose

Points = np.ndarray
Coverage = np.ndarray
SUPERSAMPLING = 2
_SHIFT = 4  # binary digits after the point in OpenCV's coordinates


@dataclass(frozen=True)
class Outline:
    """Polygons [n, 2] within the unit disc, y down: the body (even-odd), and darker or brown parts drawn on it."""

    body: Sequence[Points]
    dark: Sequence[Points] = ()
    brown: Sequence[Points] = ()


def polygon(*points: tuple[float, float]) -> Points:
    """A polygon [n, 2] of these corners."""
    return np.array(points, dtype=np.float64)


def disc(radius: float = 1.0, x: float = 0.0, y: float = 0.0, corners: int = 48) -> Points:
    """A circle as a polygon [corners, 2]."""
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], axis=1)


def box(left: float, top: float, right: float, bottom: float) -> Points:
    """An upright rectangle as a polygon [4, 2]."""
    return polygon((left, top), (right, top), (right, bottom), (left, bottom))


def spiked(spikes: int, inner: float) -> Points:
    """A star as a polygon, its corners on circles of radius 1 and `inner` in turn."""
    angles = np.arange(2 * spikes) * np.pi / spikes - np.pi / 2
    radii = np.where(np.arange(2 * spikes) % 2 == 0, 1.0, inner)
    return np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)


def _heart() -> Outline:
    t = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    x = 16 * np.sin(t) ** 3
    y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    return Outline([np.stack([x, y + 2.5], axis=1) / 17])


def _moon() -> Outline:
    outer = np.linspace(0.25 * np.pi, 1.75 * np.pi, 40)
    x, y = np.cos(outer), np.sin(outer)
    across, reach = y[0], x[0]
    inner = np.linspace(1.0, -1.0, 40)[1:-1] * across
    bulge = reach - 1.05 * np.sqrt(1 - (inner / across) ** 2)
    curve = np.stack([bulge, -inner], axis=1)
    points = np.concatenate([np.stack([x, y], axis=1), curve])
    return Outline([points + np.array((0.2, 0.0))])


def _cross() -> Outline:
    a, b = 0.3, 0.92
    right = polygon((-a, -b), (a, -b), (a, -a), (b, -a), (b, a), (a, a), (a, b), (-a, b))
    left = polygon((-a, a), (-b, a), (-b, -a), (-a, -a))
    return Outline([np.concatenate([right, left])])


def _house() -> Outline:
    roof = polygon((-0.95, -0.1), (0.0, -0.95), (0.95, -0.1))
    walls = polygon((0.7, -0.1), (0.7, 0.8), (-0.7, 0.8), (-0.7, -0.1))
    return Outline([np.concatenate([roof, walls])], [box(-0.16, 0.25, 0.2, 0.8), box(-0.52, 0.1, -0.3, 0.36)])


def _tree() -> Outline:
    crown = [(-0.75, 0.5), (-0.3, 0.05), (-0.6, 0.05), (-0.22, -0.4), (-0.42, -0.4), (0.0, -1.0)]
    mirrored = [(-x, y) for x, y in reversed(crown[:-1])]
    trunk = box(-0.14, 0.5, 0.14, 0.95)
    return Outline([polygon(*crown, *mirrored), trunk], brown=[trunk])


def _fish() -> Outline:
    t = np.linspace(0.93 * np.pi, -0.93 * np.pi, 40)
    body = np.stack([-0.02 + 0.74 * np.cos(t), 0.5 * np.sin(t)], axis=1)
    tail = polygon((-1.0, -0.5), (-0.8, 0.0), (-1.0, 0.5))
    return Outline([np.concatenate([body, tail])], [disc(0.09, 0.4, -0.13)])


def _sun() -> Outline:
    rays = []
    for angle in np.arange(8) * np.pi / 4:
        turn = _rotation(angle)
        rays.append(polygon((-0.15, -0.68), (0.0, -1.0), (0.15, -0.68)) @ turn.T)
    return Outline([disc(0.56), *rays])


def _cloud() -> Outline:
    bumps = [(-0.62, 0.2, 0.36), (-0.12, -0.1, 0.5), (0.55, 0.12, 0.42)]
    base = polygon((0.9, 0.54), (-0.9, 0.54), (-0.6, 0.1), (0.55, 0.1))
    return Outline([_union([*(disc(r, x, y, 40) for x, y, r in bumps), base])])


def _boat() -> Outline:
    hull = polygon((-0.95, 0.35), (0.95, 0.35), (0.6, 0.8), (-0.6, 0.8))
    sails = [polygon((-0.06, -0.95), (-0.06, 0.2), (-0.72, 0.2)), polygon((0.06, -0.75), (0.62, 0.2), (0.06, 0.2))]
    mast = box(-0.06, -0.95, 0.06, 0.35)
    return Outline([hull, *sails, mast], dark=[mast])


def _union(parts: Sequence[Points]) -> Points:
    """The outer border of overlapping polygons, traced on a fine grid."""
    fine, scale = np.zeros((512, 512), np.uint8), 250.0
    for part in parts:
        cv2.fillPoly(fine, [np.round(part * scale + 256).astype(np.int32)], 255)
    contours, _ = cv2.findContours(fine, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_TC89_L1)
    border = max(contours, key=len).reshape(-1, 2)
    return (border - 256) / scale


def _rotation(angle: float) -> Points:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin], [sin, cos]])


_MAKERS: Mapping[str, Callable[[], Outline]] = {
    "circle": lambda: Outline([disc(0.92)]),
    "square": lambda: Outline([box(-0.78, -0.78, 0.78, 0.78)]),
    "triangle": lambda: Outline([polygon((0, -0.92), (0.92, 0.72), (-0.92, 0.72))]),
    "star": lambda: Outline([spiked(5, 0.42)]),
    "ring": lambda: Outline([disc(0.95), disc(0.52)]),
    "cross": _cross,
    "heart": _heart,
    "moon": _moon,
    "house": _house,
    "tree": _tree,
    "fish": _fish,
    "sun": _sun,
    "cloud": _cloud,
    "boat": _boat,
}
OUTLINES: Mapping[str, Outline] = {kind: make() for kind, make in _MAKERS.items()}


def place(polygons: Sequence[Points], pose: Pose) -> list[Points]:
    """An object's polygons in pixels, at its pose."""
    turn = _rotation(pose.angle).T * pose.radius
    return [points @ turn + np.array((pose.x, pose.y)) for points in polygons]


def rasterise(polygons: Sequence[Points], size: int, even_odd: bool = False) -> Coverage:
    """The share [size, size] of each pixel that lies within polygons: within their union, or by the even-odd rule."""
    side = size * SUPERSAMPLING
    fine = np.zeros((side, side), np.uint8)
    scale = SUPERSAMPLING * 2**_SHIFT
    corners = [np.round(points * scale - 2 ** (_SHIFT - 1)).astype(np.int32) for points in polygons]
    if even_odd:
        cv2.fillPoly(fine, corners, 255, cv2.LINE_AA, _SHIFT)
    else:
        for each in corners:
            cv2.fillPoly(fine, [each], 255, cv2.LINE_AA, _SHIFT)
    small = cv2.resize(fine, (size, size), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32) / 255
