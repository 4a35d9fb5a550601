// Rasters in other sizes and places: masks keep their share of the canvas, and moved ones their form. Pure.

import {rasterise} from './shapes.mjs';
import {clip, countColumns, SIDE, tidy, toPixels, toTiles} from './tiles.mjs';

/** @import {Box, ColourLayer, Mask, Shape, Size, State, Tiles} from './types.d.ts' */

/** A document on a canvas of another size: masks keep their share of it. @param {State} state @param {Size} size @returns {State} */
export function stretchState({palette, masks, colour}, size) {
  const stretched = [...masks].map(([id, {shape, tiles}]) => /** @type {const} */ ([id, {shape, tiles: shape ? rasterise(shape, size) : stretch(tiles, palette.size, size)}]));
  return {palette: {...palette, size}, masks: new Map(stretched), colour: stretchColours(colour, palette.size, size)};
}

/** Tiles of a canvas as those of another size: stretched, averaged where it is smaller. @param {Tiles} tiles @param {Size} from @param {Size} to @returns {Tiles} */
export function stretch(tiles, from, to) {
  if (from.width === to.width && from.height === to.height) return tiles;
  return toTiles(resize(toPixels(tiles, from), from, to), to);
}

/** @param {Uint8Array} pixels @param {Size} from @param {Size} to */
export function resize(pixels, from, to) {
  const [columns, rows] = [weigh(from.width, to.width), weigh(from.height, to.height)];
  const across = new Float32Array(from.height * to.width);
  for (let y = 0; y < from.height; y += 1) {
    for (let x = 0; x < to.width; x += 1) {
      const {first, weights} = columns[x];
      let sum = 0;
      for (let index = 0; index < weights.length; index += 1) sum += weights[index] * pixels[y * from.width + first + index];
      across[y * to.width + x] = sum;
    }
  }
  const made = new Uint8Array(to.width * to.height);
  for (let y = 0; y < to.height; y += 1) {
    const {first, weights} = rows[y];
    for (let x = 0; x < to.width; x += 1) {
      let sum = 0;
      for (let index = 0; index < weights.length; index += 1) sum += weights[index] * across[(first + index) * to.width + x];
      made[y * to.width + x] = Math.round(sum);
    }
  }
  return made;
}

/** What each place of an axis takes from the old one: a triangle, as wide as the scale asks. @param {number} from @param {number} to */
function weigh(from, to) {
  const scale = from / to;
  const reach = Math.max(1, scale);
  return Array.from({length: to}, (_, place) => {
    const middle = (place + 0.5) * scale;
    const first = Math.max(0, Math.ceil(middle - reach - 0.5));
    const last = Math.min(from - 1, Math.floor(middle + reach - 0.5));
    const weights = Array.from({length: last - first + 1}, (_each, index) => Math.max(0, 1 - Math.abs(first + index + 0.5 - middle) / reach));
    const sum = weights.reduce((total, each) => total + each, 0);
    return sum ? {first, weights: weights.map((each) => each / sum)} : {first: Math.min(from - 1, Math.floor(middle)), weights: [1]};
  });
}

/** A mask whose part in one box is put into another. @param {Mask} mask @param {Box} from @param {Box} to @param {Size} size @returns {Mask} */
export function transformMask(mask, from, to, size) {
  if (mask.shape) {
    const shape = transformShape(mask.shape, from, to, size);
    if (shape) return {shape, tiles: rasterise(shape, size)};
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
  const cut = new Uint8Array(part.width * part.height);
  for (let y = 0; y < part.height; y += 1) for (let x = 0; x < part.width; x += 1) cut[y * part.width + x] = read(tiles, old.left + x, old.top + y, size);
  const fitted = part.width === width && part.height === height ? cut : resize(cut, part, {width, height});
  const [left, top] = [Math.round(to.left), Math.round(to.top)];
  const box = clip({left, top, right: left + width, bottom: top + height}, size);
  /** @type {Tiles} */
  const made = new Map();
  for (let y = box.top; y < box.bottom; y += 1) for (let x = box.left; x < box.right; x += 1) write(made, x, y, size, fitted[(y - top) * width + x - left]);
  tidy(made, [...made.keys()]);
  return made;
}

/** @param {Tiles} tiles @param {number} x @param {number} y @param {Size} size */
export function read(tiles, x, y, size) {
  return tiles.get((y >> 6) * countColumns(size) + (x >> 6))?.[(y & 63) * SIDE + (x & 63)] ?? 0;
}

/** @param {Tiles} tiles @param {number} x @param {number} y @param {Size} size @param {number} value */
function write(tiles, x, y, size, value) {
  if (!value) return;
  const number = (y >> 6) * countColumns(size) + (x >> 6);
  let tile = tiles.get(number);
  if (!tile) tiles.set(number, (tile = new Uint8Array(SIDE * SIDE)));
  tile[(y & 63) * SIDE + (x & 63)] = value;
}

/** @param {ColourLayer} layer @param {Size} from @param {Size} to @returns {ColourLayer} */
function stretchColours({tiles}, from, to) {
  if (!tiles.size) return {tiles};
  const bands = [0, 1, 2, 3].map((band) => {
    const own = new Map([...tiles].map(([number, tile]) => [number, Uint8Array.from({length: tile.length / 4}, (_, at) => tile[4 * at + band])]));
    return stretch(own, from, to);
  });
  const made = new Map();
  for (const [number, alpha] of bands[3]) {
    const tile = new Uint8ClampedArray(4 * alpha.length);
    for (let at = 0; at < alpha.length; at += 1) for (let band = 0; band < 4; band += 1) tile[4 * at + band] = bands[band].get(number)?.[at] ?? 0;
    made.set(number, tile);
  }
  return {tiles: made};
}
