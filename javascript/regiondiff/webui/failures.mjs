// Failures of the WebUI's jobs: what it prints far below comes onto the surface, with a badge on the brush that it is about.

import {describe, findBrush} from '../client/places.mjs';
import {keyed} from '../client/verdict.mjs';

/** @import {AccordionApp} from './accordion_app.mjs' */
/** @import {Verdict} from '../client/checking.mjs' */
/** @typedef {{message: string, path: string, brush: string | undefined}} Failure */

const TOPIC = 'failure';
const SORT = /^\w*(?:Error|Exception): /; // the kind of the error, by which the WebUI begins
const LINE = /^([\w.[\]]+): (expected .*)$/s;
const PREDICTION = /^prediction of (.*) at noise [\d.]+:/s; // of which brushes, by their ids

export class Failures {
  /** @param {AccordionApp} app */
  constructor(app) {
    this.app = app;
    /** @type {Failure[]} */
    this.found = [];
    this.said = '';
  }

  /** Follow what the WebUI says of its jobs. @param {AbortSignal} signal */
  listen(signal) {
    const place = this.app.tab.log;
    if (!place) return;
    const watcher = new MutationObserver(() => this.look());
    watcher.observe(place, {childList: true, subtree: true, characterData: true});
    signal.addEventListener('abort', () => watcher.disconnect());
  }

  look() {
    const said = this.app.tab.log?.querySelector('.error')?.textContent?.trim() ?? '';
    if (said === this.said) return;
    this.said = said;
    this.found = said && this.app.tab.isOn ? readFailures(said, this.app) : [];
    if (this.found.length) this.app.tell(this.found.map(({message}) => message).join('; '), {topic: TOPIC, action: this.findWay()});
    else this.app.toasts.clear(TOPIC);
    this.app.judged();
  }

  /** A button that leads to the brush. */
  findWay() {
    const {app} = this;
    const first = this.found.find(({brush}) => brush !== undefined);
    return first && {label: app.say('webui.failed.show'), run: () => void app.jumpTo(first)};
  }

  /** The palette is another one now: what failed says nothing of it. */
  forget() {
    if (!this.found.length) return;
    this.found = [];
    this.app.toasts.clear(TOPIC);
    this.app.judged();
  }

  /** A verdict with badges of what failed. @param {Verdict | null} verdict @returns {Verdict | null} */
  mark(verdict) {
    const badges = this.found.flatMap((each) => (each.brush === undefined ? [] : [/** @type {const} */ ([each.brush, {...each, level: 'error', count: 1}])]));
    return badges.length && verdict ? {...verdict, badges: keyed([...Object.entries(verdict.badges), ...badges])} : verdict;
  }
}

/** Failures in the WebUI's words, a line each. @param {string} said @param {AccordionApp} app @returns {Failure[]} */
export function readFailures(said, app) {
  const ids = listIds(app.tab.text);
  return said.replace(SORT, '').split('\n').filter((line) => line.trim()).map((line) => {
    const [, path = '', message = line] = LINE.exec(line) ?? [];
    const brush = findBrush(path, ids) ?? ids.find((id) => `, ${PREDICTION.exec(line)?.[1]}, `.includes(`, ${id}, `));
    return {path, brush, message: brush === undefined ? line : tell(app, {path, message}, brush, ids)};
  });
}

/** @param {AccordionApp} app @param {{path: string, message: string}} fault @param {string} brush @param {string[]} ids */
function tell(app, fault, brush, ids) {
  return describe(app.asPage(), {...fault, path: fault.path || `brushes[${ids.indexOf(brush)}]`}, ids);
}

/** The ids of the brushes that a text has. @param {string} text @returns {string[]} */
function listIds(text) {
  try {
    return JSON.parse(text).brushes.map((/** @type {any} */ brush) => String(brush.id));
  } catch {
    return [];
  }
}
