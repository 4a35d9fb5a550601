// Soft edges as planned: shares of cells by painter's order, each brush blurred by its feather, together 1. Pure.
//
// The planner does this on latent cells of 8 pixels (planning/weights/masks.py), and so does this; large canvases have larger cells.

import {SIDE} from './compose.mjs';
import {tileGrid} from './dirty.mjs';

/** @typedef {import('../viewport.mjs').Size} Size */
/** @typedef {import('../viewport.mjs').Box} Box */
/** @typedef {{colour: number, feather: number, tileOf: (tile: number) => Uint8Array | undefined}} SoftLayer colour 0xbbggrr, feather in pixels */

const LEAST_CELL = 8;
const MOST_CELLS = 256; // along the longer side
const SHOWS = 0.01; // a share that differs less from the hard one is not drawn

/** @param {Size} size @returns {{cell: number, columns: number, rows: number}} */
export function cellGrid(size) {
  let cell = LEAST_CELL;
  while (Math.max(size.width, size.height) / cell > MOST_CELLS && cell < SIDE) cell *= 2;
  return {cell, columns: Math.ceil(size.width / cell), rows: Math.ceil(size.height / cell)};
}

/** Colours of cells near soft edges. */
export class SoftEdges {
  /** @param {Size} size @param {readonly SoftLayer[]} layers the lowest first */
  constructor(size, layers) {
    const grid = cellGrid(size);
    this.cell = grid.cell;
    this.columns = grid.columns;
    this.rows = grid.rows;
    this.size = size;
    const hard = shareHard(layers.map((layer) => averageCells(size, grid, layer.tileOf)));
    const soft = blurShares(hard, layers.map(({feather}) => feather / grid.cell), grid.columns, grid.rows);
    const feathered = layers.map(({feather}, index) => (feather > 0 ? index + 1 : 0)).filter((index) => index > 0);
    this.soft = findSoft(feathered.map((index) => [hard[index], soft[index]]), grid.columns, grid.rows);
    this.colours = mixColours(soft, layers);
  }

  /** Where soft edges are, as boxes on the canvas. @returns {Box[]} */
  boxes() {
    const boxes = [];
    for (let row = 0; row < this.rows; row += 1) {
      for (let column = 0; column < this.columns; column += 1) {
        if (!this.soft[row * this.columns + column]) continue;
        const first = column;
        while (column + 1 < this.columns && this.soft[row * this.columns + column + 1]) column += 1;
        boxes.push({left: first * this.cell, top: row * this.cell, right: (column + 1) * this.cell, bottom: (row + 1) * this.cell});
      }
    }
    return boxes;
  }

  /** Have no soft edges in a box whose masks have changed. @param {Box} box */
  clear(box) {
    const [first, last] = [Math.max(0, Math.floor(box.left / this.cell)), Math.min(this.columns, Math.ceil(box.right / this.cell))];
    for (let row = Math.max(0, Math.floor(box.top / this.cell)); row < Math.min(this.rows, Math.ceil(box.bottom / this.cell)); row += 1) {
      if (last > first) this.soft.fill(0, row * this.columns + first, row * this.columns + last);
    }
  }

  /** Draw what is soft over a tile's pixels. @param {Uint32Array} pixels @param {number} x of the tile @param {number} y @param {Box} part of the tile */
  paint(pixels, x, y, part) {
    const {cell, columns} = this;
    for (let row = part.top; row < part.bottom; row += 1) {
      const line = Math.floor((y + row) / cell) * columns;
      for (let column = part.left; column < part.right; column += 1) {
        if (this.soft[line + Math.floor((x + column) / cell)]) pixels[row * SIDE + column] = this.at(x + column + 0.5, y + row + 0.5);
      }
    }
  }

  /** The colour at a place, between the middles of four cells. @param {number} x @param {number} y @returns {number} RGBA */
  at(x, y) {
    const u = Math.min(this.columns - 1, Math.max(0, x / this.cell - 0.5));
    const v = Math.min(this.rows - 1, Math.max(0, y / this.cell - 0.5));
    const [column, row] = [Math.floor(u), Math.floor(v)];
    const right = column + 1 < this.columns ? 4 : 0;
    const below = row + 1 < this.rows ? 4 * this.columns : 0;
    const first = 4 * (row * this.columns + column);
    const [s, t] = [u - column, v - row];
    const value = (/** @type {number} */ channel) => {
      const index = first + channel;
      const upper = this.colours[index] * (1 - s) + this.colours[index + right] * s;
      return upper * (1 - t) + (this.colours[index + below] * (1 - s) + this.colours[index + below + right] * s) * t;
    };
    const alpha = value(3);
    if (alpha < 0.002) return 0;
    const byte = (/** @type {number} */ channel) => Math.min(255, Math.round(value(channel) / alpha));
    return ((Math.round(alpha * 255) << 24) | (byte(2) << 16) | (byte(1) << 8) | byte(0)) >>> 0;
  }
}

/** Mean coverage 0..1 of each cell. @param {Size} size @param {ReturnType<typeof cellGrid>} grid @param {(tile: number) => Uint8Array | undefined} tileOf */
function averageCells(size, {cell, columns, rows}, tileOf) {
  const sums = new Float32Array(columns * rows);
  const tiles = tileGrid(size);
  for (let tile = 0; tile < tiles.columns * tiles.rows; tile += 1) {
    const coverage = tileOf(tile);
    if (!coverage) continue;
    const [x, y] = [(tile % tiles.columns) * SIDE, Math.floor(tile / tiles.columns) * SIDE];
    const [width, height] = [Math.min(SIDE, size.width - x), Math.min(SIDE, size.height - y)];
    for (let row = 0; row < height; row += 1) {
      const line = Math.floor((y + row) / cell) * columns;
      for (let column = 0; column < width; column += 1) sums[line + Math.floor((x + column) / cell)] += coverage[row * SIDE + column];
    }
  }
  for (let row = 0; row < rows; row += 1) {
    const high = Math.min(cell, size.height - row * cell);
    for (let column = 0; column < columns; column += 1) sums[row * columns + column] /= 255 * high * Math.min(cell, size.width - column * cell);
  }
  return sums;
}

/** Shares of the background and of each brush by painter's order, in place. @param {Float32Array[]} coverages the lowest first @returns {Float32Array[]} */
function shareHard(coverages) {
  const left = new Float32Array(coverages[0]?.length ?? 0).fill(1);
  for (const coverage of [...coverages].reverse()) {
    for (let index = 0; index < left.length; index += 1) {
      const own = coverage[index];
      coverage[index] = own * left[index];
      left[index] *= 1 - own;
    }
  }
  return [left, ...coverages];
}

/** @param {Float32Array[]} hard the background's first @param {number[]} feathers of brushes, in cells @param {number} columns @param {number} rows @returns {Float32Array[]} */
function blurShares(hard, feathers, columns, rows) {
  const soft = hard.map((share, index) => blur(share, index === 0 ? Math.max(0, ...feathers) : feathers[index - 1], columns, rows));
  for (let index = 0; index < hard[0].length; index += 1) {
    let total = 0;
    for (let which = 1; which < soft.length; which += 1) total += soft[which][index];
    const rest = Math.min(soft[0][index], Math.max(0, 1 - total));
    const sum = Math.max(1e-6, total + rest);
    soft[0][index] = rest / sum;
    for (let which = 1; which < soft.length; which += 1) soft[which][index] /= sum;
  }
  return soft;
}

/** A Gaussian by three boxes each way; the border goes on beyond the canvas. @param {Float32Array} share @param {number} deviation in cells @param {number} columns @param {number} rows */
export function blur(share, deviation, columns, rows) {
  let now = Float32Array.from(share);
  if (deviation < 0.05) return now;
  for (const radius of boxRadii(deviation)) {
    now = blurLines(now, radius, {count: rows, length: columns, step: 1, line: columns});
    now = blurLines(now, radius, {count: columns, length: rows, step: columns, line: 1});
  }
  return now;
}

/** Radii of three boxes whose variances sum to the Gaussian's; the fraction is the weight of the cells at the ends. @param {number} deviation */
function boxRadii(deviation) {
  const variance = (deviation * deviation) / 3;
  const whole = Math.floor((Math.sqrt(12 * variance + 1) - 1) / 2);
  const squares = (whole * (whole + 1) * (2 * whole + 1)) / 3;
  const part = (variance * (2 * whole + 1) - squares) / (2 * (whole + 1) ** 2 - 2 * variance);
  return Array.from({length: 3}, () => whole + Math.min(0.999, Math.max(0, part)));
}

/** @param {Float32Array} values @param {number} radius may have a fraction @param {{count: number, length: number, step: number, line: number}} how @returns {Float32Array<ArrayBuffer>} */
function blurLines(values, radius, {count, length, step, line}) {
  const made = new Float32Array(values.length);
  const whole = Math.floor(radius);
  const part = radius - whole;
  const norm = 1 / (2 * radius + 1);
  for (let which = 0; which < count; which += 1) {
    const base = which * line;
    const at = (/** @type {number} */ place) => values[base + step * Math.min(length - 1, Math.max(0, place))];
    let sum = 0;
    for (let place = -whole; place <= whole; place += 1) sum += at(place);
    for (let place = 0; place < length; place += 1) {
      made[base + step * place] = (sum + part * (at(place - whole - 1) + at(place + whole + 1))) * norm;
      sum += at(place + whole + 1) - at(place - whole);
    }
  }
  return made;
}

/** Cells in which a feathered brush's soft share differs from its hard one, and their neighbours. @param {Float32Array[][]} shares hard and soft @param {number} columns @param {number} rows */
function findSoft(shares, columns, rows) {
  const found = new Uint8Array(columns * rows);
  const differs = (/** @type {number} */ index) => shares.some(([hard, soft]) => Math.abs(hard[index] - soft[index]) > SHOWS);
  for (let index = 0; index < found.length; index += 1) {
    if (!differs(index)) continue;
    const [column, row] = [index % columns, Math.floor(index / columns)];
    for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y += 1) {
      for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x += 1) found[y * columns + x] = 1;
    }
  }
  return found;
}

/** Colours of cells: r, g, b times alpha, and alpha 0..1. @param {Float32Array[]} soft @param {readonly SoftLayer[]} layers */
function mixColours(soft, layers) {
  const colours = new Float32Array(4 * soft[0].length);
  layers.forEach(({colour}, which) => {
    const share = soft[which + 1];
    for (let index = 0; index < share.length; index += 1) {
      colours[4 * index] += share[index] * (colour & 255);
      colours[4 * index + 1] += share[index] * ((colour >>> 8) & 255);
      colours[4 * index + 2] += share[index] * ((colour >>> 16) & 255);
      colours[4 * index + 3] += share[index];
    }
  });
  return colours;
}
