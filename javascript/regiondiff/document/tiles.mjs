// Sparse rasters: a canvas in tiles of 64 by 64 bytes, of which only those with anything exist. Pure.

/** @import {Box, ColourTiles, Size, Tiles} from './types.d.ts' */

export const SIDE = 64;
const AREA = SIDE * SIDE;
/** The one tile that is covered wholly; as all tiles in documents it must not be written to. */
export const FULL = new Uint8Array(AREA).fill(255);

/** @param {Size} size */
export function countColumns(size) {
  return Math.ceil(size.width / SIDE);
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

/** Whether a tile is empty or full within the canvas. @param {Uint8Array} tile @returns {0 | 255 | null} */
export function uniform(tile) {
  const first = tile[0];
  if (first !== 0 && first !== 255) return null;
  for (let index = 1; index < tile.length; index += 1) if (tile[index] !== first) return null;
  return first;
}

/** The tiles of a mask without empty ones, and full ones shared. @param {Tiles} tiles @param {Iterable<number>} touched */
export function tidy(tiles, touched) {
  for (const number of touched) {
    const tile = tiles.get(number);
    const same = tile && uniform(tile);
    if (same === 0) tiles.delete(number);
    else if (same === 255) tiles.set(number, FULL);
  }
}

/** Rows of a raster as tiles. @param {Uint8Array} pixels @param {Size} size @returns {Tiles} */
export function toTiles(pixels, size) {
  const columns = countColumns(size);
  /** @type {Tiles} */
  const tiles = new Map();
  for (let number = 0; number < columns * Math.ceil(size.height / SIDE); number += 1) {
    const box = boxOfTile(number, size);
    const tile = new Uint8Array(AREA);
    for (let y = box.top; y < box.bottom; y += 1) tile.set(pixels.subarray(y * size.width + box.left, y * size.width + box.right), (y - box.top) * SIDE);
    if (tile.some(Boolean)) tiles.set(number, uniform(tile) === 255 ? FULL : tile);
  }
  return tiles;
}

/** RGBA as tiles, without empty ones. @param {Uint8Array} pixels @param {Size} size @returns {ColourTiles} */
export function cutColours(pixels, size) {
  /** @type {ColourTiles} */
  const tiles = new Map();
  for (let number = 0; number < countColumns(size) * Math.ceil(size.height / SIDE); number += 1) {
    const {left, top, right, bottom} = boxOfTile(number, size);
    const tile = new Uint8ClampedArray(4 * SIDE * SIDE);
    for (let y = top; y < bottom; y += 1) tile.set(pixels.subarray(4 * (y * size.width + left), 4 * (y * size.width + right)), 4 * (y - top) * SIDE);
    if (tile.some(Boolean)) tiles.set(number, tile);
  }
  return tiles;
}

/** Tiles as rows of a raster. @param {Tiles} tiles @param {Size} size @returns {Uint8Array} */
export function toPixels(tiles, size) {
  const pixels = new Uint8Array(size.width * size.height);
  for (const [number, tile] of tiles) {
    const box = boxOfTile(number, size);
    const wide = box.right - box.left;
    for (let y = box.top; y < box.bottom; y += 1) pixels.set(tile.subarray((y - box.top) * SIDE, (y - box.top) * SIDE + wide), y * size.width + box.left);
  }
  return pixels;
}

/** The boxes of tiles that differ. @template {Uint8Array | Uint8ClampedArray} T @param {Map<number, T>} before @param {Map<number, T>} after @param {Size} size @returns {Box[]} */
export function findChanges(before, after, size) {
  const boxes = [];
  for (const [number, tile] of after) if (before.get(number) !== tile) boxes.push(boxOfTile(number, size));
  for (const number of before.keys()) if (!after.has(number)) boxes.push(boxOfTile(number, size));
  return boxes;
}

/** What a mask leaves free. @param {Tiles} tiles @param {Size} size @returns {Tiles} */
export function invertTiles(tiles, size) {
  const box = wholeCanvas(size);
  /** @type {Tiles} */
  const made = new Map();
  const columns = countColumns(size);
  for (let number = 0; number < columns * Math.ceil(size.height / SIDE); number += 1) {
    const tile = new Uint8Array(SIDE * SIDE);
    const old = tiles.get(number);
    const [left, top] = [(number % columns) * SIDE, Math.floor(number / columns) * SIDE];
    for (let y = 0; y < Math.min(SIDE, box.bottom - top); y += 1) {
      for (let x = 0; x < Math.min(SIDE, box.right - left); x += 1) tile[y * SIDE + x] = 255 - (old?.[y * SIDE + x] ?? 0);
    }
    made.set(number, tile);
  }
  tidy(made, [...made.keys()]);
  return made;
}
