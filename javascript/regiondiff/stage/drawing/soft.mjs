// Soft edges as planned: shares of cells by painter's order, each brush blurred by its feather, together 1. Pure.
//
// The planner does this on latent cells of 8 pixels (planning/weights/masks.py), and so does this; large canvases have larger cells.

import {SIDE} from '../../document/tiles.mjs';
import {tileGrid} from './dirty.mjs';

/** @import {Box, Size, SoftLayer} from '../types.d.ts' */

const LEAST_CELL = 8;
const MOST_CELLS = 256; // along the longer side
const SHOWS = 0.01; // a share that differs less from the hard one is not drawn

/** @param {Size} size @returns {{cell: number, columns: number, rows: number}} */
function cellGrid(size) {
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
    this.layers = layers;
    const {hard, soft} = divideCells(layers, grid);
    const feathered = layers.map(({feather}, index) => (feather > 0 ? index + 1 : 0)).filter((index) => index > 0);
    this.soft = findSoft(feathered.map((index) => [hard[index], soft[index]]), grid.columns, grid.rows);
    this.colours = mixColours(soft, layers);
  }

  /** Whether they are those of layers, whose cells are other arrays where masks have changed. @param {Size} size @param {readonly SoftLayer[]} layers */
  isOf(size, layers) {
    const same = layers.length === this.layers.length && size.width === this.size.width && size.height === this.size.height;
    return same && layers.every(({colour, feather, weight, cells}, index) => cells === this.layers[index].cells && colour === this.layers[index].colour && feather === this.layers[index].feather && weight === this.layers[index].weight);
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
    const {colours} = this;
    const u = Math.min(this.columns - 1, Math.max(0, x / this.cell - 0.5));
    const v = Math.min(this.rows - 1, Math.max(0, y / this.cell - 0.5));
    const column = Math.floor(u);
    const row = Math.floor(v);
    const upper = 4 * (row * this.columns + column);
    const lower = row + 1 < this.rows ? upper + 4 * this.columns : upper;
    const right = column + 1 < this.columns ? 4 : 0;
    const s = u - column;
    const t = v - row;
    const d = s * t;
    const c = t - d;
    const b = s - d;
    const a = 1 - s - t + d;
    const alpha = colours[upper + 3] * a + colours[upper + right + 3] * b + colours[lower + 3] * c + colours[lower + right + 3] * d;
    if (alpha < 0.002) return 0;
    const red = colours[upper] * a + colours[upper + right] * b + colours[lower] * c + colours[lower + right] * d;
    const green = colours[upper + 1] * a + colours[upper + right + 1] * b + colours[lower + 1] * c + colours[lower + right + 1] * d;
    const blue = colours[upper + 2] * a + colours[upper + right + 2] * b + colours[lower + 2] * c + colours[lower + right + 2] * d;
    return ((Math.min(255, alpha * 255 + 0.5) << 24) | (toByte(blue / alpha) << 16) | (toByte(green / alpha) << 8) | toByte(red / alpha)) >>> 0;
  }
}

/** @param {number} value */
function toByte(value) {
  return Math.min(255, value + 0.5) | 0;
}

/** Mean coverage 0..1 of each cell. @param {Size} size @param {(tile: number) => Uint8Array | undefined} tileOf */
export function averageCells(size, tileOf) {
  const {cell, columns, rows} = cellGrid(size);
  const sums = new Float32Array(columns * rows);
  const tiles = tileGrid(size);
  for (let tile = 0; tile < tiles.columns * tiles.rows; tile += 1) {
    const coverage = tileOf(tile);
    if (!coverage) continue;
    const [x, y] = [(tile % tiles.columns) * SIDE, Math.floor(tile / tiles.columns) * SIDE];
    const [width, height] = [Math.min(SIDE, size.width - x), Math.min(SIDE, size.height - y)];
    for (let row = 0; row < height; row += 1) {
      const line = Math.floor((y + row) / cell) * columns + x / cell;
      for (let first = 0; first < width; first += cell) {
        let sum = 0;
        for (let index = row * SIDE + first; index < row * SIDE + Math.min(width, first + cell); index += 1) sum += coverage[index];
        sums[line + first / cell] += sum;
      }
    }
  }
  for (let row = 0; row < rows; row += 1) {
    const high = Math.min(cell, size.height - row * cell);
    for (let column = 0; column < columns; column += 1) sums[row * columns + column] /= 255 * high * Math.min(cell, size.width - column * cell);
  }
  return sums;
}

/** Shares of the background and of each brush, the lowest first, before and after soft edges. @param {readonly SoftLayer[]} layers @param {{cell: number, columns: number, rows: number}} grid */
export function divideCells(layers, {cell, columns, rows}) {
  const hard = shareHard(layers);
  return {hard, soft: blurShares(hard, layers.map(({feather}) => feather / cell), columns, rows)};
}

/** By painter's order; brushes that meet inside a cell leave nothing to the background. @param {readonly SoftLayer[]} layers @returns {Float32Array[]} */
function shareHard(layers) {
  const shares = layers.map(({cells}) => Float32Array.from(cells));
  const left = new Float32Array(shares[0]?.length ?? 0).fill(1);
  for (let index = 0; index < left.length; index += 1) {
    let [covered, sum] = [0, 0];
    for (let which = shares.length - 1; which >= 0; which -= 1) {
      const own = layers[which].cells[index];
      covered += own;
      shares[which][index] = own * left[index] * layers[which].weight;
      left[index] *= 1 - own;
      sum += shares[which][index];
    }
    left[index] = Math.min(left[index], Math.max(0, 1 - covered));
    sum += left[index];
    left[index] /= sum;
    for (const share of shares) share[index] /= sum;
  }
  return [left, ...shares];
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
  const room = whole + 1;
  const long = new Float64Array(length + 2 * room); // a line, its ends repeated
  for (let which = 0; which < count; which += 1) {
    const base = which * line;
    for (let place = 0; place < length; place += 1) long[place + room] = values[base + step * place];
    long.fill(long[room], 0, room);
    long.fill(long[length + room - 1], length + room);
    let sum = 0;
    for (let place = 1; place <= 2 * whole + 1; place += 1) sum += long[place];
    for (let place = 0; place < length; place += 1) {
      const before = long[place];
      const after = long[place + 2 * room];
      made[base + step * place] = (sum + part * (before + after)) * norm;
      sum += after - long[place + 1];
    }
  }
  return made;
}

/** Cells in which a feathered brush's soft share differs from its hard one, and their neighbours. @param {Float32Array[][]} shares hard and soft @param {number} columns @param {number} rows */
function findSoft(shares, columns, rows) {
  const differs = new Uint8Array(columns * rows);
  for (const [hard, soft] of shares) for (let index = 0; index < differs.length; index += 1) if (Math.abs(hard[index] - soft[index]) > SHOWS) differs[index] = 1;
  const found = new Uint8Array(columns * rows);
  for (let index = 0; index < found.length; index += 1) {
    if (!differs[index]) continue;
    const [column, row] = [index % columns, Math.floor(index / columns)];
    for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y += 1) found.fill(1, y * columns + Math.max(0, column - 1), y * columns + Math.min(columns, column + 2));
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
