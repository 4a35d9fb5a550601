// A canvas of another size: masks and colours are stretched with it, or keep their size and lie elsewhere on it. Pure.
//
// A pixel is the mean of the area that it takes over, so a mask keeps its share of the canvas, and what becomes larger by a whole
// factor and small again is what it was. Tiles are made one by one from the parts that they take over, never a whole canvas at once.

import {drawShape} from './shapes.mjs';
import {toPixels} from './rasters.mjs';
import {boxOfTile, countColumns, countTiles, FULL, keepTiles, SIDE} from './tiles.mjs';

/** @import {Box, ColourTiles, Mask, Point, Shape, Size, State, Tiles} from './types.d.ts' */
/** What a place of an axis takes over: old places from `first` on, each with its share. @typedef {{first: number, shares: number[]}} Take */
/** @typedef {{from: Size, to: Size, across: Take[], down: Take[]}} Way */
/** Numbers of the old canvas in a box, so many a pixel, row by row. @typedef {(box: Box) => ArrayLike<number>} Read */

const AREA = SIDE * SIDE;

/**
 * The document on a canvas of another size. Shapes stay shapes where a palette can hold them.
 * @param {State} state @param {Size} size
 * @param {Point | null} [place] pixel of the new canvas at which the old one's upper left corner lies; null stretches @returns {State}
 */
export function resizeCanvas({palette, masks, colour}, size, place = null) {
  const from = palette.size;
  if (from.width === size.width && from.height === size.height && !place?.x && !place?.y) return {palette, masks, colour};
  const across = place ? move(from.width, size.width, place.x) : stretch(from.width, size.width);
  const down = place ? move(from.height, size.height, place.y) : stretch(from.height, size.height);
  const way = {from, to: {...size}, across, down};
  const made = new Map([...masks].map(([id, mask]) => [id, resizeMask(mask, way, place)]));
  return {palette: {...palette, size: way.to}, masks: made, colour: {tiles: resizeColours(colour.tiles, way)}};
}

/** @param {number} from @param {number} to @returns {Take[]} */
function stretch(from, to) {
  return Array.from({length: to}, (_, place) => {
    const [start, end] = [(place * from) / to, ((place + 1) * from) / to];
    const first = Math.floor(start);
    return {first, shares: Array.from({length: Math.ceil(end) - first}, (_each, index) => ((Math.min(end, first + index + 1) - Math.max(start, first + index)) * to) / from)};
  });
}

/** @param {number} from @param {number} to @param {number} by @returns {Take[]} */
function move(from, to, by) {
  return Array.from({length: to}, (_, place) => ({first: place - by, shares: place >= by && place < by + from ? [1] : []}));
}

/** @param {Mask} mask @param {Way} way @param {Point | null} place @returns {Mask} */
function resizeMask({shape, tiles}, way, place) {
  const kept = shape && place ? moveShape(shape, way, place) : shape;
  return kept ? drawShape(kept, way.to) : {shape: null, tiles: resizeTiles(tiles, way)};
}

/** @param {Shape} shape @param {Way} way @param {Point} place @returns {Shape | null} null where a palette could not hold it */
function moveShape(shape, {from, to}, place) {
  const moved = (/** @type {number} */ share, /** @type {number} */ index) => (index % 2 ? (share * from.height + place.y) / to.height : (share * from.width + place.x) / to.width);
  const [[kind, numbers]] = Object.entries(shape);
  const made = kind === 'polygon' ? numbers.map((/** @type {number[]} */ corner) => corner.map(moved)) : numbers.map(moved);
  return made.flat().every((/** @type {number} */ share) => share >= -1 && share <= 2) ? /** @type {Shape} */ ({[kind]: made}) : null;
}

/** @param {Tiles} tiles @param {Way} way @returns {Tiles} */
function resizeTiles(tiles, way) {
  const read = (/** @type {Box} */ box) => toPixels(tiles, way.from, box);
  /** @type {Tiles} */
  const made = new Map();
  for (const {number, box, old} of listParts(tiles, way)) {
    if (isFull(tiles, old, way.from) && box.right - box.left === SIDE && box.bottom - box.top === SIDE) made.set(number, /** @type {any} */ (FULL));
    else for (const [, tile] of keepTiles(new Map([[0, Uint8Array.from(average(read, 1, way, box), Math.round)]]))) made.set(number, tile);
  }
  return made;
}

/** @param {ColourTiles} tiles @param {Way} way @returns {ColourTiles} */
function resizeColours(tiles, way) {
  const read = (/** @type {Box} */ box) => readColours(tiles, way.from, box);
  /** @type {ColourTiles} */
  const made = new Map();
  for (const {number, box} of listParts(tiles, way)) {
    const sums = average(read, 4, way, box);
    const tile = new Uint8ClampedArray(sums.length);
    for (let at = 0; at < sums.length; at += 4) {
      tile[at + 3] = sums[at + 3];
      for (let band = 0; band < 3; band += 1) tile[at + band] = tile[at + 3] ? sums[at + band] / sums[at + 3] : 0;
    }
    if (tile.some(Boolean)) made.set(number, tile);
  }
  return made;
}

/** RGBA as colour times alpha, and alpha. @param {ColourTiles} tiles @param {Size} size @param {Box} box */
function readColours(tiles, size, box) {
  const wide = box.right - box.left;
  const columns = countColumns(size);
  const made = new Float32Array(4 * wide * (box.bottom - box.top));
  for (let y = box.top; y < box.bottom; y += 1) {
    for (let x = box.left; x < box.right; x += 1) {
      const tile = tiles.get((y >> 6) * columns + (x >> 6));
      const [from, to] = [4 * ((y & 63) * SIDE + (x & 63)), 4 * ((y - box.top) * wide + x - box.left)];
      if (!tile?.[from + 3]) continue;
      made[to + 3] = tile[from + 3];
      for (let band = 0; band < 3; band += 1) made[to + band] = tile[from + band] * tile[from + 3];
    }
  }
  return made;
}

/** The tiles of the new canvas that take over any of the old one, with the box that they take. @param {Map<number, unknown>} tiles @param {Way} way */
function* listParts(tiles, {from, to, across, down}) {
  for (let number = 0; tiles.size && number < countTiles(to); number += 1) {
    const box = boxOfTile(number, to);
    const [left, right] = findRange(across, box.left, box.right);
    const [top, bottom] = findRange(down, box.top, box.bottom);
    const old = {left, top, right, bottom};
    if (listTiles(old, from).some((each) => tiles.has(each))) yield {number, box, old};
  }
}

/** @param {Take[]} axis @param {number} first @param {number} end @returns {[number, number]} the old places that are taken over */
function findRange(axis, first, end) {
  const taken = axis.slice(first, end).filter(({shares}) => shares.length);
  if (!taken.length) return [0, 0];
  const last = taken[taken.length - 1];
  return [taken[0].first, last.first + last.shares.length];
}

/** @param {Box} box @param {Size} size */
function listTiles(box, size) {
  const numbers = [];
  for (let row = box.top >> 6; row <= (box.bottom - 1) >> 6; row += 1) {
    for (let column = box.left >> 6; column <= (box.right - 1) >> 6; column += 1) numbers.push(row * countColumns(size) + column);
  }
  return numbers;
}

/** @param {Tiles} tiles @param {Box} old @param {Size} from */
function isFull(tiles, old, from) {
  return listTiles(old, from).every((each) => /** @type {unknown} */ (tiles.get(each)) === FULL);
}

/** The means of a tile's pixels. @param {Read} read @param {number} bands @param {Way} way @param {Box} box of the tile @returns {Float32Array} */
function average(read, bands, {from, across, down}, box) {
  const sums = new Float32Array(bands * AREA);
  const [left, right] = findRange(across, box.left, box.right);
  let strip = {top: -1, rows: /** @type {ArrayLike<number>} */ ([])};
  let line = {y: -1, sums: new Float32Array(bands * SIDE)};
  for (let row = box.top; row < box.bottom; row += 1) {
    const {first, shares} = down[row];
    for (let index = 0; index < shares.length; index += 1) {
      const y = first + index;
      const top = y - (y % SIDE);
      if (top !== strip.top) strip = {top, rows: read({left, right, top, bottom: Math.min(top + SIDE, from.height)})};
      if (y !== line.y) line = {y, sums: averageLine(strip.rows, bands, bands * ((y - top) * (right - left) - left), across, box)};
      const start = bands * SIDE * (row - box.top);
      for (let at = 0; at < line.sums.length; at += 1) sums[start + at] += shares[index] * line.sums[at];
    }
  }
  return sums;
}

/** @param {ArrayLike<number>} rows @param {number} bands @param {number} start of the line @param {Take[]} across @param {Box} box */
function averageLine(rows, bands, start, across, box) {
  const sums = new Float32Array(bands * SIDE);
  for (let x = box.left; x < box.right; x += 1) {
    const {first, shares} = across[x];
    for (let index = 0; index < shares.length; index += 1) {
      for (let band = 0; band < bands; band += 1) sums[bands * (x - box.left) + band] += shares[index] * rows[start + bands * (first + index) + band];
    }
  }
  return sums;
}
