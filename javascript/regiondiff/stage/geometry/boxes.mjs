// Boxes that tools drag: what a drag means with its modifiers. Pure; canvas pixels.

import {clamp} from '../viewport.mjs';

/** @import {Box, Point, Shape, Size} from '../types.d.ts' */

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

/** The shape of a palette, in shares of the canvas. @param {'rectangle' | 'ellipse'} kind @param {Box} box @param {Size} size @returns {Shape} */
export function boxShape(kind, box, size) {
  const sides = [box.left / size.width, box.top / size.height, box.right / size.width, box.bottom / size.height];
  return kind === 'rectangle' ? {rectangle: sides} : {ellipse: sides};
}
