// Fill: the area around a point that looks alike, to the active brush's mask or the colour layer.

import {fillAround} from '../../document/fill.mjs';

/** @import {Bench} from '../bench.mjs' */
/** @import {Gesture, Start, StrokePoint} from '../types.d.ts' */

/** @param {Bench} bench @param {StrokePoint} _ @param {Start} start @returns {Gesture} */
export function begin(bench, _, start) {
  const erase = start.modifiers.ctrl || bench.settings.values.operation === 'subtract';
  return {
    paints: false,
    drag() {},
    release({x, y}) {
      const {width, height} = bench.model.size;
      if (x < 0 || y < 0 || x >= width || y >= height) return true;
      const work = bench.beginWork('history.fill', erase);
      work?.fill({x: Math.floor(x), y: Math.floor(y)}, erase, fillAround);
      work?.commit();
      return true;
    },
    cancel() {},
  };
}
