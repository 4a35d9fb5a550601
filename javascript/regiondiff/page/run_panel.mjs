// How pictures are drawn, what is to be known before, and the last ones, each with its palette.

import {make} from '../stage/bars/dom.mjs';
import {makeField, unwrap} from './inspector.mjs';
import {makeIcon} from './icons.mjs';
import {labelOf} from './labels.mjs';

/** @import {App, Picture} from './app.mjs' */
/** @import {Field} from './inspector.mjs' */

const FIELDS = ['steps', 'guidance', 'seed'];

export class RunPanel {
  /** @param {App} app @param {{properties: Record<string, Field>}} schema */
  constructor(app, schema) {
    this.app = app;
    const {page, say} = app;
    /** @type {[string, (value: unknown) => void][]} */
    this.shows = [];
    const fields = FIELDS.map((name) => this.makeField(name, schema.properties[name]));
    const count = makeField(app, 'count', {type: 'integer', minimum: 1, maximum: 64, default: 1, description: say('run.count.help')}, false, (value) => (app.count = Number(value ?? 1)));
    count.show(app.count);
    count.root.querySelector('input[type="range"]')?.remove();
    const more = Object.keys(schema.properties).filter((name) => ['sampler', 'blend', 'attention'].includes(name)).map((name) => this.makeField(name, name === 'sampler' ? {enum: app.about.samplers, default: schema.properties.sampler.default, description: schema.properties.sampler.description} : schema.properties[name]));
    this.auto = make(page, 'p', {class: 'rd-note', role: 'status'});
    this.notices = make(page, 'div', {class: 'rd-remarks', role: 'status', 'aria-label': say('run.notices')});
    this.pictures = make(page, 'div', {class: 'rd-pictures', role: 'list', 'aria-label': say('run.pictures')});
    this.root = make(page, 'section', {class: 'rd-run', 'aria-label': say('run.title')}, make(page, 'h2', {}, say('run.title')), ...fields, count.root, make(page, 'details', {}, make(page, 'summary', {}, say('run.more')), ...more), this.auto, this.notices, make(page, 'h2', {}, say('run.pictures')), this.pictures);
  }

  /** @param {string} name @param {Field} given */
  makeField(name, given) {
    const {own, empty} = unwrap(given);
    const choice = own.enum && own.enum.length > 4 ? this.makeSelect(name, own) : null;
    const field = choice ?? makeField(this.app, name, own, empty, (value) => this.set(name, value));
    field.root.querySelector('input[type="range"]')?.remove();
    field.root.dataset.field = name;
    if (empty) field.root.querySelector('input')?.setAttribute('placeholder', this.app.say('run.chance'));
    this.shows.push([name, field.show]);
    return field.root;
  }

  /** @param {string} name @param {Field} field */
  makeSelect(name, field) {
    const {page} = this.app;
    const control = make(page, 'select', {'aria-label': labelOf(name), change: () => this.set(name, control.value)}, ...(field.enum ?? []).map((each) => make(page, 'option', {value: each}, labelOf(each))));
    return {root: make(page, 'div', {class: 'rd-field', title: field.description}, make(page, 'span', {}, labelOf(name)), control), show: (/** @type {unknown} */ value) => (control.value = String(value ?? field.default))};
  }

  /** @param {string} name @param {unknown} value */
  set(name, value) {
    this.app.editor.change('setting', (palette) => {
      if (value === undefined) delete palette[name];
      else palette[name] = value;
    }, {merge: `setting ${name}`});
  }

  refresh() {
    for (const [name, show] of this.shows) show(this.app.editor.state.palette[name]);
    this.refreshVerdict();
  }

  refreshVerdict() {
    const {app} = this;
    const {verdict} = app;
    const parts = verdict?.problems?.length ? [] : [verdict?.cost?.words && app.say('run.cost', {words: verdict.cost.words}), verdict?.auto].filter(Boolean);
    this.auto.textContent = parts.join('. ');
    const all = [...(verdict?.problems ?? []).map((/** @type {any} */ each) => ({...each, level: 'error'})), ...(verdict?.notices ?? [])];
    this.notices.replaceChildren(...all.map((notice) => make(app.page, 'button', {class: `rd-remark rd-${notice.level}`, type: 'button', click: () => app.jumpTo(notice)}, notice.message)));
  }

  refreshPictures() {
    const {app} = this;
    const {page, say} = app;
    const focused = page.activeElement?.closest('.rd-picture')?.getAttribute('data-id');
    this.pictures.replaceChildren(
      ...app.drawing.pictures.map((picture) => {
        const button = (/** @type {string} */ key, /** @type {string} */ icon, /** @type {() => unknown} */ run) => make(page, 'button', {type: 'button', class: 'rd-toggle', title: say(key), 'aria-label': say(key), click: run}, makeIcon(page, icon));
        const look = make(page, 'button', {type: 'button', class: 'rd-look', 'aria-pressed': String(app.drawing.shown === picture), 'aria-label': say('picture.look', {seed: picture.seed}), title: say('picture.look', {seed: picture.seed}), click: (/** @type {MouseEvent} */ event) => (event.altKey ? app.withDocuments('restore', picture) : app.drawing.show(picture))}, make(page, 'img', {src: picture.address, alt: ''}));
        const box = make(page, 'div', {class: 'rd-picture', role: 'listitem', 'data-id': picture.id}, look, make(page, 'span', {class: 'rd-toggles'}, button('picture.restore', 'restore', () => app.withDocuments('restore', picture)), button('picture.download', 'download', () => app.withDocuments('download', picture)), button('picture.copy', 'copy', () => app.withDocuments('copyPicture', picture))));
        return box;
      }),
    );
    if (focused) /** @type {HTMLElement | null} */ (this.pictures.querySelector(`[data-id="${CSS.escape(focused)}"] .rd-look`))?.focus();
  }
}
