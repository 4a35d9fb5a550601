// What the page tells: one message at a time, in a place of its own that screen readers follow.

import {make} from '../stage/bars/dom.mjs';
import {say} from '../strings.mjs';

const SHOWN = 6000; // milliseconds that a note stays

export class Toasts {
  /** @param {Document} page */
  constructor(page) {
    this.page = page;
    this.root = make(page, 'div', {class: 'rd-toasts', role: 'alert'});
    this.timer = 0;
    this.topic = '';
  }

  /** Errors stay until they are closed. @param {string} text @param {{note?: boolean, topic?: string, action?: {label: string, run(): void}}} [how] a topic can be taken back */
  tell(text, {note = false, topic = '', action} = {}) {
    if (topic && topic === this.topic && this.root.firstChild) return;
    clearTimeout(this.timer);
    this.topic = topic;
    const close = () => this.clear();
    const button = (/** @type {string} */ label, /** @type {() => void} */ run) => make(this.page, 'button', {type: 'button', class: 'rd-button', click: () => (close(), run())}, label);
    this.root.replaceChildren(make(this.page, 'div', {class: `rd-toast ${note ? 'rd-note' : 'rd-error'}`}, make(this.page, 'span', {}, text), action && button(action.label, action.run), button(say('close'), () => {})));
    if (note) this.timer = window.setTimeout(close, SHOWN);
  }

  /** @param {string} [topic] only what was told of it */
  clear(topic) {
    if (topic === undefined || topic === this.topic) this.root.replaceChildren();
  }
}
