// Controls made from a JSON schema: each tells its value, and shows one that it is given. The rarer kinds are in rare_fields.mjs.

import {make} from '../stage/bars/dom.mjs';
import {labelOf} from './labels.mjs';

/** @import {App} from '../page/app.mjs' */
/** @typedef {{type?: string, anyOf?: Field[], enum?: string[], const?: unknown, minimum?: number, maximum?: number, multipleOf?: number, maxLength?: number, description?: string, default?: unknown, properties?: Record<string, Field>, items?: Field}} Field */
/** @typedef {{own: Field, empty: boolean, specials: unknown[]}} Shape what values a field takes: those of `own`, none, and some by name */
/** @typedef {{root: HTMLElement, show(value: unknown): void}} Control */
/** @typedef {{app: App, id: string, name: string, label: string, shape: Shape, set(value: unknown): void}} Wish */
/** @typedef {(page: Document, range: {least: number, most: number, step: number, label: string}, tell: (text: string) => void, app: App) => {root: HTMLElement, show(value: number): void}} Slide */
/** @typedef {(wish: Wish) => {control: HTMLElement, show(value: unknown): void}} Maker */

const LONG = 1000; // letters from which on a text has several lines
let last = 0;

/** What values a field takes. @param {Field} field @returns {Shape} */
export function readShape(field) {
  const choices = field.anyOf?.flatMap((each) => each.anyOf ?? [each]) ?? [field];
  const own = choices.find((each) => each.type !== 'null' && each.const === undefined) ?? choices[0];
  return {
    own: {...own, description: field.description, default: field.default},
    empty: choices.some((each) => each.type === 'null'),
    specials: choices.filter((each) => typeof each.const === 'string').map((each) => each.const),
  };
}

/** @param {App} app @param {string} name @param {Field} field @param {(value: unknown) => void} set undefined leaves the field out @param {(shape: Shape, label: string) => Maker} [choose] @returns {Control} */
export function makeField(app, name, field, set, choose = chooseCommon) {
  const shape = readShape(field);
  const wish = {app, id: `rd-field-${(last += 1)}`, name, label: labelOf(name), shape, set};
  const hidden = name === 'prompt' || name === 'kind'; // what it is, is plain to see
  const {control, show} = choose(shape, hidden ? '' : wish.label)(wish);
  const long = isLong(shape.own);
  const group = control.tagName === 'DETAILS';
  const label = make(app.page, 'label', {for: wish.id, class: hidden ? 'rd-only-read' : ''}, wish.label);
  const root = make(app.page, 'div', {class: `rd-field${long ? ' rd-long prompt' : ''}${group ? ' rd-group' : ''}`, title: field.description, 'data-field': name}, !group && label, control);
  return {root, show};
}

/** The kinds that the page shows at once. @param {Shape} shape @returns {Maker} */
function chooseCommon({own}) {
  if (own.enum) return makeList;
  return own.type === 'string' ? makeText : makeNumber;
}

/** @param {Field} field */
function isLong(field) {
  return field.type === 'string' && (field.maxLength ?? 0) > LONG;
}

/** @type {Maker} */
export function makeText({app, id, name, label, shape: {own, empty}, set}) {
  const {page} = app;
  const control = isLong(own) ? make(page, 'textarea', {rows: 2}) : make(page, 'input', {type: 'text'});
  Object.assign(control, {id, maxLength: own.maxLength ?? -1, placeholder: empty ? app.say('field.same') : name === 'prompt' ? label : ''});
  control.addEventListener('input', () => set(empty && !control.value ? undefined : control.value));
  control.addEventListener('blur', () => app.editor.seal());
  const show = (/** @type {unknown} */ value) => {
    const text = String(value ?? '');
    if (control.value !== text) control.value = text;
  };
  return {control: isLong(own) ? make(page, 'div', {class: 'rd-area'}, control, make(page, 'span', {class: 'rd-count', 'aria-hidden': 'true'})) : control, show};
}

/** @param {Wish} wish @param {Slide} [slide] gives it a slider where its range is small @returns {ReturnType<Maker>} */
export function makeNumber({app, id, label, shape: {own, empty, specials}, set}, slide) {
  const {page} = app;
  const [least, most] = [own.minimum ?? Number.MIN_SAFE_INTEGER, own.maximum ?? Number.MAX_SAFE_INTEGER];
  const step = own.multipleOf ?? (own.type === 'integer' ? 1 : most - least > 10 ? 0.5 : 0.05);
  const free = empty || specials.length > 0;
  const nothing = specials.length ? specials[0] : undefined;
  const number = make(page, 'input', {id, type: 'number', min: String(least), max: String(most), step: own.multipleOf ? String(step) : 'any', placeholder: specials.length ? labelOf(String(specials[0])) : empty ? app.say('field.same') : '', inputMode: 'decimal'});
  const tell = (/** @type {string} */ text) => {
    if (text === '') return set(free ? nothing : own.default);
    const value = Math.min(most, Math.max(least, Number(text)));
    if (Number.isFinite(value)) set(own.type === 'integer' ? Math.round(value) : Number(value.toFixed(4)));
  };
  number.addEventListener('input', () => number.validity.valid && tell(number.value));
  number.addEventListener('change', () => (tell(number.value), app.editor.seal()));
  const slider = slide && !free && Number.isFinite(own.minimum) && most <= 1024 ? slide(page, {least, most: Math.min(most, most > 100 ? 64 : most), step, label}, tell, app) : null;
  const show = (/** @type {unknown} */ value) => {
    const now = specials.includes(value) || value === null || value === undefined ? (free ? '' : (own.default ?? '')) : value;
    if (number.value === '' || Number(number.value) !== Number(now) || now === '') number.value = String(now);
    slider?.show(Number(now));
  };
  return {control: make(page, 'div', {class: 'rd-number'}, slider?.root, number), show};
}

/** Arrows choose among buttons of which one is chosen. @param {HTMLElement} control @param {HTMLElement[]} buttons */
export function listenRadios(control, buttons) {
  control.addEventListener('keydown', (event) => {
    const step = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1}[event.key];
    if (!step || event.altKey) return;
    event.preventDefault();
    const at = buttons.findIndex((button) => button.getAttribute('aria-checked') === 'true');
    const next = buttons[(at + step + buttons.length) % buttons.length];
    next.click();
    next.focus();
  });
}

/** @type {Maker} */
export function makeList({app, id, shape: {own}, set}) {
  const {page} = app;
  const control = make(page, 'select', {id, change: () => set(control.value)}, ...(own.enum ?? []).map((each) => make(page, 'option', {value: each}, labelOf(each))));
  return {control, show: (value) => void (control.value = String(value ?? own.default))};
}
