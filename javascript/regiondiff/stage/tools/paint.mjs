// Brush and eraser: strokes on the active brush's mask or on the colour layer.

import {drawStroke} from '../../document/stroke.mjs';
import {distance, straighten} from '../viewport.mjs';
import {createSmoother} from './smoothing.mjs';

/** @import {Bench} from '../bench.mjs' */
/** @import {Gesture, Point, Start, StrokePoint, ToolName} from '../types.d.ts' */

const DECIDES = 5; // CSS pixels after which a straight stroke has its direction

/** @param {Bench} bench @param {StrokePoint} point @param {Start} start @param {ToolName} name @returns {Gesture | null} */
export function begin(bench, point, start, name) {
  const {values} = bench.settings;
  const erase = name === 'eraser' || start.eraser || start.modifiers.ctrl || values.operation === 'subtract';
  const work = bench.beginWork(erase ? 'history.erase' : 'history.stroke', erase);
  if (!work) return null;
  const own = {pressureSize: start.pen && values.pressureSize, pressureOpacity: start.pen && values.pressureOpacity, erase};
  const smoother = createSmoother(values.smoothing);
  const rule = createRuler(point, () => DECIDES / bench.view.zoom);
  const draw = (/** @type {StrokePoint[]} */ points) => points.length && work.stroke(points, {size: values.size, hardness: values.hardness, opacity: values.opacity, ...own}, drawStroke);
  draw(smoother.add(point));
  return {
    paints: true,
    drag(points, modifiers) {
      draw(points.flatMap((each) => rule(each, modifiers.shift)).flatMap((each) => smoother.add(each)));
    },
    release() {
      draw(smoother.finish());
      work.commit();
      return true;
    },
    cancel: () => work.cancel(),
  };
}

/** Lets points through; with Shift only along one of eight directions from where it was pressed or Shift was. @param {StrokePoint} first @param {() => number} reach */
function createRuler(first, reach) {
  /** @type {StrokePoint | null} */
  let from = null;
  /** @type {Point | null} */
  let way = null;
  let last = first;
  return (/** @type {StrokePoint} */ point, /** @type {boolean} */ straight) => {
    if (!straight) {
      from = way = null;
      last = point;
      return [point];
    }
    from ??= last;
    if (!way && distance(from, point) > reach()) {
      const end = straighten(from, point);
      const length = Math.max(1e-6, distance(from, end));
      way = {x: (end.x - from.x) / length, y: (end.y - from.y) / length};
    }
    if (!way) return [];
    const along = (point.x - from.x) * way.x + (point.y - from.y) * way.y;
    last = {x: from.x + along * way.x, y: from.y + along * way.y, pressure: point.pressure};
    return [last];
  };
}
