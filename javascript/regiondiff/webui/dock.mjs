// The dock: the surface over the WebUI's gallery column, beside Generate, and the way to the pictures that it covers.

import {listenRadios} from '../panel/fields.mjs';
import {make} from '../stage/bars/dom.mjs';
import {drawIcon} from '../stage/bars/icons.mjs';

/** @import {AccordionApp} from './accordion_app.mjs' */

const SIDES = /** @type {const} */ (['regions', 'pictures']);

/** Lucide 1.62.0 (ISC licence, Copyright (c) Lucide Icons and Contributors): what is inside of an svg of 24 by 24. */
const SIDE = '<rect width="18" height="18" x="3" y="3" rx="2"/><path d="M15 3v18"/>';

export class Dock {
  /** @param {AccordionApp} app */
  constructor(app) {
    const {page, say} = app;
    this.app = app;
    this.button = make(page, 'button', {class: 'rd-button rd-square rd-docking', type: 'button', click: () => this.toggle()}, drawIcon(page, SIDE));
    this.sides = SIDES.map((side) => make(page, 'button', {type: 'button', role: 'radio', 'data-side': side, click: () => this.show(side)}, say(`webui.dock.${side}`)));
    this.choice = make(page, 'div', {class: 'rd-segments', role: 'radiogroup', 'aria-label': say('webui.dock.show')}, ...this.sides);
    listenRadios(this.choice, this.sides);
    this.bar = make(page, 'div', {class: 'rd-head-line'}, this.choice);
    this.root = make(page, 'div', {class: 'rd-app rd-webui rd-dock', 'data-view': 'paint'}, this.bar);
    const back = make(page, 'button', {type: 'button', class: 'rd-button', click: () => this.toggle()}, say('webui.docked.back'));
    /** What stands in the accordion meanwhile. */
    this.note = make(page, 'div', {class: 'rd-app rd-webui', 'data-view': 'paint'}, make(page, 'div', {class: 'rd-kind'}, make(page, 'span', {}, say('webui.docked')), back));
    this.newest = '';
  }

  /** Whether a person wants it. */
  get isWanted() {
    return this.app.preferences.docked === true;
  }

  get isDocked() {
    return this.root.isConnected;
  }

  /** Into the column, or back; the other tabs follow, and the next page does. */
  toggle() {
    const {app} = this;
    app.frame.leaveWindow();
    app.preferences = {...app.preferences, docked: !this.isWanted};
    app.keepPreferences();
    app.page.dispatchEvent(new CustomEvent('regiondiff-docked', {detail: this.isWanted}));
    app.stage.focus();
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const {app} = this;
    const follow = (/** @type {Event} */ event) => {
      app.preferences = {...app.preferences, docked: /** @type {CustomEvent} */ (event).detail};
      this.place();
    };
    app.page.addEventListener('regiondiff-docked', follow, {signal});
    app.tab.button?.addEventListener('click', () => this.show('pictures'), {signal}); // where its progress and its previews are
    signal.addEventListener('abort', () => this.root.remove());
  }

  /** Be where the person and the view want it: only what is painted stands in the column. */
  place() {
    const {app} = this;
    const panel = app.tab.results;
    const wanted = this.isWanted && app.root.dataset.view === 'paint' && panel !== null;
    const text = app.say(this.isWanted ? 'webui.undock' : 'webui.dock');
    this.button.title = text;
    this.button.setAttribute('aria-label', text);
    this.button.setAttribute('aria-pressed', String(this.isWanted));
    this.button.hidden = panel === null;
    if (wanted === this.isDocked) return;
    if (wanted) this.enter(panel);
    else this.leave();
    app.stage.surface.resize();
  }

  /** @param {HTMLElement} panel */
  enter(panel) {
    const {root} = this.app;
    root.classList.add('rd-begun'); // there is room, from the first stroke on
    root.before(this.note);
    this.root.append(root);
    panel.prepend(this.root);
    this.newest = this.app.tab.newest;
    this.show('regions');
  }

  leave() {
    this.note.replaceWith(this.app.root);
    this.choice.remove();
    this.root.remove();
  }

  /** The choice stands in the first line of what shows. @param {typeof SIDES[number]} side */
  show(side) {
    this.root.dataset.side = side;
    for (const button of this.sides) {
      const on = button.dataset.side === side;
      button.setAttribute('aria-checked', String(on));
      button.tabIndex = on ? 0 : -1;
    }
    this.mark(false);
    if (!this.isDocked) return;
    const focused = this.choice.contains(this.app.page.activeElement);
    (side === 'regions' ? this.app.root.querySelector('.rd-head-line') : this.bar)?.prepend(this.choice);
    if (focused) this.sides[SIDES.indexOf(side)].focus();
    if (side === 'regions') this.app.stage.surface.resize();
  }

  /** Pictures may have come: while regions are painted that is only told. */
  look() {
    const {newest} = this.app.tab;
    if (newest === this.newest) return;
    this.newest = newest;
    this.mark(newest !== '' && this.root.dataset.side === 'regions');
  }

  /** @param {boolean} fresh */
  mark(fresh) {
    const button = this.sides[1];
    button.classList.toggle('rd-fresh', fresh);
    button.title = fresh ? this.app.say('webui.dock.new') : '';
  }
}
