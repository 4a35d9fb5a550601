// The fields of a brush, made from the palette's JSON schema: a new field of the schema appears without a change here.

import {make} from '../stage/bars/dom.mjs';
import {makeIcon} from './icons.mjs';
import {helpOf, labelOf, nameOf} from './labels.mjs';

/** @import {App} from './app.mjs' */
/** @typedef {{type?: string, anyOf?: Field[], enum?: string[], const?: unknown, minimum?: number, maximum?: number, maxLength?: number, description?: string, default?: unknown, properties?: Record<string, Field>, items?: Field}} Field */

/** Fields that stand elsewhere on the page. */
const ELSEWHERE = ['id', 'name', 'mask', 'colour'];
/** Fields that are always to be seen, in this order. */
const FIRST = ['prompt', 'kind', 'feather'];

/** A field without its null, and whether it may be null. @param {Field} field @returns {{own: Field, empty: boolean}} */
export function unwrap(field) {
  const choices = field.anyOf?.flatMap((each) => each.anyOf ?? [each]);
  if (!choices) return {own: field, empty: false};
  const own = choices.find((each) => each.type !== 'null' && each.const === undefined) ?? choices[0];
  return {own: {...own, description: field.description, default: field.default}, empty: choices.some((each) => each.type === 'null')};
}

export class Inspector {
  /** @param {App} app @param {Record<string, Field>} fields of a brush, as the schema has them */
  constructor(app, fields) {
    this.app = app;
    this.fields = fields;
    this.root = make(app.page, 'section', {class: 'rd-inspector', 'aria-label': app.say('inspector.title')});
    /** @type {string | null} */
    this.shown = null;
    this.open = false;
    /** @type {Map<string, (value: unknown) => void>} shows a value in a field that has not the focus */
    this.setters = new Map();
  }

  refresh() {
    const brush = this.app.findBrush(this.app.selection.get());
    if ((brush?.id ?? null) !== this.shown) this.build(brush?.id ?? null);
    if (!brush) return;
    const number = this.app.editor.state.palette.brushes.indexOf(brush) + 1;
    const title = /** @type {HTMLElement} */ (this.root.querySelector('h2'));
    title.textContent = `${number} ${nameOf(brush)}`;
    for (const [name, set] of this.setters) set(brush[name]);
    this.refreshCounts();
  }

  /** @param {string | null} id */
  build(id) {
    const {app} = this;
    const {page, say} = app;
    this.shown = id;
    this.setters.clear();
    this.root.hidden = id === null;
    if (id === null) return this.root.replaceChildren();
    const action = (/** @type {string} */ name, /** @type {string} */ icon) => make(page, 'button', {class: 'rd-button rd-square', type: 'button', title: say(`menu.${name}`), 'aria-label': say(`menu.${name}`), click: () => app.runOnBrush(name, id)}, makeIcon(page, icon));
    const head = make(page, 'div', {class: 'rd-head'}, make(page, 'h2'), action('duplicate', 'copy'), action('remove', 'trash'));
    const rest = Object.keys(this.fields).filter((name) => !ELSEWHERE.includes(name) && !FIRST.includes(name));
    const more = make(page, 'details', {open: this.open, toggle: () => (this.open = more.open)}, make(page, 'summary', {}, say('inspector.more')), ...rest.map((name) => this.makeField(id, name)));
    this.root.replaceChildren(head, ...FIRST.filter((name) => name in this.fields).map((name) => this.makeField(id, name)), more);
  }

  /** @param {string} id @param {string} name */
  makeField(id, name) {
    const {own, empty} = unwrap(this.fields[name]);
    const set = (/** @type {unknown} */ value) => this.app.setField(id, name, value);
    const field = makeField(this.app, name, own, empty, set);
    field.root.dataset.field = name;
    this.setters.set(name, field.show);
    return field.root;
  }

  refreshCounts() {
    const index = this.app.editor.state.palette.brushes.findIndex(({id}) => id === this.shown);
    const count = this.app.verdict?.tokens?.brushes?.[index];
    const place = this.root.querySelector('[data-field="prompt"] .rd-count');
    if (place) place.textContent = count ? `${count.count} / ${count.limit}` : '';
  }

  /** @param {string} name */
  focus(name) {
    const field = /** @type {HTMLElement | null} */ (this.root.querySelector(`[data-field="${CSS.escape(name)}"]`));
    const folded = field?.closest('details');
    if (folded) folded.open = true;
    const control = /** @type {HTMLElement | null} */ (field?.querySelector('textarea, input, button, select'));
    control?.focus();
    field?.scrollIntoView({block: 'nearest'});
  }
}

let last = 0;

/**
 * A control for a field of a schema: it tells its value, and shows one that it is given.
 * @param {App} app @param {string} name @param {Field} field @param {boolean} empty whether it may be left out @param {(value: unknown) => void} set
 * @returns {{root: HTMLElement, show: (value: unknown) => void}}
 */
export function makeField(app, name, field, empty, set) {
  const {page} = app;
  const id = `rd-field-${(last += 1)}`;
  const label = labelOf(name);
  const make_ = field.enum ? makeChoice : field.type === 'number' || field.type === 'integer' ? makeNumber : field.type === 'boolean' ? makeTick : field.type === 'string' ? makeText : makeData;
  const {control, show} = make_(app, id, field, empty, set, label);
  const long = field.type === 'string' && (field.maxLength ?? 0) > 1000;
  const root = make(page, 'div', {class: `rd-field${long ? ' rd-long prompt' : ''}`, title: field.description}, make(page, 'label', {for: id, id: `${id}-label`, class: name === 'prompt' || name === 'kind' ? 'rd-only-read' : ''}, label), control);
  return {root, show};
}

/** @typedef {(app: App, id: string, field: Field, empty: boolean, set: (value: unknown) => void, label: string) => {control: HTMLElement, show: (value: unknown) => void}} Maker */

/** @type {Maker} */
function makeText(app, id, field, empty, set, label) {
  const long = (field.maxLength ?? 0) > 1000;
  const tell = () => set(empty && !control.value ? undefined : control.value);
  const properties = {id, maxLength: field.maxLength ?? -1, placeholder: empty ? app.say('field.same') : label, input: tell, blur: () => app.editor.seal()};
  const control = long ? make(app.page, 'textarea', {...properties, rows: 2}) : make(app.page, 'input', {...properties, type: 'text'});
  const show = (/** @type {unknown} */ value) => {
    const text = String(value ?? '');
    if (control.value !== text) control.value = text;
  };
  return {control: long ? make(app.page, 'div', {class: 'rd-area'}, control, make(app.page, 'span', {class: 'rd-count', 'aria-hidden': 'true'})) : control, show};
}

/** @type {Maker} */
function makeNumber(app, id, field, empty, set, label) {
  const {page} = app;
  const least = field.minimum ?? Number.MIN_SAFE_INTEGER;
  const most = field.maximum ?? Number.MAX_SAFE_INTEGER;
  const whole = field.type === 'integer' || most - least > 100;
  const number = make(page, 'input', {id, type: 'number', min: String(least), max: String(most), step: whole ? (field.type === 'integer' ? '1' : 'any') : '0.05', placeholder: empty ? app.say('field.same') : '', inputMode: 'decimal'});
  const slides = Number.isFinite(field.minimum) && most <= 1024 && !empty;
  const top = most > 100 ? 64 : most;
  const slider = slides ? make(page, 'input', {type: 'range', min: String(least), max: String(top), step: whole ? '1' : '0.05', 'aria-label': label, tabIndex: -1, input: () => tell(slider?.value ?? '')}) : null;
  const tell = (/** @type {string} */ text) => {
    if (text === '') return set(empty ? undefined : field.default);
    const value = Math.min(most, Math.max(least, Number(text)));
    if (Number.isFinite(value)) set(field.type === 'integer' ? Math.round(value) : value);
  };
  number.addEventListener('input', () => number.validity.valid && tell(number.value));
  number.addEventListener('change', () => (tell(number.value), app.editor.seal()));
  const show = (/** @type {unknown} */ value) => {
    const now = value ?? (empty ? '' : (field.default ?? ''));
    if (page.activeElement !== number) number.value = String(now);
    if (slider) slider.value = String(now);
  };
  return {control: make(page, 'div', {class: 'rd-number'}, slider, number), show};
}

/** @type {Maker} */
function makeChoice(app, id, field, _empty, set, label) {
  const {page} = app;
  const buttons = (field.enum ?? []).map((value, index) =>
    make(page, 'button', {id: index ? null : id, type: 'button', role: 'radio', 'data-value': value, title: helpOf(value), click: () => set(value)}, labelOf(value)),
  );
  const control = make(page, 'div', {class: 'rd-segments', role: 'radiogroup', 'aria-label': label}, ...buttons);
  control.addEventListener('keydown', (event) => {
    const step = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1}[event.key];
    if (!step) return;
    event.preventDefault();
    const at = buttons.findIndex((button) => button.getAttribute('aria-checked') === 'true');
    const next = buttons[(at + step + buttons.length) % buttons.length];
    next.click();
    next.focus();
  });
  const show = (/** @type {unknown} */ value) => {
    for (const button of buttons) {
      const on = button.dataset.value === (value ?? field.default);
      button.setAttribute('aria-checked', String(on));
      button.tabIndex = on ? 0 : -1;
    }
  };
  return {control, show};
}

/** @type {Maker} */
function makeTick(app, id, field, _empty, set) {
  const control = make(app.page, 'input', {id, type: 'checkbox', change: () => set(control.checked)});
  return {control, show: (value) => (control.checked = Boolean(value ?? field.default))};
}

/** What has no control of its own is shown and changed as JSON. @type {Maker} */
function makeData(app, id, _field, _empty, set) {
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
  return {control, show: (value) => app.page.activeElement !== control && (control.value = value === undefined ? '' : JSON.stringify(value))};
}
