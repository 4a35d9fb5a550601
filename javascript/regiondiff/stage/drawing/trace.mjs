// Outlines of a tile's mask: lines along half coverage, cut where an upper brush hides them. Pure; canvas pixels.
//
// Each cell lies between four pixel middles. A tile traces the cells whose lower right pixel is in it, and at the canvas's
// right and lower border the cells beyond. Neighbouring tiles compute the ends of their lines alike, so that they join.

import {SIDE} from '../../document/tiles.mjs';

/** @import {Line, Part} from '../types.d.ts' */

const BLOCK = SIDE + 2; // a tile, one pixel before it and one behind it

/** One block's samples and what of them is hidden: kept by who traces, for there are many tiles. Half coverage, 128, is the highest bit. */
export function makeBlock() {
  const [samples, above] = [new Uint8Array(BLOCK * BLOCK), new Uint8Array(BLOCK * BLOCK)];
  return {samples, above, next: new Int32Array(2 * BLOCK * BLOCK), four: {samples: new Uint32Array(samples.buffer), above: new Uint32Array(above.buffer)}};
}

/** @typedef {ReturnType<typeof makeBlock>} Block */

/** Kinds of blocks by half coverage: nothing is covered, all is, or an outline passes. */
export const [FREE, WHOLE, MIXED] = [0, 1, 2];

/**
 * Fill a block's samples with a tile and the pixels around it; 0 beyond the canvas.
 * @param {Block} block @param {(dx: number, dy: number) => Uint8Array | undefined} tileAt neighbours by their steps
 * @param {Part} part @returns {boolean} whether there is any of these tiles; without, the block is as it was
 */
export function fillBlock({samples}, tileAt, {width, height}) {
  const [here, left, top, corner] = [tileAt(0, 0), tileAt(-1, 0), tileAt(0, -1), tileAt(-1, -1)];
  if (!here && !left && !top && !corner) return false;
  samples.fill(0);
  if (here) {
    for (let y = 0; y < height; y += 1) {
      const to = (y + 1) * BLOCK + 1;
      for (let x = 0; x < width; x += 1) samples[to + x] = here[y * SIDE + x]; // without views on rows, which are garbage
    }
  }
  if (left) for (let y = 0; y < height; y += 1) samples[(y + 1) * BLOCK] = left[y * SIDE + SIDE - 1];
  if (top) samples.set(top.subarray((SIDE - 1) * SIDE, (SIDE - 1) * SIDE + width), 1);
  if (corner) samples[0] = corner[SIDE * SIDE - 1];
  return true;
}

/** @param {Block} block @param {Part} part */
export function kindOf({samples}, {columns, rows}) {
  const first = samples[0] >>> 7;
  for (let y = 0; y <= rows; y += 1) {
    for (let index = y * BLOCK; index <= y * BLOCK + columns; index += 1) if (samples[index] >>> 7 !== first) return MIXED;
  }
  return first ? WHOLE : FREE;
}

/** Let a block's samples hide what is traced after them, four at a time. @param {Block} block */
export function hideUnder({four: {samples, above}}) {
  for (let index = 0; index < samples.length; index += 1) above[index] |= (samples[index] >>> 7) & 0x01010101;
}

/**
 * The outlines in a block that `fillBlock` filled.
 * @param {Block} block @param {Part} part @param {number} x of the tile @param {number} y @returns {Line[]}
 */
export function traceBlock(block, {columns, rows}, x, y) {
  const steps = findSteps(block, columns, rows);
  return followSteps(block, steps, x - 0.5, y - 0.5);
}

// Edges of cells are numbered: 2 * pixel joins the pixel to its right neighbour, 2 * pixel + 1 to the one below it.
// A step crosses a cell from one edge to another and keeps covered pixels at its right.
// By which of the four pixels of a cell are covered (1 upper left, 2 upper right, 4 lower right, 8 lower left): pairs of
// edges (0 upper, 1 right, 2 lower, 3 left), from and to.
const STEPS = [[], [0, 3], [1, 0], [1, 3], [2, 1], [0, 3, 2, 1], [2, 0], [2, 3], [3, 2], [0, 2], [1, 0, 3, 2], [1, 2], [3, 1], [0, 1], [3, 0], []];
const INSIDE = [0, 0, 1, 0, BLOCK + 1, 0, 1, 0, BLOCK, 0, 1, 0, BLOCK, 0, 1, 0]; // a covered pixel of the cell

/** @param {Block} block @param {number} columns @param {number} rows */
function findSteps({samples, next}, columns, rows) {
  next.fill(-1);
  const steps = {from: /** @type {number[]} */ ([]), to: /** @type {number[]} */ ([]), inside: /** @type {number[]} */ ([])};
  for (let row = 0; row < rows; row += 1) {
    let right = ((samples[row * BLOCK] >>> 7) << 1) | ((samples[(row + 1) * BLOCK] >>> 7) << 2); // of the cell before
    for (let index = row * BLOCK; index < row * BLOCK + columns; index += 1) {
      const left = ((right & 2) >> 1) | ((right & 4) << 1);
      right = ((samples[index + 1] >>> 7) << 1) | ((samples[index + BLOCK + 1] >>> 7) << 2);
      const kind = left | right;
      if (kind === 0 || kind === 15) continue;
      const pairs = STEPS[kind];
      for (let pair = 0; pair < pairs.length; pair += 2) {
        const from = edgeOf(index, pairs[pair]);
        next[from] = steps.from.push(from) - 1;
        steps.to.push(edgeOf(index, pairs[pair + 1]));
        steps.inside.push(index + INSIDE[kind]);
      }
    }
  }
  return steps;
}

/** @param {number} index @param {number} side */
function edgeOf(index, side) {
  if (side === 0) return 2 * index;
  if (side === 1) return 2 * (index + 1) + 1;
  return side === 2 ? 2 * (index + BLOCK) : 2 * index + 1;
}

/** @param {Block} block @param {ReturnType<typeof findSteps>} steps @param {number} x @param {number} y @returns {Line[]} */
function followSteps({samples, above, next}, steps, x, y) {
  /** @type {Line[]} */
  const lines = [];
  const done = new Uint8Array(steps.from.length);
  const led = new Uint8Array(steps.from.length);
  for (const edge of steps.to) if (next[edge] >= 0) led[next[edge]] = 1;
  /** @param {number} first */
  const follow = (first) => {
    /** @type {Line | null} */
    let line = null;
    for (let step = first; step >= 0 && !done[step]; step = next[steps.to[step]]) {
      done[step] = 1;
      const hidden = above[steps.inside[step]] === 1;
      if (!line || line.hidden !== hidden) {
        line = {points: [], hidden};
        lines.push(line);
        addPoint(line.points, samples, steps.from[step], x, y);
      }
      addPoint(line.points, samples, steps.to[step], x, y);
    }
  };
  for (let step = 0; step < led.length; step += 1) if (!led[step]) follow(step);
  for (let step = 0; step < led.length; step += 1) if (!done[step]) follow(step);
  return lines;
}

/** Add where half coverage crosses an edge. @param {number[]} points @param {Uint8Array} samples @param {number} edge @param {number} x @param {number} y */
function addPoint(points, samples, edge, x, y) {
  const pixel = edge >> 1;
  const down = edge & 1;
  const a = samples[pixel];
  const share = (127.5 - a) / (samples[pixel + (down ? BLOCK : 1)] - a);
  extend(points, x + (pixel % BLOCK) + (down ? 0 : share), y + ((pixel / BLOCK) | 0) + (down ? share : 0));
}

/** Add a point; the one before it goes where it lies on a straight line. @param {number[]} points @param {number} px @param {number} py */
function extend(points, px, py) {
  const end = points.length;
  if (end >= 4 && isStraight(points, end, px, py)) {
    points[end - 2] = px;
    points[end - 1] = py;
  } else points.push(px, py);
}

/** @param {number[]} points @param {number} end @param {number} x @param {number} y */
function isStraight(points, end, x, y) {
  const ax = points[end - 4];
  const ay = points[end - 3];
  const bx = points[end - 2];
  const by = points[end - 1];
  return Math.abs((bx - ax) * (y - by) - (by - ay) * (x - bx)) < 1e-6;
}

/**
 * Lines whose ends meet, as one each; a hidden line does not join a visible one.
 * @param {readonly Line[]} lines @returns {Line[]}
 */
export function joinLines(lines) {
  return [false, true].flatMap((hidden) => joinAlike(lines.filter((line) => line.hidden === hidden)));
}

/** @param {readonly Line[]} lines @returns {Line[]} */
function joinAlike(lines) {
  /** @type {Map<number, Line[]>} */
  const starts = new Map();
  const ends = new Set();
  for (const line of lines) {
    const key = keyOf(line, 0);
    const list = starts.get(key);
    if (list) list.push(line);
    else starts.set(key, [line]);
    ends.add(keyOf(line, line.points.length - 2));
  }
  /** @type {Set<Line>} */
  const used = new Set();
  const joined = [];
  for (const first of [...lines.filter((line) => !ends.has(keyOf(line, 0))), ...lines]) {
    if (used.has(first)) continue;
    used.add(first);
    const whole = {points: [...first.points], hidden: first.hidden};
    for (let more = take(starts, used, whole); more; more = take(starts, used, whole)) {
      for (let index = 2; index < more.points.length; index += 2) extend(whole.points, more.points[index], more.points[index + 1]);
    }
    joined.push(whole);
  }
  return joined;
}

/** The line that begins where another ends, once. @param {Map<number, Line[]>} starts @param {Set<Line>} used @param {Line} line @returns {Line | undefined} */
function take(starts, used, line) {
  const found = starts.get(keyOf(line, line.points.length - 2))?.find((other) => !used.has(other));
  if (found) used.add(found);
  return found;
}

/** A place as a number, to a thousandth of a pixel. @param {Line} line @param {number} index */
function keyOf({points}, index) {
  return Math.round(points[index] * 1000 + 1000) * 2 ** 25 + Math.round(points[index + 1] * 1000 + 1000);
}

/** Whether two tiles' lines are the same. @param {readonly Line[]} a @param {readonly Line[]} b */
export function sameLines(a, b) {
  return a.length === b.length && a.every((line, index) => line.hidden === b[index].hidden && samePoints(line.points, b[index].points));
}

/** @param {readonly number[]} a @param {readonly number[]} b */
function samePoints(a, b) {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
}
