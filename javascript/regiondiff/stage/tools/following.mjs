// What a gesture that drags one thing follows: where the pointer is, and which modifiers are held. Pure.

/** @import {Modifiers, StrokePoint} from '../types.d.ts' */

/** @param {StrokePoint} first @param {Modifiers} modifiers */
export function follow(first, modifiers) {
  const now = {
    last: first,
    ways: modifiers,
    /** @param {readonly StrokePoint[]} points @param {Modifiers} ways */
    drag(points, ways) {
      now.last = points[points.length - 1];
      now.ways = ways;
    },
    /** @param {Modifiers} ways */
    modify(ways) {
      now.ways = ways;
    },
  };
  return now;
}
