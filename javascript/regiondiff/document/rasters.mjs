// Masks and colours as rows of pixels, and back; masks as a whole. Pure.

import {openTile} from './packing.mjs';
import {boxOfTile, countColumns, countTiles, keepTiles, SIDE, wholeCanvas} from './tiles.mjs';

/** @import {Box, ColourTiles, Raster, Size, State, Tiles} from './types.d.ts' */

const AREA = SIDE * SIDE;

/** Rows of a raster as tiles of a mask. @param {Uint8Array} pixels @param {Size} size */
export function toTiles(pixels, size) {
  return keepTiles(cutTiles(pixels, wholeCanvas(size), size));
}

/** Pixels that lie in a box of the canvas, as tiles without empty ones. @param {Uint8Array} pixels @param {Box} box @param {Size} size @returns {Raster} */
export function cutTiles(pixels, box, size) {
  /** @type {Raster} */
  const tiles = new Map();
  const wide = box.right - box.left;
  eachPart(box, size, (number, {left, top, right, bottom}, x, y) => {
    const tile = new Uint8Array(AREA);
    for (let row = top; row < bottom; row += 1) tile.set(pixels.subarray((row - box.top) * wide + left - box.left, (row - box.top) * wide + right - box.left), (row - y) * SIDE + left - x);
    if (tile.some(Boolean)) tiles.set(number, tile);
  });
  return tiles;
}

/** The tiles that a box meets, with its part in each. @param {Box} box @param {Size} size @param {(number: number, part: Box, x: number, y: number) => void} use */
function eachPart(box, size, use) {
  const columns = countColumns(size);
  for (let row = box.top >> 6; row <= (box.bottom - 1) >> 6; row += 1) {
    for (let column = box.left >> 6; column <= (box.right - 1) >> 6; column += 1) {
      const [x, y] = [column * SIDE, row * SIDE];
      use(row * columns + column, {left: Math.max(box.left, x), top: Math.max(box.top, y), right: Math.min(box.right, x + SIDE), bottom: Math.min(box.bottom, y + SIDE)}, x, y);
    }
  }
}

/** RGBA as tiles, without empty ones. @param {Uint8Array} pixels @param {Size} size @returns {ColourTiles} */
export function cutColours(pixels, size) {
  /** @type {ColourTiles} */
  const tiles = new Map();
  for (let number = 0; number < countTiles(size); number += 1) {
    const {left, top, right, bottom} = boxOfTile(number, size);
    const tile = new Uint8ClampedArray(4 * SIDE * SIDE);
    for (let y = top; y < bottom; y += 1) tile.set(pixels.subarray(4 * (y * size.width + left), 4 * (y * size.width + right)), 4 * (y - top) * SIDE);
    if (tile.some(Boolean)) tiles.set(number, tile);
  }
  return tiles;
}

/** Tiles as rows of a raster; of a part of the canvas, if one is named. @param {Tiles} tiles @param {Size} size @param {Box} [box] @returns {Uint8Array} */
export function toPixels(tiles, size, box = wholeCanvas(size)) {
  const wide = box.right - box.left;
  const pixels = new Uint8Array(wide * (box.bottom - box.top));
  eachPart(box, size, (number, {left, top, right, bottom}, x, y) => {
    const kept = tiles.get(number);
    if (!kept) return;
    const tile = openTile(kept);
    for (let row = top; row < bottom; row += 1) pixels.set(tile.subarray((row - y) * SIDE + left - x, (row - y) * SIDE + right - x), (row - box.top) * wide + left - box.left);
  });
  return pixels;
}

/** What a mask leaves free. @param {Tiles} tiles @param {Size} size @returns {Tiles} */
export function invertTiles(tiles, size) {
  /** @type {Raster} */
  const made = new Map();
  for (let number = 0; number < countTiles(size); number += 1) {
    const kept = tiles.get(number);
    const old = kept && openTile(kept);
    const {left, top, right, bottom} = boxOfTile(number, size);
    const tile = new Uint8Array(AREA);
    for (let y = 0; y < bottom - top; y += 1) {
      for (let at = y * SIDE; at < y * SIDE + right - left; at += 1) tile[at] = old ? 255 - old[at] : 255;
    }
    made.set(number, tile);
  }
  return keepTiles(made);
}

/** The document without a brush, whose mask the one below it has too. @param {State} state @param {string} id @returns {State} */
export function mergeDown(state, id) {
  const {brushes} = state.palette;
  const index = brushes.findIndex((brush) => brush.id === id);
  if (index < 1) return state;
  const below = brushes[index - 1].id;
  const [old, own] = [below, id].map((each) => state.masks.get(each)?.tiles ?? new Map());
  const masks = new Map(state.masks).set(below, {shape: null, tiles: unite(old, own)});
  masks.delete(id);
  return {...state, palette: {...state.palette, brushes: brushes.filter((brush) => brush.id !== id)}, masks};
}

/** What either mask covers. @param {Tiles} below @param {Tiles} above @returns {Tiles} */
function unite(below, above) {
  /** @type {Raster} */
  const both = new Map();
  for (const [number, kept] of above) {
    const [old, tile] = [below.get(number), openTile(kept)];
    if (old) both.set(number, openTile(old).map((value, at) => Math.max(value, tile[at])));
  }
  return new Map([...below, ...above, ...keepTiles(both)]);
}
