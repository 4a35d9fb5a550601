// The bar: undo, redo, size, files, examples, view, and Generate, which shows its progress and stops what runs.

import {make} from '../stage/bars/dom.mjs';
import {listenRadios} from '../panel/fields.mjs';
import {nameStep} from '../panel/labels.mjs';
import {makeIcon} from './icons.mjs';

/** @import {App} from './app.mjs' */

export class Bar {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    const {page, say} = app;
    const icon = (/** @type {string} */ name, /** @type {string} */ command) => make(page, 'button', {class: 'rd-button rd-square', type: 'button', 'aria-label': say(command), click: () => app.run(command)}, makeIcon(page, name));
    this.undo = icon('undo', 'edit.undo');
    this.redo = icon('redo', 'edit.redo');
    this.size = this.makeMenu('bar.size', (button) => app.guard(() => this.openSize(button)));
    this.file = this.makeMenu('bar.file', (button) => app.withDocuments('openFileMenu', button));
    const examples = this.makeMenu('bar.examples', (button) => app.withDocuments('openExamples', button));
    examples.classList.add('rd-examples');
    this.views = ['overlay', 'split', 'picture'].map((view) => make(page, 'button', {type: 'button', role: 'radio', 'data-view': view, click: () => app.stage.settings.set({view: /** @type {any} */ (view)})}, say(`view.${view}`)));
    const views = make(page, 'div', {class: 'rd-segments rd-views', role: 'radiogroup', 'aria-label': say('bar.view')}, ...this.views);
    listenRadios(views, this.views);
    const fold = make(page, 'button', {class: 'rd-button rd-square rd-fold', type: 'button', 'aria-label': say('command.window'), title: say('command.window'), click: () => app.run('view.window')}, makeIcon(page, 'panels'));
    this.fill = make(page, 'span', {class: 'rd-progress', 'aria-hidden': 'true'});
    this.word = make(page, 'span', {class: 'rd-word'});
    this.generate = make(page, 'button', {class: 'rd-generate', type: 'button', click: (/** @type {MouseEvent} */ event) => event.detail < 2 && app.run('run.generate')}, this.fill, this.word);
    this.root = make(page, 'header', {class: 'rd-bar'}, make(page, 'h1', {}, say('app.title')), this.undo, this.redo, this.size, this.file, examples, make(page, 'span', {class: 'rd-space'}), views, fold, this.generate);
  }

  /** @param {string} key @param {(button: HTMLElement) => void} open */
  makeMenu(key, open) {
    const {page, say} = this.app;
    const button = make(page, 'button', {class: 'rd-button', type: 'button', 'aria-haspopup': 'menu', 'aria-expanded': 'false', click: () => open(button)}, make(page, 'span', {}, say(key)), makeIcon(page, 'down'));
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
    const {job, say} = this.app;
    const share = job?.steps ? (job.step ?? 0) / job.steps : 0;
    const done = job?.count ? ((job.pictures?.length ?? 0) + (job.state === 'drawing' ? share % 1 : 0)) / job.count : share;
    this.fill.style.width = `${job ? 100 * Math.max(share, Math.min(1, done)) : 0}%`;
    this.word.textContent = job ? describeJob(job, share, say) : say('run.generate');
    this.generate.classList.toggle('rd-running', Boolean(job));
    const left = job?.eta ? ` ${say('run.left', {seconds: Math.ceil(job.eta)})}` : '';
    this.generate.title = job ? `${say('run.stop.help')}${left}` : `${say('run.generate')} (${this.app.keyOf('run.generate')})`;
  }

  /** @param {HTMLElement} button */
  async openSize(button) {
    (await import('./size_dialog.mjs')).openSizes(this.app, button);
  }
}

/** @param {import('../client/server_client.mjs').Job} job @param {number} share @param {App['say']} say */
function describeJob(job, share, say) {
  if (job.gone) return say('run.gone');
  if (job.position) return say('run.waiting', {count: job.position});
  return say('run.stop', {percent: Math.round(100 * share)});
}
