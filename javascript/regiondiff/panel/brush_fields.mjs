// The fields of the active brush, made from the palette's JSON schema.

import '../strings_later.mjs';
import {make} from '../stage/bars/dom.mjs';
import {makeIcon} from './icons.mjs';
import {makeAnyField} from './rare_fields.mjs';
import {nameOf} from './labels.mjs';

/** @import {App} from '../page/app.mjs' */
/** @import {Field} from './fields.mjs' */

/** Fields that stand elsewhere on the page. */
const ELSEWHERE = ['id', 'name', 'mask', 'colour'];
/** Fields that are always to be seen, in this order. */
const FIRST = ['prompt', 'kind', 'feather'];

export class BrushFields {
  /** @param {App} app @param {Record<string, Field>} fields of a brush, as the schema has them */
  constructor(app, fields) {
    this.app = app;
    const {page, say} = app;
    this.fresh = false;
    /** @type {Map<string, (value: unknown) => void>} */
    this.shows = new Map();
    this.title = make(page, 'h2');
    this.colour = make(page, 'input', {type: 'color', class: 'rd-swatch', 'aria-label': say('field.colour'), title: say('field.colour'), input: () => this.set('colour', this.colour.value), change: () => app.editor.seal()});
    const button = (/** @type {string} */ key, /** @type {string} */ icon, /** @type {(event: MouseEvent) => unknown} */ run) => make(page, 'button', {class: 'rd-button rd-square', type: 'button', title: say(key), 'aria-label': say(key), click: run}, makeIcon(page, icon));
    const head = make(page, 'div', {class: 'rd-head'}, this.colour, this.title, button('menu.duplicate', 'copy', () => app.run('brush.duplicate')), button('menu.remove', 'trash', () => app.run('brush.remove')), button('menu.more', 'more', (event) => app.list.openMenu(event, app.selection.get() ?? '')));
    const rest = Object.keys(fields).filter((name) => !ELSEWHERE.includes(name) && !FIRST.includes(name));
    const make_ = (/** @type {string} */ name) => this.makeField(name, fields[name]);
    const more = make(page, 'details', {}, make(page, 'summary', {}, say('inspector.more')), ...rest.map(make_));
    this.root = make(page, 'div', {class: 'rd-filled', hidden: true}, head, ...FIRST.filter((name) => name in fields).map(make_), more);
    this.prompt = /** @type {HTMLTextAreaElement} */ (this.root.querySelector('[data-field="prompt"] textarea'));
    this.hint = make(page, 'span', {class: 'rd-hint', 'aria-hidden': 'true', hidden: true}, say('inspector.next'));
    this.prompt.after(this.hint);
    this.listen();
  }

  listen() {
    this.root.addEventListener('keydown', (event) => { // after who completes words in the prompt, and takes Tab for that
      if (event.target !== this.prompt || event.defaultPrevented || event.key !== 'Tab' || event.shiftKey || !this.fresh || !this.prompt.value.trim()) return;
      event.preventDefault();
      this.app.beginRegion();
    });
    this.prompt.addEventListener('blur', ({relatedTarget}) => this.leave(relatedTarget));
  }

  /** To the surface from a brush that has just got its words: a shape beside it is the next one. @param {EventTarget | null} to */
  leave(to) {
    const {stage, selection} = this.app;
    if (this.fresh && this.prompt.value.trim() && to === stage.parts.surface) stage.bench.named = selection.get();
    this.setFresh(false);
  }

  /** @param {boolean} fresh whether the brush has just been painted, so that Tab goes on to the next region */
  setFresh(fresh) {
    this.fresh = fresh;
    this.hint.hidden = !fresh;
  }

  /** @param {string} name @param {Field} field */
  makeField(name, field) {
    const {root, show} = makeAnyField(this.app, name, field, (value) => this.set(name, value));
    this.shows.set(name, show);
    return root;
  }

  /** @param {string} name @param {unknown} value */
  set(name, value) {
    const id = this.app.selection.get();
    if (id !== null) this.app.setField(id, name, value);
  }

  refresh() {
    const brush = this.app.findBrush(this.app.selection.get());
    this.root.hidden = !brush;
    if (!brush) return;
    const number = this.app.editor.state.palette.brushes.indexOf(brush) + 1;
    this.title.textContent = this.title.title = `${number} ${nameOf(brush)}`;
    this.colour.value = brush.colour;
    for (const [name, show] of this.shows) show(brush[name]);
    this.refreshCounts();
  }

  refreshCounts() {
    const count = this.app.verdict?.tokens[this.app.selection.get() ?? ''];
    const place = this.root.querySelector('[data-field="prompt"] .rd-count');
    if (place) place.textContent = count ? `${count.count} / ${count.limit}` : '';
  }

  /** @param {boolean} fresh */
  focusPrompt(fresh) {
    this.prompt.focus();
    this.prompt.scrollIntoView({block: 'nearest'});
    this.setFresh(fresh);
  }
}
