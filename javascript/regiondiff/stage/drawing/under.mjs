// Pictures under the brushes: the background's, and the colour layer that people paint on, as canvases.

import {boxOfTile, SIDE} from '../../document/tiles.mjs';

/** @import {Box, ColourLayer, Size} from '../types.d.ts' */

export class Under {
  /** @param {Document} page */
  constructor(page) {
    this.page = page;
    /** @type {CanvasImageSource | null} */
    this.background = null;
    /** @type {HTMLCanvasElement | null} made with the first colour */
    this.canvas = null;
    /** @type {Map<number, Uint8ClampedArray>} tiles that the canvas shows */
    this.shown = new Map();
    /** @type {Set<number> | null} tiles whose bytes changed; null is unknown: all */
    this.dirty = null;
    this.changed = false;
  }

  /** @returns {CanvasImageSource[]} the lowest first */
  images() {
    return [this.background, this.shown.size ? this.canvas : null].filter((image) => image !== null);
  }

  /** @param {CanvasImageSource | null} image */
  setBackground(image) {
    this.background = image;
  }

  /** @param {number[] | null} tiles null is all */
  touch(tiles) {
    if (tiles === null) this.dirty = null;
    else if (this.dirty) for (const tile of tiles) this.dirty.add(tile);
    this.changed = true;
  }

  /** Show the layer as it is. @param {ColourLayer | null} layer @param {Size} size @returns {Box[]} what has changed */
  update(layer, size) {
    if (!this.changed) return [];
    this.changed = false;
    const tiles = layer?.tiles ?? new Map();
    const fresh = this.prepare(size, tiles.size > 0);
    const which = fresh || !this.dirty ? new Set([...tiles.keys(), ...this.shown.keys()]) : this.dirty;
    this.dirty = new Set();
    return [...which].map((tile) => this.show(tile, tiles.get(tile), size));
  }

  /** Have a canvas of the size. @param {Size} size @param {boolean} needed @returns {boolean} whether it is a new one */
  prepare(size, needed) {
    if (this.canvas?.width === size.width && this.canvas.height === size.height) return false;
    if (this.canvas || needed) {
      this.canvas = this.page.createElement('canvas');
      Object.assign(this.canvas, {width: size.width, height: size.height});
    }
    return true;
  }

  /** @param {number} tile @param {Uint8ClampedArray | undefined} pixels @param {Size} size @returns {Box} */
  show(tile, pixels, size) {
    const box = boxOfTile(tile, size);
    const context = this.canvas?.getContext('2d');
    if (pixels) {
      this.shown.set(tile, pixels);
      context?.putImageData(new ImageData(/** @type {Uint8ClampedArray<ArrayBuffer>} */ (pixels), SIDE, SIDE), box.left, box.top);
    } else {
      this.shown.delete(tile);
      context?.clearRect(box.left, box.top, SIDE, SIDE);
    }
    return box;
  }
}
