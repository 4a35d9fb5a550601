// Sizes of canvases that can be held and drawn here. Pure.

/** @import {Size} from './types.d.ts' */

export const LEAST_SIDE = 64;
export const MOST_SIDE = 16384;
/** Pixels that a picture may have, for the server that reads masks too. */
export const MOST_PIXELS = 2 ** 25;

/** A size that a canvas can have; throws an Error for others. @param {{width?: unknown, height?: unknown}} given @param {string} what has it @returns {Size} */
export function expectSize({width, height}, what) {
  const sides = [width, height].map((side) => (Number.isInteger(side) ? Number(side) : NaN));
  const fits = sides.every((side) => side >= LEAST_SIDE && side <= MOST_SIDE) && sides[0] * sides[1] <= MOST_PIXELS;
  if (!fits) throw new Error(`${what}: expected sides of ${LEAST_SIDE} to ${MOST_SIDE} pixels, of which there are at most ${MOST_PIXELS}, got ${width ?? 'none'} x ${height ?? 'none'}`);
  return {width: sides[0], height: sides[1]};
}
