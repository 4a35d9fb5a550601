// The keeper: brings back what was kept when the page opens, and has each change kept; the database is loaded with the first of them.

/** @import {App} from '../page/app.mjs' */
/** @import {Autosave, Status} from './autosave.mjs' */

const FLAG = 'regiondiff kept';
const MOST_PICTURES = 12;

export class Keeper {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Promise<Autosave> | null} */
    this.loading = null;
    /** @type {Autosave | null} */
    this.autosave = null;
    /** @type {Status | null} */
    this.status = null;
  }

  open() {
    const {app} = this;
    this.loading ??= import('./autosave.mjs').then(({Autosave}) => (this.autosave = new Autosave({work: () => this.read(), told: (status) => this.told(status), key: app.services.key})));
    return this.loading;
  }

  /** What is kept: the last step, not a stroke that goes on. @returns {import('./slots.mjs').Work} */
  read() {
    const {editor, count, states, drawing, selection} = this.app;
    const pictures = drawing.pictures.slice(0, this.status === 'full' ? 0 : MOST_PICTURES).map(({id, seed, palette, blob}) => ({id, seed, palette, blob}));
    return {state: editor.steps[editor.at].state, more: {count, states: [...states], active: selection.get()}, pictures};
  }

  /** Bring back what this page, or the last one that was closed, had. */
  async restore() {
    if (!wasKept()) return;
    const {app} = this;
    const work = await (await this.open()).load();
    if (!work) return;
    app.count = work.more?.count ?? 1;
    app.states = new Map(work.more?.states ?? []);
    app.editor.restart(work.state);
    app.selection.set(app.findBrush(work.more?.active ?? null)?.id ?? null);
    app.stage.brushesChanged();
    await app.drawing.bringBack(work.pictures);
  }

  async later() {
    const fresh = !this.loading;
    const autosave = await this.open();
    if (fresh && !autosave.slots.slot) await autosave.load();
    autosave.later();
  }

  stop() {
    this.autosave?.stop();
  }

  /** @param {Status} status */
  told(status) {
    const {app} = this;
    const before = this.status;
    if (status === 'copy') return app.tell(app.say('saved.copy'));
    this.status = status;
    if (status === 'saved') setKept();
    else if (before !== status) app.tell(app.say(`saved.${status}.long`), {topic: 'saved', action: {label: app.say('file.saveJson'), run: () => void app.run('file.save')}});
    if (status === 'saved' && before !== 'saved') app.toasts.clear('saved');
    app.status.refresh();
  }
}

/** Whether there may be something to bring back. */
function wasKept() {
  try {
    return localStorage.getItem(FLAG) !== null;
  } catch {
    return true;
  }
}

function setKept() {
  try {
    localStorage.setItem(FLAG, '1');
  } catch {
    // then it is looked for each time
  }
}
