// The bar: undo, redo, size, files, examples, view, and Generate, which shows its progress and stops what runs.

import {make} from '../stage/bars/dom.mjs';
import {makeIcon} from './icons.mjs';
import {nameStep} from './labels.mjs';

/** @import {App} from './app.mjs' */

const ASPECTS = [[1, 1], [3, 2], [2, 3], [16, 9], [9, 16]];

export class Bar {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    const {page, say} = app;
    const icon = (/** @type {string} */ name, /** @type {string} */ command) => make(page, 'button', {class: 'rd-button rd-square', type: 'button', 'aria-label': say(command), click: () => app.run(command)}, makeIcon(page, name));
    this.undo = icon('undo', 'edit.undo');
    this.redo = icon('redo', 'edit.redo');
    this.size = this.makeMenu('bar.size', (button) => this.openSize(button));
    const file = this.makeMenu('bar.file', (button) => app.openFiles(button));
    const examples = this.makeMenu('bar.examples', (button) => app.openExamples(button));
    this.views = ['overlay', 'split', 'picture'].map((view) => make(page, 'button', {type: 'button', role: 'radio', 'data-view': view, click: () => app.stage.settings.set({view: /** @type {any} */ (view)})}, say(`view.${view}`)));
    const keys = icon('keyboard', 'help.keys');
    this.fill = make(page, 'span', {class: 'rd-progress', 'aria-hidden': 'true'});
    this.word = make(page, 'span', {class: 'rd-word'});
    this.generate = make(page, 'button', {class: 'rd-generate', type: 'button', click: () => app.run('run.generate')}, this.fill, this.word);
    this.root = make(page, 'header', {class: 'rd-bar'}, make(page, 'h1', {}, say('app.title')), this.undo, this.redo, this.size, file, examples, make(page, 'span', {class: 'rd-space'}), make(page, 'div', {class: 'rd-segments', role: 'radiogroup', 'aria-label': say('bar.view')}, ...this.views), keys, this.generate);
  }

  /** @param {string} key @param {(button: HTMLElement) => void} open */
  makeMenu(key, open) {
    const {page, say} = this.app;
    const button = make(page, 'button', {class: 'rd-button', type: 'button', 'aria-haspopup': 'menu', click: () => open(button)}, make(page, 'span', {}, say(key)), makeIcon(page, 'down'));
    return button;
  }

  refresh() {
    const {app} = this;
    const {canUndo, canRedo, labels} = app.editor;
    const {width, height} = app.editor.state.palette.size;
    this.undo.disabled = !canUndo;
    this.redo.disabled = !canRedo;
    this.undo.title = app.say('bar.undo', {what: canUndo ? nameStep(labels.undo) : '', key: app.keyOf('edit.undo')});
    this.redo.title = app.say('bar.redo', {what: canRedo ? nameStep(labels.redo) : '', key: app.keyOf('edit.redo')});
    /** @type {HTMLElement} */ (this.size.firstElementChild).textContent = `${width} × ${height}`;
    for (const view of this.views) {
      const on = view.dataset.view === app.stage.settings.values.view;
      view.setAttribute('aria-checked', String(on));
      view.tabIndex = on ? 0 : -1;
    }
    this.refreshJob();
  }

  refreshJob() {
    const {job} = this.app;
    const share = job?.steps ? (job.step ?? 0) / job.steps : 0;
    this.fill.style.width = `${job ? 100 * share : 0}%`;
    this.word.textContent = job ? this.app.say('run.stop', {percent: Math.round(100 * share)}) : this.app.say('run.generate');
    this.generate.classList.toggle('rd-running', Boolean(job));
    this.generate.title = job ? this.app.say('run.stop.help') : `${this.app.say('run.generate')} (${this.app.keyOf('run.generate')})`;
  }

  /** @param {HTMLElement} button */
  async openSize(button) {
    const {openMenu} = await import('./menu.mjs');
    const {app} = this;
    const box = button.getBoundingClientRect();
    const items = ASPECTS.map(([wide, high]) => {
      const size = fitAspect(wide / high, app.about.native ?? 512, app.about.defaults);
      return {label: `${wide}:${high}   ${size.width} × ${size.height}`, run: () => app.editor.resize(size)};
    });
    openMenu(app, {x: box.left, y: box.bottom}, [...items, {label: app.say('size.other'), run: () => this.askSize()}], button);
  }

  askSize() {
    const {app} = this;
    const {page, say} = app;
    const {width, height} = app.editor.state.palette.size;
    const side = (/** @type {number} */ value, /** @type {string} */ label) => make(page, 'input', {type: 'number', min: '64', max: '16384', step: '1', value: String(value), required: true, 'aria-label': say(label)});
    const [wide, high] = [side(width, 'size.width'), side(height, 'size.height')];
    const dialog = make(page, 'dialog', {class: 'rd-dialog', 'aria-label': say('bar.size'), close: () => dialog.remove()}, make(page, 'form', {method: 'dialog', submit: () => app.editor.resize({width: Number(wide.value), height: Number(high.value)})}, make(page, 'div', {class: 'rd-number'}, wide, make(page, 'span', {}, '×'), high), make(page, 'button', {class: 'rd-button'}, say('size.set'))));
    app.root.append(dialog);
    dialog.showModal();
  }
}

/** A size of an aspect with the area of the default one, in steps of an eighth of the native side. @param {number} aspect @param {number} native @param {{width: number, height: number}} usual */
export function fitAspect(aspect, native, usual) {
  const step = Math.max(8, Math.min(64, Math.round(native / 8)));
  const area = usual.width * usual.height;
  const round = (/** @type {number} */ side) => Math.max(64, Math.round(side / step) * step);
  return {width: round(Math.sqrt(area * aspect)), height: round(Math.sqrt(area / aspect))};
}
