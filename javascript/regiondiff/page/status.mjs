// The line at the page's foot: model, where the document is kept, the pointer, and the way to the shortcuts.

import {make} from '../stage/bars/dom.mjs';
import {say} from '../strings.mjs';

/** @import {App} from './app.mjs' */

export class Status {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    const {page} = app;
    this.model = make(page, 'span', {class: 'rd-model', role: 'status'});
    this.saved = make(page, 'span', {class: 'rd-saved', role: 'status'});
    this.place = make(page, 'span', {class: 'rd-place'});
    const help = make(page, 'button', {type: 'button', class: 'rd-link', click: () => app.run('help.keys')}, say('help.keys'));
    this.root = make(page, 'footer', {class: 'rd-foot'}, this.model, this.saved, make(page, 'span', {class: 'rd-space'}), this.place, help);
    this.refresh();
  }

  refresh() {
    const {about, checking, keeper} = this.app;
    const {online} = checking;
    set(this.model, online ? say('status.model', {model: about.model, device: about.device}) : say('status.gone'), !online);
    const status = keeper.status;
    set(this.saved, status ? say(`saved.${status}`) : '', status !== null && status !== 'saved');
  }

  /** @param {{x: number, y: number} | null} place */
  showPlace(place) {
    this.place.textContent = place ? say('status.place', place) : '';
  }
}

/** @param {HTMLElement} element @param {string} text @param {boolean} bad */
function set(element, text, bad) {
  if (element.textContent !== text) element.textContent = text;
  element.classList.toggle('rd-warning', bad);
}
