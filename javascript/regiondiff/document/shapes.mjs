// Shapes to coverage: how many of the 4 by 4 sample points of each pixel lie inside; the same numbers as Python's. Pure.

import {boxOfTile, countColumns, FULL, keepTiles, SIDE, uniform} from './tiles.mjs';

/** @import {Mask, Raster, Shape, Size} from './types.d.ts' */

const SAMPLES = 4;
/** Coverage for each number of sample points. */
const LEVELS = Uint8Array.from({length: SAMPLES * SAMPLES + 1}, (_, count) => Math.round((255 * count) / (SAMPLES * SAMPLES)));

/**
 * The tiles that a shape covers.
 * @param {Shape} shape @param {Size} size @returns {Raster}
 */
export function rasterise(shape, size) {
  /** @type {Raster} */
  const tiles = new Map();
  for (let top = 0; top < size.height; top += SIDE) {
    const bottom = Math.min(size.height, top + SIDE);
    const counts = countPoints(shape, size, top, bottom);
    if (counts) cutTiles(tiles, counts, size, top);
  }
  return tiles;
}

/** A mask that is a shape. @param {Shape} shape @param {Size} size @returns {Mask} */
export function drawShape(shape, size) {
  return {shape, tiles: keepTiles(rasterise(shape, size))};
}

/** @param {Raster} tiles @param {Uint8Array} counts @param {Size} size @param {number} top */
function cutTiles(tiles, counts, size, top) {
  const columns = countColumns(size);
  for (let column = 0; column < columns; column += 1) {
    const number = (top / SIDE) * columns + column;
    const box = boxOfTile(number, size);
    const tile = new Uint8Array(SIDE * SIDE);
    let any = false;
    for (let y = box.top; y < box.bottom; y += 1) {
      for (let x = box.left; x < box.right; x += 1) {
        const count = counts[(y - top) * size.width + x];
        if (count) any = true;
        tile[(y - box.top) * SIDE + x - box.left] = LEVELS[count];
      }
    }
    if (any) tiles.set(number, uniform(tile) === 255 ? FULL : tile);
  }
}

/**
 * Sample points inside a shape, 0..16, in the pixel rows top..bottom-1; null where there are none.
 * @param {Shape} shape @param {Size} size @param {number} top @param {number} bottom @returns {Uint8Array | null}
 */
export function countPoints(shape, size, top, bottom) {
  const {width, height} = size;
  const [[kind, given]] = Object.entries(shape);
  const numbers = given.flat().map((/** @type {number} */ number, /** @type {number} */ index) => number * (SAMPLES * (index % 2 ? height : width)));
  const changes = new Int16Array((bottom - top) * (width + 2));
  const end = SAMPLES * width;
  let any = false;
  const lines = FINDERS[/** @type {keyof typeof FINDERS} */ (kind)](numbers, end, SAMPLES * top, SAMPLES * bottom);
  lines.forEach((ends, line) => {
    const row = Math.floor(line / SAMPLES) * (width + 2);
    for (let index = 0; index < ends.length; index += 1) {
      const [place, rest, sign] = [row + (ends[index] >> 2), ends[index] & 3, index % 2 ? -1 : 1];
      changes[place] += sign * (SAMPLES - rest);
      changes[place + 1] += sign * rest;
    }
    any ||= ends.length > 0;
  });
  return any ? sumUp(changes, width, bottom - top) : null;
}

/** @param {Int16Array} changes @param {number} width @param {number} rows */
function sumUp(changes, width, rows) {
  const counts = new Uint8Array(rows * width);
  for (let row = 0; row < rows; row += 1) {
    let count = 0;
    for (let x = 0; x < width; x += 1) {
      count += changes[row * (width + 2) + x];
      counts[row * width + x] = count;
    }
  }
  return counts;
}

/** For each row of sample points where runs of inner points begin and end, in turn, ascending. @typedef {(numbers: number[], end: number, first: number, last: number) => number[][]} Finder */

/** @type {Finder} */
function findRectangle([left, top, right, bottom], end, first, last) {
  const from = search(end, (at) => at + 0.5 < left);
  const to = search(end, (at) => at + 0.5 < right);
  return listLines(first, last, (y) => (y >= top && y < bottom && to > from ? [from, to] : []));
}

/** @type {Finder} */
function findEllipse([left, top, right, bottom], end, first, last) {
  const wide = (right - left) * (right - left);
  const high = (bottom - top) * (bottom - top);
  const square = (/** @type {number} */ at) => {
    const across = (at + 0.5) * 2 - (left + right);
    return across * across * high;
  };
  const middle = findMiddle(end, square);
  return listLines(first, last, (y) => {
    const down = y * 2 - (top + bottom);
    const rest = down * down * wide;
    const after = search(end - middle, (at) => square(middle + at) + rest <= wide * high);
    if (!after) return [];
    return [middle - search(middle, (at) => square(middle - 1 - at) + rest <= wide * high), middle + after];
  });
}

/** The first of the least values. @param {number} end @param {(at: number) => number} square */
function findMiddle(end, square) {
  return search(end - 1, (at) => square(at + 1) < square(at));
}

/** @type {Finder} */
function findPolygon(numbers, end, first, last) {
  /** @type {number[][]} */
  const lines = Array.from({length: last - first}, () => []);
  for (let index = 0; index < numbers.length; index += 2) {
    const [x0, y0] = [numbers[index], numbers[index + 1]];
    const next = (index + 2) % numbers.length;
    const [x1, y1] = [numbers[next], numbers[next + 1]];
    const rise = y1 - y0;
    const from = Math.max(first, Math.ceil(Math.min(y0, y1) - 0.5));
    const to = Math.min(last, Math.ceil(Math.max(y0, y1) - 0.5));
    for (let line = from; line < to; line += 1) {
      const drop = (line + 0.5 - y0) * (x1 - x0);
      const left = (/** @type {number} */ at) => {
        const side = (at + 0.5 - x0) * rise - drop;
        return rise > 0 ? side < 0 : side > 0;
      };
      lines[line - first].push(locate(end, Math.ceil(x0 + drop / rise - 0.5), left));
    }
  }
  for (const ends of lines) ends.sort((a, b) => a - b);
  return lines;
}

/** How many of the points 0..length-1 hold, the first ones, near a guess. @param {number} length @param {number} guess @param {(at: number) => boolean} holds */
function locate(length, guess, holds) {
  const near = Math.min(length, Math.max(0, guess));
  if ((near === length || !holds(near)) && (near === 0 || holds(near - 1))) return near;
  return search(length, holds);
}

/** How many of the points 0..length-1 hold; after one that does not, none does. @param {number} length @param {(at: number) => boolean} holds */
function search(length, holds) {
  let [low, high] = [0, Math.max(0, length)];
  while (low < high) {
    const at = (low + high) >> 1;
    if (holds(at)) low = at + 1;
    else high = at;
  }
  return low;
}

/** @param {number} first @param {number} last @param {(y: number) => number[]} find */
function listLines(first, last, find) {
  return Array.from({length: last - first}, (_, line) => find(first + line + 0.5));
}

const FINDERS = {rectangle: findRectangle, ellipse: findEllipse, polygon: findPolygon};
