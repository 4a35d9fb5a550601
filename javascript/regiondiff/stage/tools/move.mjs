// Move: picks the brush under the pointer, moves its mask, scales it by handles.

import {transformMask} from '../../document/resample.mjs';
import {findHandle, holds, moveBox, scaleBox} from '../geometry/handles.mjs';
import {distance, straighten} from '../viewport.mjs';
import {drawHandles} from '../drawing/lines.mjs';
import {follow} from './following.mjs';

/** @import {Bench} from '../bench.mjs' */
/** @import {Box, Gesture, Handle, Modifiers, Point, Start, StrokePoint, View} from '../types.d.ts' */

const REACH = 9; // CSS pixels around a handle's middle
const COARSE_REACH = 22;
const CLICK = 4;

/** @type {Readonly<Record<Handle, string>>} */
const CURSORS = {nw: 'nwse-resize', se: 'nwse-resize', ne: 'nesw-resize', sw: 'nesw-resize', n: 'ns-resize', s: 'ns-resize', e: 'ew-resize', w: 'ew-resize'};

/** @param {Bench} bench @param {StrokePoint} point @param {Start} start @returns {Gesture | null} */
export function begin(bench, point, start) {
  const handle = handleAt(bench, point, start.coarse);
  const id = handle ? bench.active() : pickForMove(bench, point);
  const box = id === null ? null : bench.model.boundsOf(id);
  return id !== null && box && bench.mayWork(true) ? dragMask(bench, {id, box, handle, first: point}) : null;
}

/** @param {Bench} bench @param {CanvasRenderingContext2D} context @param {View} view */
export function drawIdle(bench, context, view) {
  const box = handleBox(bench);
  if (box) drawHandles(context, view, box);
}

/** @param {Bench} bench @param {Point} point @returns {string | null} */
export function cursorAt(bench, point) {
  const handle = handleAt(bench, point, false);
  return handle && CURSORS[handle];
}

/** Move the active mask; steps in a row are one of the history. @param {Bench} bench @param {Point} by */
export function nudge(bench, by) {
  const box = handleBox(bench);
  const id = bench.active();
  if (id !== null && box && bench.mayWork(true)) bench.model.transform(id, box, moveBox(box, by), transformMask, `nudge ${id}`);
}

/** The box that handles are at. @param {Bench} bench @returns {Box | null} */
function handleBox(bench) {
  const id = bench.active();
  return id === null ? null : bench.model.boundsOf(id);
}

/** The handle of the active brush's box at a point. @param {Bench} bench @param {Point} point @param {boolean} coarse @returns {Handle | null} */
function handleAt(bench, point, coarse) {
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

/** @typedef {{id: string, box: Box, handle: Handle | null, first: StrokePoint}} Grip */

/** @param {Bench} bench @param {Grip} grip @returns {Gesture} */
function dragMask(bench, {id, box, handle, first}) {
  const now = follow(first, {shift: false, alt: false, ctrl: false});
  const target = () => placeBox({box, handle, first}, now.last, now.ways);
  const isClick = () => distance(first, now.last) * bench.view.zoom < CLICK;
  return {
    paints: false,
    drag: now.drag,
    modify: now.modify,
    release(_, modifiers) {
      now.modify(modifiers);
      if (!isClick()) bench.model.transform(id, box, target(), transformMask);
      return true;
    },
    cancel() {},
    draw(context, view) {
      if (isClick()) drawHandles(context, view, box);
      else drawMoved(context, view, bench, {id, from: box, to: target()});
    },
  };
}

/** @param {{box: Box, handle: Handle | null, first: Point}} grip @param {Point} last @param {Modifiers} ways @returns {Box} */
function placeBox({box, handle, first}, last, ways) {
  const by = {x: last.x - first.x, y: last.y - first.y};
  if (handle) {
    const scaled = scaleBox(box, handle, by, {square: ways.shift, centre: ways.alt});
    return {left: Math.round(scaled.left), top: Math.round(scaled.top), right: Math.max(Math.round(scaled.left) + 1, Math.round(scaled.right)), bottom: Math.max(Math.round(scaled.top) + 1, Math.round(scaled.bottom))};
  }
  const straight = ways.shift ? straighten({x: 0, y: 0}, by) : by;
  return moveBox(box, {x: Math.round(straight.x), y: Math.round(straight.y)});
}

/** @param {CanvasRenderingContext2D} context @param {View} view @param {Bench} bench @param {{id: string, from: Box, to: Box}} moved */
function drawMoved(context, view, bench, {id, from, to}) {
  const scale = {x: (to.right - to.left) / (from.right - from.left), y: (to.bottom - to.top) / (from.bottom - from.top)};
  const path = new Path2D();
  const matrix = new DOMMatrix([view.zoom * scale.x, 0, 0, view.zoom * scale.y, view.x + (to.left - from.left * scale.x) * view.zoom, view.y + (to.top - from.top * scale.y) * view.zoom]);
  path.addPath(bench.surface.outline(id), matrix);
  context.globalAlpha = 0.5;
  context.fillStyle = bench.model.brush(id)?.colour ?? '#fff';
  context.fill(path, 'evenodd');
  context.globalAlpha = 1;
  context.lineWidth = 2;
  context.strokeStyle = '#fff';
  context.stroke(path);
  drawHandles(context, view, to);
}
