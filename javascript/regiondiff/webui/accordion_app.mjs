// The surface inside a WebUI's accordion: the same document, tools and brushes as on our own page, with the WebUI around them.

import '../strings_later.mjs';
import '../strings_webui.mjs';
import {sort} from '../client/verdict.mjs';
import {emptyState} from '../document/state.mjs';
import {Keeper} from '../keeping/keeper.mjs';
import {keepPreferences} from '../keeping/preferences.mjs';
import {isGone} from '../page/later.mjs';
import {runCommand} from '../page/commands.mjs';
import {Shortcuts} from '../page/shortcuts.mjs';
import {Workbench} from '../page/workbench.mjs';
import {BrushList} from '../panel/brush_list.mjs';
import {Inspector} from '../panel/inspector.mjs';
import {make} from '../stage/bars/dom.mjs';
import {mountStage} from '../stage/stage.mjs';
import {findAsker} from './asking.mjs';
import {Below} from './below.mjs';
import {Dock} from './dock.mjs';
import {Failures} from './failures.mjs';
import {Frame} from './frame.mjs';
import {Links} from './links.mjs';
import {Mailbox} from './mailbox.mjs';
import {Prompts} from './prompts.mjs';
import {bringBackNewest} from './restoring.mjs';
import {Rivals} from './rivals.mjs';
import {makeStart} from './start.mjs';
import {Typed} from './typed.mjs';
import {Views} from './views.mjs';

/** @import {App, Picture} from '../page/app.mjs' */
/** @import {Change} from '../document/types.d.ts' */
/** @import {Verdict} from '../client/checking.mjs' */
/** @import {HostTab} from './host_tab.mjs' */
/** @typedef {'palette' | 'typed' | 'strange'} Kind what the palette's text is: one that is painted, regions of the prompt, or neither */
/** @typedef {{version: string, schema: any, presets: {name: string, palette: any}[], typed: {split: string[], layout: string[]}, limits: {bytes: number}, language: string, rivals: import('./rivals.mjs').Rival[]}} Start */

export class AccordionApp extends Workbench {
  /** @param {HTMLElement} root @param {HostTab} tab @param {Start} start */
  constructor(root, tab, start) {
    super(root, () => emptyState(tab.size ?? undefined));
    this.tab = tab;
    this.start_ = start;
    this.services = {key: tab.name, schema: start.schema, apart: true};
    this.about = {limits: start.limits};
    this.client = {upload: () => Promise.reject(new Error(this.say('webui.picture')))};
    this.count = 1;
    /** @type {Verdict | null} */
    this.verdict = null;
    /** @type {Kind} */
    this.kind = 'palette';
    // What pages of our own have beside: the WebUI draws, and shows its pictures itself.
    this.drawing = {job: null, shown: null, pictures: /** @type {Picture[]} */ ([]), toggle: () => this.generate(), bringBack: async () => {}, show: () => {}};
    this.status = {refresh: () => {}};
    this.sheets = {open: () => {}, close: () => {}};
    const page = this.asPage();
    this.shortcuts = new Shortcuts(page, this.preferences.keys ?? {});
    this.keeper = new Keeper(page);
    this.list = new BrushList(page);
    this.inspector = new Inspector(page, start.schema.properties.brushes.items.properties);
    this.mailbox = new Mailbox(this, tab);
    this.asker = findAsker(tab.accordion);
    this.links = new Links(this);
    this.typed = new Typed(this, this.asker);
    this.views = new Views(this);
    this.dock = new Dock(this);
    this.failures = new Failures(this);
    this.rivals = new Rivals(this, start.rivals);
    this.prompts = new Prompts(this, tab);
    this.holder = make(this.page, 'div', {class: 'rd-canvas-holder'});
    root.classList.add('rd-app', 'rd-webui');
    this.stage = mountStage(this.holder, this.editor, this.makeServices());
    this.below = new Below(this);
    this.frame = new Frame(this);
    this.listen();
  }

  /** As parts of our own page see it, of which they use what is here. @returns {App} */
  asPage() {
    return /** @type {App} */ (/** @type {unknown} */ (this));
  }

  /** What the surface asks. @returns {import('../stage/types.d.ts').Services} */
  makeServices() {
    return {
      say: this.say,
      selection: this.selection,
      focusPrompt: (id) => this.focusPrompt(id, true),
      brushState: (id) => this.brushState(id),
      takeFiles: (files, zone) => void this.withDocuments('takeFiles', files, zone),
      settings: this.preferences.stage ?? {tool: 'rectangle', previous: 'brush'},
      keepSettings: (values) => {
        this.preferences.stage = {...values};
        this.keepPreferences();
      },
      findCommand: (press) => this.shortcuts.findOnStage(press),
      keyOf: (command) => this.keyOf(command),
      startActions: makeStart(this),
    };
  }

  listen() {
    const {signal} = this.stopper;
    const ends = [this.editor.on((change) => this.changed(change)), this.selection.on(() => this.refresh())];
    signal.addEventListener('abort', () => ends.forEach((end) => end()));
    this.root.addEventListener('keydown', (event) => this.press(event), {signal});
    this.root.addEventListener('paste', (event) => this.paste(event), {signal});
    this.root.addEventListener('pointerenter', () => void Promise.all([this.inspector.open(), this.list.open()]), {signal, once: true}); // there when the pen is lifted
    this.mailbox.listen(signal);
    for (const part of [this.below, this.links, this.dock, this.failures, this.rivals, this.prompts]) part.listen(signal);
    this.tab.tick.addEventListener('input', () => (this.rivals.later(), this.keeper.later()), {signal});
  }

  /** What is in the palette's text, else in that of another tab, else what this tab had before the page was loaded. */
  async start() {
    if (!this.tab.text.trim()) this.tab.text = this.links.findText();
    if (!this.tab.text.trim()) await bringBackNewest(this);
    const restored = this.editor.state.palette.brushes.length > 0;
    if (restored && !this.tab.text.trim()) await this.mailbox.write();
    this.mailbox.look();
    await this.mailbox.busy;
    this.refresh();
    this.judged();
  }

  /** Take the surface off the page. */
  destroy() {
    this.stopper.abort();
    this.mailbox.stop();
    this.keeper.stop();
    this.stage.destroy();
    this.root.replaceChildren();
  }

  /** @param {Change} change */
  changed(change) {
    super.changed(change);
    if (this.editor.session || this.mailbox.taking) return;
    if (change.size) this.tab.resize(this.editor.size);
    const painted = change.masks || !Object.keys(change).length;
    if (painted) this.tab.turn(this.editor.state.palette.brushes.length > 0);
    this.setKind('palette');
    this.failures.forget();
    void this.mailbox.write();
  }

  refresh() {
    super.refresh();
    this.frame?.refresh();
    this.below?.later();
  }

  /** The WebUI has looked at the palette. */
  judged() {
    const said = /** @type {HTMLElement | null} */ (this.tab.preview.querySelector('[data-verdict]'))?.dataset.verdict;
    const data = said ? JSON.parse(said) : null;
    this.verdict = this.failures.mark(data && sort(this.asPage(), data, data.ids));
    this.list.refresh();
    this.inspector.refreshCounts();
    this.frame.judged(data?.shares?.[0] ?? 1);
  }

  /** What is kept beside the document. */
  more() {
    return {on: this.tab.isOn};
  }

  /** @param {{on?: boolean}} more */
  takeMore({on}) {
    if (on !== undefined) this.tab.turn(on);
  }

  /** @param {Kind} kind */
  setKind(kind) {
    this.kind = kind;
    this.frame?.refresh();
  }

  /** The palette's text is another one. */
  takeText() {
    this.views?.refresh();
  }

  /** @param {unknown} error */
  fail(error) {
    if (isGone(error)) this.tell(this.say('server.gone'));
    else super.fail(error);
  }

  /** @param {string} text @param {Parameters<Workbench['tell']>[1]} [how] */
  tell(text, how) {
    super.tell(text, how);
    this.dock.show('regions'); // that it is read
  }

  /** @param {string | null} id @param {boolean} [fresh] whether it has just been painted */
  focusPrompt(id, fresh = false) {
    if (id !== null && id !== this.selection.get()) this.selection.set(id);
    this.inspector.refresh();
    this.inspector.focusPrompt(fresh);
  }

  /** Go to the field that a badge means. @param {{path?: string, brush?: string}} notice */
  async jumpTo(notice) {
    await (await import('../page/jump.mjs')).jumpTo(this.asPage(), notice);
  }

  /** Draw, once all that was done is in the palette's text. */
  async generate() {
    this.editor.seal();
    await this.mailbox.write();
    this.frame.leaveWindow();
    this.tab.generate();
  }

  /** @param {string} command */
  run(command) {
    return command === 'view.window' ? this.frame.toggleWindow() : runCommand(this.asPage(), command);
  }

  /** @param {string} command */
  keyOf(command) {
    return this.shortcuts.keyOf(command);
  }

  /** Keys that are ours do not reach the WebUI's own. @param {KeyboardEvent} event */
  press(event) {
    this.shortcuts.press(event);
    if (event.defaultPrevented) event.stopPropagation();
  }

  keepPreferences() {
    keepPreferences({...this.preferences, keys: this.shortcuts.own});
  }
}
