// What the surface asks the document, and how it changes it: the only place here that knows the Editor.

import {nameBrush} from '../document/names.mjs';
import {boxOfTile, SIDE} from '../document/tiles.mjs';
import {packColour} from './drawing/compose.mjs';
import {tileGrid, tilesIn} from './drawing/dirty.mjs';
import {Under} from './drawing/under.mjs';

/** @import {Box, BrushView, Drawer, EditorPort, Finder, Layer, Mover, Point, Shape, Size, StrokeOptions, StrokePoint} from './types.d.ts' */

/** The document as the surface sees it. */
export class Model {
  /** @param {EditorPort} editor @param {{brushState?: (id: string) => {hidden?: boolean, locked?: boolean}}} services @param {Document} page */
  constructor(editor, services, page) {
    this.editor = editor;
    this.services = services;
    this.under = new Under(page);
    /** @type {BrushView[] | null} */
    this.views = null;
    /** @type {Map<string, Box | null>} */
    this.bounds = new Map();
    /** @type {Map<string, Float32Array>} */
    this.cells = new Map();
    /** @type {import('./drawing/soft.mjs').SoftEdges | null} */
    this.soft = null;
    /** @type {CanvasImageSource | null} */
    this.picture = null;
  }

  get size() {
    return this.editor.document.palette.size;
  }

  /** All brushes, the uppermost first. @returns {BrushView[]} */
  brushes() {
    this.views ??= this.editor.document.palette.brushes
      .map((brush, index) => ({id: brush.id, number: index + 1, name: nameBrush(brush), colour: brush.colour, feather: brush.feather ?? 0, weight: brush.weight ?? 1, hidden: false, locked: false, ...this.services.brushState?.(brush.id)}))
      .reverse();
    return /** @type {BrushView[]} */ (this.views);
  }

  /** Brushes that are not switched off, the uppermost first. */
  seen() {
    return this.brushes().filter((brush) => !brush.hidden);
  }

  /** What fills and outlines depend on besides masks, as a text to compare. */
  look() {
    return this.seen().map(({id, colour}) => `${id} ${colour}`).join('\n');
  }

  /** @param {string | null} id */
  brush(id) {
    return this.brushes().find((brush) => brush.id === id) ?? null;
  }

  /** Brushes have other names, colours, states or another order. */
  forgetBrushes() {
    this.views = null;
  }

  /** Forget what was derived from masks that changed. @param {string[] | null} ids null is all */
  forget(ids) {
    for (const kept of [this.bounds, this.cells]) {
      if (!ids) kept.clear();
      for (const id of ids ?? []) kept.delete(id);
    }
  }

  /** @param {string} id @param {number} tile @returns {Uint8Array | undefined} */
  tileOf(id, tile) {
    return this.editor.tileOf(id, tile);
  }

  /** What covers a tile, the lowest first. @param {number} tile @returns {Layer[]} */
  layersOf(tile) {
    /** @type {Layer[]} */
    const layers = [];
    for (const {id, colour} of this.seen()) {
      const coverage = this.tileOf(id, tile);
      if (coverage) layers.unshift({coverage, colour: packColour(colour)});
    }
    return layers;
  }

  /** The soft edges of the brushes that have a feather, the same ones while nothing changes; null where none has. */
  async softEdges() {
    if (!this.seen().some(({feather}) => feather > 0)) return (this.soft = null);
    const {SoftEdges, averageCells} = await import('./drawing/soft.mjs');
    const layers = this.seen().toReversed().map(({id, colour, feather, weight}) => ({colour: packColour(colour), feather, weight, cells: this.cellsOf(id, averageCells)}));
    if (!this.soft?.isOf(this.size, layers)) this.soft = new SoftEdges(this.size, layers);
    return this.soft;
  }

  /** A mask's mean coverage of cells. @param {string} id @param {typeof import('./drawing/soft.mjs').averageCells} average @returns {Float32Array} */
  cellsOf(id, average) {
    const kept = this.cells.get(id);
    if (kept) return kept;
    const made = average(this.size, (tile) => this.tileOf(id, tile));
    this.cells.set(id, made);
    return made;
  }

  /** The uppermost brush at a place of the canvas. @param {Point} point @returns {string | null} */
  pick(point) {
    return this.seen().find(({id}) => this.covers(id, point))?.id ?? null;
  }

  /** Whether a mask covers a place of the canvas. @param {string} id @param {Point} point @returns {boolean} */
  covers(id, {x, y}) {
    const {size} = this;
    if (x < 0 || y < 0 || x >= size.width || y >= size.height) return false;
    const tile = Math.floor(y / SIDE) * tileGrid(size).columns + Math.floor(x / SIDE);
    const place = (Math.floor(y) % SIDE) * SIDE + (Math.floor(x) % SIDE);
    return (this.tileOf(id, tile)?.[place] ?? 0) >= 128;
  }

  /** The smallest box with all that a mask covers, or null. @param {string} id @returns {Box | null} */
  boundsOf(id) {
    const kept = this.bounds.get(id);
    if (kept !== undefined) return kept;
    const found = findBounds(this.size, (tile) => this.tileOf(id, tile));
    this.bounds.set(id, found);
    return found;
  }

  /** @param {HTMLCanvasElement} fills */
  sources(fills) {
    const {background} = this.editor.document.palette;
    return {size: this.size, fills, colour: background?.colour ?? null, under: this.under.images(), picture: this.picture};
  }

  hasUnder() {
    return this.under.images().length > 0;
  }

  /** Parts of the colour layer have changed. @param {readonly Box[]} boxes */
  touchColour(boxes) {
    this.under.touch(boxes.flatMap((box) => tilesIn(box, this.size)));
  }

  /** @returns {Box[]} what has changed of the pictures under the brushes */
  updateUnder() {
    return this.under.update(this.editor.document.colour, this.size);
  }

  /** Begin a step of the history on a mask or on the colour layer. @param {string} target an id, or `colour` @param {string} label @param {string} colour */
  begin(target, label, colour) {
    const session = this.editor.stroke(target, label);
    return {
      stroke: (/** @type {readonly StrokePoint[]} */ points, /** @type {StrokeOptions} */ options, /** @type {Drawer} */ drawer) => session.stamp(points, {...options, colour}, drawer),
      shape: (/** @type {Shape} */ shape, /** @type {boolean} */ erase) => session.shape(shape, erase, colour),
      fill: (/** @type {Point} */ point, /** @type {boolean} */ erase, /** @type {Finder} */ find) => session.fill(point, erase, colour, find),
      commit: () => session.commit(),
      cancel: () => session.cancel(),
    };
  }

  /** Put a brush's mask from one box into another. @param {string} id @param {Box} from @param {Box} to @param {Mover} move @param {string} [merge] */
  transform(id, from, to, move, merge) {
    this.editor.transform(id, from, to, move, merge);
  }

  /** Empty a mask. @param {string} id */
  clear(id) {
    this.editor.clear(id);
  }

  /** Cover what a mask leaves free, and free what it covers. @param {string} id */
  invert(id) {
    this.editor.invert(id);
  }

  /** The colour that the next brush will have. @returns {string} */
  nextColour() {
    return this.editor.nextColour();
  }

  /** Make a brush on top. @returns {string} its id */
  addBrush() {
    return this.editor.addBrush();
  }
}

/** @param {Size} size @param {(tile: number) => Uint8Array | undefined} tileOf @returns {Box | null} */
function findBounds(size, tileOf) {
  const {columns, rows} = tileGrid(size);
  const box = {left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity};
  for (let tile = 0; tile < columns * rows; tile += 1) {
    const coverage = tileOf(tile);
    if (coverage) growBounds(box, coverage, boxOfTile(tile, size));
  }
  return box.right > box.left ? box : null;
}

/** @param {Box} box @param {Uint8Array} coverage @param {Box} part */
function growBounds(box, coverage, part) {
  if (part.left >= box.left && part.right <= box.right && part.top >= box.top && part.bottom <= box.bottom) return;
  for (let y = part.top; y < part.bottom; y += 1) {
    for (let x = part.left; x < part.right; x += 1) {
      if (!coverage[(y - part.top) * SIDE + x - part.left]) continue;
      box.left = Math.min(box.left, x);
      box.right = Math.max(box.right, x + 1);
      box.top = Math.min(box.top, y);
      box.bottom = Math.max(box.bottom, y + 1);
    }
  }
}
