// Sparse rasters: a canvas in tiles of 64 by 64 pixels, of which only those with anything exist. Pure.

import {openTile, packTile} from './packing.mjs';

/** @import {Box, Kept, Raster, Size, Tiles} from './types.d.ts' */

export const SIDE = 64;
const AREA = SIDE * SIDE;
/** The one tile that is covered wholly; as all tiles in documents it must not be written to. */
export const FULL = new Uint8Array(AREA).fill(255);

/** @param {Size} size */
export function countColumns(size) {
  return Math.ceil(size.width / SIDE);
}

/** @param {Size} size */
export function countTiles(size) {
  return countColumns(size) * Math.ceil(size.height / SIDE);
}

/** The canvas's part in a tile. @param {number} tile @param {Size} size @returns {Box} */
export function boxOfTile(tile, size) {
  const columns = countColumns(size);
  const [left, top] = [(tile % columns) * SIDE, Math.floor(tile / columns) * SIDE];
  return {left, top, right: Math.min(left + SIDE, size.width), bottom: Math.min(top + SIDE, size.height)};
}

/** A box on whole pixels of the canvas. @param {Box} box @param {Size} size @returns {Box} */
export function clip(box, size) {
  return {
    left: Math.max(0, Math.floor(box.left)),
    top: Math.max(0, Math.floor(box.top)),
    right: Math.min(size.width, Math.ceil(box.right)),
    bottom: Math.min(size.height, Math.ceil(box.bottom)),
  };
}

/** @param {Size} size @returns {Box} */
export function wholeCanvas(size) {
  return {left: 0, top: 0, right: size.width, bottom: size.height};
}

/** What all pixels of a tile are, if it is 0 or 255. @param {Uint8Array} tile @returns {0 | 255 | null} */
export function uniform(tile) {
  const first = tile[0];
  if (first !== 0 && first !== 255) return null;
  for (let index = 1; index < tile.length; index += 1) if (tile[index] !== first) return null;
  return first;
}

/** The tiles of a mask as documents keep them: none that are empty, full ones shared, others packed. @param {Raster} raster @returns {Tiles} */
export function keepTiles(raster) {
  /** @type {Tiles} */
  const tiles = new Map(/** @type {any} */ (raster));
  tidy(tiles, raster.keys());
  return tiles;
}

/** Keep tiles that were worked on as documents do. @param {Tiles} tiles @param {Iterable<number>} touched */
export function tidy(tiles, touched) {
  for (const number of touched) {
    const kept = tiles.get(number);
    const tile = kept && openTile(kept);
    const same = tile && uniform(tile);
    if (same === 0) tiles.delete(number);
    else if (tile) tiles.set(number, same === 255 ? /** @type {any} */ (FULL) : packTile(tile));
  }
}

/** The boxes of tiles that differ. @template {Kept | Uint8ClampedArray} T @param {Map<number, T>} before @param {Map<number, T>} after @param {Size} size @returns {Box[]} */
export function findChanges(before, after, size) {
  const boxes = [];
  for (const [number, tile] of after) if (before.get(number) !== tile) boxes.push(boxOfTile(number, size));
  for (const number of before.keys()) if (!after.has(number)) boxes.push(boxOfTile(number, size));
  return boxes;
}
