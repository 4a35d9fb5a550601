// Rivals: other extensions that say what goes where; one that is switched on is told before Generate, which would end with an error.

import {make} from '../stage/bars/dom.mjs';

/** @import {Workbench} from '../page/workbench.mjs' */
/** @import {HostTab} from './host_tab.mjs' */
/** @typedef {{tab: string, name: string, switches: string[], any: string[], words: string[]}} Rival ids of its ticks, all of which are on when it acts, and one of any; a word of these in the prompt */

const CALM = 120; // milliseconds in which the WebUI settles its controls

export class Rivals {
  /** @param {Workbench & {tab: HostTab}} app @param {Rival[]} all @param {() => boolean} [counts] whether regions would be drawn */
  constructor(app, all, counts = () => app.tab.isOn) {
    this.app = app;
    this.all = all.filter(({tab}) => tab === app.tab.name);
    this.counts = counts;
    this.root = make(app.page, 'div', {class: 'rd-rivals', role: 'alert', hidden: true});
    this.timer = 0;
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    if (!this.all.length) return;
    const place = this.app.page.getElementById(`tab_${this.app.tab.name}`);
    for (const name of ['input', 'change', 'click']) place?.addEventListener(name, () => this.later(), {signal});
    signal.addEventListener('abort', () => clearTimeout(this.timer));
    this.refresh();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.refresh(), CALM);
  }

  refresh() {
    const {app} = this;
    const names = this.counts() ? this.all.filter((each) => acts(app, each)).map(({name}) => name) : [];
    const text = names.length ? app.say('webui.rivals', {names: names.join(', ')}) : '';
    if (this.root.textContent !== text) this.root.textContent = text;
    this.root.hidden = !text;
  }
}

/** @param {{page: Document, tab: HostTab}} app @param {Rival} rival */
function acts({page, tab}, {switches, any, words}) {
  const isOn = (/** @type {string} */ id) => findTick(page, id)?.checked ?? false;
  const said = !words.length || words.some((word) => tab.prompt?.value.includes(word));
  return said && switches.every(isOn) && (!any.length || any.some(isOn));
}

/** The tick of a component: the checkbox itself, the one in an accordion's header, or the one inside. @param {Document} page @param {string} id @returns {HTMLInputElement | null} */
function findTick(page, id) {
  const place = page.getElementById(`${id}-visible-checkbox`) ?? page.getElementById(id);
  return /** @type {HTMLInputElement | null} */ (place?.matches('input') ? place : (place?.querySelector('input[type="checkbox"]') ?? null));
}
