// Controls of all kinds made from a JSON schema: choices, ticks, groups of fields, and data. A new field of the schema needs no change here.

import '../strings_later.mjs';
import {make} from '../stage/bars/dom.mjs';
import {listenRadios, makeField, makeList, makeNumber, makeText} from './fields.mjs';
import {helpOf, labelOf} from './labels.mjs';

/** @import {App} from '../page/app.mjs' */
/** @import {Control, Field, Maker, Shape} from './fields.mjs' */

const WIDEST = 28; // letters that a row of buttons and its label may have

/** @param {App} app @param {string} name @param {Field} field @param {(value: unknown) => void} set undefined leaves the field out @returns {Control} */
export function makeAnyField(app, name, field, set) {
  return makeField(app, name, field, set, choose);
}

/** @param {Shape} shape @param {string} label @returns {Maker} */
function choose({own}, label) {
  if (own.enum) return `${label}${own.enum.map(labelOf).join('')}`.length > WIDEST ? makeList : makeChoice;
  if (own.type === 'number' || own.type === 'integer') return makeRange;
  if (own.type === 'boolean') return makeTick;
  if (own.type === 'string') return makeText;
  return own.properties ? makeGroup : makeData;
}

/** @type {Maker} */
function makeRange(wish) {
  return makeNumber(wish, makeSlider);
}

/** @type {import('./fields.mjs').Slide} */
function makeSlider(page, {least, most, step, label}, tell, app) {
  const root = make(page, 'input', {type: 'range', class: 'rd-slider', min: String(least), max: String(most), step: String(step), 'aria-label': label, tabIndex: -1});
  const show = (/** @type {number} */ value) => {
    root.value = String(value);
    root.style.setProperty('--rd-done', `${(100 * (Math.min(most, value) - least)) / (most - least)}%`);
  };
  root.addEventListener('input', () => tell(root.value));
  root.addEventListener('change', () => app.editor.seal());
  return {root, show};
}

/** @type {Maker} */
function makeChoice({app, id, label, shape: {own}, set}) {
  const {page} = app;
  const buttons = (own.enum ?? []).map((value, index) => make(page, 'button', {id: index ? null : id, type: 'button', role: 'radio', 'data-value': value, title: helpOf(value), click: () => set(value)}, labelOf(value)));
  const control = make(page, 'div', {class: 'rd-segments', role: 'radiogroup', 'aria-label': label}, ...buttons);
  listenRadios(control, buttons);
  const show = (/** @type {unknown} */ value) => {
    for (const button of buttons) {
      const on = button.dataset.value === (value ?? own.default);
      button.setAttribute('aria-checked', String(on));
      button.tabIndex = on ? 0 : -1;
    }
  };
  show(undefined);
  return {control, show};
}

/** @type {Maker} */
function makeTick({app, id, shape: {own}, set}) {
  const control = make(app.page, 'input', {id, type: 'checkbox', change: () => set(control.checked)});
  return {control, show: (value) => void (control.checked = Boolean(value ?? own.default))};
}

/** Fields of a field, folded; where it may be something else too, a list says what it is. @type {Maker} */
function makeGroup({app, id, label, shape: {own, empty, specials}, set}) {
  const {page, say} = app;
  /** @type {Record<string, unknown> | null} */
  let now = null;
  const kinds = [...specials.map(String), ...(empty ? ['off'] : []), 'own'];
  const list = make(page, 'select', {id, 'aria-label': label, change: () => set(list.value === 'own' ? {} : list.value === 'off' ? null : list.value)}, ...kinds.map((kind) => make(page, 'option', {value: kind}, kind === 'own' || kind === 'off' ? say(`group.${kind}`) : labelOf(kind))));
  const parts = Object.entries(own.properties ?? {}).map(([name, field]) => {
    const part = makeAnyField(app, name, field, (value) => set(Object.fromEntries(Object.entries({...now, [name]: value}).filter(([, each]) => each !== undefined))));
    return {name, ...part};
  });
  const inside = make(page, 'div', {class: 'rd-parts'}, ...parts.map(({root}) => root));
  const control = make(page, 'details', {}, make(page, 'summary', {}, label), kinds.length > 1 && make(page, 'div', {class: 'rd-field'}, make(page, 'label', {for: id}, label), list), inside);
  const show = (/** @type {unknown} */ value) => {
    const given = value === undefined ? own.default : value;
    now = given !== null && typeof given === 'object' ? /** @type {Record<string, unknown>} */ (given) : null;
    list.value = now ? 'own' : given === null || given === undefined ? 'off' : String(given);
    inside.hidden = !now;
    for (const {name, show: showPart} of parts) showPart(now?.[name]);
  };
  return {control, show};
}

/** What has no control of its own is shown and changed as JSON. @type {Maker} */
function makeData({app, id, set}) {
  const control = make(app.page, 'input', {id, type: 'text', class: 'rd-data', spellcheck: false});
  control.addEventListener('change', () => {
    try {
      set(control.value.trim() ? JSON.parse(control.value) : undefined);
      control.setCustomValidity('');
    } catch {
      control.setCustomValidity(app.say('field.json'));
      control.reportValidity();
    }
  });
  return {control, show: (value) => void (app.page.activeElement !== control && (control.value = value === undefined ? '' : JSON.stringify(value)))};
}
