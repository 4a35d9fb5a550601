// Filling: the area around a place that has one owner, a pixel wider, so that no seam is left at soft borders. Pure.

import {cutTiles, toPixels} from './rasters.mjs';
import {countColumns, SIDE, wholeCanvas} from './tiles.mjs';

/** @import {ColourTiles, Point, Raster, Size, State, Tiles} from './types.d.ts' */

const HALF = 128;

/**
 * The tiles of the area around a point: where the same brush is uppermost, where an eraser's own mask goes on, or where the
 * colour layer has the same colour.
 * @param {State} state @param {string} target a brush, or `colour` @param {Point} point @param {boolean} erase @returns {Raster}
 */
export function fillAround(state, target, {x, y}, erase) {
  const {size} = state.palette;
  const [px, py] = [Math.floor(x), Math.floor(y)];
  if (px < 0 || py < 0 || px >= size.width || py >= size.height) return new Map();
  const labels = target === 'colour' ? labelColours(state.colour.tiles, size) : erase ? labelMask(state, target) : labelOwners(state);
  const own = target === 'colour' ? null : erase ? 1 : state.palette.brushes.findIndex(({id}) => id === target) + 1;
  const wanted = labels[py * size.width + px];
  if (own !== null && (erase ? wanted !== own : wanted === own)) return new Map();
  return cutTiles(grow(flood(labels, size, px, py), size), wholeCanvas(size), size);
}

/** The number of the uppermost brush of each pixel, from 1. @param {State} state */
function labelOwners(state) {
  const {size, brushes} = state.palette;
  const labels = new Int32Array(size.width * size.height);
  brushes.forEach(({id}, index) => {
    const tiles = state.masks.get(id)?.tiles;
    if (tiles?.size) mark(labels, tiles, size, index + 1);
  });
  return labels;
}

/** @param {State} state @param {string} id */
function labelMask(state, id) {
  const {size} = state.palette;
  const labels = new Int32Array(size.width * size.height);
  mark(labels, state.masks.get(id)?.tiles ?? new Map(), size, 1);
  return labels;
}

/** @param {Int32Array} labels @param {Tiles} tiles @param {Size} size @param {number} label */
function mark(labels, tiles, size, label) {
  const pixels = toPixels(tiles, size);
  for (let at = 0; at < labels.length; at += 1) if (pixels[at] >= HALF) labels[at] = label;
}

/** @param {ColourTiles} tiles @param {Size} size */
function labelColours(tiles, size) {
  const labels = new Int32Array(size.width * size.height);
  const columns = countColumns(size);
  for (const [number, tile] of tiles) {
    const [left, top] = [(number % columns) * SIDE, Math.floor(number / columns) * SIDE];
    const words = new Int32Array(tile.buffer, tile.byteOffset, SIDE * SIDE);
    for (let y = 0; y < Math.min(SIDE, size.height - top); y += 1) {
      for (let x = 0; x < Math.min(SIDE, size.width - left); x += 1) labels[(top + y) * size.width + left + x] = words[y * SIDE + x];
    }
  }
  return labels;
}

/** Pixels of one label that hang together, line by line. @param {Int32Array} labels @param {Size} size @param {number} x @param {number} y */
function flood(labels, {width, height}, x, y) {
  const wanted = labels[y * width + x];
  const found = new Uint8Array(width * height);
  const open = [y * width + x];
  while (open.length) {
    const start = /** @type {number} */ (open.pop());
    if (found[start]) continue;
    const row = start - (start % width);
    let [left, right] = [start, start];
    while (left > row && labels[left - 1] === wanted && !found[left - 1]) left -= 1;
    while (right + 1 < row + width && labels[right + 1] === wanted && !found[right + 1]) right += 1;
    found.fill(255, left, right + 1);
    for (const next of [left - width, left + width]) {
      if (next < 0 || next >= width * height) continue;
      for (let at = next; at <= next + right - left; at += 1) {
        if (labels[at] === wanted && !found[at] && (at === next || labels[at - 1] !== wanted || found[at - 1])) open.push(at);
      }
    }
  }
  return found;
}

/** @param {Uint8Array} found @param {Size} size */
function grow(found, {width, height}) {
  const made = found.slice();
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = y * width + x;
      if (found[at]) continue;
      if ((x && found[at - 1]) || (x + 1 < width && found[at + 1]) || (y && found[at - width]) || (y + 1 < height && found[at + width])) made[at] = 255;
    }
  }
  return made;
}
