// Where the labels of brushes go: on what each owns, near its upper left, apart from one another. Pure.

import {SIDE} from '../../document/tiles.mjs';
import {tileGrid} from './dirty.mjs';

/** @import {Point, Size} from '../types.d.ts' */

/** @typedef {{cell: number, columns: number, rows: number, owners: Int16Array}} Owners of the middles of cells of so many pixels; -1 is nobody */

const CELLS = 96; // along the longer side
const ENOUGH = 0.75; // of a label on its own brush's area: what is drawn in the middle of a small one is not to be covered
const DOWN = 0.12; // what a place farther down costs, and one farther to the right
const ASIDE = 0.06;

/**
 * Who owns the canvas, coarsely.
 * @param {Size} size @param {readonly string[]} ids the uppermost first @param {(id: string, tile: number) => Uint8Array | undefined} tileOf @returns {Owners}
 */
export function findOwners(size, ids, tileOf) {
  const cell = Math.max(1, Math.ceil(Math.max(size.width, size.height) / CELLS));
  const columns = Math.ceil(size.width / cell);
  const rows = Math.ceil(size.height / cell);
  const owners = new Int16Array(columns * rows).fill(-1);
  const grid = tileGrid(size);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const x = Math.min(size.width - 1, Math.floor((column + 0.5) * cell));
      const y = Math.min(size.height - 1, Math.floor((row + 0.5) * cell));
      const tile = Math.floor(y / SIDE) * grid.columns + Math.floor(x / SIDE);
      const place = (y % SIDE) * SIDE + (x % SIDE);
      owners[row * columns + column] = ids.findIndex((id) => (tileOf(id, tile)?.[place] ?? 0) >= 128);
    }
  }
  return {cell, columns, rows, owners};
}

/**
 * A place, on the canvas, for the upper left corner of each label; null for a brush that owns nothing.
 * @param {Owners} owners @param {readonly Size[]} labels their sizes in canvas pixels, as the owners are numbered @returns {(Point | null)[]}
 */
export function placeLabels(owners, labels) {
  const taken = new Uint8Array(owners.owners.length);
  return labels.map((label, which) => {
    const sums = sumOwned(owners, which);
    const span = {columns: Math.max(1, Math.ceil(label.width / owners.cell)), rows: Math.max(1, Math.ceil(label.height / owners.cell))};
    const found = findPlace(owners, sums, span, taken, which);
    if (!found) return null;
    mark(owners, taken, found, span);
    return {x: found.column * owners.cell, y: found.row * owners.cell};
  });
}

/** Sums of owned cells above and left of each corner. @param {Owners} owners @param {number} which */
function sumOwned({columns, rows, owners}, which) {
  const sums = new Int32Array((columns + 1) * (rows + 1));
  for (let row = 0; row < rows; row += 1) {
    let line = 0;
    for (let column = 0; column < columns; column += 1) {
      if (owners[row * columns + column] === which) line += 1;
      sums[(row + 1) * (columns + 1) + column + 1] = sums[row * (columns + 1) + column + 1] + line;
    }
  }
  return sums;
}

/** @typedef {{columns: number, rows: number}} Span @typedef {{column: number, row: number}} Cell */

/** @param {Owners} owners @param {Int32Array} sums @param {Span} span @param {Uint8Array} taken @param {number} which @returns {Cell | null} */
function findPlace(owners, sums, span, taken, which) {
  const {columns, rows} = owners;
  let found = null;
  let best = 0;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      if (owners.owners[row * columns + column] !== which) continue;
      const place = {column: Math.max(0, Math.min(column, columns - span.columns)), row: Math.max(0, Math.min(row, rows - span.rows))};
      const owned = countOwned(sums, columns, place, span);
      const full = Math.min(1, owned / (ENOUGH * span.columns * Math.min(rows, span.rows)));
      const score = 2 + full - DOWN * (row / rows) - ASIDE * (column / columns) - (meets(owners, taken, place, span) ? 1 : 0);
      if (score > best) [best, found] = [score, place];
    }
  }
  return found;
}

/** @param {Int32Array} sums @param {number} columns @param {Cell} place @param {Span} span */
function countOwned(sums, columns, place, span) {
  const width = columns + 1;
  const right = Math.min(columns, place.column + span.columns);
  const bottom = Math.min(sums.length / width - 1, place.row + span.rows);
  return sums[bottom * width + right] - sums[place.row * width + right] - sums[bottom * width + place.column] + sums[place.row * width + place.column];
}

/** @param {Owners} owners @param {Uint8Array} taken @param {Cell} place @param {Span} span */
function meets({columns, rows}, taken, place, span) {
  for (let row = place.row; row < Math.min(rows, place.row + span.rows); row += 1) {
    for (let column = place.column; column < Math.min(columns, place.column + span.columns); column += 1) if (taken[row * columns + column]) return true;
  }
  return false;
}

/** @param {Owners} owners @param {Uint8Array} taken @param {Cell} place @param {Span} span */
function mark({columns, rows}, taken, place, span) {
  for (let row = place.row; row < Math.min(rows, place.row + span.rows); row += 1) taken.fill(1, row * columns + place.column, row * columns + Math.min(columns, place.column + span.columns));
}
