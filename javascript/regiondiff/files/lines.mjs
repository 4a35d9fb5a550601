// Regions that are typed: one a line, laid out in columns, rows or a grid; a line of its own for the whole picture.

import {make} from '../stage/bars/dom.mjs';
import {openDialog} from '../page/dialog.mjs';
import {makeField} from '../panel/fields.mjs';

/** @import {App} from '../page/app.mjs' */
/** @typedef {'columns' | 'rows' | 'grid'} Layout */

const MOST = 64;

/** Boxes of regions, in shares of the canvas. @param {number} count @param {Layout} layout @returns {number[][]} */
export function layOut(count, layout) {
  const columns = layout === 'columns' ? count : layout === 'rows' ? 1 : Math.ceil(Math.sqrt(count));
  const rows = Math.ceil(count / columns);
  return Array.from({length: count}, (_, index) => {
    const row = Math.floor(index / columns);
    const wide = row === rows - 1 ? count - row * columns : columns;
    const column = index - row * columns;
    return [column / wide, row / rows, (column + 1) / wide, (row + 1) / rows].map((value) => Math.round(value * 1e6) / 1e6);
  });
}

/** The palette of typed lines. @param {string} text @param {string} whole @param {Layout} layout @param {{width: number, height: number}} size */
export function readLines(text, whole, layout, size) {
  const lines = text.split('\n').map((line) => line.trim()).filter(Boolean).slice(0, MOST);
  const boxes = layOut(lines.length, layout);
  return {version: 1, size, background: {prompt: whole.trim()}, brushes: lines.map((prompt, index) => ({id: `b${index + 1}`, prompt, mask: {rectangle: boxes[index]}}))};
}

/** @param {App} app @param {(palette: unknown) => Promise<void>} load */
export function askLines(app, load) {
  const {page, say} = app;
  let layout = /** @type {Layout} */ ('columns');
  const lines = make(page, 'textarea', {rows: 6, 'aria-label': say('lines.lines'), placeholder: say('lines.example')});
  const whole = make(page, 'input', {type: 'text', 'aria-label': say('whole.title'), placeholder: say('lines.whole'), value: app.editor.state.palette.background.prompt ?? ''});
  const choice = makeField(app, 'layout', {enum: ['columns', 'rows', 'grid'], default: 'columns'}, (value) => {
    layout = /** @type {Layout} */ (value);
    choice.show(layout);
  });
  choice.show(layout);
  const use = () => {
    if (!lines.value.trim()) return lines.focus();
    dialog.close();
    app.guard(() => load(readLines(lines.value, whole.value, layout, app.editor.size)));
  };
  const make_ = make(page, 'button', {type: 'button', class: 'rd-button', click: use}, say('lines.make'));
  const dialog = openDialog(app, {title: say('start.lines'), name: 'rd-lines'}, make(page, 'p', {class: 'rd-note'}, say('lines.lines')), lines, whole, choice.root, make(page, 'div', {class: 'rd-head'}, make(page, 'span', {class: 'rd-space'}), make_));
  lines.addEventListener('keydown', (event) => event.key === 'Enter' && event.ctrlKey && use());
  lines.focus();
}
