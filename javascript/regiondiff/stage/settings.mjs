// Settings of the surface: tool, size, hardness and so on; who listens is told what changed. Pure.

import {clamp} from './viewport.mjs';

/** @import {Values} from './types.d.ts' */

/** @type {Readonly<Values>} */
const DEFAULTS = {
  tool: 'brush',
  previous: 'rectangle',
  operation: 'add',
  target: 'mask',
  colour: '#8ec5ef',
  size: 64,
  hardness: 0.9,
  opacity: 1,
  smoothing: 0.3,
  pressureSize: true,
  pressureOpacity: false,
  view: 'overlay',
  masks: 0,
  plainMasks: 1,
};

/** @type {Readonly<Record<string, readonly [number, number]>>} */
export const RANGES = {size: [1, 1024], hardness: [0, 1], opacity: [0.05, 1], smoothing: [0, 1], masks: [0, 1], plainMasks: [0, 1]};

/** @param {Partial<Values>} [initial] values that were kept; unknown and unfit ones are left out */
export function createSettings(initial = {}) {
  /** @type {Values} */
  const values = {...DEFAULTS, ...fitting(initial)};
  /** @type {Set<(changed: Partial<Values>) => void>} */
  const listeners = new Set();
  return {
    /** @type {Readonly<Values>} */
    values,
    /** @param {Partial<Values>} wanted */
    set(wanted) {
      const next = fitting(wanted);
      if (next.tool && next.tool !== values.tool) next.previous = values.tool;
      const changed = Object.fromEntries(Object.entries(next).filter(([key, value]) => value !== values[/** @type {keyof Values} */ (key)]));
      if (!Object.keys(changed).length) return;
      Object.assign(values, changed);
      for (const listener of listeners) listener(changed);
    },
    /** @param {(changed: Partial<Values>) => void} listener @returns {() => void} */
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** @param {Partial<Values>} wanted @returns {Partial<Values>} */
function fitting(wanted) {
  const kept = Object.entries(wanted).filter(([key, value]) => key in DEFAULTS && typeof value === typeof DEFAULTS[/** @type {keyof Values} */ (key)]);
  return Object.fromEntries(kept.map(([key, value]) => [key, RANGES[key] ? clamp(Number(value), ...RANGES[key]) : value]));
}

/** The next brush size by keys: about a tenth more or less, at least a pixel. @param {number} size @param {1 | -1} way */
export function stepSize(size, way) {
  return clamp(Math.round(size + way * Math.max(1, size * 0.12)), ...RANGES.size);
}
