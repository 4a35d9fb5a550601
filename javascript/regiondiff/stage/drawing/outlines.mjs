// Outlines of all brushes as paths, kept tile by tile: what an upper brush hides is a path of its own, drawn dashed.

import {SIDE} from '../../document/tiles.mjs';
import {Dirty, tileGrid, tilesIn} from './dirty.mjs';
import {fillBlock, FREE, hideUnder, joinLines, kindOf, makeBlock, MIXED, sameLines, traceBlock, WHOLE} from './trace.mjs';

/** @import {Box, Line, Part, Paths, Size} from '../types.d.ts' */

/** @typedef {{id: string, colour: string}} Brush @typedef {Part & {x: number, y: number}} Place */

const BUDGET = 12; // milliseconds of a frame; what does not fit waits for the next one

export class Outlines {
  constructor() {
    /** @type {Map<string, Map<number, Line[]>>} a brush -> a tile -> its lines */
    this.lines = new Map();
    /** @type {Map<string, Paths>} */
    this.paths = new Map();
    this.block = makeBlock();
    this.dirty = new Dirty();
    /** @type {Map<number, string | null>} a dirty tile -> the only brush that has changed there */
    this.changers = new Map();
    /** @type {Map<string, Map<number, number>>} a brush -> a tile -> FREE or WHOLE, where it is one of these */
    this.kinds = new Map();
    /** @type {Size} */
    this.size = {width: 1, height: 1};
  }

  /** @param {Size} size */
  resize(size) {
    this.size = size;
    for (const kept of [this.lines, this.paths, this.kinds, this.changers]) kept.clear();
    this.dirty.take();
    this.dirty.addAll(size);
  }

  /** @param {Box} box whose masks have changed @param {string} id */
  touch(box, id) {
    const near = {left: box.left - 1, top: box.top - 1, right: box.right + 1, bottom: box.bottom + 1};
    for (const tile of tilesIn(near, this.size)) this.changers.set(tile, this.dirty.tiles.has(tile) && this.changers.get(tile) !== id ? null : id);
    this.dirty.add(near, this.size);
  }

  touchAll() {
    this.changers.clear();
    this.dirty.addAll(this.size);
  }

  /**
   * Trace what is dirty, as far as a frame's time goes.
   * @param {readonly Brush[]} brushes seen ones, the uppermost first @param {(id: string, tile: number) => Uint8Array | undefined} tileOf
   */
  update(brushes, tileOf) {
    const ids = new Set(brushes.map((brush) => brush.id));
    for (const id of this.lines.keys()) if (!ids.has(id)) this.forget(id);
    const end = performance.now() + BUDGET;
    let count = 0;
    for (const tile of this.dirty.tiles.keys()) {
      this.trace(tile, brushes, tileOf, this.changers.get(tile) ?? null);
      this.dirty.tiles.delete(tile);
      this.changers.delete(tile);
      count += 1;
      if (count % 16 === 0 && performance.now() > end) break;
    }
  }

  /** @param {string} id */
  forget(id) {
    for (const kept of [this.lines, this.paths, this.kinds]) kept.delete(id);
  }

  /** @param {number} tile @param {readonly Brush[]} brushes @param {(id: string, tile: number) => Uint8Array | undefined} tileOf @param {string | null} changer the only brush that has changed, or null */
  trace(tile, brushes, tileOf, changer) {
    const part = this.partOf(tile);
    if (changer !== null && this.isAsBefore(tile, part, changer, tileOf)) return;
    let covered = false;
    let above = changer !== null; // brushes above the one that has changed only hide
    for (const {id} of brushes) {
      above &&= id !== changer;
      const kind = changer === null || changer === id ? undefined : this.kinds.get(id)?.get(tile);
      if (kind === FREE) continue;
      if (kind === WHOLE) {
        this.block.above.fill(1);
        covered = true;
        continue;
      }
      if (!this.fill(tile, part, id, tileOf)) {
        if (!above) this.keep(id, tile, [], FREE);
        continue;
      }
      if (!covered) this.block.above.fill(0);
      if (!above) this.traceBrush(tile, part, id);
      hideUnder(this.block);
      covered = true;
    }
  }

  /** What a tile has of the canvas, and where it is. @param {number} tile */
  partOf(tile) {
    const {columns} = tileGrid(this.size);
    const [x, y] = [(tile % columns) * SIDE, Math.floor(tile / columns) * SIDE];
    const width = Math.min(SIDE, this.size.width - x);
    const height = Math.min(SIDE, this.size.height - y);
    return {x, y, width, height, columns: width + (x + width === this.size.width ? 1 : 0), rows: height + (y + height === this.size.height ? 1 : 0)};
  }

  /** Fill the block with a brush's mask. @param {number} tile @param {Place} part @param {string} id @param {(id: string, tile: number) => Uint8Array | undefined} tileOf @returns {boolean} whether there is any */
  fill(tile, part, id, tileOf) {
    const {columns} = tileGrid(this.size);
    const at = (/** @type {number} */ dx, /** @type {number} */ dy) => (part.x === 0 && dx < 0 ? undefined : tileOf(id, tile + dx + dy * columns));
    return fillBlock(this.block, at, part);
  }

  /** Whether a brush covers all or nothing of a tile, as it did before: then no outline there is another one. @param {number} tile @param {Place} part @param {string} id @param {(id: string, tile: number) => Uint8Array | undefined} tileOf */
  isAsBefore(tile, part, id, tileOf) {
    const before = this.kinds.get(id)?.get(tile);
    return before !== undefined && before === (this.fill(tile, part, id, tileOf) ? kindOf(this.block, part) : FREE);
  }

  /** @param {number} tile @param {Place} part @param {string} id whose mask is in the block */
  traceBrush(tile, part, id) {
    const kind = kindOf(this.block, part);
    this.keep(id, tile, kind === MIXED ? traceBlock(this.block, part, part.x, part.y) : [], kind);
  }

  /** @param {string} id @param {number} tile @param {Line[]} lines @param {number} kind */
  keep(id, tile, lines, kind) {
    const kinds = this.kinds.get(id) ?? new Map();
    if (kind === MIXED) kinds.delete(tile);
    else kinds.set(tile, kind);
    this.kinds.set(id, kinds);
    const all = this.lines.get(id) ?? new Map();
    if (sameLines(all.get(tile) ?? [], lines)) return;
    if (lines.length) all.set(tile, lines);
    else all.delete(tile);
    this.lines.set(id, all);
    this.paths.delete(id);
  }

  /** The paths of a brush's outline, in canvas pixels. @param {string} id @returns {Paths} */
  pathsOf(id) {
    const kept = this.paths.get(id);
    if (kept) return kept;
    const made = {seen: new Path2D(), hidden: new Path2D()};
    for (const line of joinLines([...(this.lines.get(id)?.values() ?? [])].flat())) addLine(line.hidden ? made.hidden : made.seen, line.points);
    this.paths.set(id, made);
    return made;
  }

  /** The whole outline of a brush as one path, which may be filled by the even-odd rule. @param {string} id @returns {Path2D} */
  wholePath(id) {
    const path = new Path2D();
    const lines = [...(this.lines.get(id)?.values() ?? [])].flat();
    for (const line of joinLines(lines.map(({points}) => ({points, hidden: false})))) addLine(path, line.points);
    return path;
  }

  /** The paths near a box only, unjoined: quick to make while someone paints. @param {string} id @param {Box} box @returns {Paths | null} */
  pathsNear(id, box) {
    const lines = this.lines.get(id);
    if (!lines?.size) return null;
    const tiles = tilesIn(box, this.size).filter((tile) => lines.has(tile));
    if (!tiles.length) return null;
    const made = {seen: new Path2D(), hidden: new Path2D()};
    for (const tile of tiles) for (const line of /** @type {Line[]} */ (lines.get(tile))) addLine(line.hidden ? made.hidden : made.seen, line.points);
    return made;
  }
}

/** @param {Path2D} path @param {readonly number[]} points */
function addLine(path, points) {
  const last = points.length - 2;
  path.moveTo(points[0], points[1]);
  const closed = points[0] === points[last] && points[1] === points[last + 1];
  for (let index = 2; index < (closed ? last : points.length); index += 2) path.lineTo(points[index], points[index + 1]);
  if (closed) path.closePath();
}
