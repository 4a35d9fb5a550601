// Rasters in other sizes and places: pictures as masks, and masks that are moved and scaled. Pure.

import {drawShape} from './shapes.mjs';
import {cutTiles, toPixels} from './rasters.mjs';
import {clip, keepTiles, wholeCanvas} from './tiles.mjs';

/** @import {Box, Mask, Shape, Size, Tiles} from './types.d.ts' */

/**
 * Pixels in another size, or a part of them: between the old ones where it is larger, averaged where it is smaller.
 * @param {Uint8Array} pixels @param {Size} from @param {Size} to @param {Box} [box] the part @returns {Uint8Array}
 */
export function resize(pixels, from, to, box = wholeCanvas(to)) {
  const [columns, rows] = [weigh(from.width, to.width, box.left, box.right), weigh(from.height, to.height, box.top, box.bottom)];
  const wide = columns.length;
  const made = new Uint8Array(wide * rows.length);
  /** @type {Map<number, Float32Array>} old lines in the new width */
  const lines = new Map();
  rows.forEach(({first, weights}, y) => {
    for (const old of lines.keys()) if (old < first) lines.delete(old);
    const sums = new Float32Array(wide);
    weights.forEach((weight, index) => {
      const line = lines.get(first + index) ?? averageLine(pixels, (first + index) * from.width, columns);
      lines.set(first + index, line);
      for (let x = 0; x < wide; x += 1) sums[x] += weight * line[x];
    });
    for (let x = 0; x < wide; x += 1) made[y * wide + x] = Math.round(sums[x]);
  });
  return made;
}

/** @param {Uint8Array} pixels @param {number} start @param {ReturnType<typeof weigh>} columns */
function averageLine(pixels, start, columns) {
  const line = new Float32Array(columns.length);
  columns.forEach(({first, weights}, x) => {
    for (let index = 0; index < weights.length; index += 1) line[x] += weights[index] * pixels[start + first + index];
  });
  return line;
}

/** What places of an axis take from the old one: a triangle, as wide as the scale asks. @param {number} from @param {number} to @param {number} start @param {number} end */
function weigh(from, to, start, end) {
  const scale = from / to;
  const reach = Math.max(1, scale);
  return Array.from({length: Math.max(0, end - start)}, (_, index) => {
    const middle = (start + index + 0.5) * scale;
    const first = Math.max(0, Math.ceil(middle - reach - 0.5));
    const last = Math.min(from - 1, Math.floor(middle + reach - 0.5));
    const weights = Array.from({length: last - first + 1}, (_each, number) => Math.max(0, 1 - Math.abs(first + number + 0.5 - middle) / reach));
    const sum = weights.reduce((total, each) => total + each, 0);
    return sum ? {first, weights: weights.map((each) => each / sum)} : {first: Math.min(from - 1, Math.floor(middle)), weights: [1]};
  });
}

/** A mask whose part in one box is put into another. @param {Mask} mask @param {Box} from @param {Box} to @param {Size} size @returns {Mask} */
export function transformMask(mask, from, to, size) {
  if (mask.shape) {
    const shape = transformShape(mask.shape, from, to, size);
    if (shape) return drawShape(shape, size);
  }
  return {shape: null, tiles: transformTiles(mask.tiles, from, to, size)};
}

/** @param {Shape} shape @param {Box} from @param {Box} to @param {Size} size @returns {Shape | null} null where a palette could not hold it */
function transformShape(shape, from, to, size) {
  const axis = (/** @type {number} */ share, /** @type {number} */ side, /** @type {[number, number, number, number]} */ [a, b, c, d]) => (c + ((share * side - a) * (d - c)) / (b - a)) / side;
  const x = (/** @type {number} */ share) => axis(share, size.width, [from.left, from.right, to.left, to.right]);
  const y = (/** @type {number} */ share) => axis(share, size.height, [from.top, from.bottom, to.top, to.bottom]);
  const [[kind, numbers]] = Object.entries(shape);
  const moved = kind === 'polygon' ? numbers.map((/** @type {number[]} */ corner) => [x(corner[0]), y(corner[1])]) : numbers.map((/** @type {number} */ share, /** @type {number} */ index) => (index % 2 ? y(share) : x(share)));
  const fits = moved.flat().every((/** @type {number} */ share) => share >= -1 && share <= 2);
  return fits ? /** @type {Shape} */ ({[kind]: moved}) : null;
}

/** @param {Tiles} tiles @param {Box} from @param {Box} to @param {Size} size @returns {Tiles} */
function transformTiles(tiles, from, to, size) {
  const old = clip(from, size);
  const [width, height] = [Math.max(1, Math.round(to.right - to.left)), Math.max(1, Math.round(to.bottom - to.top))];
  const part = {width: old.right - old.left, height: old.bottom - old.top};
  if (part.width <= 0 || part.height <= 0) return tiles;
  const [left, top] = [Math.round(to.left), Math.round(to.top)];
  const box = clip({left, top, right: left + width, bottom: top + height}, size);
  if (box.right <= box.left || box.bottom <= box.top) return new Map();
  const cut = toPixels(tiles, size, old);
  const seen = {left: box.left - left, top: box.top - top, right: box.right - left, bottom: box.bottom - top};
  const fitted = part.width === width && part.height === height ? cutOut(cut, width, seen) : resize(cut, part, {width, height}, seen);
  return keepTiles(cutTiles(fitted, box, size));
}

/** @param {Uint8Array} pixels @param {number} width of their rows @param {Box} box */
function cutOut(pixels, width, box) {
  const wide = box.right - box.left;
  const made = new Uint8Array(wide * (box.bottom - box.top));
  for (let y = box.top; y < box.bottom; y += 1) made.set(pixels.subarray(y * width + box.left, y * width + box.right), (y - box.top) * wide);
  return made;
}
