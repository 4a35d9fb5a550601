// Lines over the scene: the brushes' outlines, and what the tool in use shows of itself.

import {HANDLES, growBox, handlePoint} from '../geometry/handles.mjs';
import {drawGrip, strokeTwice} from './twice.mjs';
import {boxToPane, toPane} from '../viewport.mjs';

/** @import {Box, Handle, Paths, Point, View} from '../types.d.ts' */
/** @import {Outlines} from './outlines.mjs' */

/** @typedef {{id: string, colour: string}} Brush */

const HALO = 'rgba(0, 0, 0, 0.55)';
const DASH = [5, 4]; // CSS pixels
const HANDLE_SIDE = 12;
const LINE_ROOM = 6; // CSS pixels that outlines reach beyond what they go around

/**
 * Draw outlines, the lowest brush first; the active one is thicker and last.
 * @param {CanvasRenderingContext2D} context set to CSS pixels of the pane @param {View} view @param {Outlines} outlines
 * @param {readonly Brush[]} brushes the lowest first @param {{active: string | null, box: Box | null}} what only what passes the box
 */
export function drawOutlines(context, view, outlines, brushes, {active, box}) {
  const order = [...brushes.filter(({id}) => id !== active), ...brushes.filter(({id}) => id === active)];
  context.save();
  context.translate(view.x, view.y);
  context.scale(view.zoom, view.zoom);
  context.lineJoin = 'round';
  for (const {id, colour} of order) {
    const paths = box ? outlines.pathsNear(id, growBox(box, LINE_ROOM / view.zoom)) : outlines.pathsOf(id);
    if (paths) drawOutline(context, paths, colour, (id === active ? 3.5 : 2) / view.zoom, view.zoom);
  }
  context.restore();
}

/** @param {CanvasRenderingContext2D} context @param {Paths} paths @param {string} colour @param {number} width @param {number} zoom */
function drawOutline(context, {seen, hidden}, colour, width, zoom) {
  const more = 2.5 / zoom;
  context.setLineDash([]);
  context.lineWidth = width + more;
  context.strokeStyle = HALO;
  context.stroke(seen);
  context.lineWidth = width;
  context.strokeStyle = colour;
  context.stroke(seen);
  context.setLineDash(DASH.map((length) => length / zoom));
  context.lineWidth = width * 0.75 + more;
  context.strokeStyle = HALO;
  context.stroke(hidden);
  context.lineWidth = width * 0.75;
  context.strokeStyle = colour;
  context.stroke(hidden);
}

/** A box with handles, as a selection. @param {CanvasRenderingContext2D} context @param {View} view @param {Box} box on the canvas */
export function drawHandles(context, view, box) {
  const pane = boxToPane(view, box);
  strokeTwice(context, () => context.strokeRect(pane.left, pane.top, pane.right - pane.left, pane.bottom - pane.top), [4, 4]);
  for (const handle of HANDLES) {
    if (!hasRoom(pane, handle)) continue;
    const {x, y} = handlePoint(pane, handle);
    context.beginPath();
    context.roundRect(x - HANDLE_SIDE / 2, y - HANDLE_SIDE / 2, HANDLE_SIDE, HANDLE_SIDE, 2);
    drawGrip(context);
  }
}

/** Handles of edges show only where the corners' leave room. @param {Box} pane @param {Handle} handle */
function hasRoom(pane, handle) {
  if (handle.length === 2) return true;
  return (handle === 'n' || handle === 's' ? pane.right - pane.left : pane.bottom - pane.top) > 3 * HANDLE_SIDE;
}

/** @param {CanvasRenderingContext2D} context @param {View} view @param {readonly Point[]} points on the canvas @param {boolean} closed */
export function tracePath(context, view, points, closed) {
  context.beginPath();
  points.forEach((point, index) => {
    const {x, y} = toPane(view, point);
    if (index === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  });
  if (closed) context.closePath();
}

