// Outlines of all brushes as paths, kept tile by tile: what an upper brush hides is a path of its own, drawn dashed.

import {SIDE} from '../../document/tiles.mjs';
import {Dirty, tileGrid, tilesIn} from './dirty.mjs';
import {fillBlock, hideUnder, joinLines, makeBlock, sameLines, traceBlock} from './trace.mjs';

/** @import {Box, Line, Paths, Size} from '../types.d.ts' */

/** @typedef {{id: string, colour: string}} Brush */

const BUDGET = 12; // milliseconds of a frame; what does not fit waits for the next one

export class Outlines {
  constructor() {
    /** @type {Map<string, Map<number, Line[]>>} a brush -> a tile -> its lines */
    this.lines = new Map();
    /** @type {Map<string, Paths>} */
    this.paths = new Map();
    this.block = makeBlock();
    this.dirty = new Dirty();
    /** @type {Size} */
    this.size = {width: 1, height: 1};
  }

  /** @param {Size} size */
  resize(size) {
    this.size = size;
    this.lines.clear();
    this.paths.clear();
    this.dirty.take();
    this.dirty.addAll(size);
  }

  /** @param {Box} box whose masks have changed */
  touch(box) {
    this.dirty.add({left: box.left - 1, top: box.top - 1, right: box.right + 1, bottom: box.bottom + 1}, this.size);
  }

  touchAll() {
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
      this.trace(tile, brushes, tileOf);
      this.dirty.tiles.delete(tile);
      count += 1;
      if (count % 16 === 0 && performance.now() > end) break;
    }
  }

  /** @param {string} id */
  forget(id) {
    this.lines.delete(id);
    this.paths.delete(id);
  }

  /** @param {number} tile @param {readonly Brush[]} brushes @param {(id: string, tile: number) => Uint8Array | undefined} tileOf */
  trace(tile, brushes, tileOf) {
    const {columns} = tileGrid(this.size);
    const [x, y] = [(tile % columns) * SIDE, Math.floor(tile / columns) * SIDE];
    const width = Math.min(SIDE, this.size.width - x);
    const height = Math.min(SIDE, this.size.height - y);
    const part = {width, height, columns: width + (x + width === this.size.width ? 1 : 0), rows: height + (y + height === this.size.height ? 1 : 0)};
    let covered = false;
    for (const {id} of brushes) {
      const at = (/** @type {number} */ dx, /** @type {number} */ dy) => (x === 0 && dx < 0 ? undefined : tileOf(id, tile + dx + dy * columns));
      if (!at(0, 0) && !at(-1, 0) && !at(0, -1) && !at(-1, -1)) {
        this.keep(id, tile, []);
        continue;
      }
      const mixed = fillBlock(this.block, at, part);
      if (!covered) this.block.above.fill(0);
      this.keep(id, tile, mixed ? traceBlock(this.block, part, x, y) : []);
      hideUnder(this.block);
      covered = true;
    }
  }

  /** @param {string} id @param {number} tile @param {Line[]} lines */
  keep(id, tile, lines) {
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
