// What the surface asks of the page, and the page's line of status.

import {make} from '../stage/bars/dom.mjs';
import {say} from '../strings.mjs';

/** @import {App} from './app.mjs' */

/** What the surface asks of the page. @param {App} app @returns {any} */
export function makeStageServices(app) {
  return {
    say,
    selection: app.selection,
    focusPrompt: (/** @type {string} */ id) => app.focusPrompt(id),
    brushState: (/** @type {string} */ id) => app.brushState(id),
    takeFiles: (/** @type {File[]} */ files, /** @type {'open' | 'background'} */ zone) => app.takeFiles(files, zone),
    showPointer: (/** @type {{x: number, y: number} | null} */ place) => (app.status.place.textContent = place ? say('status.place', place) : ''),
    settings: app.preferences.stage,
    keepSettings: (/** @type {object} */ values) => ((app.preferences.stage = values), app.keepPreferences()),
    findCommand: (/** @type {KeyboardEvent} */ press) => app.shortcuts.findOnStage(press),
    keyOf: (/** @type {string} */ command) => app.shortcuts.keyOf(command),
    startActions: [
      {label: say('start.type'), run: () => app.whole.focus()},
      {label: say('start.example'), run: () => app.openExamples(null)},
      {label: say('start.open'), run: () => app.openFiles(null)},
    ],
  };
}

/** The line at the page's foot. @param {App} app */
export function makeStatus(app) {
  const {page, about} = app;
  const place = make(page, 'span', {class: 'rd-place'});
  const saved = make(page, 'span', {role: 'status'});
  const model = make(page, 'span', {}, say('status.model', {model: about.model, device: about.device}));
  return {root: make(page, 'footer', {class: 'rd-foot'}, place, model, saved), place, saved};
}
