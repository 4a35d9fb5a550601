// Handles of a box: where they are, and how a box is moved and scaled by them. Pure; canvas pixels.

/** @import {Box, Handle, Point} from '../types.d.ts' */

/** @type {readonly Handle[]} corners first, so that they win where handles meet */
export const HANDLES = ['nw', 'ne', 'se', 'sw', 'n', 'e', 's', 'w'];

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
