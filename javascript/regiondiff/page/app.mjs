// The app: one document, its surface and panels, and what they do together. Several may be on one page.

import {Editor} from '../document/editor.mjs';
import {emptyState} from '../document/state.mjs';
import {make} from '../stage/bars/dom.mjs';
import {createSelection} from '../stage/bench.mjs';
import {mountStage} from '../stage/stage.mjs';
import {say} from '../strings.mjs';
import {Autosave} from './autosave.mjs';
import {Bar} from './bar.mjs';
import {BrushList} from './brush_list.mjs';
import {runCommand, runOnBrush} from './commands.mjs';
import {Drawing} from './drawing.mjs';
import {Inspector} from './inspector.mjs';
import {keepPreferences, readPreferences} from './preferences.mjs';
import {RunPanel} from './run_panel.mjs';
import {Shortcuts} from './shortcuts.mjs';
import {makeStageServices, makeStatus} from './stage_services.mjs';
import {WholePicture} from './whole.mjs';

/** @import {Brush, State} from '../document/types.d.ts' */
/** @import {ServerClient, Job} from './server_client.mjs' */
/** @typedef {{id: string, seed: number, palette: any, address: string, state: State, image: ImageBitmap}} Picture */
/** @typedef {{client: ServerClient, about: any, schema: any, key?: string}} Services */

const CHECK_DELAY = 350; // milliseconds without a change after which the server looks at the palette
let count = 0;

/** Put the app into an element. @param {HTMLElement} root @param {Services} services */
export async function mount(root, services) {
  const app = new App(root, services);
  await app.start();
  return app;
}

export class App {
  /** @param {HTMLElement} root @param {Services} services */
  constructor(root, {client, about, schema, key}) {
    this.root = root;
    this.page = root.ownerDocument;
    this.client = client;
    this.about = about;
    this.say = say;
    this.key = String((count += 1));
    this.selection = createSelection();
    this.editor = new Editor(this.makeEmpty());
    /** @type {Map<string, {hidden?: boolean, locked?: boolean}>} */
    this.states = new Map();
    /** @type {any} what the server said of the palette */
    this.verdict = null;
    this.count = 1;
    this.preferences = readPreferences();
    this.shortcuts = new Shortcuts(this, this.preferences.keys ?? {});
    this.drawing = new Drawing(this);
    this.checkTimer = 0;
    this.asked = 0;
    this.whole = new WholePicture(this, schema);
    this.list = new BrushList(this);
    this.inspector = new Inspector(this, schema.properties.brushes.items.properties);
    this.status = makeStatus(this);
    this.toasts = make(this.page, 'div', {class: 'rd-toasts', role: 'alert'});
    const holder = make(this.page, 'main', {class: 'rd-canvas-holder', 'aria-label': say('stage.surface')});
    this.stage = mountStage(holder, /** @type {any} */ (this.editor), makeStageServices(this));
    this.bar = new Bar(this);
    this.run_ = new RunPanel(this, schema);
    root.classList.add('rd-app');
    const left = make(this.page, 'div', {class: 'rd-left'}, this.whole.root, this.list.root, this.inspector.root);
    root.replaceChildren(this.bar.root, left, holder, this.run_.root, this.status.root, this.toasts);
    this.listen();
    this.autosave = new Autosave({state: () => this.editor.state, more: () => ({count: this.count}), told: (status) => this.showSaved(status), key});
  }

  /** @returns {Job | null} the job that runs */
  get job() {
    return this.drawing.job;
  }

  /** A document as the server wants it to begin. @returns {State} */
  makeEmpty() {
    const {defaults} = this.about;
    const state = emptyState({width: defaults.width, height: defaults.height});
    const own = defaults.palette ?? {};
    const background = {...state.palette.background, ...own.background};
    return {...state, palette: {...own, ...state.palette, steps: defaults.steps, guidance: defaults.guidance, sampler: defaults.sampler, background}};
  }

  listen() {
    this.editor.on((change) => this.changed(change));
    this.selection.on(() => this.refresh());
    this.stage.settings.on(() => this.bar.refresh());
    this.root.addEventListener('keydown', (event) => this.shortcuts.press(event));
    this.page.addEventListener('paste', (event) => this.paste(event));
  }

  async start() {
    const kept = await this.autosave.load();
    if (kept?.state?.palette) this.editor = Object.assign(this.editor, {state: kept.state, steps: [{state: kept.state, label: '', merge: null}], at: 0});
    if (kept) this.changed({size: true, order: true, palette: true});
    this.count = kept?.more?.count ?? 1;
    this.refresh();
    this.check();
  }

  // changes

  /** @param {any} change */
  changed(change) {
    if (change.size || change.order || change.palette || !Object.keys(change).length) this.refresh();
    if (change.size) this.stage.documentChanged(change);
    this.autosave?.later();
    clearTimeout(this.checkTimer);
    this.checkTimer = window.setTimeout(() => this.check(), CHECK_DELAY);
  }

  refresh() {
    const {brushes} = this.editor.state.palette;
    const active = this.selection.get();
    if (active !== null && !brushes.some(({id}) => id === active)) return this.selection.set(brushes.at(-1)?.id ?? null);
    this.bar.refresh();
    this.whole.refresh();
    this.list.refresh();
    this.inspector.refresh();
    this.run_.refresh();
    this.drawing.showBackground();
  }

  /** The palette with its masks. @returns {Promise<unknown>} */
  async readPalette() {
    const {palette, masks, colour} = this.editor.state;
    if (!masks.size && !palette.brushes.length && !colour.tiles.size) return palette;
    const {toPalette} = await import('../document/palette_json.mjs');
    return toPalette(this.editor.state);
  }

  async check() {
    const number = (this.asked += 1);
    try {
      const verdict = await this.client.post('api/check', {palette: await this.readPalette()});
      if (number !== this.asked) return;
      this.verdict = verdict;
      this.status.saved.classList.remove('rd-warning');
    } catch (error) {
      if (number !== this.asked) return;
      this.verdict = {problems: [{path: '', message: error instanceof TypeError ? say('server.gone') : String(/** @type {Error} */ (error).message)}]};
    }
    this.list.refresh();
    this.whole.refresh();
    this.inspector.refresh();
    this.run_.refreshVerdict();
  }

  // brushes

  /** @param {string | null} id @returns {Brush | null} */
  findBrush(id) {
    return this.editor.state.palette.brushes.find((brush) => brush.id === id) ?? null;
  }

  /** @param {string} id */
  brushState(id) {
    return this.states.get(id) ?? {};
  }

  /** @param {string} id @param {{hidden?: boolean, locked?: boolean}} state */
  setBrushState(id, state) {
    this.states.set(id, {...this.brushState(id), ...state});
    this.stage.brushesChanged();
    this.list.refresh();
  }

  /** @param {string} id @param {string} name @param {unknown} value undefined leaves the field out */
  setField(id, name, value) {
    this.editor.change(name, (palette) => {
      const brush = palette.brushes.find((each) => each.id === id);
      if (brush && value === undefined) delete brush[name];
      else if (brush) brush[name] = value;
    }, {merge: `${name} ${id}`});
  }

  addBrush() {
    const id = this.editor.addBrush();
    this.selection.set(id);
    this.stage.bench.made = id; // its first stroke is followed by its prompt
    this.stage.focus();
    return id;
  }

  /** @param {string | null} id */
  focusPrompt(id) {
    if (id !== null && id !== this.selection.get()) this.selection.set(id);
    this.inspector.refresh();
    this.inspector.focus('prompt');
  }

  /** @param {number} by */
  moveActive(by) {
    const ids = this.editor.state.palette.brushes.map(({id}) => id);
    const at = ids.indexOf(this.selection.get() ?? '');
    if (at >= 0 && ids[at + by] !== undefined) this.editor.moveBrush(ids[at], at + by);
  }

  /** @param {string} name @param {string} id */
  runOnBrush(name, id) {
    return runOnBrush(this, name, id);
  }

  /** Go to the field that a notice or badge means. @param {{path?: string, brush?: string}} notice */
  jumpTo({path = '', brush}) {
    const index = /^brushes\[(\d+)\]/.exec(path)?.[1];
    const id = brush ?? (index === undefined ? undefined : this.editor.state.palette.brushes[Number(index)]?.id);
    if (id !== undefined) this.selection.set(id);
    const field = path.split('.').at(-1) ?? '';
    if (id !== undefined) this.inspector.focus(/^[a-z_]+$/.test(field) ? field : 'prompt');
    else /** @type {HTMLElement | null} */ (this.root.querySelector(`[data-field="${CSS.escape(field)}"] :is(input, textarea, select, button)`))?.focus();
  }

  // commands

  /** @param {string} command */
  run(command) {
    return runCommand(this, command);
  }

  /** @param {string} command */
  keyOf(command) {
    return this.shortcuts.keyOf(command);
  }

  /** @param {HTMLElement | null} button */
  openFiles(button) {
    return this.withDocuments('openFileMenu', button);
  }

  /** @param {HTMLElement | null} button */
  openExamples(button) {
    return this.withDocuments('openExamples', button);
  }

  /** Do something whose failure people should read. @param {() => unknown} run */
  async guard(run) {
    try {
      await run();
    } catch (error) {
      this.tell(error instanceof TypeError ? say('server.gone') : /** @type {Error} */ (error).message);
    }
  }

  // documents

  /** @template {keyof typeof import('./documents.mjs')} Name @param {Name} name @param {Parameters<typeof import('./documents.mjs')[Name]> extends [any, ...infer Rest] ? Rest : never} rest */
  async withDocuments(name, ...rest) {
    const documents = await import('./documents.mjs');
    await this.guard(() => /** @type {any} */ (documents[name])(this, ...rest));
  }

  startAnew() {
    this.editor.replace(this.makeEmpty(), 'new');
    this.selection.set(null);
  }

  /** @param {File[]} files @param {'open' | 'background'} zone */
  takeFiles(files, zone) {
    return this.withDocuments('takeFiles', files, zone);
  }

  /** @param {ClipboardEvent} event */
  paste(event) {
    const typing = /** @type {HTMLElement | null} */ (event.target)?.closest?.('input, textarea');
    const files = [...(event.clipboardData?.files ?? [])];
    if (typing || !files.length) return;
    event.preventDefault();
    this.takeFiles(files, files[0].name.endsWith('.json') ? 'open' : 'background');
  }

  /** @param {string | null} url */
  setBackground(url) {
    this.editor.change('background', (palette) => (palette.background.image = url));
  }

  // words

  /** Say something in the place for that; it goes by itself unless it is an error. @param {string} text @param {'error' | 'note'} [level] */
  tell(text, level = 'error') {
    const toast = make(this.page, 'div', {class: `rd-toast rd-${level}`}, make(this.page, 'span', {}, text), make(this.page, 'button', {type: 'button', class: 'rd-button', click: () => toast.remove()}, say('close')));
    this.toasts.replaceChildren(toast);
    if (level === 'note') setTimeout(() => toast.remove(), 4000);
  }

  /** @param {'saved' | 'full' | 'private' | 'elsewhere'} status */
  showSaved(status) {
    this.status.saved.textContent = say(`saved.${status}`);
    this.status.saved.classList.toggle('rd-warning', status !== 'saved');
  }

  keepPreferences() {
    keepPreferences({...this.preferences, keys: this.shortcuts.own});
  }
}
