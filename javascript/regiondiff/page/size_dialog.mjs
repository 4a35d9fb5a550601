// The canvas's size: presets of the model's native area, and any other.

import {make} from '../stage/bars/dom.mjs';
import {LEAST_SIDE, MOST_PIXELS, MOST_SIDE} from '../document/sizes.mjs';
import {openDialog} from './dialog.mjs';
import {openMenu} from './menu.mjs';

/** @import {App} from './app.mjs' */

const ASPECTS = [[1, 1], [3, 2], [2, 3], [16, 9], [9, 16]];
const STEP = 8;

/** @param {App} app @param {HTMLElement} button */
export function openSizes(app, button) {
  const box = button.getBoundingClientRect();
  const now = app.editor.size;
  const items = ASPECTS.map(([wide, high]) => {
    const size = fitAspect(wide / high, app.about.native ?? 512, app.about.defaults);
    return {label: `${wide}:${high}`, words: `${size.width} × ${size.height}`, chosen: size.width === now.width && size.height === now.height, run: () => app.editor.resize(size)};
  });
  openMenu(app, {x: box.left, y: box.bottom}, [...items, {label: app.say('size.swap'), run: () => app.editor.resize({width: now.height, height: now.width})}, {label: app.say('size.other'), run: () => askSize(app)}], button);
}

/** @param {App} app */
function askSize(app) {
  const {page, say} = app;
  const {width, height} = app.editor.size;
  const side = (/** @type {number} */ value, /** @type {string} */ label) => make(page, 'input', {type: 'number', min: String(LEAST_SIDE), max: String(app.about.limits?.side ?? MOST_SIDE), step: String(STEP), value: String(value), required: true, 'aria-label': say(label)});
  const [wide, high] = [side(width, 'size.width'), side(height, 'size.height')];
  const judge = () => high.setCustomValidity(Number(wide.value) * Number(high.value) > MOST_PIXELS ? say('size.tooMany', {most: MOST_PIXELS}) : '');
  const form = make(page, 'form', {method: 'dialog', class: 'rd-size', input: judge, submit: () => app.editor.resize({width: Number(wide.value), height: Number(high.value)})}, wide, make(page, 'span', {}, '×'), high, make(page, 'button', {class: 'rd-button'}, say('size.set')));
  openDialog(app, {title: say('bar.size')}, form, make(page, 'p', {class: 'rd-note'}, say('size.help')));
  wide.select();
}

/** A size of an aspect with the area of the default one, in steps of an eighth of the native side. @param {number} aspect @param {number} native @param {{width: number, height: number}} usual */
export function fitAspect(aspect, native, usual) {
  const step = Math.max(STEP, Math.min(64, Math.round(native / 8)));
  const area = usual.width * usual.height;
  const round = (/** @type {number} */ side) => Math.max(LEAST_SIDE, Math.round(side / step) * step);
  return {width: round(Math.sqrt(area * aspect)), height: round(Math.sqrt(area / aspect))};
}
