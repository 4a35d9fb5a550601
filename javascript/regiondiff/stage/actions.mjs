// What the surface's commands do, by their names in COMMANDS.

import {RANGES, stepSize} from './settings.mjs';
import {clamp, nextStop} from './viewport.mjs';

/** @import {Stage} from './stage.mjs' */

const HARDER = 0.1;

/** @param {Stage} stage @returns {Readonly<Record<string, () => void>>} */
export function makeActions(stage) {
  const {settings} = stage;
  const hardness = (/** @type {number} */ by) => settings.set({hardness: clamp(Math.round(10 * (settings.values.hardness + by)) / 10, ...RANGES.hardness)});
  const zoom = (/** @type {1 | -1} */ way) => stage.surface.zoomShare(nextStop(stage.surface.share(), way));
  /** @type {Record<string, () => void>} */
  const actions = {
    'tool.previous': () => stage.choose(settings.values.previous),
    'size.down': () => settings.set({size: stepSize(settings.values.size, -1)}),
    'size.up': () => settings.set({size: stepSize(settings.values.size, 1)}),
    'hardness.down': () => hardness(-HARDER),
    'hardness.up': () => hardness(HARDER),
    'target.switch': () => settings.set({target: settings.values.target === 'mask' ? 'colour' : 'mask'}),
    'op.switch': () => settings.set({operation: settings.values.operation === 'add' ? 'subtract' : 'add'}),
    'mask.clear': () => stage.bench.changeMask('clear'),
    'mask.invert': () => stage.bench.changeMask('invert'),
    'view.fit': () => stage.surface.fit(),
    'view.full': () => stage.surface.zoomShare(1),
    'view.in': () => zoom(1),
    'view.out': () => zoom(-1),
    'view.overlay': () => settings.set({view: 'overlay'}),
    'view.split': () => settings.set({view: 'split'}),
    'view.picture': () => settings.set({view: 'picture'}),
  };
  for (const tool of /** @type {const} */ (['brush', 'rectangle', 'eraser', 'ellipse', 'lasso', 'fill', 'move', 'hand'])) actions[`tool.${tool}`] = () => stage.choose(tool);
  for (let number = 1; number <= 9; number += 1) actions[`select.${number}`] = () => stage.bench.selectNumber(number);
  return actions;
}
