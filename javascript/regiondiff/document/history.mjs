// A history's length: as many steps as people go back, and no more bytes than a page can spare. Pure.

/** @import {Kept, State, Step} from './types.d.ts' */

/** Steps that can be undone, where they are not larger than this together. */
export const MOST_STEPS = 300;
export const MOST_BYTES = 2 ** 28;

const TILE = 200; // bytes of a tile besides its pixels
const LONG = 1000; // letters of a text that counts: a picture's

/** Bytes that a state holds and the next one does not. @param {State} before @param {State} after */
export function weighStep(before, after) {
  let bytes = weighTiles(before.colour.tiles, after.colour.tiles);
  for (const [id, mask] of before.masks) bytes += weighTiles(mask.tiles, after.masks.get(id)?.tiles);
  if (before.palette === after.palette) return bytes;
  const texts = new Set(listTexts(after.palette));
  return listTexts(before.palette).reduce((sum, text) => sum + (texts.has(text) ? 0 : text.length), bytes);
}

/** @template {Kept | Uint8ClampedArray} T @param {Map<number, T>} before @param {Map<number, T>} [after] */
function weighTiles(before, after) {
  let bytes = 0;
  if (before !== after) for (const [number, tile] of before) if (after?.get(number) !== tile) bytes += tile.length + TILE;
  return bytes;
}

/** @param {unknown} value @returns {string[]} */
function listTexts(value) {
  if (typeof value === 'string') return value.length < LONG ? [] : [value];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(listTexts) : [];
}

/**
 * Forget the oldest of steps that are too many, but none from the present one on.
 * @param {Step[]} steps @param {number} at the present one @returns {number} how many
 */
export function shorten(steps, at) {
  steps.forEach((step, index) => (step.bytes ??= index ? weighStep(steps[index - 1].state, step.state) : 0));
  let bytes = steps.reduce((sum, step) => sum + Number(step.bytes), 0);
  let gone = 0;
  while (gone < at - 1 && (steps.length - gone > MOST_STEPS + 1 || bytes > MOST_BYTES)) {
    gone += 1;
    bytes -= Number(steps[gone].bytes);
    steps[gone].bytes = 0;
  }
  steps.splice(0, gone);
  return gone;
}
