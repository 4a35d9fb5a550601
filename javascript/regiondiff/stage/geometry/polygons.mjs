// Paths of a lasso as polygons. Pure; canvas pixels.

import {clamp, distance} from '../viewport.mjs';
import {boxOf} from './boxes.mjs';

/** @import {Point, Size} from '../types.d.ts' */

export const MOST_CORNERS = 1024;

/**
 * The corners of a path that stay within a tolerance of it, at most MOST_CORNERS.
 * @param {readonly Point[]} path @param {number} tolerance @returns {Point[]}
 */
export function simplify(path, tolerance) {
  if (path.length < 3) return [...path];
  const kept = new Uint8Array(path.length);
  kept[0] = kept[path.length - 1] = 1;
  const parts = [[0, path.length - 1]];
  for (let part = parts.pop(); part; part = parts.pop()) {
    const [first, last] = part;
    const [far, away] = farthest(path, first, last);
    if (away <= tolerance) continue;
    kept[far] = 1;
    parts.push([first, far], [far, last]);
  }
  const corners = path.filter((_, index) => kept[index]);
  return corners.length > MOST_CORNERS ? simplify(path, Math.max(0.25, tolerance * 1.5)) : corners;
}

/** @param {readonly Point[]} path @param {number} first @param {number} last @returns {[number, number]} */
function farthest(path, first, last) {
  let [found, most] = [first, -1];
  for (let index = first + 1; index < last; index += 1) {
    const away = distanceToLine(path[index], path[first], path[last]);
    if (away > most) [found, most] = [index, away];
  }
  return [found, most];
}

/** Distance of a point from the line between two others. @param {Point} point @param {Point} a @param {Point} b */
export function distanceToLine(point, a, b) {
  const length = distance(a, b);
  if (length === 0) return distance(point, a);
  const along = clamp(((point.x - a.x) * (b.x - a.x) + (point.y - a.y) * (b.y - a.y)) / (length * length), 0, 1);
  return distance(point, {x: a.x + along * (b.x - a.x), y: a.y + along * (b.y - a.y)});
}

/** The shape of a palette, in shares of the canvas. @param {readonly Point[]} corners @param {Size} size */
export function polygonShape(corners, size) {
  return {polygon: corners.map(({x, y}) => [clamp(x / size.width, -1, 2), clamp(y / size.height, -1, 2)])};
}

/** Whether corners enclose anything worth a mask: half a pixel or more. @param {readonly Point[]} corners */
export function hasArea(corners) {
  const box = corners.length < 3 ? null : boxOf(corners);
  return box !== null && (box.right - box.left) * (box.bottom - box.top) >= 0.5;
}
