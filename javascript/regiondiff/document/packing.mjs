// Tiles at rest, in a tenth of their bytes or less: how each pixel differs from a smooth continuation, in half bytes. Pure.
//
// A pixel is foreseen from its left, upper and upper left neighbours. A half byte up to 12 says how far off that is
// (0, 1, -1, 2, -2 ...); 13 and 14 say how many pixels were foreseen exactly, 15 that the pixel itself follows.

/** @import {Kept} from './types.d.ts' */

const SIDE = 64;
const AREA = SIDE * SIDE;
const [LONG, SHORT, PIXEL] = [13, 14, 15];
const SHORT_RUN = 3; // the least run that takes two half bytes
const LONG_RUN = SHORT_RUN + 16; // the least that takes three
const MOST_RUN = LONG_RUN + 255;
const MOST_OPEN = 2048; // 8 MB

/** @param {ArrayLike<number>} tile @param {number} at @returns {number} what is foreseen there */
function foresee(tile, at) {
  if (at < SIDE) return at ? tile[at - 1] : 0;
  if (!(at & 63)) return tile[at - SIDE];
  const plane = tile[at - 1] + tile[at - SIDE] - tile[at - SIDE - 1];
  return plane < 0 ? 0 : plane > 255 ? 255 : plane;
}

/** A tile in fewer bytes; itself where it would take as many. @param {Uint8Array} tile @returns {Kept} */
export function packTile(tile) {
  const halves = new Uint8Array(3 * AREA);
  let [length, run] = [0, 0];
  for (let at = 0; at <= AREA; at += 1) {
    const off = at < AREA ? ((tile[at] - foresee(tile, at)) << 24) >> 24 : NaN;
    if (off === 0) {
      run += 1;
      continue;
    }
    for (; run > 0; run -= Math.min(run, run < SHORT_RUN ? 1 : MOST_RUN)) length = putRun(halves, length, run);
    const code = off > 0 ? 2 * off - 1 : -2 * off;
    if (code < LONG) halves[length++] = code;
    else if (at < AREA) {
      halves.set([PIXEL, tile[at] & 15, tile[at] >> 4], length);
      length += 3;
    }
  }
  if (length >= 2 * AREA - 1) return /** @type {any} */ (tile);
  const made = new Uint8Array((length + 1) >> 1);
  for (let at = 0; at < made.length; at += 1) made[at] = halves[2 * at] | (halves[2 * at + 1] << 4);
  return /** @type {any} */ (made);
}

/** @param {Uint8Array} halves @param {number} length @param {number} run @returns {number} the new length */
function putRun(halves, length, run) {
  if (run < SHORT_RUN) halves[length++] = 0;
  else if (run < LONG_RUN) {
    halves[length++] = SHORT;
    halves[length++] = run - SHORT_RUN;
  } else {
    const rest = Math.min(run, MOST_RUN) - LONG_RUN;
    halves[length++] = LONG;
    halves[length++] = rest & 15;
    halves[length++] = rest >> 4;
  }
  return length;
}

/** The pixels of a tile; they must not be written to. @param {Kept} kept @returns {Uint8Array} */
export function openTile(kept) {
  const bytes = /** @type {any} */ (kept);
  if (bytes.length === AREA) return bytes;
  const tile = new Uint8Array(AREA);
  let half = 0;
  const take = () => (bytes[half >> 1] >> (half++ & 1 ? 4 : 0)) & 15;
  for (let at = 0; at < AREA; ) {
    const code = take();
    if (code === PIXEL) tile[at++] = take() | (take() << 4);
    else if (code < LONG) tile[at] = foresee(tile, at++) + (code & 1 ? (code + 1) >> 1 : -(code >> 1));
    else {
      const end = at + (code === SHORT ? SHORT_RUN + take() : LONG_RUN + (take() | (take() << 4)));
      for (; at < end; at += 1) tile[at] = foresee(tile, at);
    }
  }
  return tile;
}

/** The tiles that were opened last: whoever asks again has them at once. */
export class OpenTiles {
  constructor() {
    /** @type {Map<Kept, Uint8Array>} */
    this.tiles = new Map();
  }

  /** @param {Kept} kept @returns {Uint8Array} */
  get(kept) {
    const known = kept.length === AREA ? openTile(kept) : this.tiles.get(kept);
    if (known) return known;
    const tile = openTile(kept);
    if (this.tiles.size >= MOST_OPEN) this.tiles.delete(/** @type {Kept} */ (this.tiles.keys().next().value));
    this.tiles.set(kept, tile);
    return tile;
  }
}
