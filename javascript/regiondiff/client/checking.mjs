// Checking: what the server says of the palette as it is now, and whether it answers at all.

import {isGone} from '../page/later.mjs';

/** @import {App} from '../page/app.mjs' */
/** @import {State} from '../document/types.d.ts' */
/** @typedef {{path?: string, message: string, level: string, brush?: string}} Notice */
/** @typedef {{count: number, limit: number}} Tokens */
/**
 * @typedef {object} Verdict what the server said, by the ids of brushes
 * @property {boolean} sound whether it can be drawn
 * @property {Notice[]} notices the worst first
 * @property {Record<string, Notice & {count: number}>} badges
 * @property {Record<string, number>} shares
 * @property {Record<string, Tokens>} tokens
 * @property {Tokens | null} background
 * @property {string} cost in words
 * @property {string} auto what `auto` becomes, in words
 */

const DELAY = 300; // milliseconds without a change after which the server looks at the palette
/** Of an empty page. @type {Verdict} */
const NOTHING = {sound: true, notices: [], badges: {}, shares: {}, tokens: {}, background: null, cost: '', auto: ''};
const RETRY = 2000; // milliseconds until a server that did not answer is asked again

export class Checking {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Verdict | null} */
    this.verdict = null;
    this.online = true;
    this.timer = 0;
    this.asked = 0;
  }

  later(delay = DELAY) {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.check(), delay);
  }

  async check() {
    const {app} = this;
    if (app.editor.session) return this.later();
    const number = (this.asked += 1);
    const before = this.online;
    try {
      const found = before && isEmpty(app.editor.state) ? NOTHING : await (await import('./verdict.mjs')).ask(app);
      if (number !== this.asked) return;
      this.verdict = found;
      this.online = true;
    } catch (error) {
      if (number !== this.asked) return;
      this.online = !isGone(error);
      if (this.online) this.verdict = {...NOTHING, sound: false, notices: [{level: 'error', message: /** @type {Error} */ (error).message}]};
      else this.later(RETRY);
    }
    app.checked();
    if (this.online && !before) app.cameBack();
  }

  /** Something could not be had of the server: ask whether it answers. */
  isGone() {
    this.online = false;
    this.app.status.refresh();
    this.later();
  }

  stop() {
    clearTimeout(this.timer);
    this.asked += 1;
  }
}

/** Whether nothing is said or painted yet, so that there is nothing to remark on. @param {State} state */
function isEmpty({palette: {brushes, background, init}, colour}) {
  return !brushes.length && !background.prompt?.trim() && !background.image && !init && !colour.tiles.size;
}
