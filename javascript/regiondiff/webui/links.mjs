// Links: one palette in txt2img, img2img and the tab of its own, unless a person parts them; their texts carry it from one to the other.

import {make} from '../stage/bars/dom.mjs';
import {makeIcon} from '../page/icons.mjs';

/** @import {AccordionApp} from './accordion_app.mjs' */

const TEXTS = '[id$="_regiondiff_palette"] textarea';

/** What every page of the hosts has. @type {{updateInput(target: HTMLElement): void}} */
const host = /** @type {any} */ (globalThis);

export class Links {
  /** @param {AccordionApp} app */
  constructor(app) {
    this.app = app;
    this.button = make(app.page, 'button', {class: 'rd-button rd-square rd-linking', type: 'button', click: () => this.toggle()}, makeIcon(app.page, 'link'));
    this.refresh();
  }

  get isLinked() {
    return this.app.preferences.linked !== false;
  }

  /** Part the tabs, or let all of them have this one's palette. */
  toggle() {
    const {app} = this;
    app.preferences = {...app.preferences, linked: !this.isLinked};
    app.keepPreferences();
    this.app.page.dispatchEvent(new CustomEvent('regiondiff-linked', {detail: this.isLinked}));
    this.spread(app.tab.text);
    this.refresh();
  }

  /** Follow the buttons of the other tabs. @param {AbortSignal} signal */
  listen(signal) {
    const follow = (/** @type {Event} */ event) => {
      this.app.preferences = {...this.app.preferences, linked: /** @type {CustomEvent} */ (event).detail};
      this.refresh();
    };
    this.app.root.ownerDocument.addEventListener('regiondiff-linked', follow, {signal});
  }

  refresh() {
    const text = this.app.say(this.isLinked ? 'webui.linked' : 'webui.parted');
    this.button.setAttribute('aria-pressed', String(this.isLinked));
    this.button.title = text;
    this.button.setAttribute('aria-label', text);
  }

  /** What another tab has, "" for nothing and where they are parted. */
  findText() {
    const texts = this.isLinked ? this.listOthers().map(({value}) => value) : [];
    return texts.find((text) => text.trim()) ?? '';
  }

  /** @returns {HTMLTextAreaElement[]} where the other tabs have their texts */
  listOthers() {
    const {page, tab} = this.app;
    return [...page.querySelectorAll(TEXTS)].map((each) => /** @type {HTMLTextAreaElement} */ (each)).filter((each) => each !== tab.palette);
  }

  /** Put this tab's text into the others. @param {string} text */
  spread(text) {
    if (!this.isLinked) return;
    for (const other of this.listOthers()) {
      if (other.value === text) continue;
      other.value = text;
      host.updateInput(other);
    }
  }
}
