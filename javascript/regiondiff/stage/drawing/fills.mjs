// The brushes' fills as a canvas of the document's size, kept up to date tile by tile.

import {SIDE} from '../../document/tiles.mjs';
import {composeTile} from './compose.mjs';
import {Dirty} from './dirty.mjs';

/** @import {Box, Layer, Size} from '../types.d.ts' */

const MOST = 8 * 2 ** 20; // pixels of the canvas, 32 MB; above it, several of the document's share one
const BUDGET = 12; // milliseconds of a frame; what does not fit waits for the next one

export class Fills {
  /** @param {Document} page */
  constructor(page) {
    this.canvas = page.createElement('canvas');
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d'));
    this.image = new ImageData(SIDE, SIDE);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.dirty = new Dirty();
    this.scale = 1;
    /** @type {import('./soft.mjs').SoftEdges | null} */
    this.soft = null;
    /** @type {Size} */
    this.size = {width: 1, height: 1};
  }

  /** @param {Size} size */
  resize(size) {
    this.size = size;
    this.scale = 1;
    while ((size.width / this.scale) * (size.height / this.scale) > MOST) this.scale *= 2;
    this.canvas.width = Math.ceil(size.width / this.scale);
    this.canvas.height = Math.ceil(size.height / this.scale);
    this.soft = null;
    this.dirty.take();
    this.dirty.addAll(size);
  }

  /** @param {Box} box */
  touch(box) {
    this.soft?.clear(box);
    this.dirty.add(box, this.size);
  }

  /** Draw other soft edges, or none. @param {import('./soft.mjs').SoftEdges | null} soft */
  setSoft(soft) {
    for (const box of [...(this.soft?.boxes() ?? []), ...(soft?.boxes() ?? [])]) this.dirty.add(box, this.size);
    this.soft = soft;
  }

  touchAll() {
    this.dirty.addAll(this.size);
  }

  /**
   * Compose what is dirty, as far as a frame's time goes; `dirty` keeps the rest.
   * @param {(tile: number) => Layer[]} layersOf a tile, the lowest first @returns {Box[]} what has changed
   */
  update(layersOf) {
    if (!this.dirty.tiles.size) return [];
    const changed = [];
    const end = performance.now() + BUDGET;
    for (const [tile, box] of this.dirty.tiles) {
      this.draw(layersOf(tile), box);
      this.dirty.tiles.delete(tile);
      changed.push(box);
      if (changed.length % 16 === 0 && performance.now() > end) break;
    }
    return changed;
  }

  /** @param {readonly Layer[]} layers @param {Box} box */
  draw(layers, box) {
    const x = Math.floor(box.left / SIDE) * SIDE;
    const y = Math.floor(box.top / SIDE) * SIDE;
    const part = {left: box.left - x, top: box.top - y, right: box.right - x, bottom: box.bottom - y};
    if (this.scale > 1) this.drawSmall(layers, x, y);
    else if (layers.length === 0 && !this.soft) this.context.clearRect(box.left, box.top, box.right - box.left, box.bottom - box.top);
    else {
      composeTile(this.pixels, layers, part);
      this.soft?.paint(this.pixels, x, y, part);
      this.context.putImageData(this.image, x, y, part.left, part.top, part.right - part.left, part.bottom - part.top);
    }
  }

  /** A whole tile, of every scale-th pixel of it. @param {readonly Layer[]} layers @param {number} x @param {number} y */
  drawSmall(layers, x, y) {
    const whole = {left: 0, top: 0, right: SIDE, bottom: SIDE};
    composeTile(this.pixels, layers, whole);
    this.soft?.paint(this.pixels, x, y, whole);
    const side = SIDE / this.scale;
    for (let row = 0; row < side; row += 1) {
      for (let column = 0; column < side; column += 1) this.pixels[row * SIDE + column] = this.pixels[(row * SIDE + column) * this.scale];
    }
    this.context.putImageData(this.image, x / this.scale, y / this.scale, 0, 0, side, side);
  }
}
