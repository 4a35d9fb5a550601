// One use of a tool on a mask or on the colour layer: what it paints shows at once, and is one step when it is committed. Pure.

import {rasterise} from './shapes.mjs';
import {boxOfTile, clip, countColumns, findChanges, SIDE, tidy} from './tiles.mjs';

/** @import {Box, ColourTiles, Point, Shape, Size, State, StrokeOptions, StrokePoint, Tiles} from './types.d.ts' */

const AREA = SIDE * SIDE;
/** Name of the colour layer among the targets of sessions. */
export const COLOUR = 'colour';

/** @typedef {(state: State, target: string, point: Point, erase: boolean) => Tiles} Finder as fill.mjs has it, which is loaded with its tool */
/** What a session needs of the editor. @typedef {{state: State, size: Size, show(state: State, boxes: Box[], target: string): void, push(label: string, target: string): void, revert(target: string): void}} Owner */

export class PaintSession {
  /** @param {Owner} owner @param {string} target @param {string} label */
  constructor(owner, target, label) {
    this.owner = owner;
    this.target = target;
    this.label = label;
    this.first = owner.state;
    this.mask = target === COLOUR ? null : (owner.state.masks.get(target) ?? {shape: null, tiles: new Map()});
    /** @type {Tiles} how much of each pixel this session has painted with its current brush */
    this.strength = new Map();
    /** @type {StrokePoint | null} */
    this.last = null;
    this.paint = {erase: false, colour: '#000000'};
    /** @type {Tiles | ColourTiles} */
    this.before = this.mask ? this.mask.tiles : owner.state.colour.tiles;
    /** @type {Tiles | ColourTiles} */
    this.original = this.before;
    this.tiles = new Map(/** @type {Tiles} */ (this.before));
    /** @type {Set<number>} */
    this.touched = new Set();
    this.over = false;
  }

  /** Go on with a stroke. @param {readonly StrokePoint[]} points @param {StrokeOptions & {colour?: string}} options */
  stamp(points, options) {
    this.begin(options.erase, options.colour);
    /** @type {Box[]} */
    const boxes = [];
    for (const point of points) {
      boxes.push(this.drawSegment(this.last ?? point, point, options));
      this.last = point;
    }
    this.apply(boxes);
  }

  /** @param {StrokePoint} from @param {StrokePoint} to @param {StrokeOptions} options @returns {Box} */
  drawSegment(from, to, options) {
    const radiusAt = (/** @type {number} */ pressure) => Math.max(0.5, (options.size / 2) * (options.pressureSize ? pressure : 1));
    const most = 255 * options.opacity * (options.pressureOpacity ? to.pressure : 1);
    const [r0, r1] = [radiusAt(from.pressure), radiusAt(to.pressure)];
    const reach = Math.max(r0, r1) + 1;
    const box = clip({left: Math.min(from.x, to.x) - reach, top: Math.min(from.y, to.y) - reach, right: Math.max(from.x, to.x) + reach, bottom: Math.max(from.y, to.y) + reach}, this.owner.size);
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const length = dx * dx + dy * dy;
    this.raise(box, (x, y) => {
      const along = length ? Math.min(1, Math.max(0, ((x - from.x) * dx + (y - from.y) * dy) / length)) : 1;
      const [ax, ay] = [x - from.x - along * dx, y - from.y - along * dy];
      const radius = r0 + along * (r1 - r0);
      const soft = Math.max(1, (1 - options.hardness) * radius);
      return most * Math.min(1, Math.max(0, (radius - Math.sqrt(ax * ax + ay * ay)) / soft + 0.5));
    });
    return box;
  }

  /** Strengthen pixels in a box, given a cover 0..255 at their middles. @param {Box} box @param {(x: number, y: number) => number} cover */
  raise(box, cover) {
    const columns = countColumns(this.owner.size);
    for (let row = box.top >> 6; row <= (box.bottom - 1) >> 6; row += 1) {
      for (let column = box.left >> 6; column <= (box.right - 1) >> 6; column += 1) {
        const number = row * columns + column;
        const tile = this.strength.get(number) ?? new Uint8Array(AREA);
        const part = clip({left: Math.max(box.left, column * SIDE), top: Math.max(box.top, row * SIDE), right: Math.min(box.right, (column + 1) * SIDE), bottom: Math.min(box.bottom, (row + 1) * SIDE)}, this.owner.size);
        for (let y = part.top; y < part.bottom; y += 1) {
          for (let x = part.left; x < part.right; x += 1) {
            const at = (y & 63) * SIDE + (x & 63);
            const value = cover(x + 0.5, y + 0.5);
            if (value > tile[at]) tile[at] = value + 0.5;
          }
        }
        this.strength.set(number, tile);
      }
    }
  }

  /** @param {Shape} shape @param {boolean} erase @param {string} [colour] */
  shape(shape, erase, colour) {
    this.begin(erase, colour);
    this.restart();
    const tiles = rasterise(shape, this.owner.size);
    const kept = this.mask && !erase && !this.before.size ? shape : null;
    for (const [number, tile] of tiles) this.strength.set(number, tile);
    this.apply([...tiles.keys()].map((number) => boxOfTile(number, this.owner.size)), kept);
  }

  /** @param {Point} point @param {boolean} erase @param {string | undefined} colour @param {Finder} find what tells the area around the point */
  fill(point, erase, colour, find) {
    this.begin(erase, colour);
    const found = find(this.owner.state, this.target, point, erase);
    for (const [number, tile] of found) this.strength.set(number, tile);
    this.apply([...found.keys()].map((number) => boxOfTile(number, this.owner.size)));
  }

  /** @param {boolean} erase @param {string} [colour] */
  begin(erase, colour) {
    const paint = {erase: Boolean(erase), colour: colour ?? this.paint.colour};
    if (this.strength.size && (paint.erase !== this.paint.erase || paint.colour !== this.paint.colour)) {
      this.before = new Map(/** @type {Tiles} */ (this.tiles));
      this.strength = new Map();
    }
    this.paint = paint;
  }

  /** Take back what this session has painted, so that a shape can be drawn anew while it is dragged. */
  restart() {
    const back = findChanges(/** @type {Tiles} */ (this.original), /** @type {Tiles} */ (this.tiles), this.owner.size);
    this.strength = new Map();
    this.before = this.original;
    this.tiles = new Map(/** @type {Tiles} */ (this.before));
    if (back.length) this.tell(back, this.mask?.shape ?? null);
  }

  /** Put the strength in boxes onto what was there before. @param {Box[]} boxes @param {Shape | null} [shape] what the mask is, if it is no raster */
  apply(boxes, shape = null) {
    const columns = countColumns(this.owner.size);
    for (const box of boxes) {
      for (let row = box.top >> 6; row <= (box.bottom - 1) >> 6; row += 1) {
        for (let column = box.left >> 6; column <= (box.right - 1) >> 6; column += 1) this.mix(row * columns + column);
      }
    }
    if (boxes.length) this.tell(boxes, shape);
  }

  /** @param {number} number a tile */
  mix(number) {
    const strength = this.strength.get(number);
    if (!strength) return;
    this.touched.add(number);
    if (this.mask) this.tiles.set(number, /** @type {any} */ (mixCover(/** @type {Tiles} */ (this.before).get(number), strength, this.paint.erase)));
    else this.tiles.set(number, /** @type {any} */ (mixColour(/** @type {ColourTiles} */ (this.before).get(number), strength, this.paint)));
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

/** @param {Uint8Array | undefined} before @param {Uint8Array} strength @param {boolean} erase */
function mixCover(before, strength, erase) {
  const tile = new Uint8Array(AREA);
  for (let at = 0; at < AREA; at += 1) {
    const old = before ? before[at] : 0;
    const much = strength[at];
    tile[at] = erase ? (old * (255 - much) + 127) / 255 : old + ((255 - old) * much + 127) / 255;
  }
  return tile;
}

/** @param {Uint8ClampedArray | undefined} before @param {Uint8Array} strength @param {{erase: boolean, colour: string}} paint */
function mixColour(before, strength, {erase, colour}) {
  const tile = new Uint8ClampedArray(4 * AREA);
  if (before) tile.set(before);
  const rgb = Number.parseInt(colour.slice(1), 16);
  const own = [rgb >> 16, (rgb >> 8) & 255, rgb & 255];
  for (let at = 0; at < AREA; at += 1) {
    const much = strength[at] / 255;
    if (!much) continue;
    const old = tile[4 * at + 3] / 255;
    const alpha = erase ? old * (1 - much) : much + old * (1 - much);
    if (!erase) for (let band = 0; band < 3; band += 1) tile[4 * at + band] = (own[band] * much + tile[4 * at + band] * old * (1 - much)) / alpha;
    tile[4 * at + 3] = 255 * alpha;
  }
  return tile;
}
