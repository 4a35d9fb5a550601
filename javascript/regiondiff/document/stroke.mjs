// Strokes: how much a round brush covers of each pixel on its way from one place to the next. Pure.

import {clip, countColumns, SIDE} from './tiles.mjs';

/** @import {Box, Drawer, Raster, Size, StrokeOptions, StrokePoint} from './types.d.ts' */

const AREA = SIDE * SIDE;
/** @type {[number, number]} */
const EVERYWHERE = [-Infinity, Infinity];
/** @type {[number, number]} */
const NOWHERE = [Infinity, -Infinity];
const MOST_LEFT_OUT = 32; // places in a row that a straight line may stand for
const OFF = 0.01; // of the radius that a place may be off that line, and at most half a pixel

/**
 * A stroke's way between two places, as numbers that each pixel needs: where it begins and where it goes, radii, the cover
 * 0..255 within, and, as it is drawn, from where to where a row was strengthened.
 * @typedef {{x: number, y: number, dx: number, dy: number, scale: number, radius: number, growth: number, softness: number, most: number, left: number, right: number}} Segment
 */

/** Strengthen pixels along places, as `Drawer` says. @type {Drawer} */
export function drawStroke(strength, last, points, options, size) {
  /** @type {Map<number, Box>} */
  const raised = new Map();
  let from = last;
  for (const to of thinOut(last, points, options)) {
    for (const [number, box] of raiseSegment(strength, from, to, options, size)) raised.set(number, join(raised.get(number), box));
    from = to;
  }
  return raised;
}

/** @param {Box | undefined} a @param {Box} b @returns {Box} */
function join(a, b) {
  return a ? {left: Math.min(a.left, b.left), top: Math.min(a.top, b.top), right: Math.max(a.right, b.right), bottom: Math.max(a.bottom, b.bottom)} : b;
}

/** Without the places that lie on the way between others. @param {StrokePoint | null} last @param {readonly StrokePoint[]} points @param {StrokeOptions} options @returns {StrokePoint[]} */
export function thinOut(last, points, options) {
  const kept = [];
  let from = last;
  for (let index = 0; index < points.length; index += 1) {
    let next = index;
    while (from && next + 1 < points.length && next - index < MOST_LEFT_OUT && onTheWay(from, points, index, next + 1, options)) next += 1;
    from = points[next];
    kept.push(from);
    index = next;
  }
  return kept;
}

/** Whether the places from one index up to another lie between a place and that one. @param {StrokePoint} from @param {readonly StrokePoint[]} points @param {number} first @param {number} last @param {StrokeOptions} options */
function onTheWay(from, points, first, last, options) {
  const to = points[last];
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy);
  const near = Math.min(0.5, Math.max(0.05, OFF * options.size));
  for (let index = first; index < last; index += 1) {
    const {x, y, pressure} = points[index];
    const along = length ? ((x - from.x) * dx + (y - from.y) * dy) / length : 0;
    const aside = length ? Math.abs((x - from.x) * dy - (y - from.y) * dx) / length : Math.hypot(x - from.x, y - from.y);
    if (aside > near || along < -near || along > length + near) return false;
    const even = from.pressure + (to.pressure - from.pressure) * (length ? along / length : 1);
    if ((options.pressureSize || options.pressureOpacity) && Math.abs(pressure - even) * options.size > 1) return false;
  }
  return true;
}

/** Strengthen pixels along a stroke; one that goes on has strengthened what is behind its first place. @param {Raster} strength is written to @param {StrokePoint | null} last null where it begins @param {StrokePoint} to @param {StrokeOptions} options @param {Size} size @returns {Map<number, Box>} tiles and where in the canvas they were strengthened */
export function raiseSegment(strength, last, to, options, size) {
  const from = last ?? to;
  const segment = makeSegment(from, to, options);
  const [first, end] = [segment.radius, segment.radius + segment.growth];
  const reach = Math.max(first, end) + 0.5;
  const box = clip({left: Math.min(from.x, to.x) - reach, top: Math.min(from.y, to.y) - reach, right: Math.max(from.x, to.x) + reach, bottom: Math.max(from.y, to.y) + reach}, size);
  const least = Math.min(first, end);
  const goesOn = last !== null && !options.pressureOpacity;
  const whole = least + 0.5 - Math.max(1, segment.softness * least) - 0.01;
  /** @type {Map<number, Box>} */
  const raised = new Map();
  for (let y = box.top; y < box.bottom; y += 1) {
    const outer = spanOf(segment, y + 0.5, reach);
    if (!outer) continue;
    const ahead = goesOn ? findAhead(segment, y + 0.5) : EVERYWHERE;
    const left = Math.max(box.left, Math.floor(Math.max(outer[0], ahead[0])));
    const right = Math.min(box.right, Math.ceil(Math.min(outer[1], ahead[1])));
    const inner = whole > 0 ? spanOf(segment, y + 0.5, whole) : null;
    const [start, stop] = inner ? [Math.max(left, Math.ceil(inner[0] - 0.5)), Math.min(right, Math.floor(inner[1] + 0.5))] : [right, right];
    raiseRow(strength, segment, y, [left, start, Math.max(start, stop), right], countColumns(size), raised);
  }
  return raised;
}

/** @param {StrokePoint} from @param {StrokePoint} to @param {StrokeOptions} options @returns {Segment} */
function makeSegment(from, to, options) {
  const radius = (/** @type {number} */ pressure) => Math.max(0.5, (options.size / 2) * (options.pressureSize ? pressure : 1));
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const square = dx * dx + dy * dy;
  const most = 255 * options.opacity * (options.pressureOpacity ? to.pressure : 1);
  const start = square ? from : to;
  return {x: start.x, y: start.y, dx, dy, scale: square ? 1 / square : 0, radius: radius(start.pressure), growth: radius(to.pressure) - radius(start.pressure), softness: 1 - options.hardness, most, left: 0, right: 0};
}

/** A row: an edge, what is covered wholly, and an edge. @param {Raster} strength @param {Segment} segment @param {number} y @param {number[]} stops @param {number} columns @param {Map<number, Box>} raised */
function raiseRow(strength, segment, y, [left, start, end, right], columns, raised) {
  for (let x = left; x < right; ) {
    const column = x >> 6;
    const stop = Math.min(right, (column + 1) * SIDE);
    const number = (y >> 6) * columns + column;
    let tile = strength.get(number);
    if (!tile) strength.set(number, (tile = new Uint8Array(AREA)));
    const row = (y & 63) * SIDE - column * SIDE;
    segment.left = stop;
    segment.right = x;
    raiseEdge(tile, row, segment, y + 0.5, x, Math.min(stop, start));
    raiseWhole(tile, row, segment, Math.max(x, start), Math.min(stop, end));
    raiseEdge(tile, row, segment, y + 0.5, Math.max(x, end), stop);
    if (segment.right > segment.left) grow(raised, number, segment.left, segment.right, y);
    x = stop;
  }
}

/** @param {Uint8Array} tile @param {number} row where x = 0 would be @param {Segment} segment @param {number} left @param {number} right */
function raiseWhole(tile, row, segment, left, right) {
  const value = Math.floor(segment.most + 0.5);
  for (let x = left; x < right; x += 1) {
    if (tile[row + x] >= value) continue;
    tile[row + x] = value;
    if (x < segment.left) segment.left = x;
    segment.right = x + 1;
  }
}

/** @param {Uint8Array} tile @param {number} row where x = 0 would be @param {Segment} segment @param {number} y @param {number} left @param {number} right */
function raiseEdge(tile, row, segment, y, left, right) {
  const {dx, dy, scale, radius, growth, softness, most} = segment;
  const value = Math.floor(most + 0.5);
  const away = y - segment.y;
  for (let x = left; x < right; x += 1) {
    const old = tile[row + x];
    if (old >= value) continue;
    const aside = x + 0.5 - segment.x;
    const way = (aside * dx + away * dy) * scale;
    const along = way < 0 ? 0 : way > 1 ? 1 : way;
    const ax = aside - along * dx;
    const ay = away - along * dy;
    const here = radius + along * growth;
    const soft = softness * here;
    const cover = (here + 0.5 - Math.sqrt(ax * ax + ay * ay)) / (soft > 1 ? soft : 1);
    const now = cover >= 1 ? value : cover <= 0 ? 0 : Math.floor(most * cover + 0.5);
    if (now <= old) continue;
    tile[row + x] = now;
    if (x < segment.left) segment.left = x;
    if (x >= segment.right) segment.right = x + 1;
  }
}

/** Where a row meets what is nearer than a distance to the segment: an interval, as that is convex. @param {Segment} segment @param {number} y @param {number} far @returns {[number, number] | null} */
function spanOf({x, y: top, dx, dy, scale}, y, far) {
  let left = Infinity;
  let right = -Infinity;
  for (let share = 0; share < 2; share += 1) {
    const high = far * far - (y - top - share * dy) ** 2;
    if (high < 0) continue;
    const half = Math.sqrt(high);
    left = Math.min(left, x + share * dx - half);
    right = Math.max(right, x + share * dx + half);
  }
  if (scale) {
    const across = (y - top) * dx;
    const along = (y - top) * dy;
    const reach = far * Math.sqrt(dx * dx + dy * dy);
    const near = spanBetween(dy, across - reach, across + reach);
    const between = spanBetween(dx, -along, 1 / scale - along);
    const low = Math.max(near[0], between[0]);
    const high = Math.min(near[1], between[1]);
    if (high >= low) {
      left = Math.min(left, x + low);
      right = Math.max(right, x + high);
    }
  }
  return right >= left ? [left, right] : null;
}

/** What of a row is not behind the segment's first place. @param {Segment} segment @param {number} y */
function findAhead({x, y: top, dx, dy}, y) {
  const [low, high] = spanBetween(dx, (top - y) * dy - 1e-6, Infinity);
  return [x + low - 1, x + high + 1];
}

/** Numbers whose product with a slope lies between two others. @param {number} slope @param {number} low @param {number} high @returns {[number, number]} */
function spanBetween(slope, low, high) {
  if (Math.abs(slope) < 1e-9) return low <= 0 && high >= 0 ? EVERYWHERE : NOWHERE;
  return slope > 0 ? [low / slope, high / slope] : [high / slope, low / slope];
}

/** @param {Map<number, Box>} boxes @param {number} number @param {number} left @param {number} right @param {number} y */
function grow(boxes, number, left, right, y) {
  const box = boxes.get(number);
  if (!box) return void boxes.set(number, {left, top: y, right, bottom: y + 1});
  if (left < box.left) box.left = left;
  if (right > box.right) box.right = right;
  box.bottom = y + 1;
}
