// What must be drawn again: tiles by their number, as the document tells them in boxes. Pure.

import {boxOfTile, countColumns, SIDE} from '../../document/tiles.mjs';

/** @import {Box, Size} from '../types.d.ts' */

/** @param {Size} size @returns {{columns: number, rows: number}} */
export function tileGrid(size) {
  return {columns: countColumns(size), rows: Math.ceil(size.height / SIDE)};
}

/** The tiles that a box meets. @param {Box} box @param {Size} size @returns {number[]} */
export function tilesIn(box, size) {
  const {columns, rows} = tileGrid(size);
  const tiles = [];
  for (let y = Math.max(0, Math.floor(box.top / SIDE)); y < Math.min(rows, Math.ceil(box.bottom / SIDE)); y += 1) {
    for (let x = Math.max(0, Math.floor(box.left / SIDE)); x < Math.min(columns, Math.ceil(box.right / SIDE)); x += 1) tiles.push(y * columns + x);
  }
  return tiles;
}

/** Parts of tiles that are to be drawn again. */
export class Dirty {
  constructor() {
    /** @type {Map<number, Box>} a tile -> the box in the canvas, within the tile */
    this.tiles = new Map();
  }

  /** @param {Box} box on the canvas @param {Size} size */
  add(box, size) {
    for (const tile of tilesIn(box, size)) {
      const whole = boxOfTile(tile, size);
      const old = this.tiles.get(tile);
      this.tiles.set(tile, {
        left: Math.max(whole.left, Math.min(Math.floor(box.left), old?.left ?? Infinity)),
        top: Math.max(whole.top, Math.min(Math.floor(box.top), old?.top ?? Infinity)),
        right: Math.min(whole.right, Math.max(Math.ceil(box.right), old?.right ?? 0)),
        bottom: Math.min(whole.bottom, Math.max(Math.ceil(box.bottom), old?.bottom ?? 0)),
      });
    }
  }

  /** @param {Size} size */
  addAll(size) {
    this.add({left: 0, top: 0, right: size.width, bottom: size.height}, size);
  }

  /** @returns {Map<number, Box>} what was dirty; nothing is any more */
  take() {
    const tiles = this.tiles;
    this.tiles = new Map();
    return tiles;
  }
}
