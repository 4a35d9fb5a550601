// Smoothing of a stroke: each point goes part of the way to the pointer; the last one goes all of it. Pure.

/** @import {StrokePoint} from '../types.d.ts' */

const LEAST = 0.3; // canvas pixels between two points that are worth drawing

/**
 * A function that takes points as they come and gives the smoothed ones.
 * @param {number} amount 0 is off: all points as they are; 1 is slowest
 */
export function createSmoother(amount) {
  const share = 1 - 0.85 * amount;
  /** @type {StrokePoint | null} */
  let at = null;
  /** @type {StrokePoint | null} */
  let goal = null;
  return {
    /** @param {StrokePoint} point @returns {StrokePoint[]} none or one */
    add(point) {
      goal = point;
      const next = at && amount > 0 ? towards(at, point, share) : point;
      if (at && amount > 0 && Math.hypot(next.x - at.x, next.y - at.y) < LEAST) return [];
      at = next;
      return [next];
    },
    /** @returns {StrokePoint[]} what is left of the way to the pointer */
    finish() {
      const left = at && goal && Math.hypot(goal.x - at.x, goal.y - at.y) >= LEAST ? [goal] : [];
      at = goal = null;
      return left;
    },
  };
}

/** @param {StrokePoint} from @param {StrokePoint} to @param {number} share @returns {StrokePoint} */
function towards(from, to, share) {
  return {x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share, pressure: from.pressure + (to.pressure - from.pressure) * share};
}
