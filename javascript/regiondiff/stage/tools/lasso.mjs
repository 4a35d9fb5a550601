// Lasso and polygon: a drag draws freely, clicks set corners; the first corner, a double click or Enter closes.

import {hasArea, polygonShape, simplify} from '../geometry/polygons.mjs';
import {distance, toPane} from '../viewport.mjs';
import {tracePath} from '../drawing/lines.mjs';
import {drawGrip, strokeTwice} from '../drawing/twice.mjs';

/** @import {Bench} from '../bench.mjs' */
/** @import {Gesture, Point, Start, StrokePoint} from '../types.d.ts' */

const CLICK = 5; // CSS pixels that a click may move
const CLOSES = 9; // CSS pixels from the first corner in which a click closes
const COARSE = 2.5; // times as far by a finger
const TOLERANCE = 0.35; // CSS pixels that a lasso's corners may be off its path

/** @param {Bench} bench @param {StrokePoint} point @param {Start} start @returns {Gesture | null} */
export function begin(bench, point, start) {
  return bench.mayWork(start.modifiers.ctrl || bench.settings.values.operation === 'subtract') ? drawPolygon(bench, point, start) : null;
}

/** @param {Bench} bench @param {Point} first @param {Start} start @returns {Gesture} */
function drawPolygon(bench, first, start) {
  /** @type {Point[]} */
  let corners = [first];
  /** @type {Point} */
  let pressed = first;
  /** @type {Point | null} */
  let next = null;
  let moved = false;
  let kept = 0; // corners before the last press
  const wide = start.coarse ? COARSE : 1;
  const near = (/** @type {Point} */ a, /** @type {Point} */ b, /** @type {number} */ reach) => distance(a, b) * bench.view.zoom <= reach * wide;
  const erase = start.modifiers.ctrl || bench.settings.values.operation === 'subtract';
  const goesOn = !erase && bench.goesOn(first);
  const finish = () => {
    const shape = simplify(corners, TOLERANCE / bench.view.zoom);
    if (!hasArea(shape)) return false;
    const work = bench.beginWork(erase ? 'history.subtract' : 'history.lasso', erase, goesOn);
    work?.shape(polygonShape(shape, bench.model.size), erase);
    work?.commit();
    return true;
  };
  return {
    paints: false,
    press(point) {
      pressed = point;
      moved = false;
      kept = corners.length;
      corners.push(point);
    },
    unpress() {
      corners.length = kept;
      moved = false;
      return kept > 0;
    },
    drag(points) {
      if (!moved && near(points[points.length - 1], pressed, CLICK)) return;
      moved = true;
      corners.push(...points.map(({x, y}) => ({x, y})));
    },
    release() {
      next = null;
      if (moved && corners[0] === pressed) return finish() || true; // one free drag
      const before = corners[corners.length - 2];
      const closes = !moved && corners.length > 2 && (near(pressed, corners[0], CLOSES) || (before && near(pressed, before, CLICK)));
      if (closes) corners = corners.slice(0, -1);
      return closes ? finish() || true : false;
    },
    hover(point) {
      next = point;
    },
    finish,
    back() {
      if (corners.length > 1) corners.pop();
    },
    cancel() {},
    draw(context, view) {
      const path = next ? [...corners, next] : corners;
      tracePath(context, view, path, path.length > 2);
      const colour = erase ? null : bench.paintColour(goesOn);
      if (colour && path.length > 2) {
        context.globalAlpha = 0.6;
        context.fillStyle = colour;
        context.fill('evenodd');
        context.globalAlpha = 1;
      }
      strokeTwice(context, () => context.stroke(), [5, 5]);
      if (!moved) drawFirst(context, toPane(view, corners[0]), next !== null && corners.length > 2 && near(next, corners[0], CLOSES));
    },
  };
}

/** @param {CanvasRenderingContext2D} context @param {Point} at @param {boolean} closes */
function drawFirst(context, at, closes) {
  context.beginPath();
  context.arc(at.x, at.y, closes ? 6 : 4, 0, 2 * Math.PI);
  drawGrip(context);
}
