// The tab's panels of settings: those that the WebUI has are its own, shown and set here as there.

import {makeField} from '../panel/fields.mjs';
import {RunPanel} from '../panel/run_panel.mjs';
import {WholePicture} from '../panel/whole.mjs';
import {make} from '../stage/bars/dom.mjs';

/** @import {App} from '../page/app.mjs' */
/** @import {Field} from '../panel/fields.mjs' */
/** @import {Palette} from '../document/types.d.ts' */
/** @import {TabApp} from './tab_app.mjs' */

/** The numbers that count, as the hosts bound them. @type {Readonly<Record<string, Field>>} */
const NUMBERS = {
  steps: {type: 'integer', minimum: 1, maximum: 150, default: 20},
  cfg_scale: {type: 'number', minimum: 1, maximum: 30, default: 7},
  seed: {anyOf: [{type: 'integer', minimum: -1, maximum: 2 ** 53 - 1}, {type: 'null'}]},
  batch_count: {type: 'integer', minimum: 1, maximum: 100, default: 1},
  batch_size: {type: 'integer', minimum: 1, maximum: 8, default: 1},
};
const LISTS = ['sampling', 'scheduler'];
/** Words of the palette and the fields of the WebUI that they stand for. @type {Readonly<Record<string, string>>} */
const TEXTS = {prompt: 'prompt', negative: 'neg_prompt'};

/** What txt2img adds to a picture beside what the tab shows: hires fix, a script, styles. @param {Document} page */
function listAlso(page) {
  const hires = /** @type {HTMLInputElement | null} */ (page.querySelector('#txt2img_hr-visible-checkbox'))?.checked ? ['hires fix'] : [];
  const script = /** @type {HTMLInputElement | null} */ (page.querySelector('#tab_txt2img #script_list input'))?.value ?? '';
  const styles = [...page.querySelectorAll('#txt2img_styles .token')].map((each) => (each.textContent ?? '').trim());
  return [...hires, ...(script && script !== 'None' ? [script] : []), ...styles].filter(Boolean);
}

/** @param {App} app */
function controlsOf(app) {
  return /** @type {TabApp} */ (/** @type {unknown} */ (app)).controls;
}

export class TabRun extends RunPanel {
  /** @param {App} app @param {{properties: Record<string, Field>}} schema */
  constructor(app, schema) {
    super(app, schema);
    const {page, say} = app;
    this.more.querySelector('summary')?.replaceChildren(say('tab.more'));
    this.also = make(page, 'p', {class: 'rd-note rd-also', role: 'status', hidden: true});
    this.more.before(this.also);
  }

  refresh() {
    super.refresh();
    const found = listAlso(this.app.page);
    this.also.textContent = this.app.say('tab.also', {what: found.join(', ')});
    this.also.hidden = !found.length;
  }

  /** @param {string} name */
  has(name) {
    return name !== 'sampler' && super.has(name);
  }

  makeFirst() {
    const controls = controlsOf(this.app);
    const lists = LISTS.filter((name) => controls.has(name)).map((name) => this.makeList(name));
    return [...lists, ...Object.keys(NUMBERS).filter((name) => controls.has(name)).map((name) => this.makeNumber(name))];
  }

  /** @param {string} name */
  makeList(name) {
    const controls = controlsOf(this.app);
    const {root, show} = makeField(this.app, name, {enum: controls.listChoices(name)}, (value) => this.app.guard(() => controls.choose(name, String(value))));
    this.shows.push(() => show(controls.read(name)));
    return root;
  }

  /** @param {string} name */
  makeNumber(name) {
    const controls = controlsOf(this.app);
    const random = name === 'seed';
    const {root, show} = makeField(this.app, name, NUMBERS[name], (value) => {
      controls.write(name, random && value === undefined ? -1 : Number(value));
      this.app.checking.later();
    });
    if (random) root.querySelector('input')?.setAttribute('placeholder', this.app.say('run.chance'));
    this.shows.push(() => show(random && controls.read(name) === '-1' ? undefined : Number(controls.read(name))));
    return root;
  }
}

export class TabWhole extends WholePicture {
  /** @param {string} name @param {Field} field @param {(palette: Palette) => Record<string, unknown>} find what has the field */
  makeField(name, field, find) {
    const at = TEXTS[name];
    const controls = controlsOf(this.app);
    if (!at || !controls.has(at)) return super.makeField(name, field, find);
    const own = () => find(this.app.editor.state.palette)[name];
    const {root, show} = makeField(this.app, name, {...field, anyOf: undefined, type: 'string', maxLength: 10_000}, (value) => {
      if (own()) this.app.editor.change(name, (palette) => void (find(palette)[name] = value ?? ''), {merge: `whole ${name}`});
      else this.write(at, String(value ?? ''));
    });
    const text = root.querySelector('textarea');
    this.shows.push(() => text !== this.app.page.activeElement && show(own() || controls.read(at)));
    return root;
  }

  /** @param {string} at @param {string} text */
  write(at, text) {
    controlsOf(this.app).write(at, text);
    this.app.checking.later();
    this.app.keeper.later();
  }
}
