// Tiles at rest, in a tenth of their bytes or less: how each pixel differs from a smooth continuation, in half bytes. Pure.
//
// A pixel is foreseen from its left, upper and upper left neighbours. A half byte up to 13 says how far off that is
// (0, 1, -1, 2, -2 ...); 14 that as many pixels as the next two say were foreseen exactly, 15 that those two are the pixel itself.

/** @import {Kept} from './types.d.ts' */

const SIDE = 64;
const AREA = SIDE * SIDE;
const [RUN, PIXEL] = [14, 15];
const LEAST_RUN = 4; // shorter ones take no less than their pixels do
const MOST_OPEN = 2048; // 8 MB

/** @param {Uint8Array} tile @param {number} at @returns {number} what is foreseen there */
function foresee(tile, at) {
  const left = at & 63 ? tile[at - 1] : 0;
  if (at < SIDE) return left;
  const above = tile[at - SIDE];
  if (!(at & 63)) return above;
  const plane = left + above - tile[at - SIDE - 1];
  return plane < 0 ? 0 : plane > 255 ? 255 : plane;
}

/** A tile in fewer bytes; itself where it would take as many. @param {Uint8Array} tile @returns {Kept} */
export function packTile(tile) {
  const halves = new Uint8Array(3 * AREA + 1);
  let length = 0;
  const put = (/** @type {number} */ code, /** @type {number} */ byte) => {
    halves[length] = code;
    halves[length + 1] = byte & 15;
    halves[length + 2] = byte >> 4;
    length += code < RUN ? 1 : 3;
  };
  for (let at = 0; at < AREA; ) {
    let end = at;
    while (end < AREA && end - at < LEAST_RUN + 255 && tile[end] === foresee(tile, end)) end += 1;
    if (end - at >= LEAST_RUN) put(RUN, end - at - LEAST_RUN);
    else {
      end = at + 1;
      const off = ((tile[at] - foresee(tile, at)) << 24) >> 24;
      const code = off > 0 ? 2 * off - 1 : -2 * off;
      put(code < RUN ? code : PIXEL, tile[at]);
    }
    at = end;
  }
  const made = new Uint8Array((length + 1) >> 1);
  if (made.length >= AREA) return /** @type {any} */ (tile);
  for (let at = 0; at < made.length; at += 1) made[at] = halves[2 * at] | (halves[2 * at + 1] << 4);
  return /** @type {any} */ (made);
}

/** The pixels of a tile; they must not be written to. @param {Kept} kept @returns {Uint8Array} */
export function openTile(kept) {
  const bytes = /** @type {Uint8Array} */ (/** @type {any} */ (kept));
  if (bytes.length === AREA) return bytes;
  const tile = new Uint8Array(AREA);
  let half = 0;
  const take = () => (bytes[half >> 1] >> (half++ & 1 ? 4 : 0)) & 15;
  for (let at = 0; at < AREA; ) {
    const code = take();
    const byte = code < RUN ? 0 : take() | (take() << 4);
    if (code === RUN) for (let end = at + byte + LEAST_RUN; at < end; at += 1) tile[at] = foresee(tile, at);
    else {
      tile[at] = code === PIXEL ? byte : foresee(tile, at) + (code & 1 ? (code + 1) >> 1 : -(code >> 1));
      at += 1;
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
    const tile = this.tiles.get(kept) ?? openTile(kept);
    if (kept.length < AREA) this.tiles.set(kept, tile);
    if (this.tiles.size > MOST_OPEN) this.tiles.delete(/** @type {Kept} */ (this.tiles.keys().next().value));
    return tile;
  }
}
