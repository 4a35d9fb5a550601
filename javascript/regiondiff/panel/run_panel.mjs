// How pictures are drawn, what is to be known before, and the last ones; those and the rarer settings are loaded when they are needed.

import {make} from '../stage/bars/dom.mjs';
import {loadOnce} from '../page/later.mjs';
import {makeField} from './fields.mjs';

/** @import {App} from '../page/app.mjs' */
/** @import {Field} from './fields.mjs' */

const FIRST = ['steps', 'guidance', 'seed'];
/** Fields that stand elsewhere on the page, or that nobody sets by hand. */
const ELSEWHERE = ['version', 'size', 'model', 'background', 'brushes', 'prefix', 'suffix', 'init', 'noise', 'blend', 'attention', ...FIRST];
/** Names that people search for. @type {Readonly<Record<string, {blend: string, attention: string}>>} */
export const METHODS = {
  auto: {blend: 'auto', attention: 'none'},
  MultiDiffusion: {blend: 'average', attention: 'none'},
  'Mixture of Diffusers': {blend: 'mixture', attention: 'none'},
  'Attention Couple': {blend: 'average', attention: 'couple'},
  'Paint with Words': {blend: 'average', attention: 'bias'},
};

export class RunPanel {
  /** @param {App} app @param {{properties: Record<string, Field>}} schema */
  constructor(app, schema) {
    this.app = app;
    this.schema = schema;
    const {page, say} = app;
    /** @type {(() => void)[]} */
    this.shows = [];
    this.loadPictures = loadOnce(() => import('./pictures.mjs').then(({PictureList}) => new PictureList(app, this.pictures)));
    this.more = make(page, 'details', {class: 'rd-settings', toggle: () => this.more.open && this.openMore()}, make(page, 'summary', {}, say('run.more')));
    this.cost = make(page, 'p', {class: 'rd-cost rd-idle', role: 'status', tabIndex: 0});
    this.notices = make(page, 'div', {class: 'rd-remarks', role: 'group', tabIndex: 0, 'aria-label': say('run.notices')});
    this.pictures = make(page, 'div', {class: 'rd-pictures', role: 'group', 'aria-label': say('run.pictures')}, make(page, 'p', {class: 'rd-note'}, say('run.noPictures')));
    this.root = make(page, 'section', {class: 'rd-run', 'aria-label': say('run.title')}, make(page, 'h2', {}, say('run.title')), ...this.makeFirst(), this.makeMethod(), this.more, this.cost, this.notices, make(page, 'h2', {}, say('run.pictures')), this.pictures);
  }

  /** What most people set. @returns {HTMLElement[]} */
  makeFirst() {
    return [...FIRST.map((name) => this.makeField(name)), this.makeCount()];
  }

  /** @param {string} name @param {typeof makeField} [make_] */
  makeField(name, make_ = makeField) {
    const given = name === 'sampler' ? {...this.schema.properties[name], type: undefined, enum: this.app.about.samplers} : this.schema.properties[name];
    const {root, show} = make_(this.app, name, given, (value) => this.set(name, value));
    if (name === 'seed') root.querySelector('input')?.setAttribute('placeholder', this.app.say('run.chance'));
    this.shows.push(() => show(this.app.editor.state.palette[name]));
    return root;
  }

  makeCount() {
    const {app} = this;
    const {root, show} = makeField(app, 'count', {type: 'integer', minimum: 1, maximum: app.about.limits?.count ?? 16, default: 1, description: app.say('run.count.help')}, (value) => {
      app.count = Number(value ?? 1);
      app.keeper.later();
    });
    this.shows.push(() => show(app.count));
    return root;
  }

  makeMethod() {
    const {app} = this;
    const {root, show} = makeField(app, 'method', {enum: [...Object.keys(METHODS), 'mixed'], default: 'MultiDiffusion', description: app.say('run.method.help')}, (value) => {
      const method = METHODS[String(value)];
      if (method) app.editor.change('method', (palette) => void Object.assign(palette, method));
    });
    /** @type {HTMLOptionElement} */ (root.querySelector('option[value="mixed"]')).hidden = true;
    this.shows.push(() => {
      const {blend = 'average', attention = 'none'} = app.editor.state.palette;
      show(Object.keys(METHODS).find((name) => METHODS[name].blend === blend && METHODS[name].attention === attention) ?? 'mixed');
    });
    return root;
  }

  /** The rarer settings, in the schema's order. */
  async openMore() {
    const {makeAnyField} = await import('./rare_fields.mjs');
    if (this.more.children.length > 1) return;
    this.more.append(...Object.keys(this.schema.properties).filter((name) => this.has(name)).map((name) => this.makeField(name, makeAnyField)));
    this.refresh();
  }

  /** Whether a field of the palette is among the rarer settings. @param {string} name */
  has(name) {
    return !ELSEWHERE.includes(name);
  }

  /** @param {string} name @param {unknown} value */
  set(name, value) {
    this.app.editor.change('setting', (palette) => {
      if (value === undefined) delete palette[name];
      else palette[name] = value;
    }, {merge: `setting ${name}`});
  }

  refresh() {
    for (const show of this.shows) show();
    this.refreshVerdict();
  }

  refreshVerdict() {
    const {app} = this;
    const {verdict} = app;
    const {page} = app;
    const said = [verdict?.cost && make(page, 'b', {}, `${verdict.cost[0].toUpperCase()}${verdict.cost.slice(1)}`), verdict?.auto && make(page, 'span', {}, app.say('run.auto', {words: verdict.auto}))];
    const key = JSON.stringify([verdict?.cost, verdict?.auto, verdict?.notices]);
    if (key === this.notices.dataset.key) return;
    this.notices.dataset.key = key;
    this.cost.replaceChildren(...said.filter((each) => each instanceof Node));
    this.cost.classList.toggle('rd-idle', !this.cost.firstChild);
    this.notices.replaceChildren(...(verdict?.notices ?? []).map((notice) => make(page, 'button', {class: `rd-remark rd-${notice.level}`, type: 'button', click: () => app.jumpTo(notice)}, notice.message)));
  }

  async refreshPictures() {
    (await this.loadPictures()).refresh();
  }
}
