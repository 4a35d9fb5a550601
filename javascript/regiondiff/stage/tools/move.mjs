// Move: picks the brush under the pointer, moves its mask, scales it by handles.

import {findHandle, holds, moveBox, scaleBox, straighten} from '../geometry.mjs';
import {distance} from '../viewport.mjs';
import {drawHandles} from '../drawing/lines.mjs';

/** @typedef {import('./tool.mjs').Tool} Tool */
/** @typedef {import('./tool.mjs').Gesture} Gesture */
/** @typedef {import('../viewport.mjs').Point} Point */
/** @typedef {import('../viewport.mjs').Box} Box */
/** @typedef {import('../geometry.mjs').Handle} Handle */
/** @typedef {import('../bench.mjs').Bench} Bench */

const REACH = 9; // CSS pixels around a handle's middle
const COARSE_REACH = 22;
const CLICK = 4;

/** @type {Tool} */
export const move = {
  name: 'move',
  words: ['words.pick', 'words.moveStraight', 'words.aspect', 'words.arrows'],
  options: [],
  ring: false,
  cursor: 'move',
  begin(bench, point, start) {
    const handle = handleAt(bench, point, start.coarse);
    const id = handle ? bench.active() : pickForMove(bench, point);
    const box = id === null ? null : bench.model.boundsOf(id);
    if (id === null || !box || !bench.mayWork(true)) return null;
    return dragMask(bench, {id, box, handle, first: point});
  },
};

/** The box that handles are at. @param {Bench} bench @returns {Box | null} */
export function handleBox(bench) {
  const id = bench.active();
  return id === null ? null : bench.model.boundsOf(id);
}

/** The handle of the active brush's box at a point. @param {Bench} bench @param {Point} point @param {boolean} coarse @returns {Handle | null} */
export function handleAt(bench, point, coarse) {
  const box = handleBox(bench);
  return box && findHandle(box, point, (coarse ? COARSE_REACH : REACH) / bench.view.zoom);
}

/** The active brush where its box is hit and no other brush is seen there; else the one that is seen. @param {Bench} bench @param {Point} point */
function pickForMove(bench, point) {
  const seen = bench.model.pick(point);
  if (seen !== null && seen !== bench.active()) bench.select(seen);
  if (seen !== null) return seen;
  const id = bench.active();
  const box = id === null ? null : bench.model.boundsOf(id);
  return box && holds(box, point) ? id : null;
}

/** @typedef {{id: string, box: Box, handle: Handle | null, first: Point}} Grip */

/** @param {Bench} bench @param {Grip} grip @returns {Gesture} */
function dragMask(bench, {id, box, handle, first}) {
  /** @type {Point} */
  let last = first;
  let ways = {shift: false, alt: false, ctrl: false};
  const target = () => placeBox({box, handle, first}, last, ways);
  const isClick = () => distance(first, last) * bench.view.zoom < CLICK;
  return {
    paints: false,
    drag(points, now) {
      last = points[points.length - 1];
      ways = now;
    },
    modify(now) {
      ways = now;
    },
    release(_, now) {
      ways = now;
      if (!isClick()) bench.model.transform(id, box, target());
      return true;
    },
    cancel() {},
    draw(context, view) {
      if (isClick()) drawHandles(context, view, box);
      else drawMoved(context, view, bench, {id, from: box, to: target()});
    },
  };
}

/** @param {{box: Box, handle: Handle | null, first: Point}} grip @param {Point} last @param {import('../input/pointer.mjs').Modifiers} ways @returns {Box} */
function placeBox({box, handle, first}, last, ways) {
  const by = {x: last.x - first.x, y: last.y - first.y};
  if (handle) {
    const scaled = scaleBox(box, handle, by, {square: ways.shift, centre: ways.alt});
    return {left: Math.round(scaled.left), top: Math.round(scaled.top), right: Math.max(Math.round(scaled.left) + 1, Math.round(scaled.right)), bottom: Math.max(Math.round(scaled.top) + 1, Math.round(scaled.bottom))};
  }
  const straight = ways.shift ? straighten({x: 0, y: 0}, by) : by;
  return moveBox(box, {x: Math.round(straight.x), y: Math.round(straight.y)});
}

/** @param {CanvasRenderingContext2D} context @param {import('../viewport.mjs').View} view @param {Bench} bench @param {{id: string, from: Box, to: Box}} moved */
function drawMoved(context, view, bench, {id, from, to}) {
  const scale = {x: (to.right - to.left) / (from.right - from.left), y: (to.bottom - to.top) / (from.bottom - from.top)};
  const path = new Path2D();
  const matrix = new DOMMatrix([view.zoom * scale.x, 0, 0, view.zoom * scale.y, view.x + (to.left - from.left * scale.x) * view.zoom, view.y + (to.top - from.top * scale.y) * view.zoom]);
  path.addPath(bench.surface.outlines.wholePath(id), matrix);
  context.globalAlpha = 0.5;
  context.fillStyle = bench.model.brush(id)?.colour ?? '#fff';
  context.fill(path, 'evenodd');
  context.globalAlpha = 1;
  context.lineWidth = 2;
  context.strokeStyle = '#fff';
  context.stroke(path);
  drawHandles(context, view, to);
}
