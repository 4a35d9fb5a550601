// Brush and eraser: strokes on the active brush's mask or on the colour layer.

import {straighten} from '../geometry.mjs';
import {distance} from '../viewport.mjs';
import {createSmoother} from './smoothing.mjs';

/** @typedef {import('./tool.mjs').Tool} Tool */
/** @typedef {import('./tool.mjs').Gesture} Gesture */
/** @typedef {import('./tool.mjs').StrokePoint} StrokePoint */
/** @typedef {import('../bench.mjs').Bench} Bench */

const SHARED = /** @type {const} */ ({options: ['target', 'operation', 'size', 'hardness', 'opacity', 'smoothing', 'pressure'], ring: true, cursor: 'crosshair'});
const DECIDES = 5; // CSS pixels after which a straight stroke has its direction

/** @type {Tool} */
export const brush = {name: 'brush', words: ['words.straight', 'words.subtract', 'words.pan', 'words.cancel'], ...SHARED, begin: (bench, point, start) => beginStroke(bench, point, start, false)};

/** @type {Tool} */
export const eraser = {
  name: 'eraser',
  words: ['words.straight', 'words.pan', 'words.cancel'],
  ...SHARED,
  options: SHARED.options.filter((option) => option !== 'operation'),
  begin: (bench, point, start) => beginStroke(bench, point, start, true),
};

/** @param {Bench} bench @param {StrokePoint} point @param {import('./tool.mjs').Start} start @param {boolean} erases @returns {Gesture | null} */
function beginStroke(bench, point, start, erases) {
  const {values} = bench.settings;
  const erase = erases || start.eraser || start.modifiers.ctrl || values.operation === 'subtract';
  const work = bench.beginWork(erase ? 'history.erase' : 'history.stroke', erase);
  if (!work) return null;
  const options = {
    size: values.size,
    hardness: values.hardness,
    opacity: values.opacity,
    pressureSize: start.pen && values.pressureSize,
    pressureOpacity: start.pen && values.pressureOpacity,
    erase,
  };
  const smoother = createSmoother(values.smoothing);
  const rule = createRuler(() => DECIDES / bench.view.zoom);
  const draw = (/** @type {StrokePoint[]} */ points) => points.length && work.stroke(points, options);
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

/** Lets points through; with Shift only along one of eight directions from where it was pressed. @param {() => number} reach */
function createRuler(reach) {
  /** @type {StrokePoint | null} */
  let from = null;
  /** @type {import('../viewport.mjs').Point | null} */
  let way = null;
  /** @type {StrokePoint | null} */
  let last = null;
  return (/** @type {StrokePoint} */ point, /** @type {boolean} */ straight) => {
    if (!straight) {
      from = way = null;
      last = point;
      return [point];
    }
    from ??= last ?? point;
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
