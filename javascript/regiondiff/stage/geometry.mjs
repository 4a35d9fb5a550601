// Geometry of the tools: what a drag means with its modifiers, handles of a box, paths of a lasso. Pure; canvas pixels.

import {clamp, distance} from './viewport.mjs';

/** @import {Box, Handle, Point, Size} from './types.d.ts' */

/** @type {readonly Handle[]} corners first, so that they win where handles meet */
export const HANDLES = ['nw', 'ne', 'se', 'sw', 'n', 'e', 's', 'w'];
export const MOST_CORNERS = 1024;

/**
 * The box of a drag: square with Shift, about its first point with Alt.
 * @param {Point} first @param {Point} last @param {{square?: boolean, centre?: boolean}} ways @returns {Box}
 */
export function dragBox(first, last, {square = false, centre = false}) {
  let dx = last.x - first.x;
  let dy = last.y - first.y;
  if (square) {
    const side = Math.max(Math.abs(dx), Math.abs(dy));
    dx = dx < 0 ? -side : side;
    dy = dy < 0 ? -side : side;
  }
  const from = centre ? {x: first.x - dx, y: first.y - dy} : first;
  return boxOf([from, {x: first.x + dx, y: first.y + dy}]);
}

/** @param {readonly Point[]} points @returns {Box} */
export function boxOf(points) {
  const box = {left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity};
  for (const {x, y} of points) {
    box.left = Math.min(box.left, x);
    box.top = Math.min(box.top, y);
    box.right = Math.max(box.right, x);
    box.bottom = Math.max(box.bottom, y);
  }
  return box;
}

/** The box on whole pixels inside the canvas, or null where nothing is left. @param {Box} box @param {Size} size @returns {Box | null} */
export function wholeBox(box, size) {
  const whole = {
    left: clamp(Math.round(box.left), 0, size.width),
    top: clamp(Math.round(box.top), 0, size.height),
    right: clamp(Math.round(box.right), 0, size.width),
    bottom: clamp(Math.round(box.bottom), 0, size.height),
  };
  return whole.right > whole.left && whole.bottom > whole.top ? whole : null;
}

/** Where a handle of a box is. @param {Box} box @param {Handle} handle @returns {Point} */
export function handlePoint(box, handle) {
  const x = handle.includes('w') ? box.left : handle.includes('e') ? box.right : (box.left + box.right) / 2;
  const y = handle.includes('n') ? box.top : handle.includes('s') ? box.bottom : (box.top + box.bottom) / 2;
  return {x, y};
}

/** The handle within reach of a point. @param {Box} box @param {Point} point @param {number} reach @returns {Handle | null} */
export function findHandle(box, point, reach) {
  let found = null;
  let least = reach;
  for (const handle of HANDLES) {
    const at = handlePoint(box, handle);
    const apart = Math.max(Math.abs(at.x - point.x), Math.abs(at.y - point.y));
    if (apart < least || (apart === least && found === null)) [found, least] = [handle, apart];
  }
  return found;
}

/**
 * The box after its handle was dragged by a vector; never turned over, at least a pixel wide and high.
 * @param {Box} box @param {Handle} handle @param {Point} by @param {{square?: boolean, centre?: boolean}} ways keep the aspect; about the middle @returns {Box}
 */
export function scaleBox(box, handle, by, {square = false, centre = false}) {
  const share = centre ? 2 : 1;
  const old = {width: box.right - box.left, height: box.bottom - box.top};
  let width = old.width + share * (handle.includes('e') ? by.x : handle.includes('w') ? -by.x : 0);
  let height = old.height + share * (handle.includes('s') ? by.y : handle.includes('n') ? -by.y : 0);
  if (square) {
    const scales = [handle.length === 2 || 'ew'.includes(handle) ? width / old.width : 0, handle.length === 2 || 'ns'.includes(handle) ? height / old.height : 0];
    const scale = Math.max(...scales, 1 / old.width, 1 / old.height);
    [width, height] = [old.width * scale, old.height * scale];
  }
  [width, height] = [Math.max(1, width), Math.max(1, height)];
  const still = centre ? {x: 0.5, y: 0.5} : {x: stillPart(handle, 'e', 'w'), y: stillPart(handle, 's', 'n')};
  const left = box.left + (old.width - width) * still.x;
  const top = box.top + (old.height - height) * still.y;
  return {left, top, right: left + width, bottom: top + height};
}

/** @param {Handle} handle @param {string} after @param {string} before */
function stillPart(handle, after, before) {
  return handle.includes(after) ? 0 : handle.includes(before) ? 1 : 0.5;
}

/** @param {Box} box @param {Point} by @returns {Box} */
export function moveBox(box, by) {
  return {left: box.left + by.x, top: box.top + by.y, right: box.right + by.x, bottom: box.bottom + by.y};
}

/** @param {Box} box @param {number} by @returns {Box} */
export function growBox(box, by) {
  return {left: box.left - by, top: box.top - by, right: box.right + by, bottom: box.bottom + by};
}

/** @param {Box} box @param {Point} point */
export function holds(box, point) {
  return point.x >= box.left && point.x < box.right && point.y >= box.top && point.y < box.bottom;
}

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

/** The shape of a palette, in shares of the canvas. @param {'rectangle' | 'ellipse'} kind @param {Box} box @param {Size} size */
export function boxShape(kind, box, size) {
  return {[kind]: [box.left / size.width, box.top / size.height, box.right / size.width, box.bottom / size.height]};
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
