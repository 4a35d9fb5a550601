// The app: one document, its surface and panels, and what they do together. Several may be on one page.

import {Checking} from '../client/checking.mjs';
import {Drawing} from '../client/drawing.mjs';
import {emptyState} from '../document/state.mjs';
import {Keeper} from '../keeping/keeper.mjs';
import {keepPreferences} from '../keeping/preferences.mjs';
import {BrushList} from '../panel/brush_list.mjs';
import {Inspector} from '../panel/inspector.mjs';
import {RunPanel} from '../panel/run_panel.mjs';
import {WholePicture} from '../panel/whole.mjs';
import {make} from '../stage/bars/dom.mjs';
import {mountStage} from '../stage/stage.mjs';
import {say} from '../strings.mjs';
import {Bar} from './bar.mjs';
import {runCommand} from './commands.mjs';
import {isGone} from './later.mjs';
import {Sheets} from './sheets.mjs';
import {Shortcuts} from './shortcuts.mjs';
import {makeStageServices} from './stage_services.mjs';
import {Status} from './status.mjs';
import {Workbench} from './workbench.mjs';

/** @import {State} from '../document/types.d.ts' */
/** @import {Job, ServerClient} from '../client/server_client.mjs' */
/** @typedef {{id: string, seed: number, palette: any, blob: Blob, address: string, state: State | null, image: ImageBitmap}} Picture */
/** @typedef {{client: ServerClient, about: any, schema: any, key?: string, alone?: boolean, apart?: boolean, parts?: Partial<typeof PARTS>}} Services
 * `alone`: nothing else is on the page; `apart`: what another page has open is not copied; `parts` of others take the place of our own */

/** What a host of the app may have in a way of its own. */
const PARTS = {Bar, Drawing, RunPanel, Status, WholePicture};

/** Put the app into an element. @param {HTMLElement} root @param {Services} services */
export async function mount(root, services) {
  const app = new App(root, services);
  await app.start();
  return app;
}

export class App extends Workbench {
  /** @param {HTMLElement} root @param {Services} services */
  constructor(root, services) {
    super(root, () => makeEmpty(services.about));
    const {client, about, schema} = services;
    const parts = {...PARTS, ...services.parts};
    this.services = services;
    this.client = client;
    this.about = about;
    this.key = services.key ?? 'page';
    this.count = 1;
    this.shortcuts = new Shortcuts(this, this.preferences.keys ?? {});
    this.drawing = new parts.Drawing(this);
    this.checking = new Checking(this);
    this.keeper = new Keeper(this);
    this.status = new parts.Status(this);
    this.whole = new parts.WholePicture(this, schema);
    this.list = new BrushList(this);
    this.inspector = new Inspector(this, schema.properties.brushes.items.properties);
    const holder = make(this.page, 'main', {class: 'rd-canvas-holder', 'aria-label': say('stage.surface')});
    this.stage = mountStage(holder, this.editor, makeStageServices(this));
    this.bar = new parts.Bar(this);
    this.run_ = new parts.RunPanel(this, schema);
    this.sheets = new Sheets(this);
    root.classList.add('rd-app');
    const left = make(this.page, 'div', {class: 'rd-left'}, this.whole.root, this.list.root, this.inspector.root);
    root.replaceChildren(this.bar.root, left, holder, this.run_.root, this.status.root, this.toasts.root);
    this.listen();
  }

  // what others ask

  /** @returns {import('../client/checking.mjs').Verdict | null} */
  get verdict() {
    return this.checking.verdict;
  }

  /** @returns {Job | null} the job that runs */
  get job() {
    return this.drawing.job;
  }

  /** @returns {Picture[]} the last pictures, the newest first */
  get pictures() {
    return this.drawing.pictures;
  }

  /** The palette as it would be drawn. */
  async readPalette() {
    return (await (await import('../client/sent.mjs')).readSent(this)).palette;
  }

  // changes

  listen() {
    const {signal} = this.stopper;
    const ends = [this.editor.on((change) => this.changed(change)), this.selection.on(() => this.refresh()), this.stage.settings.on(() => this.bar.refresh())];
    signal.addEventListener('abort', () => ends.forEach((end) => end()));
    const keys = this.services.alone ? this.page : this.root;
    keys.addEventListener('keydown', (event) => this.shortcuts.press(/** @type {KeyboardEvent} */ (event)), {signal});
    this.root.addEventListener('pointerdown', () => void this.prepare(), {signal, once: true, capture: true});
    if (this.services.alone) addEventListener('unhandledrejection', (event) => isGone(event.reason) && (event.preventDefault(), this.tellGone()), {signal});
    keys.addEventListener('paste', (event) => this.paste(/** @type {ClipboardEvent} */ (event)), {signal});
  }

  /** Load what the first stroke needs, so that it is there when the pen is lifted; then what saves and draws, should the server go. */
  async prepare() {
    await Promise.all([this.inspector.open(), this.list.open()]);
    await Promise.all([import('../files/documents.mjs'), import('../client/job.mjs'), import('./jump.mjs')]).catch(() => {}); // told when they are wanted
  }

  async start() {
    await this.keeper.restore();
    this.refresh();
    await this.checking.check();
  }

  /** Take the app off the page. */
  destroy() {
    this.stopper.abort();
    this.keeper.stop();
    this.checking.stop();
    this.drawing.stop();
    this.stage.destroy();
    this.root.replaceChildren();
  }

  /** @param {import('../document/types.d.ts').Change} change */
  changed(change) {
    super.changed(change);
    if (!this.editor.session) this.checking.later();
  }

  refresh() {
    super.refresh();
    this.bar.refresh();
    this.whole.refresh();
    this.run_.refresh();
    this.sheets.refresh();
    this.drawing.showBackground();
  }

  /** The server has looked at the palette. */
  checked() {
    this.list.refresh();
    this.whole.refreshCount();
    this.inspector.refreshCounts();
    this.run_.refreshVerdict();
    this.status.refresh();
  }

  // brushes

  /** @param {string | null} id @param {boolean} [fresh] whether it has just been painted */
  focusPrompt(id, fresh = false) {
    if (id !== null && id !== this.selection.get()) this.selection.set(id);
    this.inspector.refresh();
    this.sheets.open('inspector');
    this.inspector.focusPrompt(fresh);
  }

  /** Go to the field that a notice or badge means. @param {{path?: string, brush?: string}} notice */
  async jumpTo(notice) {
    await (await import('./jump.mjs')).jumpTo(this, notice);
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

  /** @param {unknown} error */
  fail(error) {
    if (isGone(error)) this.tellGone();
    else super.fail(error);
  }

  tellGone() {
    this.tell(say('server.gone'), {topic: 'gone'});
    this.checking.isGone();
  }

  /** The server answers again: what could not be loaded comes now. */
  cameBack() {
    this.toasts.clear('gone');
    this.refresh();
    if (this.editor.canUndo) this.keeper.later();
  }

  keepPreferences() {
    keepPreferences({...this.preferences, keys: this.shortcuts.own});
  }
}

/** A document as the server wants it to begin. @param {any} about @returns {State} */
function makeEmpty({defaults: {width, height, steps, guidance, sampler, palette: own = {}}}) {
  const state = emptyState({width, height});
  const background = {...state.palette.background, ...own.background};
  return {...state, palette: {...own, ...state.palette, steps, guidance, sampler, background}};
}
