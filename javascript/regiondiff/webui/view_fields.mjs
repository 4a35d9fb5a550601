// Fields of the views Type and JSON: a label, a control, and a line of help.

import {make} from '../stage/bars/dom.mjs';

let last = 0;

/** A control below its label. @template {HTMLElement} Kind @param {Document} page @param {string} label @param {string} help @param {Kind} control @returns {HTMLElement} */
export function makeLabelled(page, label, help, control) {
  return make(page, 'div', {class: 'rd-labelled'}, make(page, 'label', {for: identify(control)}, label), control, makeHelp(page, control, help));
}

/** A box to tick, its label beside it. @param {Document} page @param {string} label @param {string} help @param {HTMLInputElement} control */
export function makeTicked(page, label, help, control) {
  return make(page, 'div', {class: 'rd-labelled rd-ticked'}, make(page, 'label', {for: identify(control)}, control, label), makeHelp(page, control, help));
}

/** @param {HTMLElement} control @returns {string} */
function identify(control) {
  control.id = `rd-view-${(last += 1)}`;
  return control.id;
}

/** @param {Document} page @param {HTMLElement} control @param {string} help */
function makeHelp(page, control, help) {
  control.setAttribute('aria-describedby', `${control.id}-help`);
  return make(page, 'small', {id: `${control.id}-help`, class: 'rd-note'}, help);
}

/** A list to choose from. @param {Document} page @param {string} key by which it is known @param {{value: string, label: string}[]} choices @param {Record<string, unknown>} [more] */
export function makeChoices(page, key, choices, more = {}) {
  return make(page, 'select', {'data-key': key, ...more}, ...choices.map(({value, label}) => make(page, 'option', {value}, label)));
}

/** @param {Document} page @param {string} key @param {string} label @param {() => unknown} press */
export function makeButton(page, key, label, press) {
  return make(page, 'button', {type: 'button', class: 'rd-button', 'data-key': key, click: () => void press()}, label);
}
