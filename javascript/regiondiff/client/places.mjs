// Places: what the server says of brushes and fields, by the numbers and names that they have on the page.

import '../strings_later.mjs';
import {labelOf, nameOf} from '../panel/labels.mjs';
import {say} from '../strings.mjs';

/** @import {App} from '../page/app.mjs' */

/** The id of the brush that a path leads into. @param {string} path @param {string[]} ids of the brushes that were sent @returns {string | undefined} */
export function findBrush(path, ids) {
  return ids[Number(/^brushes\[(\d+)\]/.exec(path ?? '')?.[1] ?? -1)];
}

/** A text in which brushes have the numbers of those that were sent, without the ones that are switched off. @param {App} app @param {string} text @param {string[]} ids */
export function renumber(app, text, ids) {
  return text.replace(/\bbrush (\d+) \(/g, (whole, number) => `brush ${countOf(app, ids[number - 1]) ?? number} (`);
}

/** A fault with its place in words. @param {App} app @param {{path?: string, message: string}} fault @param {string[]} ids */
export function describe(app, {path = '', message}, ids) {
  const brush = app.findBrush(findBrush(path, ids) ?? null);
  const whole = brush ? say('place.brush', {number: countOf(app, brush.id) ?? '', name: nameOf(brush)}) : /^background\b/.test(path) ? say('place.whole') : '';
  const field = path.replace(/^(brushes\[\d+\]|background)\.?/, '').split('.').filter(Boolean).map(labelOf).join(', ');
  return [[whole, field].filter(Boolean).join(', '), message].filter(Boolean).join(': ');
}

/** @param {App} app @param {string | undefined} id @returns {number | null} from 1, the lowest */
function countOf(app, id) {
  const at = app.editor.state.palette.brushes.findIndex((brush) => brush.id === id);
  return at < 0 ? null : at + 1;
}
