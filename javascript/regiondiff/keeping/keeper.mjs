// The keeper: has each change kept, and what was kept brought back when the page opens; the database is loaded with the first of them.

import {loadOnce} from '../page/later.mjs';

/** @import {App} from '../page/app.mjs' */
/** @import {Autosave, Status} from './autosave.mjs' */

/** Name of the mark that there may be something to bring back. */
export const FLAG = 'regiondiff kept';

export class Keeper {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.open = loadOnce(() => import('./work.mjs').then(({makeAutosave}) => (this.autosave = makeAutosave(this))));
    /** @type {Autosave | null} */
    this.autosave = null;
    /** @type {Status | null} */
    this.status = null;
  }

  /** Bring back what this page, or the last one that was closed, had. */
  async restore() {
    if (!wasKept()) return;
    const autosave = await this.open();
    await (await import('./work.mjs')).bringBack(this.app, autosave);
  }

  async later() {
    const autosave = await this.open();
    await autosave.begin();
    autosave.later();
  }

  stop() {
    this.autosave?.stop();
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
