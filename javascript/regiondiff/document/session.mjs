// One use of a tool on a mask or on the colour layer: what it paints shows at once, and is one step when it is committed. Pure.

import {openTile} from './packing.mjs';
import {rasterise} from './shapes.mjs';
import {boxOfTile, findChanges, SIDE, tidy} from './tiles.mjs';

/** @import {Box, ColourTiles, Drawer, Finder, Kept, Point, Raster, Shape, Size, State, StrokeOptions, StrokePoint, Tiles} from './types.d.ts' */

const AREA = SIDE * SIDE;
/** Name of the colour layer among the targets of sessions. */
export const COLOUR = 'colour';

/** What a session needs of the editor. @typedef {{state: State, size: Size, show(state: State, boxes: Box[], target: string): void, push(label: string, target: string): void, revert(target: string): void}} Owner */

export class PaintSession {
  /** @param {Owner} owner @param {string} target @param {string} label */
  constructor(owner, target, label) {
    this.owner = owner;
    this.target = target;
    this.label = label;
    this.first = owner.state;
    this.mask = target === COLOUR ? null : (owner.state.masks.get(target) ?? {shape: null, tiles: new Map()});
    /** @type {Raster} how much of each pixel this session has painted with its current brush */
    this.strength = new Map();
    /** @type {StrokePoint | null} */
    this.last = null;
    /** @type {StrokeOptions | null} */
    this.options = null;
    this.paint = {erase: false, colour: '#000000'};
    /** @type {Tiles | ColourTiles} */
    this.before = this.mask ? this.mask.tiles : owner.state.colour.tiles;
    /** @type {Tiles | ColourTiles} */
    this.original = this.before;
    /** @type {Raster} tiles of `before` that are painted on */
    this.opened = new Map();
    this.tiles = new Map(/** @type {Tiles} */ (this.before));
    /** @type {Set<number>} tiles that are this session's own, and may be written to until it ends */
    this.own = new Set();
    /** @type {Set<number>} */
    this.touched = new Set();
    this.over = false;
  }

  /** Go on with a stroke. @param {readonly StrokePoint[]} points @param {StrokeOptions & {colour?: string}} options @param {Drawer} draw what strengthens pixels along it */
  stamp(points, options, draw) {
    if (this.over || !points.length) return;
    const fresh = this.begin(options.erase, options.colour) || !sameBrush(options, this.options);
    const [last, all] = fresh && this.last ? [null, [this.last, ...points]] : [this.last, points]; // another brush begins where the last one was
    this.apply(draw(this.strength, last, all, options, this.owner.size));
    this.last = points[points.length - 1];
    this.options = options;
  }

  /** @param {Shape} shape @param {boolean} erase @param {string} [colour] */
  shape(shape, erase, colour) {
    if (this.over) return;
    this.begin(erase, colour);
    this.restart();
    const tiles = rasterise(shape, this.owner.size);
    const kept = this.mask && !erase && !this.before.size ? shape : null;
    this.applyTiles(tiles, kept);
  }

  /** @param {Point} point @param {boolean} erase @param {string | undefined} colour @param {Finder} find what tells the area around the point */
  fill(point, erase, colour, find) {
    if (this.over) return;
    this.begin(erase, colour);
    this.applyTiles(find(this.owner.state, this.target, point, erase));
  }

  /** @param {boolean} erase @param {string} [colour] @returns {boolean} whether it paints on otherwise than before */
  begin(erase, colour) {
    const paint = {erase: Boolean(erase), colour: colour ?? this.paint.colour};
    const other = this.strength.size > 0 && (paint.erase !== this.paint.erase || paint.colour !== this.paint.colour);
    if (other) {
      this.before = new Map(/** @type {Tiles} */ (this.tiles));
      this.opened.clear();
      this.strength = new Map();
      this.own.clear();
    }
    this.paint = paint;
    return other;
  }

  /** Take back what this session has painted, so that a shape can be drawn anew while it is dragged. */
  restart() {
    const back = findChanges(/** @type {Tiles} */ (this.original), /** @type {Tiles} */ (this.tiles), this.owner.size);
    this.strength = new Map();
    if (this.before !== this.original) this.opened.clear();
    this.before = this.original;
    this.tiles = new Map(/** @type {Tiles} */ (this.before));
    this.own.clear();
    if (back.length) this.tell(back, this.mask?.shape ?? null);
  }

  /** @param {Raster} tiles of strength @param {Shape | null} [shape] what the mask is, if it is no raster */
  applyTiles(tiles, shape = null) {
    for (const [number, tile] of tiles) this.strength.set(number, tile);
    this.apply(new Map([...tiles.keys()].map((number) => [number, boxOfTile(number, this.owner.size)])), shape);
  }

  /** Put the strength in parts of tiles onto what was there before. @param {Map<number, Box>} parts @param {Shape | null} [shape] */
  apply(parts, shape = null) {
    const boxes = [];
    for (const [number, part] of parts) {
      const changed = this.mix(number, part);
      if (changed) boxes.push(changed);
    }
    if (boxes.length) this.tell(boxes, shape);
  }

  /** @param {number} number a tile @param {Box} part @returns {Box | null} what has changed */
  mix(number, part) {
    const {left, top} = boxOfTile(number, this.owner.size);
    const inside = {left: part.left - left, top: part.top - top, right: part.right - left, bottom: part.bottom - top};
    const strength = /** @type {Uint8Array} */ (this.strength.get(number));
    const before = this.readBefore(number);
    if (!before && this.paint.erase) return null;
    const tile = this.own.has(number) ? /** @type {any} */ (this.tiles.get(number)) : this.mask ? new Uint8Array(AREA) : new Uint8ClampedArray(4 * AREA);
    if (!this.own.has(number) && before) tile.set(before);
    const changed = this.mask ? mixCover(tile, /** @type {Uint8Array | undefined} */ (before), strength, this.paint.erase, inside) : mixColour(tile, /** @type {Uint8ClampedArray | undefined} */ (before), strength, this.paint, inside);
    if (!changed) return null;
    this.own.add(number);
    this.touched.add(number);
    this.tiles.set(number, tile);
    return {left: changed.left + left, top: changed.top + top, right: changed.right + left, bottom: changed.bottom + top};
  }

  /** @param {number} number a tile @returns {Uint8Array | Uint8ClampedArray | undefined} what was there before */
  readBefore(number) {
    const kept = this.before.get(number);
    if (!this.mask || !kept) return /** @type {Uint8ClampedArray | undefined} */ (kept);
    const tile = this.opened.get(number) ?? openTile(/** @type {Kept} */ (kept));
    this.opened.set(number, tile);
    return tile;
  }

  /** @param {Box[]} boxes @param {Shape | null} shape */
  tell(boxes, shape) {
    this.owner.show(this.makeState(shape), boxes, this.target);
  }

  /** @param {Shape | null} shape @returns {State} */
  makeState(shape) {
    if (!this.mask) return {...this.first, colour: {tiles: /** @type {ColourTiles} */ (/** @type {unknown} */ (this.tiles))}};
    const masks = new Map(this.first.masks);
    masks.set(this.target, {shape, tiles: /** @type {Tiles} */ (this.tiles)});
    return {...this.first, masks};
  }

  commit() {
    if (this.over) return;
    this.over = true;
    this.own.clear();
    if (!this.touched.size) return this.owner.revert(this.target);
    if (this.mask) tidy(/** @type {Tiles} */ (this.tiles), this.touched);
    this.owner.push(this.label, this.target);
  }

  cancel() {
    if (this.over) return;
    this.over = true;
    this.owner.revert(this.target);
  }
}

/** @param {StrokeOptions} a @param {StrokeOptions | null} b */
function sameBrush(a, b) {
  return b !== null && a.size === b.size && a.hardness === b.hardness && a.opacity === b.opacity;
}

/** @param {Uint8Array} tile is written to @param {Uint8Array | undefined} before @param {Uint8Array} strength @param {boolean} erase @param {Box} part @returns {Box | null} where it has changed */
function mixCover(tile, before, strength, erase, {left, top, right, bottom}) {
  const changed = {left: right, top: bottom, right: left, bottom: top};
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) {
      const at = y * SIDE + x;
      const old = before ? before[at] : 0;
      const much = strength[at];
      const value = (erase ? (old * (255 - much) + 127) / 255 : old + ((255 - old) * much + 127) / 255) | 0;
      if (value === tile[at]) continue;
      tile[at] = value;
      note(changed, x, y);
    }
  }
  return changed.right > changed.left ? changed : null;
}

/** @param {Uint8ClampedArray} tile is written to @param {Uint8ClampedArray | undefined} before @param {Uint8Array} strength @param {{erase: boolean, colour: string}} paint @param {Box} part @returns {Box | null} where it may have changed */
function mixColour(tile, before, strength, {erase, colour}, {left, top, right, bottom}) {
  const rgb = Number.parseInt(colour.slice(1), 16);
  const own = [rgb >> 16, (rgb >> 8) & 255, rgb & 255];
  const changed = {left: right, top: bottom, right: left, bottom: top};
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) {
      const at = 4 * (y * SIDE + x);
      const much = strength[at / 4] / 255;
      if (!much) continue;
      const old = before ? before[at + 3] / 255 : 0;
      const alpha = erase ? old * (1 - much) : much + old * (1 - much);
      if (!erase) for (let band = 0; band < 3; band += 1) tile[at + band] = (own[band] * much + (before ? before[at + band] : 0) * old * (1 - much)) / alpha;
      tile[at + 3] = 255 * alpha;
      note(changed, x, y);
    }
  }
  return changed.right > changed.left ? changed : null;
}

/** Grow a box by a pixel. @param {Box} box @param {number} x @param {number} y */
function note(box, x, y) {
  if (x < box.left) box.left = x;
  if (x >= box.right) box.right = x + 1;
  if (y < box.top) box.top = y;
  if (y >= box.bottom) box.bottom = y + 1;
}
