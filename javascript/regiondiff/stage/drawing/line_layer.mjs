// The brushes' outlines as a layer of the surface; loaded with the first brush.

import {drawOutlines} from './lines.mjs';
import {Outlines} from './outlines.mjs';

/** @import {Box, Size, View} from '../types.d.ts' */
/** @import {Model} from '../model.mjs' */

export class LineLayer {
  /** @param {Size} size of the document */
  constructor(size) {
    this.outlines = new Outlines();
    this.outlines.resize(size);
  }

  /** Whether there is more to trace than a frame had time for. */
  get waits() {
    return this.outlines.dirty.tiles.size > 0;
  }

  /** Trace what has changed. @param {Model} model */
  update(model) {
    this.outlines.update(model.seen(), (id, tile) => model.tileOf(id, tile));
  }

  /** @param {CanvasRenderingContext2D} context @param {View} view @param {Model} model @param {{active: string | null, box: Box | null}} what */
  draw(context, view, model, what) {
    drawOutlines(context, view, this.outlines, model.seen().toReversed(), what);
  }
}
